"""A stylist is out: each touched member is asked, a colleague's time is kept meanwhile, nobody is moved silently."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from tortoise.expressions import Q

from domain.booking import BookingState
from domain.care import quiet_hours
from domain.errors import Invalid, NotFound, TooLate, WrongState
from domain.path import Event
from domain.swap import SWAP_LIFE, SwapState, answer_by
from models import Booking, History, HoursException, InboxNote, Member, Stylist, Swap, base
from services import bookings, care, seats, slots, stylists, time_off, waitlist
from services.shop import Shop
from services.stylists import Desk
from services.transaction import transaction

__all__ = ["Asked", "Out", "Swap", "accept", "asked", "lapse_due", "mark_out", "open_swaps", "take_back"]

log = structlog.get_logger()


@dataclass(frozen=True)
class Asked:
    """A touched booking (stylist fetched) with what its member is asked; `swap` is None in a preview."""

    booking: Booking
    to_stylist: Stylist | None
    answer_by: datetime
    swap: Swap | None = None


@dataclass(frozen=True)
class Out:
    """`entry` is None in a preview. `back_in_line` counts offers of the wait-list that ended with it."""

    entry: HoursException | None
    asked: Sequence[Asked]
    back_in_line: int


async def mark_out(
    shop: Shop, desk: Desk, starts_at: datetime, ends_at: datetime, why: str,
    *, stylist_id: int | None = None, preview: bool = False,
) -> Out:  # fmt: skip
    """The stylist is out: time off, and each booking in it is offered to a colleague with the skill.

    A session she was to take over from somebody else is offered anew. `stylist_id` is for admins. With
    `preview` nothing is written. Raises Invalid, NotFound.
    """
    whose = stylist_id or desk.stylist_id
    if whose is None:
        raise Invalid("stylist_id", "who is out?")
    touching = stylists.live_at(whose).filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
    async with transaction():
        if not preview:
            # Bookings before stylists, as everybody locks them; the whole team in one order, so that two
            # stylists who fall out at once do not wait for each other.
            await touching.order_by("id").select_for_update()
            await Stylist.filter(active=True).order_by("id").select_for_update(no_key=True)
        change = await time_off.change(shop, desk, starts_at, ends_at, why, stylist_id=whose, preview=preview)
        told, in_line = [], 0
        for booking in change.touched:
            if booking.state is BookingState.HELD:
                in_line += 1
                if change.entry is not None:
                    await waitlist.back_in_line(shop, booking, who=f"staff:{desk.staff_id}")
            elif booking.starts_at > shop.now():
                told.append(await _ask(shop, booking, change.entry))
    if change.entry is not None:
        log.info("stylist.out", stylist=whose, entry=change.entry.id, asked=len(told), back_in_line=in_line)
    return Out(change.entry, told, in_line)


async def _colleagues(shop: Shop, booking: Booking) -> list[Stylist]:
    """Who has the skill and the time, in the order to be asked; short notice is no matter here."""
    rules = replace(shop.rules, booking=replace(shop.rules.booking, notice_minutes=0))
    others = [s for s in await stylists.active() if s.id != booking.stylist_id]
    able = stylists.able(others, booking.skill)
    favourite_id = await stylists.favourite_of(booking.member_id)
    order, _ = await slots.free_now(
        replace(shop, rules=rules), able, booking.starts_at, booking.mode, favourite_id=favourite_id
    )
    return [next(s for s in able if s.id == one) for one in order]


async def _ask(shop: Shop, booking: Booking, absence: HoursException | None) -> Asked:
    """Ask one member, a colleague's time kept under the same unique key; without `absence` only look."""
    until = answer_by(shop.now(), booking.starts_at, shop.rules.booking, quiet_hours(shop.rules.care))
    to_stylist = next(iter(await _colleagues(shop, booking)), None)
    if absence is None:
        return Asked(booking, to_stylist, until)
    absence_id = absence.id
    if absence.stylist_id != booking.stylist_id:
        # It is she who was to take it over; the question still ends with the time off it came from.
        absence_id = (await Swap.get(booking_id=booking.id, state=SwapState.OPEN)).absence_id
    before = await seats.end_swap(shop, booking, SwapState.WITHDRAWN, who="shop")
    if to_stylist is not None:
        await seats.hold_cells(shop, booking, to_stylist.id)
    await waitlist.offer_colleague(shop, before, booking.starts_at)
    swap = await Swap.create(
        booking_id=booking.id, absence_id=absence_id, from_stylist_id=booking.stylist_id,
        to_stylist_id=to_stylist.id if to_stylist else None, state=SwapState.OPEN, answer_by=until,
        created_at=shop.now(),
    )  # fmt: skip
    await care.start(shop, booking.member_id, Event.SWAP, f"swap:{swap.id}", until)
    return Asked(booking, to_stylist, until, swap)


async def open_swaps(booking_ids: Sequence[int]) -> dict[int, tuple[Swap, Stylist | None]]:
    """What the members of these bookings are asked now, with the colleague, by booking."""
    rows = await Swap.filter(booking_id__in=list(booking_ids), state=SwapState.OPEN) if booking_ids else []
    colleagues = [row.to_stylist_id for row in rows if row.to_stylist_id]
    team = {s.id: s for s in await Stylist.filter(id__in=colleagues)} if colleagues else {}
    return {row.booking_id: (row, team.get(row.to_stylist_id or 0)) for row in rows}


