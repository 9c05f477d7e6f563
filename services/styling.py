"""What a stylist does with her bookings: the day, the brief, notes, done or no-show, cancelling."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from domain import booking as law
from domain.booking import BookingState
from domain.box import ItemState
from domain.clock import at, local
from domain.errors import NotFound, TooEarly, TooLate, WrongState
from domain.membership import Quota
from models import Booking, Box, BoxItem, HoursException, InboxNote, QuotaCounter, Stylist
from services import audit, bookings, families, quotas, stylists
from services.families import Relative
from services.shop import Shop
from services.stylists import Desk
from services.transaction import transaction

__all__ = [
    "Booking", "Brief", "DayPlan", "HoursException", "PastItem", "booking_for", "brief", "cancel", "close_unmarked",
    "day", "feed", "mark_done", "mark_no_show", "tell", "when", "write_notes",
]  # fmt: skip

log = structlog.get_logger()

PAST_ITEMS = 60
"""As many of the newest pieces the member had at home are shown in a brief."""


async def booking_for(desk: Desk, booking_id: int) -> Booking:
    """A booking of this desk, its stylist fetched. Raises NotFound for any other."""
    found = await Booking.get_or_none(id=booking_id).select_related("stylist")
    if found is None or not desk.sees(found.stylist_id):
        raise NotFound("booking")
    return found


@dataclass(frozen=True)
class DayPlan:
    """A day at the desk: bookings (cancelled ones left out) and what changes the hours, by time."""

    bookings: Sequence[Booking]
    changes: Sequence[HoursException]


async def day(desk: Desk, which: date, *, days: int = 1) -> DayPlan:
    """Everything of one day of the shop, or of several from it on."""
    since, until = at(which), at(which + timedelta(days=days))
    booked = Booking.filter(
        starts_at__gte=since,
        starts_at__lt=until,
        state__not_in=[BookingState.CANCELLED, BookingState.LATE_CANCELLED],
    )
    changed = HoursException.filter(starts_at__lt=until, ends_at__gt=since)
    if desk.stylist_id is not None:
        booked = booked.filter(stylist_id=desk.stylist_id)
        changed = changed.filter(stylist_id=desk.stylist_id)
    return DayPlan(
        await booked.order_by("starts_at", "stylist_id").select_related("stylist"),
        await changed.order_by("starts_at"),
    )


@dataclass(frozen=True)
class PastItem:
    """A piece the member had at home, and what became of it: bought or returned, and why."""

    item_id: int
    box_id: int
    name: str
    size: str
    colour: str
    price_fen: int
    kept: bool
    reason: str
    feedback: str


@dataclass(frozen=True)
class Past:
    """What one person kept and sent back, with why: the newest pieces."""

    kept: int
    returned: int
    returned_for: dict[str, int]
    items: Sequence[PastItem]


@dataclass(frozen=True)
class Brief:
    """What the stylist reads before a session. The sizes are empty without the member's profile consent."""

    booking: Booking
    person: Relative
    quota_left: int
    past: Past


async def brief(shop: Shop, desk: Desk, booking_id: int) -> Brief:
    """Whom it is for and their sizes, past keeps and returns with reasons and words. Raises NotFound."""
    booking = await booking_for(desk, booking_id)
    person = await families.whom(shop, booking.member_id, booking.profile_id)
    counter = await QuotaCounter.get_or_none(id=booking.counter_id, kind=Quota.STYLING)
    left = counter.granted - counter.held - counter.used if counter else 0
    return Brief(booking, person, left, await _past(booking.member_id, booking.profile_id))


async def box_brief(shop: Shop, box_id: int) -> tuple[Relative, Past]:
    """The same for a box that is asked for without a session. Raises NotFound."""
    box = await Box.get_or_none(id=box_id)
    if box is None:
        raise NotFound("box")
    return await families.whom(shop, box.member_id, box.profile_id), await _past(box.member_id, box.profile_id)


async def _past(member_id: int, profile_id: int | None) -> Past:
    """What was tried on at home by the member, or by the one of their family this is for."""
    rows = (
        await BoxItem.filter(
            box__member_id=member_id, box__profile_id=profile_id, state__in=[ItemState.BOUGHT, ItemState.RETURNED]
        )
        .order_by("-id")
        .limit(PAST_ITEMS)
    )
    items = [
        PastItem(
            item_id=row.id,
            box_id=row.box_id,
            name=row.name,
            size=row.size,
            colour=row.colour,
            price_fen=row.price_fen,
            kept=row.state is ItemState.BOUGHT,
            reason=row.reason,
            feedback=row.feedback,
        )
        for row in rows
    ]
    reasons = Counter(item.reason for item in items if not item.kept and item.reason)
    kept = sum(item.kept for item in items)
    return Past(kept, len(items) - kept, dict(reasons), items)


async def write_notes(shop: Shop, desk: Desk, booking_id: int, notes: str) -> Booking:
    """Keep the stylist's notes; written again, they are replaced."""
    async with transaction():
        await booking_for(desk, booking_id)
        await Booking.filter(id=booking_id).update(notes=notes, updated_at=shop.now())
        await audit.note(shop, desk.staff_id, "booking.notes", f"booking:{booking_id}", length=len(notes))
    return await booking_for(desk, booking_id)


