"""Many at once for one slot and for one unit; and the list of free times is quick with a full book."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import Any

import pytest

from domain.booking import BookingState
from domain.errors import QuotaSpent, Refusal, SlotNotOffered, SlotTaken
from domain.membership import Quota
from models import Booking, BookingCell, QuotaCounter, QuotaEntry
from models import database as rows
from services import bookings, styling, time_off
from services.stylists import Desk
from tests.support.booking import SATURDAY, StandShop, member, on, plan, stylist, units

AT_THREE = on(SATURDAY, 15)


@pytest.fixture
async def stand(database_url: str) -> AsyncIterator[StandShop]:
    """A real pool: on PostgreSQL the bookers truly run side by side."""
    await rows.connect(database_url, pool_max=10)
    yield StandShop()
    await rows.close()


async def all_at_once(*acts: Awaitable[Any]) -> tuple[list[Any], list[BaseException]]:
    """What succeeded, and what was refused; anything but a refusal is raised."""
    found = await asyncio.gather(*acts, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    return (
        [one for one in found if not isinstance(one, BaseException)],
        [one for one in found if isinstance(one, BaseException)],
    )


async def test_ten_bookers_for_one_slot_one_gets_it(stand: StandShop) -> None:
    lin = await stylist("林晚")
    people = [await member() for _ in range(10)]
    done, refused = await all_at_once(*(bookings.book(stand.shop, one.id, lin.id, AT_THREE, "store") for one in people))
    assert (len(done), len(refused)) == (1, 9)
    assert all(isinstance(one, SlotTaken) for one in refused)
    assert await BookingCell.all().count() == 4
    assert await QuotaEntry.all().count() == 1
    counters = await QuotaCounter.filter(kind=Quota.STYLING).values_list("held", flat=True)
    assert sum(counters) == 1  # type: ignore[arg-type]


async def test_ten_bookers_without_a_name_fill_three_stylists_and_no_more(stand: StandShop) -> None:
    for name in ("林晚", "周可", "陈屿"):
        await stylist(name)
    people = [await member() for _ in range(10)]
    done, refused = await all_at_once(*(bookings.book(stand.shop, one.id, None, AT_THREE, "store") for one in people))
    assert len({one.stylist_id for one in done}) == len(done) == 3
    assert len(refused) == 7
    assert all(isinstance(one, SlotTaken) for one in refused)


async def test_ten_bookings_at_once_with_one_unit_left_make_one(stand: StandShop) -> None:
    lin, anna = await stylist("林晚"), await member(stylings=None)
    counter = await plan(anna.id, stylings=1)
    wanted = [on(SATURDAY + timedelta(days=n // 5), 10 + n % 5) for n in range(10)]
    done, refused = await all_at_once(*(bookings.book(stand.shop, anna.id, lin.id, at, "store") for at in wanted))
    assert (len(done), len(refused)) == (1, 9)
    assert all(isinstance(one, QuotaSpent) for one in refused)
    assert await units(counter.id) == (1, 0)
    assert await BookingCell.all().count() == 4


async def test_one_member_pressing_ten_times_has_one_booking(stand: StandShop) -> None:
    await stylist("林晚")
    await stylist("周可")
    anna = await member(stylings=None)
    counter = await plan(anna.id)
    done, refused = await all_at_once(*(bookings.book(stand.shop, anna.id, None, AT_THREE, "store") for _ in range(10)))
    assert (len({one.id for one in done}), refused) == (1, [])
    assert await units(counter.id) == (1, 0)


async def test_movers_and_a_booker_for_one_slot(stand: StandShop) -> None:
    lin = await stylist("林晚")
    people = [await member() for _ in range(5)]
    mine = [
        await bookings.book(stand.shop, one.id, lin.id, on(SATURDAY, 10 + n), "store")
        for n, one in enumerate(people[:4])
    ]
    done, refused = await all_at_once(
        *(bookings.move(stand.shop, b.member_id, b.id, AT_THREE) for b in mine),
        bookings.book(stand.shop, people[4].id, lin.id, AT_THREE, "store"),
    )
    assert (len(done), len(refused)) == (1, 4)
    assert await Booking.filter(starts_at=AT_THREE, state=BookingState.BOOKED).count() == 1
    live = await Booking.filter(state=BookingState.BOOKED).count()
    assert await BookingCell.all().count() == 4 * live


async def test_two_who_swap_stylists_at_once_do_not_lock_each_other(stand: StandShop) -> None:
    lin, zhou, anna, bea = await stylist("林晚"), await stylist("周可"), await member(), await member()
    one = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    other = await bookings.book(stand.shop, bea.id, zhou.id, AT_THREE, "store")
    done, refused = await all_at_once(
        bookings.move(stand.shop, anna.id, one.id, AT_THREE, stylist_id=zhou.id),
        bookings.move(stand.shop, bea.id, other.id, AT_THREE, stylist_id=lin.id),
    )
    assert (done, len(refused)) == ([], 2)
    assert await BookingCell.all().count() == 8


async def test_time_off_and_a_booking_at_once_know_of_each_other(stand: StandShop) -> None:
    """Either the booking is refused, or the stylist is shown it: none slips between."""
    lin, anna = await stylist("林晚"), await member()
    for day in range(6):
        at = on(SATURDAY + timedelta(days=day), 15)
        off, booked = await asyncio.gather(
            time_off.change(stand.shop, Desk(1, lin.id), at, at + timedelta(hours=2), "培训"),
            bookings.book(stand.shop, anna.id, lin.id, at, "store"),
            return_exceptions=True,
        )
        assert not isinstance(off, BaseException), off
        if isinstance(booked, BaseException):
            assert isinstance(booked, SlotNotOffered), booked
            assert off.touched == []
        else:
            assert [b.id for b in off.touched] == [booked.id]


async def test_cancel_and_done_at_once_end_in_one_state_and_one_unit(stand: StandShop) -> None:
    lin, anna = await stylist("林晚"), await member(stylings=None)
    counter = await plan(anna.id)
    booking = await bookings.book(stand.shop, anna.id, lin.id, AT_THREE, "store")
    stand.clock.instant = AT_THREE + timedelta(minutes=1)
    desk = Desk(1, lin.id)
    done, refused = await all_at_once(
        *(styling.mark_done(stand.shop, desk, booking.id) for _ in range(3)),
        *(styling.cancel(stand.shop, desk, booking.id, "临时有事") for _ in range(3)),
    )
    assert len({one.state for one in done}) == 1
    assert refused
    state = (await bookings.booking_of(anna.id, booking.id)).state
    assert await units(counter.id) == ((0, 1) if state is BookingState.DONE else (0, 0))
