"""The wait-list: a time that becomes free is kept for the first in line, by the cells every booking is held by."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import structlog
from tortoise.expressions import Q

from domain import booking as law
from domain.booking import BOOKING_LIFE, BookingState
from domain.care import quiet_hours
from domain.errors import NotFound, QuotaSpent, SlotNotOffered, TooLate, TooMany, WrongState
from domain.membership import Quota
from domain.path import Event
from domain.waitlist import IN_LINE, WAIT_LIFE, Hold, WaitState, hold_for, too_near
from models import Booking, InboxNote, Member, Stylist, Swap, WaitEntry, base
from services import care, quotas, seats, slots, stylists
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Place", "WaitEntry", "accept", "back_in_line", "give_up_offer", "join", "leave", "offer_colleague", "offer_freed",
    "offer_waiting", "places_of", "take_offer", "turn_over",
]  # fmt: skip

log = structlog.get_logger()


@dataclass(frozen=True)
class Place:
    """A place in line: how many stand before it, and the held booking (stylist fetched) once it is offered."""

    entry: WaitEntry
    ahead: int
    offer: Booking | None


def _ref(entry: WaitEntry) -> str:
    return f"wait:{entry.id}"


async def _place(entry: WaitEntry) -> Place:
    before = WaitEntry.filter(starts_at=entry.starts_at, state=WaitState.WAITING, id__lt=entry.id)
    if entry.stylist_id is not None:
        before = before.filter(Q(stylist_id=entry.stylist_id) | Q(stylist_id__isnull=True))
    offer = None
    if entry.state is WaitState.OFFERED:
        offer = await Booking.get(id=entry.booking_id).select_related("stylist")
    return Place(entry, await before.count() if entry.state is WaitState.WAITING else 0, offer)


async def places_of(member_id: int) -> list[Place]:
    """The member's open places, the next session first."""
    mine = WaitEntry.filter(member_id=member_id, state__in=IN_LINE).order_by("starts_at")
    return [await _place(entry) for entry in await mine]


async def _entry_of(member_id: int, entry_id: int) -> WaitEntry:
    entry = await WaitEntry.get_or_none(id=entry_id, member_id=member_id)
    if entry is None:
        raise NotFound("wait")
    return entry


async def join(
    shop: Shop, member_id: int, starts_at: datetime, mode: str, *, stylist_id: int | None = None, skill: str = ""
) -> Place:
    """Stand in line for a time that is taken; the same again is the same place.

    Raises WrongState for a time that is free (it can be booked), SlotNotOffered for one that nobody
    works or that is too near or far, QuotaSpent without a unit for it, TooMany.
    """
    async with transaction():
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        standing = await WaitEntry.get_or_none(member_id=member_id, starts_at=starts_at, state__in=IN_LINE)
        if standing is not None:
            return await _place(standing)
        await seats.refuse_overlap(shop, member_id, starts_at, None)
        if not await _has_unit(member_id, starts_at):
            raise QuotaSpent(Quota.STYLING.value)
        chosen = [await stylists.stylist_of(stylist_id)] if stylist_id else await stylists.active()
        order, reason = await slots.free_now(shop, stylists.able(chosen, skill), starts_at, mode, favourite_id=None)
        if order:
            raise WrongState("slot", "free", "waited_for")
        if reason != "taken":
            raise SlotNotOffered(reason)
        most = shop.rules.booking.waits_max
        if await WaitEntry.filter(member_id=member_id, state__in=IN_LINE).count() >= most:
            raise TooMany("waits", most)
        entry = await WaitEntry.create(
            member_id=member_id, stylist_id=stylist_id, starts_at=starts_at, mode=mode, skill=skill,
            state=WaitState.WAITING, created_at=shop.now(),
        )  # fmt: skip
    log.info("wait.joined", wait=entry.id, member=member_id)
    return await _place(entry)


async def _has_unit(member_id: int, starts_at: datetime) -> bool:
    counter = await quotas.counter_for(member_id, Quota.STYLING, starts_at)
    return counter is not None and counter.granted > counter.held + counter.used


