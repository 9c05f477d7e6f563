"""Stylists: the list for members; for stylists their day, the brief, notes, outcomes and time off."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from domain.booking import BookingState, Mode
from domain.clock import day_of
from miniapp_api.bookings import Day, Instant, StylistName
from miniapp_api.families import WhomView
from miniapp_api.frame import Body, Call, Id, Ok, Text, View
from services import objections, styling, stylists, time_off
from services.styling import Booking, DayPlan, HoursException, Past
from services.stylists import Desk


class FavouriteBody(Body):
    stylist_id: Id


async def put_favourite(call: Call, body: FavouriteBody) -> Ok:
    """Choose a favourite: listed first, and booked first where nobody is named."""
    await stylists.set_favourite(call.shop, call.member_id, body.stylist_id)
    return Ok()


async def delete_favourite(call: Call) -> Ok:
    """No favourite any more: the least loaded is booked where nobody is named."""
    await stylists.set_favourite(call.shop, call.member_id, None)
    return Ok()


class StylistView(View):
    id: int
    name: str
    words: str
    skills: list[str]
    modes: list[Mode]
    picture: str
    favourite: bool


class StylistsView(View):
    items: list[StylistView]


async def get_stylists(call: Call) -> StylistsView:
    """Everybody who takes bookings; the member's favourite first."""
    favourite_id = await stylists.favourite_of(call.member_id)
    items = [
        StylistView(
            id=row.id,
            name=row.name,
            words=row.words,
            skills=row.skills,
            modes=[Mode(mode) for mode in row.modes],
            picture=row.picture,
            favourite=row.id == favourite_id,
        )
        for row in await stylists.active()
    ]
    return StylistsView(items=sorted(items, key=lambda item: not item.favourite))


class StaffBookingView(View):
    """A booking as its stylist sees it."""

    id: int
    member_id: int
    stylist: StylistName
    starts_at: datetime
    ends_at: datetime
    mode: Mode
    state: BookingState
    occasion: str
    budget_fen: int | None
    wish: str
    skill: str
    notes: str
    objection: str
    rating: int | None


class HoursChangeView(View):
    id: int
    stylist_id: int
    starts_at: datetime
    ends_at: datetime
    works: bool
    why: str


class DayPlanView(View):
    bookings: list[StaffBookingView]
    changes: list[HoursChangeView]
    calendar_path: str = Field(description="The stylist's own feed for calendar programs; empty for admins")


def booking_view(row: Booking) -> StaffBookingView:
    return StaffBookingView.model_validate(row)


def change_view(row: HoursException) -> HoursChangeView:
    return HoursChangeView.model_validate(row)


class DayQuery(Body):
    date: Day | None = None


async def get_day(call: Call, query: DayQuery) -> DayPlanView:
    """The stylist's bookings and time off of one day (today when none is named)."""
    desk = await stylists.desk_of(call.staff_id)
    return _plan(desk, await styling.day(desk, query.date or day_of(call.shop.now())))


def _plan(desk: Desk, plan: DayPlan) -> DayPlanView:
    return DayPlanView(
        bookings=[booking_view(row) for row in plan.bookings],
        changes=[change_view(row) for row in plan.changes],
        calendar_path=f"/calendar/{desk.feed_token}.ics" if desk.feed_token else "",
    )


async def get_week(call: Call, query: DayQuery) -> DayPlanView:
    """The bookings and time off of the week (Monday to Sunday) in which the day lies."""
    desk = await stylists.desk_of(call.staff_id)
    day = query.date or day_of(call.shop.now())
    return _plan(desk, await styling.day(desk, day - timedelta(days=day.weekday()), days=7))


class FeedView(View):
    calendar_path: str


async def post_feed(call: Call) -> FeedView:
    """Renew the address of the stylist's own calendar feed: the old one leads nowhere from now on."""
    token = await stylists.renew_feed(call.shop, await stylists.desk_of(call.staff_id))
    return FeedView(calendar_path=f"/calendar/{token}.ics")


class PastItemView(View):
    item_id: int
    box_id: int
    name: str
    size: str
    colour: str
    price_fen: int
    kept: bool
    reason: str
    feedback: str


class PastView(View):
    """What one person kept and sent back, with why: at most the newest sixty pieces."""

    kept: int
    returned: int
    returned_for: dict[str, int]
    past: list[PastItemView]


