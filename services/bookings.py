"""A member's bookings: booking, moving, cancelling, rating. The stylist's side is in `styling`."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from tortoise.exceptions import IntegrityError

from domain import booking as law
from domain.booking import BOOKING_LIFE, LIVE, BookingState
from domain.case import CaseKind
from domain.errors import NotFound, QuotaSpent, SlotTaken, WrongState
from domain.membership import Quota
from domain.path import Event
from domain.swap import SwapState
from models import Booking, History, Member, Swap, base
from services import care, cases, quotas, seats, slots, stylists, waitlist
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Booking", "CancelPreview", "book", "booking_of", "cancel", "cancel_preview", "end", "list_of", "move", "rate",
    "release", "upcoming",
]  # fmt: skip

log = structlog.get_logger()


async def booking_of(member_id: int, booking_id: int) -> Booking:
    """A member's own booking, its stylist fetched. Raises NotFound for any other."""
    found = await Booking.get_or_none(id=booking_id, member_id=member_id).select_related("stylist")
    if found is None:
        raise NotFound("booking")
    return found


async def list_of(member_id: int, *, before_id: int | None = None, limit: int = 20) -> list[Booking]:
    """A member's bookings, the newest first, their stylists fetched."""
    mine = Booking.filter(member_id=member_id)
    if before_id is not None:
        mine = mine.filter(id__lt=before_id)
    return await mine.order_by("-id").limit(limit).select_related("stylist")


async def upcoming(shop: Shop, member_id: int) -> list[Booking]:
    """Sessions to come or running, the next first, their stylists fetched."""
    return (
        await Booking.filter(member_id=member_id, state=BookingState.BOOKED, ends_at__gt=shop.now())
        .order_by("starts_at")
        .select_related("stylist")
    )


async def book(
    shop: Shop,
    member_id: int,
    stylist_id: int | None,
    starts_at: datetime,
    mode: str,
    occasion: str = "",
    budget_fen: int | None = None,
    wish: str = "",
    *,
    skill: str = "",
) -> Booking:
    """Book a session: the slot, the quota unit and the reminders in one transaction.

    Without a stylist the favourite is booked, else the least loaded who is free. The same member and
    slot again give the same booking. Raises QuotaSpent, SlotTaken, SlotNotOffered, NotFound.
    """
    async with transaction():
        # One member's bookings stand in line here: two at once see each other.
        member = await Member.filter(id=member_id).select_for_update(no_key=True).get()
        live = await Booking.filter(member_id=member_id, state__in=LIVE)
        same = next((row for row in live if row.starts_at == starts_at), None)
        if same is not None and stylist_id in (None, same.stylist_id):
            if same.state is BookingState.HELD:
                await waitlist.take_offer(shop, same)
            return await booking_of(member_id, same.id)
        seats.refuse_overlap_with(shop, live, starts_at)
        counter = await quotas.counter_for(member_id, Quota.STYLING, starts_at)
        if counter is None:
            raise QuotaSpent(Quota.STYLING.value)
        chosen = [await stylists.stylist_of(stylist_id)] if stylist_id else await stylists.active()
        able = {row.id: row for row in stylists.able(chosen, skill)}
        order, reason = list(able), "skill"
        if len(able) > 1:
            order, reason = await slots.free_now(
                shop, list(able.values()), starts_at, mode, favourite_id=member.stylist_id
            )
        wanted = {
            "member_id": member_id,
            "starts_at": starts_at,
            "ends_at": law.ends(starts_at, shop.rules.booking),
            "mode": mode,
            "counter_id": counter.id,
            "occasion": occasion,
            "budget_fen": budget_fen,
            "wish": wish,
            "skill": skill,
            "uid": f"booking-{secrets.token_hex(12)}@hezi",
        }
        for candidate_id in order:
            booking, reason = await seats.place(shop, able[candidate_id], wanted, others=len(order) > 1)
            if booking is not None:
                break
        else:
            raise seats.refusal(reason, stylist_id, starts_at)
    log.info("booking.booked", booking=booking.id, member=member_id, stylist=booking.stylist_id)
    return booking