async def offer_freed(shop: Shop, stylist_id: int, starts_at: datetime) -> Booking | None:
    """Keep a time that has become free for the first in line who can take it (caller's transaction).

    In the transaction that frees it, so that nobody slips in between. None when nobody waits for it.
    """
    hold = hold_for(shop.now(), starts_at, shop.rules.booking, quiet_hours(shop.rules.care))
    if hold is None:
        return None
    line = await WaitEntry.filter(
        Q(stylist_id=stylist_id) | Q(stylist_id__isnull=True), starts_at=starts_at, state=WaitState.WAITING
    ).order_by("id")
    stylist = await Stylist.get_or_none(id=stylist_id, active=True) if line else None
    for entry in line:
        if stylist is None or entry.mode not in stylist.modes or not stylists.able([stylist], entry.skill):
            continue
        if not await _has_unit(entry.member_id, starts_at) or await _sits_elsewhere(shop, entry):
            continue
        # Another stylist's time may be offered to the same member at this very moment: one of the two wins.
        if not await WaitEntry.filter(id=entry.id, state=WaitState.WAITING).update(state=WaitState.OFFERED):
            continue
        booking = await _hold(shop, entry, stylist_id, hold)
        if booking is None:
            await WaitEntry.filter(id=entry.id).update(state=WaitState.WAITING)
        return booking
    return None


async def offer_colleague(shop: Shop, swap: Swap | None, starts_at: datetime) -> None:
    """The time that was kept with a colleague is free again: the wait-list comes first (caller's transaction)."""
    if swap is not None and swap.to_stylist_id is not None:
        await offer_freed(shop, swap.to_stylist_id, starts_at)


async def _sits_elsewhere(shop: Shop, entry: WaitEntry) -> bool:
    others = await slots.own_starts(entry.member_id)
    return any(law.overlap(other, entry.starts_at, shop.rules.booking) for other in others)


async def _hold(shop: Shop, entry: WaitEntry, stylist_id: int, hold: Hold) -> Booking | None:
    """The held booking of an offer, and the word to the member; None when the time is not free after all."""
    booking, _ = await seats.take(
        shop,
        stylist_id,
        {
            "member_id": entry.member_id,
            "starts_at": entry.starts_at,
            "ends_at": law.ends(entry.starts_at, shop.rules.booking),
            "mode": entry.mode,
            "state": BookingState.HELD,
            "counter_id": 0,
            "skill": entry.skill,
            "uid": f"booking-{secrets.token_hex(12)}@hezi",
            "created_at": shop.now(),
        },
    )
    if booking is None:
        return None
    await WaitEntry.filter(id=entry.id).update(
        booking_id=booking.id, offer_from=hold.begins_at, offer_until=hold.ends_at, updated_at=shop.now()
    )
    await care.start(shop, entry.member_id, Event.WAITLIST, _ref(entry), hold.begins_at)
    log.info("wait.offered", wait=entry.id, booking=booking.id)
    return booking


async def accept(shop: Shop, member_id: int, entry_id: int) -> Booking:
    """The offered time becomes a booking, with its unit. Again, it is the same booking.

    Raises TooLate from the instant the hold ends, WrongState without an offer, QuotaSpent, SlotNotOffered.
    """
    async with transaction():
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        entry = await _entry_of(member_id, entry_id)
        if entry.booking_id is None:
            raise WrongState("wait", entry.state.value, WaitState.TAKEN.value)
        booking = await Booking.filter(id=entry.booking_id).select_for_update().get()
        await take_offer(shop, booking)
    return await Booking.get(id=booking.id).select_related("stylist")


async def take_offer(shop: Shop, booking: Booking) -> None:
    """Make a held booking a real one (caller's transaction, the member's row locked). Raises as `accept`."""
    booking = await Booking.filter(id=booking.id).select_for_update().get()
    entry = await WaitEntry.get(booking_id=booking.id)
    if entry.state is WaitState.TAKEN:
        return
    if entry.state is WaitState.LAPSED or (entry.offer_until is not None and shop.now() >= entry.offer_until):
        raise TooLate("offer", entry.offer_until.isoformat() if entry.offer_until else "")
    await seats.refuse_overlap(shop, booking.member_id, booking.starts_at, booking.id)
    who = f"member:{booking.member_id}"
    await base.move(entry, WAIT_LIFE, WaitState.TAKEN, at=shop.now(), who=who)
    await seats.confirm(shop, booking, who=who)
    await care.stop(shop, _ref(entry), "accepted")
    log.info("wait.accepted", wait=entry.id, booking=booking.id)


