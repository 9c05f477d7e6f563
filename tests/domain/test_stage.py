"""The four stages, as a table a shop owner can check by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.stage import Bought, BuyingRule, Ends, Stage, StageRules, standing

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
RULES = StageRules()


def ago(days: float, seconds: float = 0) -> datetime:
    return NOW - timedelta(days=days, seconds=seconds)


# days since joining, days since each order -> stage, why
TABLE = [
    (0, [], Stage.OBSERVATION, "new"),
    (89, [], Stage.OBSERVATION, "new"),
    (90, [], Stage.DECLINE, "never_bought"),
    (89, [1], Stage.GROWTH, "bought"),
    (400, [119], Stage.GROWTH, "bought"),
    (400, [120], Stage.DECLINE, "silent"),
    (400, [1, 200, 364], Stage.MATURITY, "bought"),
    (400, [1, 200, 365], Stage.GROWTH, "bought"),
    (400, [1, 2], Stage.GROWTH, "bought"),
    (400, [120, 200, 300], Stage.DECLINE, "silent"),
    # Who bought once and long ago is not new again.
    (10, [120], Stage.DECLINE, "silent"),
]


@pytest.mark.parametrize(("joined", "orders", "stage", "reason"), TABLE)
def test_the_first_rule_that_matches_wins(joined: int, orders: list[int], stage: Stage, reason: str) -> None:
    found = standing(ago(joined), [Bought(ago(days), 100) for days in orders], RULES, NOW)
    assert (found.stage, found.reason) == (stage, reason)


def test_a_window_ends_to_the_second() -> None:
    assert standing(ago(90, -1), [], RULES, NOW).stage is Stage.OBSERVATION
    assert standing(ago(90), [], RULES, NOW).stage is Stage.DECLINE
    assert standing(ago(400), [Bought(ago(120, -1), 1)], RULES, NOW).stage is Stage.GROWTH
    assert standing(ago(400), [Bought(ago(120), 1)], RULES, NOW).stage is Stage.DECLINE


def test_a_life_may_end_with_an_unfollow() -> None:
    rules = StageRules(ends=Ends.UNFOLLOWED)
    often = [Bought(ago(days), 100) for days in (10, 20, 30)]
    left = standing(ago(400), often, rules, NOW, unfollowed=True)
    assert (left.stage, left.reason) == (Stage.DECLINE, "unfollowed")
    assert standing(ago(400), often, rules, NOW).stage is Stage.MATURITY, "back again"
    assert standing(ago(400), often, RULES, NOW, unfollowed=True).stage is Stage.MATURITY, "by other rules"


def test_a_band_of_spending_can_be_asked_for() -> None:
    rules = StageRules(maturity=BuyingRule(2, 365, 120, spend_fen=100_000))
    assert standing(ago(9), [Bought(ago(1), 50_000), Bought(ago(2), 50_000)], rules, NOW).stage is Stage.MATURITY
    assert standing(ago(9), [Bought(ago(1), 50_000), Bought(ago(2), 49_999)], rules, NOW).stage is Stage.GROWTH


spans = st.integers(0, 500 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(spans, st.lists(spans, max_size=6), spans)
def test_nothing_changes_by_time_alone_before_the_next_look(
    joined: timedelta, orders: list[timedelta], later: timedelta
) -> None:
    bought = [Bought(NOW - span, 100) for span in orders]
    found = standing(NOW - joined, bought, RULES, NOW)
    look = found.next_look_at
    assert look is None or look > NOW
    if look is None or NOW + later < look:
        assert standing(NOW - joined, bought, RULES, NOW + later).stage is found.stage
