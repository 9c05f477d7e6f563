"""A stylist is out: each member is asked, a colleague's time is kept, and nobody is moved silently."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta

import pytest

from domain.booking import BookingState
from domain.errors import NotFound, Refusal, SlotNotOffered, SlotTaken, TooLate, WrongState
from domain.swap import SwapState
from domain.waitlist import WaitState
from models import AuditEntry, Booking, BookingCell, CareMessage, HoursException, InboxNote, Swap, WaitEntry
from models import database as rows
from services import bookings, swaps, time_off, waitlist
from services.stylists import Desk
from tests.support.booking import NOW, SATURDAY, StandShop, member, on, plan, stylist, units

AT_THREE = on(SATURDAY, 15)
MORNING, EVENING = on(SATURDAY, 8), on(SATURDAY, 22)


@pytest.fixture
async def stand(database_url: str) -> AsyncIterator[StandShop]:
    await rows.connect(database_url, pool_max=10)
    yield StandShop()
    await rows.close()


async def test_looking_writes_nothing_and_says_whom_it_would_touch(stand: StandShop) -> None:
    lin, zhou, anna = await stylist("林晚", skills=("通勤",)), await stylist("周可", skills=("通勤",)), await member()
    await stylist("陈屿")
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store", skill="通勤")
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧", preview=True)
    assert out.entry is None
    assert [(a.booking.id, a.to_stylist and a.to_stylist.id) for a in out.asked] == [(booking.id, zhou.id)]
    assert out.asked[0].answer_by == NOW + timedelta(hours=24)
    assert not await Swap.exists()
    assert not await HoursException.exists()
    with pytest.raises(NotFound):
        await swaps.mark_out(stand.shop, Desk(1, zhou.id), MORNING, EVENING, "", stylist_id=lin.id)


async def test_the_colleague_with_the_skill_is_kept_free_and_takes_over_on_a_yes(stand: StandShop) -> None:
    lin, zhou, anna, bea = await stylist("林晚", skills=("通勤",)), await stylist("周可", skills=("通勤",)), *(
        await member(), await member()
    )  # fmt: skip
    await stylist("陈屿")  # free, but without the skill
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store", skill="通勤")
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    assert (await Booking.get(id=booking.id)).stylist_id == lin.id, "nobody is moved silently"
    assert await BookingCell.filter(stylist_id=zhou.id).count() == 4
    with pytest.raises(SlotTaken):
        await bookings.book(stand.shop, bea.id, zhou.id, AT_THREE, "store")
    assert (await CareMessage.get(step="swap.offer")).member_id == anna.id
    assert await AuditEntry.filter(action="hours.change").count() == 1

    mine = await swaps.accept(stand.shop, anna.id, booking.id)
    assert (mine.stylist.name, mine.starts_at, mine.moves, mine.sequence) == ("周可", AT_THREE, 0, 1)
    assert await BookingCell.filter(booking_id=booking.id).values_list("stylist_id", flat=True) == [zhou.id] * 4
    assert (await swaps.accept(stand.shop, anna.id, booking.id)).id == booking.id
    [(swap, _)] = await swaps.asked(Desk(2, zhou.id))
    assert (swap.id, swap.state) == (out.asked[0].swap.id, SwapState.ACCEPTED)  # type: ignore[union-attr]


async def test_another_time_is_free_of_cut_off_and_moves(stand: StandShop) -> None:
    lin, zhou, anna = await stylist("林晚"), await stylist("周可"), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    stand.clock.instant = AT_THREE - timedelta(hours=5)
    with pytest.raises(TooLate):
        await bookings.move(stand.shop, anna.id, booking.id, on(SATURDAY, 17))
    await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    with pytest.raises(SlotNotOffered):
        await bookings.move(stand.shop, anna.id, booking.id, on(SATURDAY, 17))
    moved = await bookings.move(stand.shop, anna.id, booking.id, on(SATURDAY, 17), stylist_id=zhou.id)
    assert (moved.stylist_id, moved.moves) == (zhou.id, 0)
    assert await BookingCell.filter(booking_id=booking.id).count() == 4
    assert (await Swap.get(booking_id=booking.id)).state is SwapState.MOVED
    with pytest.raises(WrongState):
        await swaps.accept(stand.shop, anna.id, booking.id)


async def test_the_unit_comes_back_at_any_hour(stand: StandShop) -> None:
    lin, anna = await stylist("林晚"), await member(stylings=None)
    counter = await plan(anna.id)
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    stand.clock.instant = AT_THREE - timedelta(hours=3)
    await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    with pytest.raises(WrongState):
        await swaps.accept(stand.shop, anna.id, booking.id)  # nobody else is there
    assert (await bookings.cancel_preview(stand.shop, anna.id, booking.id)).free
    assert (await bookings.cancel(stand.shop, anna.id, booking.id)).state is BookingState.CANCELLED
    assert await units(counter.id) == (0, 0)
    assert not await BookingCell.exists()
    assert (await Swap.get(booking_id=booking.id)).state is SwapState.GIVEN_BACK


async def test_no_answer_ends_with_the_unit_back_at_the_very_instant(stand: StandShop) -> None:
    lin, zhou, anna = await stylist("林晚"), await stylist("周可"), await member(stylings=None)
    counter = await plan(anna.id)
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    stand.clock.instant = out.asked[0].answer_by - timedelta(microseconds=1)
    assert await swaps.lapse_due(stand.shop) == 0
    stand.clock.instant = out.asked[0].answer_by
    with pytest.raises(TooLate):
        await swaps.accept(stand.shop, anna.id, booking.id)
    assert await swaps.lapse_due(stand.shop) == 1
    assert (await Booking.get(id=booking.id)).state is BookingState.CANCELLED
    assert await units(counter.id) == (0, 0)
    assert not await BookingCell.filter(stylist_id=zhou.id).exists()
    assert await CareMessage.exists(step="swap_over.given_back", state="planned")


async def test_well_again_and_everything_is_as_it_was(stand: StandShop) -> None:
    lin, zhou, anna = await stylist("林晚"), await stylist("周可"), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    assert out.entry is not None
    # A shorter absence inside of it: taken back, she is out all the same.
    hour = (AT_THREE, AT_THREE + timedelta(hours=1))
    shorter = await swaps.mark_out(stand.shop, Desk(1, lin.id), *hour, "看医生")
    assert shorter.entry is not None
    await swaps.take_back(stand.shop, Desk(1, lin.id), shorter.entry.id)
    assert not await InboxNote.exists()
    await swaps.take_back(stand.shop, Desk(1, lin.id), out.entry.id)
    assert not await Swap.exists(booking_id=booking.id, state=SwapState.OPEN)
    assert not await BookingCell.filter(stylist_id=zhou.id).exists()
    assert await BookingCell.filter(stylist_id=lin.id).count() == 4
    assert await InboxNote.filter(member_id=anna.id).count() == 1


async def test_what_was_kept_for_the_wait_list_goes_back_into_the_line(stand: StandShop) -> None:
    lin, anna, bea = await stylist("林晚"), await member(), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    entry = (await waitlist.join(stand.shop, bea.id, AT_THREE, "store")).entry
    await bookings.cancel(stand.shop, anna.id, booking.id)
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    assert (out.asked, out.back_in_line) == ([], 1)
    assert (await WaitEntry.get(id=entry.id)).state is WaitState.WAITING
    assert not await BookingCell.exists()


async def test_answers_in_the_night_wait_for_the_morning(stand: StandShop) -> None:
    lin, anna = await stylist("林晚"), await member()
    await bookings.book(stand.shop, anna.id, lin.id, on(SATURDAY, 10), "store")
    stand.clock.instant = on(date(2026, 11, 27), 23)
    out = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    # Two hours before the session would be eight, when she is told: she has until half past.
    assert out.asked[0].answer_by == on(SATURDAY, 8, 30)


async def test_accepting_moving_cancelling_and_lapsing_at_one_instant(stand: StandShop) -> None:
    lin, zhou = await stylist("林晚"), await stylist("周可")
    for week in range(3):
        anna = await member(stylings=None)
        counter = await plan(anna.id)
        at = AT_THREE + timedelta(days=week)
        booking = await bookings.book(stand.shop, anna.id, lin.id, at, "store")
        await swaps.mark_out(stand.shop, Desk(1, lin.id), at - timedelta(hours=1), at + timedelta(hours=1), "发烧")
        await asyncio.gather(
            _try(swaps.accept(stand.shop, anna.id, booking.id)),
            _try(bookings.move(stand.shop, anna.id, booking.id, at + timedelta(hours=2), stylist_id=zhou.id)),
            _try(bookings.cancel(stand.shop, anna.id, booking.id)),
            _try(swaps.accept(stand.shop, anna.id, booking.id)),
            _try(swaps.lapse_due(stand.shop)),
        )
        row = await Booking.get(id=booking.id)
        cells = await BookingCell.filter(booking_id=booking.id).values_list("stylist_id", flat=True)
        if row.state is BookingState.BOOKED:
            assert cells == [zhou.id] * 4
            assert await units(counter.id) == (1, 0)
        else:
            assert (row.state, cells) == (BookingState.CANCELLED, [])
            assert await units(counter.id) == (0, 0)
        assert not await Swap.filter(booking_id=booking.id, state=SwapState.OPEN).exists()


async def test_two_stylists_fall_out_at_once(stand: StandShop) -> None:
    lin, zhou, anna, bea = await stylist("林晚"), await stylist("周可"), await member(), await member()
    third = await stylist("陈屿")
    await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    await bookings.book(stand.shop, bea.id, zhou.id, AT_THREE, "store")
    await asyncio.gather(
        *(swaps.mark_out(stand.shop, Desk(1, one.id), MORNING, EVENING, "发烧") for one in (lin, zhou))
    )
    found = await Swap.filter(state=SwapState.OPEN).values_list("to_stylist_id", flat=True)
    assert sorted(found, key=str) == sorted([third.id, None], key=str)  # one colleague, one seat


async def test_the_colleague_who_is_offered_falls_out_too(stand: StandShop) -> None:
    lin, zhou, chen = await stylist("林晚"), await stylist("周可"), await stylist("陈屿")
    anna, bea = await member(), await member()
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    first = await swaps.mark_out(stand.shop, Desk(1, lin.id), MORNING, EVENING, "发烧")
    assert [a.to_stylist and a.to_stylist.id for a in first.asked] == [zhou.id]
    # Zhou is shown what is kept for her before she blocks her time, and does not stay offered once she is ill.
    seen = await time_off.change(stand.shop, Desk(2, zhou.id), MORNING, EVENING, "发烧", preview=True)
    assert [b.id for b in seen.touched] == [booking.id]
    for preview in (True, False):
        out = await swaps.mark_out(stand.shop, Desk(2, zhou.id), MORNING, EVENING, "发烧", preview=preview)
        assert [(a.booking.id, a.to_stylist and a.to_stylist.id) for a in out.asked] == [(booking.id, chen.id)]
    assert set(await BookingCell.all().values_list("stylist_id", flat=True)) == {lin.id, chen.id}
    # Somebody waits for the time that is kept with Chen: it is hers as soon as Anna decides otherwise.
    entry = (await waitlist.join(stand.shop, bea.id, AT_THREE, "store", stylist_id=chen.id)).entry
    await bookings.move(stand.shop, anna.id, booking.id, AT_THREE + timedelta(days=1))
    assert (await WaitEntry.get(id=entry.id)).state is WaitState.OFFERED
    with pytest.raises(SlotTaken):
        await bookings.book(stand.shop, (await member()).id, chen.id, AT_THREE, "store")


async def _try(act: object) -> object:
    try:
        return await act  # type: ignore[misc]  # Any awaitable.
    except Refusal as refused:
        return refused
