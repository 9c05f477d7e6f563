"""The seat of a session: the stylist's quarters of an hour, taken and freed inside the caller's transaction."""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain import booking as law
from domain.booking import BOOKING_LIFE, BookingState
from domain.errors import QuotaSpent, SlotNotOffered, SlotTaken
from domain.membership import Quota
from domain.path import Event
from domain.swap import SWAP_LIFE, SwapState
from models import Booking, BookingCell, Stylist, Swap, base
from models.sql import run
from services import care, quotas, slots, stylists
from services.shop import Shop


class _NotFreeError(Exception):
    """Rolls the savepoint back, so that the lock on a stylist who is not free is let go at once."""


async def take(shop: Shop, stylist_id: int, wanted: dict[str, Any]) -> tuple[Booking | None, str]:
    """Write the booking with its cells; or write nothing, and say what came in between."""
    try:
        async with in_transaction():
            reason = await why_not(shop, stylist_id, wanted["starts_at"], wanted["mode"], None)
            if reason:
                raise _NotFreeError(reason)
            booking = await Booking.create(**wanted, stylist_id=stylist_id)
            await hold_cells(shop, booking, stylist_id)
            return booking, ""
    except _NotFreeError as not_free:
        return None, str(not_free)
    except IntegrityError:
        return None, "taken"


async def place(shop: Shop, stylist: Stylist, wanted: dict[str, Any], *, others: bool) -> tuple[Booking | None, str]:
    """Write a member's booking with its cells, unit and history; or write nothing, and say what came in between.

    Without `others` to try next a no ends the transaction, so that it needs no savepoint. Raises QuotaSpent.
    """
    try:
        async with in_transaction() if others else nullcontext():
            reason = await why_not(shop, stylist.id, wanted["starts_at"], wanted["mode"], None)
            if reason:
                raise _NotFreeError(reason)
            quarters = list(law.quarters_held(wanted["starts_at"], shop.rules.booking))
            placed = await run("place_booking", **wanted, stylist_id=stylist.id, quarters=quarters, now=shop.now())
    except _NotFreeError as not_free:
        return None, str(not_free)
    except IntegrityError:
        return None, "taken"
    if not placed:
        raise QuotaSpent(Quota.STYLING.value)
    ref = f"booking:{placed[0]['id']}"
    booking = Booking(
        id=placed[0]["id"], **wanted, stylist=stylist, state=BookingState.BOOKED, quota_ref=ref, created_at=shop.now()
    )
    # The row was written by the statement itself.
    booking._saved_in_db = True
    # Nothing was planned for it before, so nothing has to be set aside.
    await care.start_many(shop, Event.BOOKING, [(booking.member_id, ref, booking.starts_at)])
    return booking, ""


async def why_not(shop: Shop, stylist_id: int, starts_at: datetime, mode: str, moving_id: int | None) -> str | None:
    """Ask under the stylist's lock, so that time off cannot slip in; the cells' key decides the rest."""
    stylist = await stylists.locked(stylist_id)
    order, reason = await slots.free_now(shop, [stylist], starts_at, mode, favourite_id=None, moving_id=moving_id)
    return None if order else reason


async def hold_cells(shop: Shop, booking: Booking, stylist_id: int) -> None:
    """Take the booking's quarters with a stylist. Raises IntegrityError when one of them is taken."""
    await BookingCell.bulk_create(
        [
            BookingCell(stylist_id=stylist_id, quarter=quarter, booking_id=booking.id, created_at=shop.now())
            for quarter in law.quarters_held(booking.starts_at, shop.rules.booking)
        ]
    )


async def free_cells(booking_id: int, *, but_stylist_id: int | None = None) -> None:
    """Let the booking's quarters go, those with one stylist excepted."""
    held = BookingCell.filter(booking_id=booking_id)
    await (held if but_stylist_id is None else held.exclude(stylist_id=but_stylist_id)).delete()


async def end_swap(shop: Shop, booking: Booking, state: SwapState, *, who: str) -> Swap | None:
    """Close the open question about a stylist who is out, if there is one, and let the colleague's time go.

    Who calls this offers that time to the wait-list (`waitlist.offer_colleague`).
    """
    swap = await Swap.filter(booking_id=booking.id, state=SwapState.OPEN).first()
    if swap is None:
        return None
    await base.move(swap, SWAP_LIFE, state, at=shop.now(), who=who)
    await free_cells(booking.id, but_stylist_id=booking.stylist_id)
    await care.stop(shop, f"swap:{swap.id}", state.value)
    return swap


def refuse_overlap_with(shop: Shop, live: Sequence[Booking], starts_at: datetime) -> None:
    """As `refuse_overlap`, for live bookings that are read already."""
    if any(b.state is BookingState.BOOKED and law.overlap(b.starts_at, starts_at, shop.rules.booking) for b in live):
        raise SlotNotOffered("own_booking")


async def refuse_overlap(shop: Shop, member_id: int, starts_at: datetime, but_id: int | None) -> None:
    """Nobody sits in two sessions at one time: raises SlotNotOffered("own_booking")."""
    for other in await slots.own_starts(member_id, but_id):
        if law.overlap(other, starts_at, shop.rules.booking):
            raise SlotNotOffered("own_booking")


def refusal(reason: str, stylist_id: int | None, starts_at: datetime) -> SlotTaken | SlotNotOffered:
    """What speaks against a time, as the refusal to raise."""
    if reason == "taken":
        return SlotTaken(stylist_id or 0, starts_at.isoformat())
    return SlotNotOffered(reason)


async def confirm(shop: Shop, booking: Booking, *, who: str) -> None:
    """A held seat becomes a booking: unit and reminders with it. Raises QuotaSpent, WrongState."""
    ref = f"booking:{booking.id}"
    counter_id = await quotas.hold(shop, booking.member_id, Quota.STYLING, booking.starts_at, ref=ref, reason="booked")
    await base.move(
        booking,
        BOOKING_LIFE,
        BookingState.BOOKED,
        at=shop.now(),
        who=who,
        quota_ref=ref,
        counter_id=counter_id,
    )
    # Nothing was planned for it before, so nothing has to be set aside.
    await care.start_many(shop, Event.BOOKING, [(booking.member_id, ref, booking.starts_at)])
