"""Stylist bookings for members: free times, booking, moving, cancelling, rating, and the calendar file."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, AwareDatetime, Field

from domain import booking as law
from domain.booking import BookingState, Mode
from domain.clock import day_of
from domain.errors import Invalid
from domain.zone import SHOP_ZONE, wall
from miniapp_api import calendars
from miniapp_api.frame import Body, Call, FenAmount, Id, Ok, Page, PageQuery, Text, View
from services import bookings, objections, slots, swaps, zones
from services.bookings import Booking
from services.shop import Shop
from services.slots import DaySlots
from services.stylists import Stylist
from services.swaps import Swap

LONGEST_RANGE_DAYS = 62

Instant = Annotated[AwareDatetime, AfterValidator(lambda instant: _bounded(instant))]
"""An instant with its zone, in this century: what databases and calendars can hold."""


def _bounded(instant: datetime) -> datetime:
    if not 2000 <= instant.year < 2100:
        raise ValueError("an instant between 2000 and 2100")
    return instant


Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2100, 1, 1))]


class SlotsQuery(Body):
    """`from` and `to` are days of the shop, both included. `moving` is a booking about to be moved."""

    since: Annotated[Day | None, Field(alias="from")] = None
    until: Annotated[Day | None, Field(alias="to")] = None
    stylist_id: Id | None = None
    mode: Mode | None = None
    skill: Annotated[Text, Field(max_length=32)] = ""
    moving: Id | None = None


class SlotView(View):
    starts_at: datetime
    ends_at: datetime
    stylist_ids: list[int]
    shop_time: str = Field(description="ISO, the shop's wall clock with its offset")
    own_time: str | None = Field(description="The same instant on the member's wall clock; null without a zone")


class DayView(View):
    """`quota_left` counts the styling units of the membership year the day lies in; null without one."""

    day: date
    kind: Literal["ordinary", "holiday", "make_up"]
    quota_left: int | None
    slots: list[SlotView]


class SlotsView(View):
    """`zone` is the shop's: days are counted there, instants are UTC."""

    days: list[DayView]
    quota_left: int | None = Field(description="Units left in the membership year running now")
    zone: str = SHOP_ZONE
    own_zone: str | None = Field(description="The member's zone (PUT /me/zone); null shows the shop's only")


def _day_view(day: DaySlots, own_zone: str) -> DayView:
    return DayView(
        day=day.day,
        kind=day.kind.value,
        quota_left=day.quota_left,
        slots=[
            SlotView(
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                stylist_ids=list(slot.stylist_ids),
                shop_time=wall(slot.starts_at),
                own_time=wall(slot.starts_at, own_zone) if own_zone else None,
            )
            for slot in day.slots
        ],
    )


async def get_slots(call: Call, query: SlotsQuery) -> SlotsView:
    """Free times by day, between today and the booking horizon; whatever is listed can be booked."""
    now = call.shop.now()
    since = query.since or day_of(now)
    until = query.until or since + timedelta(days=call.shop.rules.booking.horizon_days)
    if not since <= until <= since + timedelta(days=LONGEST_RANGE_DAYS):
        raise Invalid("to", f"from `from` to {LONGEST_RANGE_DAYS} days after it")
    if query.moving is not None:
        await bookings.booking_of(call.member_id, query.moving)
    days = await slots.free_slots(
        call.shop,
        since,
        until,
        query.stylist_id,
        query.mode,
        call.member_id,
        skill=query.skill or None,
        moving_id=query.moving,
    )
    left = await slots.quota_left(call.member_id)
    own_zone = await zones.zone_of(call.member_id)
    return SlotsView(
        own_zone=own_zone or None,
        days=[_day_view(day, own_zone) for day in days],
        quota_left=next((units for begins, ends, units in left if begins <= now < ends), None),
    )


class ZoneBody(Body):
    """An IANA name such as `America/New_York`; empty takes it back."""

    zone: Annotated[Text, Field(max_length=48)]


async def put_zone(call: Call, body: ZoneBody) -> Ok:
    """Have times shown on the member's own wall clock too, beside the shop's; right through every clock change."""
    await zones.set_zone(call.shop, call.member_id, body.zone)
    return Ok()


class StylistName(View):
    id: int
    name: str
    picture: str


class SwapView(View):
    """The stylist is out: `colleague` may take over, whose time is kept. Unanswered, the unit goes back."""

    colleague: StylistName | None
    answer_by: datetime


class BookingView(View):
    """A booking as its member sees it. Until `free_until` (included) cancelling or moving costs nothing.

    While a `swap` is open they cost nothing at any time.
    """

    id: int
    stylist: StylistName
    starts_at: datetime
    ends_at: datetime
    shop_time: str
    own_time: str | None
    mode: Mode
    state: BookingState
    occasion: str
    budget_fen: int | None
    wish: str
    skill: str
    free_until: datetime
    moves_left: int
    may_move: bool
    may_cancel: bool
    rating: int | None
    objection: str
    swap: SwapView | None
    created_at: datetime


async def shown(shop: Shop, rows: Sequence[Booking]) -> list[BookingView]:
    """Bookings as their member sees them, with what is asked about them now."""
    asked = await swaps.open_swaps([row.id for row in rows])
    own_zone = await zones.zone_of(rows[0].member_id) if rows else ""
    return [_view(shop, row, asked.get(row.id), own_zone) for row in rows]