class BriefView(PastView):
    """What the stylist reads before a session; `sizes` only with the member's profile consent."""

    booking: StaffBookingView
    person: WhomView
    sizes: dict[str, object]
    quota_left: int


class BoxBriefView(PastView, WhomView):
    """What the stylist reads before picking for a box that is asked for without a session."""


def _past(past: Past) -> dict[str, object]:
    """The fields of a PastView."""
    return {
        "kept": past.kept,
        "returned": past.returned,
        "returned_for": past.returned_for,
        "past": [PastItemView.model_validate(item) for item in past.items],
    }


async def get_brief(call: Call, booking_id: int) -> BriefView:
    """Sizes, past keeps and returns with reasons and words, budget and occasion."""
    brief = await styling.brief(call.shop, await stylists.desk_of(call.staff_id), booking_id)
    person = WhomView.model_validate(brief.person)
    return BriefView.model_validate(
        {
            "booking": booking_view(brief.booking),
            "person": person,
            "sizes": brief.person.sizes,
            "quota_left": brief.quota_left,
            **_past(brief.past),
        }
    )


async def get_box_person(call: Call, box_id: int) -> BoxBriefView:
    """Whom a box is for, with the sizes, and what they kept and sent back before, for the stylist who picks."""
    person, past = await styling.box_brief(call.shop, box_id)
    return BoxBriefView.model_validate({**WhomView.model_validate(person).model_dump(), **_past(past)})


class NotesBody(Body):
    notes: Annotated[Text, Field(max_length=4000)]


async def put_notes(call: Call, booking_id: int, body: NotesBody) -> StaffBookingView:
    """Write the session's notes; written again, they are replaced."""
    desk = await stylists.desk_of(call.staff_id)
    return booking_view(await styling.write_notes(call.shop, desk, booking_id, body.notes))


async def post_done(call: Call, booking_id: int) -> StaffBookingView:
    """The session took place: its unit is used. It also takes a no-show back."""
    return booking_view(await styling.mark_done(call.shop, await stylists.desk_of(call.staff_id), booking_id))


async def post_no_show(call: Call, booking_id: int) -> StaffBookingView:
    """The member did not come: the unit is used; she may object. Until 24 hours after the session."""
    return booking_view(await styling.mark_no_show(call.shop, await stylists.desk_of(call.staff_id), booking_id))


class StaffCancelBody(Body):
    why: Annotated[Text, Field(min_length=1, max_length=200)]


async def post_cancel(call: Call, booking_id: int, body: StaffCancelBody) -> StaffBookingView:
    """The brand cancels, or excuses a no-show: the unit always goes back."""
    desk = await stylists.desk_of(call.staff_id)
    return booking_view(await styling.cancel(call.shop, desk, booking_id, body.why))


class DecisionBody(Body):
    """`upheld` True gives the unit back; False leaves the no-show. The member reads which, not `why`."""

    upheld: bool
    why: Annotated[Text, Field(min_length=1, max_length=200)]


async def post_objection(call: Call, booking_id: int, body: DecisionBody) -> StaffBookingView:
    """Decide a member's objection to a no-show; its case is closed with it."""
    booking = await objections.decide(call.shop, call.staff_id, booking_id, upheld=body.upheld, why=body.why)
    return booking_view(booking)


class TimeOffBody(Body):
    """`works` True enters extra working time instead. `preview` True only shows what would be touched."""

    starts_at: Instant
    ends_at: Instant
    why: Annotated[Text, Field(max_length=64)] = ""
    works: bool = False
    preview: bool = False
    stylist_id: Annotated[Id | None, Field(description="For admins; a stylist's desk is her own")] = None


class TimeOffView(View):
    """`entry` is null in a preview. Touched bookings stay as they are: nobody is moved silently."""

    entry: HoursChangeView | None
    touched: list[StaffBookingView]


async def post_time_off(call: Call, body: TimeOffBody) -> TimeOffView:
    """Block time (or open extra time), with the bookings it touches."""
    found = await time_off.change(
        call.shop,
        await stylists.desk_of(call.staff_id),
        body.starts_at,
        body.ends_at,
        body.why,
        works=body.works,
        stylist_id=body.stylist_id,
        preview=body.preview,
    )
    return TimeOffView(
        entry=change_view(found.entry) if found.entry else None,
        touched=[booking_view(row) for row in found.touched],
    )
