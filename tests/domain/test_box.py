"""The box's rules as tables a shop owner can check by hand."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bill import (
    Freight,
    highest,
    settle,
    use_deposit,
)
from domain.box import BoxRules, deadline, law_window_ends, sent_back_in_time, silent_after
from domain.clock import at
from domain.coupon import CouponOffer

RULES = BoxRules()
LEGS = Freight(1200, 1200)


def wall(text: str) -> datetime:
    """`2026-11-22 10:00:00` on the shop's wall clock."""
    moment = datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - Shanghai, given below.
    return at(moment.date(), time(moment.hour, moment.minute, moment.second))


@pytest.mark.parametrize(
    ("signed", "last_day"),
    [
        ("2026-11-22 10:00:00", date(2026, 11, 27)),
        ("2026-11-22 00:00:00", date(2026, 11, 27)),  # the first second of a day belongs to it
        ("2026-11-22 23:59:59", date(2026, 11, 27)),  # so does the last
        ("2026-11-23 00:00:00", date(2026, 11, 28)),  # a second later it is the next day
        ("2026-11-28 12:00:00", date(2026, 12, 3)),  # over a month's end
        ("2026-12-27 12:00:00", date(2027, 1, 1)),  # over a year's end
        ("2026-12-31 23:59:59", date(2027, 1, 5)),
        ("2028-02-24 09:00:00", date(2028, 2, 29)),  # a leap year
        ("2027-02-24 09:00:00", date(2027, 3, 1)),
    ],
)
def test_the_deadline_is_the_end_of_the_fifth_day_after_signing(signed: str, last_day: date) -> None:
    assert deadline([wall(signed)], RULES) == at(last_day + timedelta(days=1))
    assert deadline([wall(signed)], RULES, extended=True) == at(last_day + timedelta(days=3))


def test_a_utc_evening_is_already_tomorrow_in_shanghai() -> None:
    signed = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert deadline([signed], RULES) == datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
    assert deadline([signed - timedelta(seconds=1)], RULES) == datetime(2026, 11, 27, 16, 0, tzinfo=UTC)


def test_a_split_box_runs_from_its_last_parcel_and_a_loss_leaves_a_day() -> None:
    one, two = wall("2026-11-22 10:00:00"), wall("2026-11-24 10:00:00")
    assert deadline([two, one], RULES) == at(date(2026, 11, 30))
    assert deadline([one], RULES, lost_reported=[wall("2026-11-25 10:00:00")]) == at(date(2026, 11, 28))
    late = wall("2026-11-27 15:00:00")
    assert deadline([one], RULES, lost_reported=[late]) == late + timedelta(hours=24)
    # Two days more are two days more, also where the loss has moved the end.
    assert deadline([one], RULES, extended=True, lost_reported=[late]) == late + timedelta(hours=72)
    with pytest.raises(ValueError, match="no clock runs"):
        deadline([], RULES, lost_reported=[late])


def test_the_holiday_switch_moves_a_last_day_to_the_first_day_after() -> None:
    def holiday(day: date) -> bool:
        return date(2026, 10, 1) <= day <= date(2026, 10, 7)

    signed = [wall("2026-09-27 10:00:00")]
    assert deadline(signed, RULES, is_holiday=holiday) == at(date(2026, 10, 3))
    shifting = BoxRules(holiday_shift=True)
    assert deadline(signed, shifting, is_holiday=holiday) == at(date(2026, 10, 9))
    assert deadline(signed, shifting, is_holiday=holiday, extended=True) == at(date(2026, 10, 11))


def test_the_laws_window_and_the_carriers_silence_end_with_a_day() -> None:
    signed = wall("2026-11-22 23:59:59")
    assert law_window_ends(signed, RULES) == at(date(2026, 11, 30))
    assert silent_after(signed, RULES) == at(date(2026, 12, 3))


UNTIL = wall("2026-11-28 00:00:00")
BEFORE, AFTER = UNTIL - timedelta(seconds=1), UNTIL


@pytest.mark.parametrize(
    ("accepted_at", "booked_at", "pickup_at", "in_time"),
    [
        (BEFORE, None, None, True),  # in the carrier's hands one second before
        (AFTER, None, None, False),  # at 24:00 it is too late
        (None, None, None, False),
        (None, BEFORE, BEFORE, True),  # booked for before, and the carrier missed it
        (AFTER, BEFORE, BEFORE, True),  # it came late: that is the carrier's fault
        (None, BEFORE, AFTER, False),  # booked for after
        (None, BEFORE, None, True),  # booked in time, without an hour
        (None, None, BEFORE, False),  # only said, never booked
    ],
)
def test_what_counts_as_sent_back_in_time(
    accepted_at: datetime | None, booked_at: datetime | None, pickup_at: datetime | None, in_time: bool
) -> None:
    told = sent_back_in_time(UNTIL, accepted_at=accepted_at, pickup_booked_at=booked_at, pickup_at=pickup_at)
    assert told is in_time