async def move(
    shop: Shop,
    member_id: int,
    booking_id: int,
    starts_at: datetime,
    *,
    stylist_id: int | None = None,
    mode: str | None = None,
) -> Booking:
    """Move a booking to another time; stylist and mode stay unless given, the skill always. Again changes nothing.

    A change of the mode alone is no move. Raises TooLate, TooMany, SlotTaken, SlotNotOffered, QuotaSpent.
    """
    now, rules = shop.now(), shop.rules.booking
    async with transaction():
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        await booking_of(member_id, booking_id)
        booking = await Booking.filter(id=booking_id).select_for_update().get()
        if booking.state is not BookingState.BOOKED:
            raise WrongState("booking", booking.state.value, "moved")
        to_stylist, to_mode = stylist_id or booking.stylist_id, mode or booking.mode
        moved = (starts_at, to_stylist) != (booking.starts_at, booking.stylist_id)
        if not moved and to_mode == booking.mode:
            return await booking_of(member_id, booking_id)
        # Whose stylist is out moves freely: it is not her doing.
        asked = await seats.end_swap(shop, booking, SwapState.MOVED, who=f"member:{member_id}") if moved else None
        if asked is None:
            law.require_movable(booking.starts_at, booking.moves if moved else 0, now, rules)
        await seats.refuse_overlap(shop, member_id, starts_at, booking.id)
        able = stylists.able([await stylists.stylist_of(to_stylist)], booking.skill)
        reason = await seats.why_not(shop, to_stylist, starts_at, to_mode, booking.id) if able else "skill"
        if reason:
            raise seats.refusal(reason, to_stylist, starts_at)
        await _move_unit(shop, booking, starts_at)
        left = (booking.stylist_id, booking.starts_at)
        old = f"{booking.starts_at.isoformat()} {booking.stylist_id} {booking.mode}"
        booking.starts_at, booking.ends_at = starts_at, law.ends(starts_at, rules)
        booking.stylist_id, booking.mode = to_stylist, to_mode
        booking.moves += moved and asked is None
        booking.sequence += 1
        booking.updated_at = now
        await booking.save()
        await seats.free_cells(booking.id)
        try:
            await seats.hold_cells(shop, booking, to_stylist)
        except IntegrityError:
            raise SlotTaken(to_stylist, starts_at.isoformat()) from None
        await History.create(
            noun="booking",
            row_id=booking.id,
            old=booking.state.value,
            new=booking.state.value,
            who=f"member:{member_id}",
            why=f"moved from {old} to {starts_at.isoformat()} {to_stylist} {to_mode}"[:200],
            created_at=now,
        )
        await care.start(shop, member_id, Event.BOOKING, f"booking:{booking.id}", starts_at)
        await waitlist.offer_freed(shop, *left)
        await waitlist.offer_colleague(shop, asked, left[1])
    log.info("booking.moved", booking=booking.id, moves=booking.moves)
    return await booking_of(member_id, booking_id)


async def _move_unit(shop: Shop, booking: Booking, starts_at: datetime) -> None:
    """A session that moves into another membership year uses that year's unit; the first one goes back."""
    counter = await quotas.counter_for(booking.member_id, Quota.STYLING, starts_at)
    if counter is None:
        raise QuotaSpent(Quota.STYLING.value)
    if counter.id == booking.counter_id:
        return
    ref = f"booking:{booking.id}:{booking.sequence + 1}"
    held_id = await quotas.hold(shop, booking.member_id, Quota.STYLING, starts_at, ref=ref, reason="moved")
    await quotas.restore(shop, booking.counter_id, ref=booking.quota_ref, reason="moved")
    booking.counter_id, booking.quota_ref = held_id, ref


@dataclass(frozen=True)
class CancelPreview:
    """What cancelling now would mean: free, or the unit is used; and until when it is free (included)."""

    free: bool
    free_until: datetime


