"""Points by hand, and in any order: no lot below zero, no point made or lost."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bill import after_return, bought
from domain.clock import at, day_end
from domain.errors import PointsShort
from domain.loyalty import (
    Change,
    Lot,
    PointsRules,
    combined,
    earned,
    expires,
    expires_after_return,
    give_back,
    is_member_day,
    pay_debts,
    spend,
    take_back,
    usable,
)

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = PointsRules()


@pytest.mark.parametrize(
    ("net_fen", "multipliers", "multiply", "points"),
    [
        (19999, [], False, 199),  # floored once
        (19999, [200], False, 399),  # 399.98: multiplied before it is floored
        (10000, [200, 150], False, 200),  # the highest wins
        (10000, [200, 150], True, 300),  # unless they multiply
        (10000, [200, 150, 200], True, 600),
        (10000, [50], False, 100),  # nothing earns less than once
        (-500, [200], False, 0),
    ],
)  # fmt: skip
def test_what_an_order_earns(net_fen: int, multipliers: list[int], multiply: bool, points: int) -> None:
    assert earned(net_fen, multipliers, PointsRules(multiply=multiply)) == points


def test_no_multiplier_is_once() -> None:
    assert combined([], RULES) == 100


@pytest.mark.parametrize(
    ("member_day", "day", "on"),
    [
        (18, date(2026, 11, 18), True),
        (18, date(2026, 11, 19), False),
        (31, date(2026, 11, 30), True),  # November has 30 days
        (31, date(2027, 2, 28), True),
        (31, date(2028, 2, 28), False),
        (31, date(2028, 2, 29), True),  # a leap year
        (31, date(2026, 12, 30), False),
        (31, date(2026, 12, 31), True),
        (0, date(2026, 11, 18), False),
    ],
)
def test_the_member_day_never_leaves_a_month_out(member_day: int, day: date, on: bool) -> None:
    assert is_member_day(day, PointsRules(member_day=member_day)) is on


@pytest.mark.parametrize(
    ("earned_on", "last_day"),
    [
        (date(2026, 11, 22), date(2027, 11, 22)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2027, 12, 31), date(2028, 12, 31)),
    ],
)
def test_points_live_to_the_end_of_the_corresponding_day(earned_on: date, last_day: date) -> None:
    assert expires(at(earned_on) + timedelta(hours=23, minutes=59), RULES) == day_end(last_day)


def lot(number: int, unspent: int, *, days: int = 100, usable_in: int = -1) -> Lot:
    return Lot(number, unspent, NOW + usable_in * DAY, NOW + days * DAY)


def test_first_to_expire_is_spent_first() -> None:
    lots = [lot(1, 100, days=90), lot(2, 50, days=10), lot(3, 30, days=20), lot(4, 500, days=5, usable_in=1)]
    # 4 is still pending, so it is left alone.
    assert usable(lots, NOW) == 180
    assert spend(lots, 70, NOW) == [Change(2, -50), Change(3, -20)]
    with pytest.raises(PointsShort) as short:
        spend(lots, 181, NOW)
    assert (short.value.have, short.value.wanted) == (180, 181)


def test_a_lot_is_usable_until_its_end_and_from_its_beginning() -> None:
    there = Lot(1, 10, NOW, NOW + DAY)
    assert usable([there], NOW - timedelta(microseconds=1)) == 0
    assert usable([there], NOW) == 10
    assert usable([there], NOW + DAY - timedelta(microseconds=1)) == 10
    assert usable([there], NOW + DAY) == 0


def test_what_is_taken_back_comes_from_its_own_lot_first_and_the_rest_is_owed() -> None:
    own, other = lot(1, 40, usable_in=3), lot(2, 25, days=10)
    assert take_back([own, other], 1, 60, NOW) == ([Change(1, -40), Change(2, -20)], 0)
    assert take_back([own, other], 1, 100, NOW) == ([Change(1, -40), Change(2, -25)], 35)


def test_below_zero_nothing_is_spent_until_the_debt_is_paid() -> None:
    debt = lot(9, -35)
    with pytest.raises(PointsShort):
        spend([debt], 1, NOW)
    fresh = lot(10, 50)
    assert usable([debt, fresh], NOW) == 15
    assert pay_debts([debt, fresh], NOW) == [(9, Change(10, -35))]


def test_a_spend_goes_back_to_its_own_lots_with_their_own_ends() -> None:
    early, late = lot(1, 0, days=3), lot(2, 0, days=30)
    assert give_back([(early, 20), (late, 50)], 60) == [Change(2, 50), Change(1, 10)]
    assert expires_after_return(early.expires_at, NOW, RULES) == early.expires_at
    # Lapsed meanwhile: thirty days, to the end of the day.
    assert expires_after_return(NOW, NOW, RULES) == day_end(date(2026, 12, 22))


lots_of_any_kind = st.lists(
    st.tuples(st.integers(-200, 200).filter(bool), st.integers(-5, 40), st.integers(-5, 5)), max_size=8
).map(lambda rows: [lot(n, unspent, days=days, usable_in=when) for n, (unspent, days, when) in enumerate(rows)])


@given(lots_of_any_kind, st.integers(1, 400))
def test_spending_never_takes_more_than_a_lot_holds(lots: list[Lot], points: int) -> None:
    have = usable(lots, NOW)
    try:
        changes = spend(lots, points, NOW)
    except PointsShort:
        assert have < points
        return
    left = {t.id: t for t in lots}
    assert sum(c.points for c in changes) == -points
    for change in changes:
        assert left[change.lot_id].usable(NOW)
        assert left[change.lot_id].unspent + change.points >= 0
    # Whatever is left untouched lapses later than everything that was emptied.
    untouched = [t for t in lots if t.unspent > 0 and t.usable(NOW) and t.id not in {c.lot_id for c in changes}]
    assert all(u.expires_at >= left[c.lot_id].expires_at for u in untouched for c in changes)


@given(lots_of_any_kind, st.integers(1, 400), st.integers(0, 7))
def test_taking_back_and_paying_debts_conserve_the_sum(lots: list[Lot], points: int, own: int) -> None:
    taken, owed = take_back(lots, own, points, NOW)
    assert owed >= 0
    assert owed - sum(c.points for c in taken) == points
    left = {t.id: t.unspent for t in lots}
    for change in taken:
        left[change.lot_id] += change.points
        assert left[change.lot_id] >= 0
    before = {t.id: t.unspent for t in lots}
    for debt, change in pay_debts(lots, NOW):
        before[debt] -= change.points
        before[change.lot_id] += change.points
    assert sum(before.values()) == sum(t.unspent for t in lots)
    assert all(before[t.id] <= 0 if t.unspent < 0 else before[t.id] >= 0 for t in lots)
    # Afterwards there is either no debt, or nothing usable to pay it with.
    owing = [t for t in lots if before[t.id] < 0]
    rich = [t for t in lots if before[t.id] > 0 and t.usable(NOW)]
    assert not (owing and rich)


@given(
    st.lists(st.integers(1, 60_000), min_size=1, max_size=8),
    st.sampled_from([100, 120, 150, 200]),
    st.randoms(use_true_random=False),
)
def test_many_returns_in_any_order_never_drift(prices: list[int], percent: int, chance: object) -> None:
    """What is left after each return is what the kept goods alone would have earned: to the very point."""
    order = list(range(len(prices)))
    chance.shuffle(order)  # type: ignore[attr-defined]  # hypothesis' Random
    held = earned(sum(prices), [percent], RULES)
    kept = set(order)
    for gone in order:
        kept.discard(gone)
        kept_fen = sum(prices[i] for i in kept)
        figures = after_return(kept_fen + prices[gone], bought([prices[i] for i in kept], None), [], coupon=None)
        now = earned(figures.goods_fen, [percent], RULES)
        assert held - now >= 0
        held = now
        assert held == earned(sum(prices[i] for i in kept), [percent], RULES)
    assert held == 0
