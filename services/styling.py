"""What a stylist does with her bookings: the day, the brief, notes, done or no-show, cancelling, time off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import structlog

from domain import booking as law
from domain.booking import LIVE, BookingState
from domain.box import ItemState
from domain.clock import at
from domain.errors import Invalid, NotAllowed, NotFound, TooEarly, TooLate
from domain.membership import Purpose, Quota
from models import Booking, BoxItem, HoursException, Member, QuotaCounter, StaffUser, Stylist
from services import audit, bookings, consents, quotas, stylists
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Booking", "Brief", "DayPlan", "Desk", "HoursChange", "HoursException", "PastItem", "booking_for",
    "brief", "cancel", "change_hours", "day", "desk_of", "feed", "mark_done", "mark_no_show",
    "withdraw_hours", "write_notes",
]  # fmt: skip

log = structlog.get_logger()

PAST_ITEMS = 60
"""As many of the newest pieces the member had at home are shown in a brief."""


@dataclass(frozen=True)
class Desk:
    """Whose bookings a person of the staff may touch; `stylist_id` None = everybody's (admin)."""

    staff_id: int
    stylist_id: int | None
    feed_token: str = ""

    def sees(self, stylist_id: int) -> bool:
        return self.stylist_id in (None, stylist_id)


async def desk_of(staff_id: int) -> Desk:
    """A stylist's desk holds her own bookings only. Raises NotAllowed for other staff."""
    own = await Stylist.get_or_none(staff_id=staff_id)
    if own is not None:
        return Desk(staff_id, own.id, own.feed_token)
    if await StaffUser.exists(id=staff_id, role="admin", active=True):
        return Desk(staff_id, None)
    raise NotAllowed("stylist_desk")


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


async def day(desk: Desk, which: date) -> DayPlan:
    """Everything of one day of the shop."""
    since, until = at(which), at(which + timedelta(days=1))
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
class Brief:
    """What the stylist reads before a session. `sizes` is empty without the member's profile consent."""

    booking: Booking
    sizes: dict[str, object]
    quota_left: int
    kept: int
    returned: int
    returned_for: dict[str, int]
    past: Sequence[PastItem]


async def brief(desk: Desk, booking_id: int) -> Brief:
    """Sizes, past keeps and returns with reasons and words, budget and occasion. Raises NotFound."""
    booking = await booking_for(desk, booking_id)
    member = await Member.get(id=booking.member_id)
    agreed = await consents.consented(member.id, Purpose.PROFILE.value)
    rows = (
        await BoxItem.filter(box__member_id=member.id, state__in=[ItemState.BOUGHT, ItemState.RETURNED])
        .order_by("-id")
        .limit(PAST_ITEMS)
    )
    past = [
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
    counter = await QuotaCounter.get_or_none(id=booking.counter_id, kind=Quota.STYLING)
    reasons: dict[str, int] = {}
    for item in past:
        if not item.kept and item.reason:
            reasons[item.reason] = reasons.get(item.reason, 0) + 1
    return Brief(
        booking=booking,
        sizes=member.profile if agreed else {},
        quota_left=counter.granted - counter.held - counter.used if counter else 0,
        kept=sum(item.kept for item in past),
        returned=sum(not item.kept for item in past),
        returned_for=reasons,
        past=past,
    )


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
            log.info("booking.no_show", booking=booking_id)
    return await booking_for(desk, booking_id)


async def cancel(shop: Shop, desk: Desk, booking_id: int, why: str) -> Booking:
    """The brand cancels (or upholds an objection to a no-show): the unit always goes back, at any time."""
    async with transaction():
        booking = await _locked(desk, booking_id)
        if booking.state is not BookingState.CANCELLED:
            await bookings.end(shop, booking, BookingState.CANCELLED, who=f"staff:{desk.staff_id}", why=why)
            await bookings.release(shop, booking, use=False, reason="brand_cancelled")
            await audit.note(shop, desk.staff_id, "booking.cancel", f"booking:{booking_id}", why=why)
            log.info("booking.cancelled_by_brand", booking=booking_id)
    return await booking_for(desk, booking_id)


@dataclass(frozen=True)
class HoursChange:
    """Time off (or extra work) and the live bookings it touches; `entry` is None in a preview."""

    entry: HoursException | None
    touched: Sequence[Booking]


async def change_hours(
    shop: Shop,
    desk: Desk,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    *,
    works: bool = False,
    stylist_id: int | None = None,
    preview: bool = False,
) -> HoursChange:
    """Block time, or open extra time. Nobody is moved silently: touched bookings are only shown.

    `stylist_id` is for admins; a stylist's desk is her own. Raises Invalid, NotFound.
    """
    whose = stylist_id or desk.stylist_id
    if whose is None:
        raise Invalid("stylist_id", "whose hours?")
    if not desk.sees(whose):
        raise NotFound("stylist")
    await stylists.stylist_of(whose)
    async with transaction():
        entry = None
        if preview:
            stylists.require_stretch(shop.now(), starts_at, ends_at)
        else:
            entry = await stylists.change_hours(shop, whose, starts_at, ends_at, why, works=works)
            await audit.note(
                shop, desk.staff_id, "hours.change", f"stylist:{whose}", entry=entry.id, works=works
            )
        touched: list[Booking] = []
        if not works:
            touched = (
                await Booking.filter(
                    stylist_id=whose, state__in=LIVE, starts_at__lt=ends_at, ends_at__gt=starts_at
                )
                .order_by("starts_at")
                .select_related("stylist")
            )
    return HoursChange(entry, touched)


async def withdraw_hours(shop: Shop, desk: Desk, exception_id: int) -> HoursException:
    """Take time off or extra work back. Raises NotFound."""
    async with transaction():
        row = await stylists.withdraw_change(desk.stylist_id, exception_id)
        await audit.note(shop, desk.staff_id, "hours.withdraw", f"stylist:{row.stylist_id}", works=row.works)
    return row


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