async def accept(shop: Shop, member_id: int, booking_id: int) -> Booking:
    """The member agrees: the colleague has the session; unit, time and moves stay. Again, nothing changes.

    Raises TooLate from the due time on, WrongState when nothing (or no colleague) was offered, NotFound.
    """
    now = shop.now()
    async with transaction():
        await bookings.booking_of(member_id, booking_id)
        await Member.filter(id=member_id).select_for_update(no_key=True).get()
        booking = await Booking.filter(id=booking_id).select_for_update().get()
        swap = await Swap.filter(booking_id=booking_id).order_by("-id").first()
        if swap is not None and swap.state is SwapState.ACCEPTED:
            return await bookings.booking_of(member_id, booking_id)
        if swap is None or swap.state is not SwapState.OPEN or swap.to_stylist_id is None:
            raise WrongState("swap", swap.state.value if swap else "none", SwapState.ACCEPTED.value)
        if now >= swap.answer_by:
            raise TooLate("swap", swap.answer_by.isoformat())
        await base.move(swap, SWAP_LIFE, SwapState.ACCEPTED, at=now, who=f"member:{member_id}")
        await Booking.filter(id=booking_id).update(
            stylist_id=swap.to_stylist_id, sequence=booking.sequence + 1, updated_at=now
        )
        await seats.free_cells(booking_id, but_stylist_id=swap.to_stylist_id)
        await History.create(
            noun="booking", row_id=booking_id, old=booking.state.value, new=booking.state.value,
            who=f"member:{member_id}", why=f"from stylist {swap.from_stylist_id} to {swap.to_stylist_id}",
            created_at=now,
        )  # fmt: skip
        await care.stop(shop, f"swap:{swap.id}", "accepted")
    log.info("swap.accepted", swap=swap.id, booking=booking_id)
    return await bookings.booking_of(member_id, booking_id)


async def lapse_due(shop: Shop) -> int:
    """Unanswered: the brand cancels, the unit goes back, the member is told. How many."""
    due = Swap.filter(state=SwapState.OPEN, answer_by__lte=shop.now()).order_by("answer_by", "id")
    lapsed = 0
    for swap_id, booking_id in await due.values_list("id", "booking_id"):
        async with transaction():
            booking = await Booking.filter(id=booking_id).select_for_update().get()
            if not await Swap.exists(id=swap_id, state=SwapState.OPEN):
                continue
            await bookings.end(
                shop,
                booking,
                BookingState.CANCELLED,
                who="job:swaps",
                why="stylist out, no answer",
                swap=SwapState.LAPSED,
            )
            await bookings.release(shop, booking, use=False, reason="brand_cancelled")
            await care.start(shop, booking.member_id, Event.SWAP_OVER, f"swap:{swap_id}", shop.now())
            lapsed += 1
    return lapsed


async def take_back(shop: Shop, desk: Desk, exception_id: int) -> None:
    """Take time off back: members who have not answered keep their stylist, and are told. Raises NotFound."""
    async with transaction():
        row = await HoursException.get_or_none(id=exception_id)
        if row is None or not desk.sees(row.stylist_id):
            raise NotFound("time_off")
        asked_ids = await Swap.filter(absence_id=exception_id, state=SwapState.OPEN).values_list(
            "booking_id", flat=True
        )
        for booking in await Booking.filter(id__in=list(asked_ids)).order_by("id").select_for_update():
            off = HoursException.filter(stylist_id=row.stylist_id, works=False).exclude(id=exception_id)
            still = await off.filter(starts_at__lt=booking.ends_at, ends_at__gt=booking.starts_at).first()
            if still is not None:
                # She is out by another entry as well: the question stands, and ends with that one.
                await Swap.filter(booking_id=booking.id, state=SwapState.OPEN).update(absence_id=still.id)
                continue
            ended = await seats.end_swap(shop, booking, SwapState.WITHDRAWN, who=f"staff:{desk.staff_id}")
            if ended is not None:
                await waitlist.offer_colleague(shop, ended, booking.starts_at)
                await InboxNote.create(
                    member_id=booking.member_id, title="造型预约照旧",
                    text="您的造型师可以照常为您服务了，原来的预约不变，不用再选。",
                    page=f"pages/booking/booking?id={booking.id}", created_at=shop.now(),
                )  # fmt: skip
        await time_off.withdraw(shop, desk, exception_id)


async def asked(desk: Desk, *, state: SwapState | None = None, limit: int = 100) -> list[tuple[Swap, Booking]]:
    """What was asked because somebody is out, the newest first: of one's own sessions and those one may take over."""
    rows = Swap.all()
    if desk.stylist_id is not None:
        rows = rows.filter(Q(from_stylist_id=desk.stylist_id) | Q(to_stylist_id=desk.stylist_id))
    if state is not None:
        rows = rows.filter(state=state)
    found = await rows.order_by("-id").limit(limit).select_related("booking", "booking__stylist")
    return [(row, row.booking) for row in found]