async def cancel_preview(shop: Shop, member_id: int, booking_id: int) -> CancelPreview:
    """Raises WrongState when there is nothing to cancel, TooLate once the session has begun."""
    booking = await booking_of(member_id, booking_id)
    if booking.state is not BookingState.BOOKED:
        raise WrongState("booking", booking.state.value, BookingState.CANCELLED.value)
    ends_in = await _cancel_ends_in(shop, booking)
    return CancelPreview(ends_in is BookingState.CANCELLED, law.free_until(booking.starts_at, shop.rules.booking))


async def _cancel_ends_in(shop: Shop, booking: Booking) -> BookingState:
    """As the rule says; but whose stylist is out always has the unit back."""
    ends_in = law.cancel_ends_in(booking.starts_at, shop.now(), shop.rules.booking)
    asked = await Swap.exists(booking_id=booking.id, state=SwapState.OPEN)
    return BookingState.CANCELLED if asked else ends_in


async def cancel(shop: Shop, member_id: int, booking_id: int, why: str = "") -> Booking:
    """The member cancels: in time the unit goes back, later it is used; the slot is free either way."""
    async with transaction():
        await booking_of(member_id, booking_id)
        booking = await Booking.filter(id=booking_id).select_for_update().get()
        if booking.state in (BookingState.CANCELLED, BookingState.LATE_CANCELLED):
            return await booking_of(member_id, booking_id)
        if booking.state is BookingState.HELD:
            await waitlist.give_up_offer(shop, booking)
            return await booking_of(member_id, booking_id)
        ends_in = await _cancel_ends_in(shop, booking)
        await end(shop, booking, ends_in, who=f"member:{member_id}", why=why)
        await release(shop, booking, use=ends_in is BookingState.LATE_CANCELLED, reason=ends_in.value)
    log.info("booking.cancelled", booking=booking.id, outcome=ends_in.value)
    return await booking_of(member_id, booking_id)


async def end(
    shop: Shop,
    booking: Booking,
    state: BookingState,
    *,
    who: str,
    why: str = "",
    swap: SwapState = SwapState.GIVEN_BACK,
) -> None:
    """Move a booking to where it ends (inside the caller's transaction); calendars learn of it.

    An open question about its stylist ends with it, as `swap` says.

    A no-show that ends otherwise after all is what an objection asked for: its case is closed with it.
    """
    ended = await seats.end_swap(shop, booking, swap, who=who)
    await waitlist.offer_colleague(shop, ended, booking.starts_at)
    await base.move(booking, BOOKING_LIFE, state, at=shop.now(), who=who, why=why[:200], sequence=booking.sequence + 1)
    if booking.objected_at is not None:
        await cases.settle_case(shop, CaseKind.OBJECTION, f"booking:{booking.id}", state.value, who, why)


async def release(shop: Shop, booking: Booking, *, use: bool, reason: str) -> None:
    """Free the slot, stop the reminders, and give the unit back or use it up (caller's transaction)."""
    await seats.free_cells(booking.id)
    if use:
        await quotas.use(shop, booking.counter_id, ref=booking.quota_ref, reason=reason)
    else:
        await quotas.restore(shop, booking.counter_id, ref=booking.quota_ref, reason=reason)
    await care.stop(shop, f"booking:{booking.id}", reason)
    await waitlist.offer_freed(shop, booking.stylist_id, booking.starts_at)


async def rate(shop: Shop, member_id: int, booking_id: int, stars: int) -> Booking:
    """One to five stars for a session that took place, once. Raises WrongState before, or for other stars."""
    booking = await booking_of(member_id, booking_id)
    if booking.state is not BookingState.DONE:
        raise WrongState("booking", booking.state.value, "rated")
    given = await Booking.filter(id=booking.id, rating__isnull=True).update(rating=stars, updated_at=shop.now())
    booking = await booking_of(member_id, booking_id)
    if not given and booking.rating != stars:
        raise WrongState("rating", str(booking.rating), str(stars))
    return booking