@pytest.mark.parametrize(
    ("kept", "back", "freight", "coupon", "percent", "goods", "charge"),
    [
        ([19900, 29900], True, Freight(), None, 0, 49800, 49800),
        ([], True, Freight(), None, 0, 0, 0),  # all came back on a free round trip
        ([], True, LEGS, None, 0, 0, 2400),  # beyond the quota both legs are owed
        ([19900], False, LEGS, None, 0, 19900, 21100),  # nothing travelled back
        ([30000, 20000], True, Freight(), CouponOffer(50000, 5000), 0, 45000, 45000),  # reached exactly
        ([30000, 19999], True, Freight(), CouponOffer(50000, 5000), 0, 49999, 49999),  # one fen short
        ([30000, 20000], True, LEGS, CouponOffer(50000, 5000), 0, 45000, 47400),  # freight is never reduced
        ([10000, 20000], False, Freight(), None, 10, 27000, 27000),  # keep-all, where it is on
        ([10000, 20000], True, Freight(), None, 10, 30000, 30000),  # something came back: none
        ([3000], False, Freight(), CouponOffer(0, 5000), 0, 0, 0),  # never below zero
    ],
)
def test_the_bill(
    kept: list[int], back: bool, freight: Freight, coupon: CouponOffer | None, percent: int, goods: int, charge: int
) -> None:
    told = settle(kept, freight, anything_back=back, coupon=coupon, keep_all_percent=percent)
    assert (told.goods_fen, told.charge_fen) == (goods, charge)
    assert sum(told.nets) == goods


def test_a_discount_is_split_to_the_fen_and_ties_go_to_the_earlier_line() -> None:
    told = settle([100, 100, 100], Freight(), anything_back=True, coupon=CouponOffer(0, 100))
    assert told.nets == (66, 67, 67)


@pytest.mark.parametrize(
    ("prices", "freight", "coupon", "top"),
    [
        ([10000, 20000], Freight(), None, 30000),
        ([10000, 20000], LEGS, None, 31200),  # keeping all, nothing travels back
        ([10000, 500], LEGS, None, 12400),  # sending the cheap one back costs more than keeping it
        ([50000, 1000], Freight(), CouponOffer(51000, 10000), 50000),  # so does losing the coupon
    ],
)
def test_the_highest_sum_is_not_always_that_of_keeping_all(
    prices: list[int], freight: Freight, coupon: CouponOffer | None, top: int
) -> None:
    assert highest(prices, freight, coupon) == top


@pytest.mark.parametrize(
    ("charge", "used", "refund", "balance"),
    [(0, 0, 30000, 0), (12300, 12300, 17700, 0), (30000, 30000, 0, 0), (80000, 30000, 0, 50000)],
)
def test_the_deposit_is_used_first(charge: int, used: int, refund: int, balance: int) -> None:
    told = use_deposit(30000, charge)
    assert (told.used_fen, told.refund_fen, told.balance_fen) == (used, refund, balance)


prices_of = st.lists(st.integers(0, 500_000), min_size=1, max_size=6)
coupons = st.none() | st.builds(CouponOffer, st.integers(0, 600_000), st.integers(0, 200_000))
freights = st.sampled_from([Freight(), LEGS, Freight(1200, 0)])


@given(prices_of, freights, coupons, st.booleans(), st.integers(0, 100))
def test_no_fen_is_lost_or_made(
    prices: list[int], freight: Freight, coupon: CouponOffer | None, back: bool, percent: int
) -> None:
    told = settle(prices, freight, anything_back=back, coupon=coupon, keep_all_percent=percent)
    assert told.gross_fen - told.coupon_fen - told.keep_all_fen == told.goods_fen == sum(told.nets)
    assert told.charge_fen == told.goods_fen + told.freight_fen
    assert all(0 <= net <= price for net, price in zip(told.nets, prices, strict=True))
    use = use_deposit(30000, told.charge_fen)
    assert use.used_fen + use.refund_fen == 30000
    assert use.used_fen + use.balance_fen == told.charge_fen


@given(prices_of, freights, coupons, st.data())
def test_nothing_is_ever_charged_above_the_highest_sum(
    prices: list[int], freight: Freight, coupon: CouponOffer | None, data: st.DataObject
) -> None:
    keep = data.draw(st.lists(st.booleans(), min_size=len(prices), max_size=len(prices)))
    kept = [price for price, stays in zip(prices, keep, strict=True) if stays]
    told = settle(kept, freight, anything_back=not all(keep), coupon=coupon)
    assert told.charge_fen <= highest(prices, freight, coupon)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2035, 1, 1)))  # noqa: DTZ001 - made aware below.
def test_there_are_always_five_whole_days_and_less_than_six(moment: datetime) -> None:
    signed = moment.replace(tzinfo=UTC)
    left = deadline([signed], RULES) - signed
    assert timedelta(days=5) < left <= timedelta(days=6)