async def view_of(shop: Shop, booking: Booking) -> BookingView:
    [view] = await shown(shop, [booking])
    return view


def _view(shop: Shop, booking: Booking, asked: tuple[Swap, Stylist | None] | None, own_zone: str) -> BookingView:
    rules, now = shop.rules.booking, shop.now()
    booked = booking.state is BookingState.BOOKED
    free_until = law.free_until(booking.starts_at, rules)
    moves_left = max(0, rules.moves_max - booking.moves)
    return BookingView(
        id=booking.id,
        stylist=StylistName.model_validate(booking.stylist),
        starts_at=booking.starts_at,
        ends_at=booking.ends_at,
        shop_time=wall(booking.starts_at),
        own_time=wall(booking.starts_at, own_zone) if own_zone else None,
        mode=Mode(booking.mode),
        state=booking.state,
        occasion=booking.occasion,
        budget_fen=booking.budget_fen,
        wish=booking.wish,
        skill=booking.skill,
        free_until=free_until,
        moves_left=moves_left,
        may_move=booked and (asked is not None or (now <= free_until and moves_left > 0)),
        may_cancel=booked and now < booking.starts_at,
        rating=booking.rating,
        objection=booking.objection,
        swap=SwapView(
            colleague=StylistName.model_validate(asked[1]) if asked[1] else None, answer_by=asked[0].answer_by
        )
        if asked
        else None,
        created_at=booking.created_at,
    )


class BookingBody(Body):
    """Without `stylist_id` the favourite is booked, else the least loaded who is free."""

    starts_at: Instant
    mode: Mode
    stylist_id: Id | None = None
    occasion: Annotated[Text, Field(max_length=64)] = ""
    budget_fen: FenAmount | None = None
    wish: Annotated[Text, Field(max_length=500)] = ""
    skill: Annotated[Text, Field(max_length=32)] = ""


async def post_booking(call: Call, body: BookingBody) -> BookingView:
    """Book a session: slot and quota unit together; the same member and slot again give the same booking."""
    booking = await bookings.book(
        call.shop,
        call.member_id,
        body.stylist_id,
        body.starts_at,
        body.mode,
        body.occasion,
        body.budget_fen,
        body.wish,
        skill=body.skill,
    )
    return await view_of(call.shop, booking)


async def get_bookings(call: Call, query: PageQuery) -> Page[BookingView]:
    """The member's bookings, the newest first."""
    before = int(query.cursor) if query.cursor else None
    rows = await bookings.list_of(call.member_id, before_id=before, limit=query.limit + 1)
    page = rows[: query.limit]
    return Page[BookingView](
        items=await shown(call.shop, page),
        next_cursor=str(page[-1].id) if len(rows) > query.limit else None,
    )


async def get_booking(call: Call, booking_id: int) -> BookingView:
    """One booking of the member."""
    return await view_of(call.shop, await bookings.booking_of(call.member_id, booking_id))


class MoveBody(Body):
    """The stylist stays unless another is named; so does the mode."""

    starts_at: Instant
    stylist_id: Id | None = None
    mode: Mode | None = None


async def post_move(call: Call, booking_id: int, body: MoveBody) -> BookingView:
    """Move a booking, free until 24 hours before it and at most three times."""
    booking = await bookings.move(
        call.shop,
        call.member_id,
        booking_id,
        body.starts_at,
        stylist_id=body.stylist_id,
        mode=body.mode,
    )
    return await view_of(call.shop, booking)


async def post_accept_swap(call: Call, booking_id: int) -> BookingView:
    """Agree to the colleague who takes over; until the due time. Other answers: move, or cancel (always free then)."""
    return await view_of(call.shop, await swaps.accept(call.shop, call.member_id, booking_id))


class CancelPreviewView(View):
    """`free` False: the unit of the quota is used up by cancelling now."""

    free: bool
    free_until: datetime


async def get_cancel_preview(call: Call, booking_id: int) -> CancelPreviewView:
    """What cancelling now would mean, before it is done."""
    return CancelPreviewView.model_validate(await bookings.cancel_preview(call.shop, call.member_id, booking_id))


class CancelBody(Body):
    why: Annotated[Text, Field(max_length=200)] = ""


async def post_cancel(call: Call, booking_id: int, body: CancelBody) -> BookingView:
    """Cancel: until 24 hours before, the unit goes back; later it is used."""
    return await view_of(call.shop, await bookings.cancel(call.shop, call.member_id, booking_id, body.why))


class RatingBody(Body):
    stars: Annotated[int, Field(ge=1, le=5)]


async def post_rating(call: Call, booking_id: int, body: RatingBody) -> BookingView:
    """Rate a session that took place, once."""
    return await view_of(call.shop, await bookings.rate(call.shop, call.member_id, booking_id, body.stars))


class ObjectionBody(Body):
    words: Annotated[Text, Field(min_length=1, max_length=500)]


async def post_objection(call: Call, booking_id: int, body: ObjectionBody) -> BookingView:
    """Object to a no-show, within seven days after it; a person decides."""
    booking = await objections.object_to(call.shop, call.member_id, booking_id, body.words)
    return await view_of(call.shop, booking)


async def get_calendar(call: Call, booking_id: int) -> web.Response:
    """The booking as an iCalendar file (ICS); fetched again after a change it replaces the old entry."""
    booking = await bookings.booking_of(call.member_id, booking_id)
    return calendars.answer(calendars.of_member(booking), f"booking-{booking.id}.ics")