async def leave(shop: Shop, member_id: int, entry_id: int) -> None:
    """Go out of the line, or decline an offer: then the next in line has it. Again, nothing changes."""
    async with transaction():
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        entry = await _entry_of(member_id, entry_id)
        if entry.state is WaitState.OFFERED:
            await give_up_offer(shop, await Booking.filter(id=entry.booking_id).select_for_update().get())
        elif entry.state is WaitState.WAITING:
            await base.move(entry, WAIT_LIFE, WaitState.LEFT, at=shop.now(), who=f"member:{member_id}")


async def give_up_offer(shop: Shop, booking: Booking) -> None:
    """The member does not want the held time (caller's transaction, the booking locked)."""
    await _drop(shop, booking, WaitState.DECLINED, who=f"member:{booking.member_id}")


async def back_in_line(shop: Shop, booking: Booking, *, who: str) -> None:
    """The stylist falls out while the offer stands: the member keeps her place (caller's transaction)."""
    await _drop(shop, booking, WaitState.WAITING, who=who)


async def _drop(shop: Shop, booking: Booking, state: WaitState, *, who: str) -> WaitEntry | None:
    """End an offer and let the next in line have the time. None when it is no offer any more."""
    if booking.state is not BookingState.HELD:
        return None
    entry = await WaitEntry.get(booking_id=booking.id, state=WaitState.OFFERED)
    now = shop.now()
    booking_id = None if state is WaitState.WAITING else booking.id
    await base.move(entry, WAIT_LIFE, state, at=now, who=who, booking_id=booking_id)
    await base.move(booking, BOOKING_LIFE, BookingState.CANCELLED, at=now, who=who, why=f"offer {state.value}")
    await seats.free_cells(booking.id)
    await care.stop(shop, _ref(entry), f"offer_{state.value}")
    await offer_freed(shop, booking.stylist_id, booking.starts_at)
    return entry


async def turn_over(shop: Shop) -> int:
    """Offers that were not answered in time lapse, and the next in line has the time; how many lapsed."""
    due = WaitEntry.filter(state=WaitState.OFFERED, offer_until__lte=shop.now()).order_by("offer_until", "id")
    lapsed = 0
    for booking_id in await due.values_list("booking_id", flat=True):
        async with transaction():
            booking = await Booking.filter(id=booking_id).select_for_update().get()
            entry = await _drop(shop, booking, WaitState.LAPSED, who="job:waitlist")
            if entry is not None:
                lapsed += 1
                await _tell(shop, entry, "候补保留的时间已过", "为您保留的时间没有等到您的确认，已经让给了下一位。")
    return lapsed


async def offer_waiting(shop: Shop) -> int:
    """Whatever else made a time free (hours, time off taken back) is offered too; how many offers were made.

    Lines for times that came too near end here.
    """
    now, rules, offered = shop.now(), shop.rules.booking, 0
    entries = await WaitEntry.filter(state=WaitState.WAITING).order_by("id")
    for entry in entries:
        if too_near(entry.starts_at, now, rules):
            async with transaction():
                await base.move(entry, WAIT_LIFE, WaitState.OVER, at=now, who="job:waitlist")
                await _tell(shop, entry, "候补没有等到空位", "您候补的时间一直没有空出来，这次就不再等了。")
    everybody = await stylists.active()
    for starts_at, mode in sorted({(e.starts_at, e.mode) for e in entries if not too_near(e.starts_at, now, rules)}):
        free, _ = await slots.free_now(shop, everybody, starts_at, mode, favourite_id=None)
        for stylist_id in free:
            async with transaction():
                offered += await offer_freed(shop, stylist_id, starts_at) is not None
    return offered


async def _tell(shop: Shop, entry: WaitEntry, title: str, text: str) -> None:
    """A note in the inbox; nothing rings for what cannot be changed any more."""
    await InboxNote.create(
        member_id=entry.member_id, title=title, text=text, page="pages/booking/booking", created_at=shop.now()
    )