async def _locked(desk: Desk, booking_id: int) -> Booking:
    await booking_for(desk, booking_id)
    return await Booking.filter(id=booking_id).select_for_update().get()


async def mark_done(shop: Shop, desk: Desk, booking_id: int) -> Booking:
    """The session took place: its unit is used. After a no-show this takes the mark back.

    Raises TooEarly before the session begins. Marked again, nothing changes.
    """
    async with transaction():
        booking = await _locked(desk, booking_id)
        if booking.state is not BookingState.DONE:
            if shop.now() < booking.starts_at:
                raise TooEarly("done", booking.starts_at.isoformat())
            fresh = booking.state is BookingState.BOOKED
            await bookings.end(shop, booking, BookingState.DONE, who=f"staff:{desk.staff_id}")
            if fresh:
                await quotas.use(shop, booking.counter_id, ref=booking.quota_ref, reason="session")
            await audit.note(shop, desk.staff_id, "booking.done", f"booking:{booking_id}")
            log.info("booking.done", booking=booking_id)
    return await booking_for(desk, booking_id)


async def mark_no_show(shop: Shop, desk: Desk, booking_id: int) -> Booking:
    """The member did not come: the unit is used; she is told, and that she may object.

    Possible from the session's end until `no_show_mark_hours` after it (TooEarly, TooLate).
    """
    rules = shop.rules.booking
    async with transaction():
        booking = await _locked(desk, booking_id)
        if booking.state is not BookingState.NO_SHOW:
            if shop.now() < booking.ends_at:
                raise TooEarly("no_show", booking.ends_at.isoformat())
            until = law.no_show_until(booking.ends_at, rules)
            if shop.now() > until:
                raise TooLate("no_show", until.isoformat())
            await bookings.end(shop, booking, BookingState.NO_SHOW, who=f"staff:{desk.staff_id}")
            await quotas.use(shop, booking.counter_id, ref=booking.quota_ref, reason="no_show")
            await audit.note(shop, desk.staff_id, "booking.no_show", f"booking:{booking_id}")
            await tell(
                shop,
                booking,
                "这次造型记为未到店",
                f"{when(booking)}的造型记为未到，用掉了 1 次。"
                f"如果记错了，{rules.objection_days} 天内都可以在预约里申诉。",
            )
            log.info("booking.no_show", booking=booking_id)
    return await booking_for(desk, booking_id)


async def cancel(shop: Shop, desk: Desk, booking_id: int, why: str) -> Booking:
    """The brand cancels (or upholds an objection to a no-show): the unit always goes back, at any time."""
    async with transaction():
        booking = await _locked(desk, booking_id)
        if booking.state is BookingState.HELD:
            # What is kept for the wait-list ends by itself; time off sends its member back into the line.
            raise WrongState("booking", booking.state.value, BookingState.CANCELLED.value)
        if booking.state is not BookingState.CANCELLED:
            await bookings.end(shop, booking, BookingState.CANCELLED, who=f"staff:{desk.staff_id}", why=why)
            await bookings.release(shop, booking, use=False, reason="brand_cancelled")
            await audit.note(shop, desk.staff_id, "booking.cancel", f"booking:{booking_id}", why=why)
            await tell(
                shop,
                booking,
                "造型预约由我们取消了",
                f"很抱歉，{when(booking)}的造型由我们取消了，次数已经退回给您，可以重新约时间。",
            )
            log.info("booking.cancelled_by_brand", booking=booking_id)
    return await booking_for(desk, booking_id)


async def close_unmarked(shop: Shop) -> int:
    """Sessions nobody marked within the time for a no-show count as held: their units are used. How many."""
    now, rules = shop.now(), shop.rules.booking
    over = now - timedelta(hours=rules.no_show_mark_hours)
    ids = await Booking.filter(state=BookingState.BOOKED, ends_at__lt=over).order_by("id").values_list("id", flat=True)
    closed = 0
    for booking_id in ids:
        async with transaction():
            booking = await Booking.filter(id=booking_id).select_for_update().get()
            if booking.state is BookingState.BOOKED:
                await bookings.end(shop, booking, BookingState.DONE, who="job:close_unmarked", why="not marked")
                await quotas.use(shop, booking.counter_id, ref=booking.quota_ref, reason="session")
                closed += 1
    return closed


def when(booking: Booking) -> str:
    """The session's day and hour, as a note in the inbox names it."""
    wall = local(booking.starts_at)
    return f"{wall.month}月{wall.day}日 {wall:%H:%M} "


async def tell(shop: Shop, booking: Booking, title: str, text: str) -> None:
    """A note in the member's inbox, in the transaction of the act it tells of."""
    await InboxNote.create(
        member_id=booking.member_id,
        title=title,
        text=text,
        page=f"pages/booking/booking?id={booking.id}",
        created_at=shop.now(),
    )


async def feed(token: str, now: datetime) -> tuple[Stylist, Sequence[Booking]]:
    """A calendar: sessions of the last 30 days and all to come, cancelled ones too. Raises NotFound."""
    stylist = await stylists.by_feed_token(token)
    rows = (
        await Booking.filter(stylist_id=stylist.id, starts_at__gte=now - timedelta(days=30))
        .exclude(state=BookingState.HELD)
        .order_by("starts_at", "id")
        .select_related("stylist")
    )
    return stylist, rows
