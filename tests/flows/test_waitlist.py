"""The wait-list: the first in line has the time for thirty minutes, and nobody else; quiet hours are kept."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from domain.booking import BookingState
from domain.errors import NotFound, QuotaSpent, Refusal, SlotNotOffered, SlotTaken, TooLate, TooMany, WrongState
from domain.waitlist import WaitState
from models import Booking, BookingCell, CareMessage, InboxNote, WaitEntry
from models import database as rows
from services import bookings, slots, styling, time_off, waitlist
from services.stylists import Desk
from tests.support.booking import SATURDAY, StandShop, member, on, plan, stylist, units

AT_THREE = on(SATURDAY, 15)
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stand(database_url: str) -> AsyncIterator[StandShop]:
    await rows.connect(database_url, pool_max=10)
    yield StandShop()
    await rows.close()


async def state_of(entry_id: int) -> WaitState:
    return (await WaitEntry.get(id=entry_id)).state


async def test_the_first_in_line_is_offered_the_time_and_the_next_when_it_lapses(stand: StandShop) -> None:
    lin, anna, bea, cleo, dora = await stylist("林晚"), await member(), await member(), await member(), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    first = await waitlist.join(stand.shop, bea.id, AT_THREE, "store")
    second = await waitlist.join(stand.shop, cleo.id, AT_THREE, "store", stylist_id=lin.id)
    assert (first.ahead, second.ahead) == (0, 1)
    assert (await waitlist.join(stand.shop, bea.id, AT_THREE, "store")).entry.id == first.entry.id

    await bookings.cancel(stand.shop, anna.id, booking.id)
    [place] = await waitlist.places_of(bea.id)
    assert place.offer is not None
    assert (place.entry.state, place.offer.state) == (WaitState.OFFERED, BookingState.HELD)
    assert place.entry.offer_until == stand.clock.instant + 30 * MINUTE
    # Closed to others meanwhile: by the cells, in the list, and to the next in line.
    assert await BookingCell.all().count() == 4
    with pytest.raises(SlotTaken):
        await bookings.book(stand.shop, dora.id, lin.id, AT_THREE, "store")
    [day] = await slots.free_slots(stand.shop, SATURDAY, SATURDAY)
    assert AT_THREE not in {slot.starts_at for slot in day.slots}
    with pytest.raises(WrongState):
        await waitlist.accept(stand.shop, cleo.id, second.entry.id)

    stand.clock.advance(30 * MINUTE - timedelta(microseconds=1))
    assert await waitlist.turn_over(stand.shop) == 0
    stand.clock.advance(timedelta(microseconds=1))
    with pytest.raises(TooLate):
        await waitlist.accept(stand.shop, bea.id, first.entry.id)
    assert await waitlist.turn_over(stand.shop) == 1
    assert await state_of(first.entry.id) is WaitState.LAPSED
    assert await state_of(second.entry.id) is WaitState.OFFERED
    assert await InboxNote.filter(member_id=bea.id).count() == 1
    mine = await waitlist.accept(stand.shop, cleo.id, second.entry.id)
    assert (mine.state, mine.stylist.name, mine.member_id) == (BookingState.BOOKED, "林晚", cleo.id)
    assert await BookingCell.all().count() == 4
    assert (await waitlist.accept(stand.shop, cleo.id, second.entry.id)).id == mine.id


async def test_accepting_uses_a_unit_and_plans_the_reminders(stand: StandShop) -> None:
    lin, anna, bea = await stylist("林晚"), await member(), await member(stylings=None)
    counter = await plan(bea.id, stylings=1)
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    place = await waitlist.join(stand.shop, bea.id, AT_THREE, "store")
    await bookings.cancel(stand.shop, anna.id, booking.id)
    assert await units(counter.id) == (0, 0)
    # Booking the very time that is kept for her is the same as accepting.
    mine = await bookings.book(stand.shop, bea.id, None, AT_THREE, "store")
    assert await units(counter.id) == (1, 0)
    assert await state_of(place.entry.id) is WaitState.TAKEN
    told = {m.step: m.state for m in await CareMessage.filter(member_id=bea.id)}
    assert told == {"waitlist.offer": "skipped", "booking.day_before": "planned", "booking.two_hours": "planned"}
    await bookings.cancel(stand.shop, bea.id, mine.id)
    assert await units(counter.id) == (0, 0)


async def test_a_time_freed_at_night_is_kept_until_the_morning(stand: StandShop) -> None:
    lin, anna, bea, dora = await stylist("林晚"), await member(), await member(), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    place = await waitlist.join(stand.shop, bea.id, AT_THREE, "store")
    stand.clock.instant = on(date(2026, 11, 24), 21, 30)
    await bookings.cancel(stand.shop, anna.id, booking.id)
    entry = await WaitEntry.get(id=place.entry.id)
    assert (entry.offer_from, entry.offer_until) == (on(date(2026, 11, 25), 8), on(date(2026, 11, 25), 8, 30))
    assert (await CareMessage.get(occurrence=f"wait:{entry.id}")).send_at == entry.offer_from
    with pytest.raises(SlotTaken):
        await bookings.book(stand.shop, dora.id, lin.id, AT_THREE, "store")
    stand.clock.instant = on(date(2026, 11, 25), 8, 29)
    assert (await waitlist.accept(stand.shop, bea.id, entry.id)).state is BookingState.BOOKED


async def test_who_cannot_take_it_is_passed_over(stand: StandShop) -> None:
    """No unit left, another session at the time, another stylist wanted, a mode she does not do."""
    lin, zhou = await stylist("林晚", modes=("store",)), await stylist("周可")
    anna, spent, busy, other, video, last = [await member(stylings=None) for _ in range(6)]
    for one in (anna, busy, other, video, last):
        await plan(one.id)
    counter = await plan(spent.id, stylings=1)
    mine = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    await bookings.book(stand.shop, (await member()).id, zhou.id, AT_THREE, "store")
    entries = {
        one.id: (await waitlist.join(stand.shop, one.id, AT_THREE, mode, stylist_id=wanted)).entry.id
        for one, mode, wanted in (
            (spent, "store", None), (busy, "store", None), (other, "store", zhou.id), (video, "video", None),
            (last, "store", None),
        )
    }  # fmt: skip
    await bookings.book(stand.shop, spent.id, lin.id, on(SATURDAY, 10), "store")
    assert await units(counter.id) == (1, 0)
    third = await stylist("陈屿", hours=(("14:30", "16:00"),))
    await bookings.book(stand.shop, busy.id, third.id, AT_THREE, "store")
    await bookings.cancel(stand.shop, anna.id, mine.id)
    assert {one: await state_of(entry) for one, entry in entries.items()} == {
        spent.id: WaitState.WAITING, busy.id: WaitState.WAITING, other.id: WaitState.WAITING,
        video.id: WaitState.WAITING, last.id: WaitState.OFFERED,
    }  # fmt: skip


async def test_only_what_is_taken_can_be_waited_for(stand: StandShop) -> None:
    lin, anna, bea = await stylist("林晚"), await member(), await member()
    with pytest.raises(WrongState):
        await waitlist.join(stand.shop, bea.id, AT_THREE, "store")
    with pytest.raises(SlotNotOffered):
        await waitlist.join(stand.shop, bea.id, on(SATURDAY, 20), "store")
    await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    with pytest.raises(SlotNotOffered):
        await waitlist.join(stand.shop, anna.id, AT_THREE, "store")
    with pytest.raises(QuotaSpent):
        await waitlist.join(stand.shop, (await member(stylings=None)).id, AT_THREE, "store")
    place = await waitlist.join(stand.shop, bea.id, AT_THREE, "store")
    with pytest.raises(NotFound):
        await waitlist.leave(stand.shop, anna.id, place.entry.id)
    with pytest.raises(WrongState):
        await waitlist.accept(stand.shop, bea.id, place.entry.id)
    await waitlist.leave(stand.shop, bea.id, place.entry.id)
    assert await waitlist.places_of(bea.id) == []
    for n in range(6):
        await bookings.book(stand.shop, (await member()).id, lin.id, on(SATURDAY, 10 + n % 5 + n // 5 * 6), "store")
    for n in range(5):
        await waitlist.join(stand.shop, bea.id, on(SATURDAY, 10 + n), "store")
    with pytest.raises(TooMany):
        await waitlist.join(stand.shop, bea.id, AT_THREE, "store")


async def test_declined_goes_to_the_next_in_line(stand: StandShop) -> None:
    lin, anna, bea, cleo = await stylist("林晚"), await member(), await member(), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    first = (await waitlist.join(stand.shop, bea.id, AT_THREE, "store")).entry
    second = (await waitlist.join(stand.shop, cleo.id, AT_THREE, "store")).entry
    await bookings.move(stand.shop, anna.id, booking.id, on(SATURDAY, 11))
    held = (await waitlist.places_of(bea.id))[0].offer
    assert held is not None
    with pytest.raises(WrongState):
        await styling.cancel(stand.shop, Desk(1, lin.id), held.id, "不行")
    await bookings.cancel(stand.shop, bea.id, held.id)
    assert (await state_of(first.id), await state_of(second.id)) == (WaitState.DECLINED, WaitState.OFFERED)


async def test_a_time_that_became_free_by_other_ways_is_offered_by_the_job(stand: StandShop) -> None:
    lin, anna, bea = await stylist("林晚"), await member(), await member()
    await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    entry = (await waitlist.join(stand.shop, bea.id, AT_THREE, "store")).entry
    assert await waitlist.offer_waiting(stand.shop) == 0
    zhou = await stylist("周可", hours=())
    await time_off.change(stand.shop, Desk(1, zhou.id), on(SATURDAY, 14), on(SATURDAY, 17), "加班", works=True)
    assert await waitlist.offer_waiting(stand.shop) == 1
    assert (await waitlist.places_of(bea.id))[0].offer.stylist_id == zhou.id  # type: ignore[union-attr]
    stand.clock.instant = AT_THREE - timedelta(minutes=119)
    assert await waitlist.turn_over(stand.shop) == 1
    other = (await WaitEntry.create(
        member_id=anna.id, starts_at=AT_THREE, mode="store", state=WaitState.WAITING, created_at=stand.clock.instant
    ))  # fmt: skip
    assert await waitlist.offer_waiting(stand.shop) == 0
    assert await state_of(other.id) is WaitState.OVER
    assert await state_of(entry.id) is WaitState.LAPSED


async def test_accepting_lapsing_and_strangers_at_one_instant(stand: StandShop) -> None:
    lin = await stylist("林晚")
    for day in range(4):
        at = AT_THREE + timedelta(days=day)
        anna, bea, cleo, dora = [await member() for _ in range(4)]
        booking = await bookings.book(stand.shop, anna.id, lin.id, at, "store")
        first = (await waitlist.join(stand.shop, bea.id, at, "store")).entry
        second = (await waitlist.join(stand.shop, cleo.id, at, "store")).entry
        await asyncio.gather(
            bookings.cancel(stand.shop, anna.id, booking.id),
            *(_try(bookings.book(stand.shop, dora.id, lin.id, at, "store")) for _ in range(3)),
        )
        # Nobody slipped in between the cancelling and the offer.
        assert await state_of(first.id) is WaitState.OFFERED
        await asyncio.gather(
            _try(waitlist.accept(stand.shop, bea.id, first.id)),
            _try(waitlist.leave(stand.shop, bea.id, first.id)),
            _try(waitlist.accept(stand.shop, bea.id, first.id)),
            _try(waitlist.turn_over(stand.shop)),
        )
        states = (await state_of(first.id), await state_of(second.id))
        assert states in (
            (WaitState.TAKEN, WaitState.WAITING), (WaitState.DECLINED, WaitState.OFFERED),
        )  # fmt: skip
        live = await Booking.filter(starts_at=at, state__in=["held", "booked"])
        assert [b.member_id for b in live] == [bea.id if states[0] is WaitState.TAKEN else cleo.id]
        assert await BookingCell.filter(booking_id=live[0].id).count() == 4


async def _try(act: object) -> object:
    try:
        return await act  # type: ignore[misc]  # Any awaitable.
    except Refusal as refused:
        return refused
