"""Tiers by hand: what a spend earns, what a year's end takes, who is a super user."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import SHANGHAI
from domain.tier import (
    TIERS,
    Tier,
    TierRules,
    after_year,
    earned_level,
    effective,
    is_super_user,
    may_announce_fall,
    tier_of,
    window_start,
)

RULES = TierRules()


@pytest.mark.parametrize(
    ("spend_fen", "level"),
    [(0, 1), (-5, 1), (99999, 1), (100000, 2), (599999, 3), (600000, 4), (4999999, 6), (5000000, 7), (10**9, 7)],
)
def test_what_a_spend_earns(spend_fen: int, level: int) -> None:
    assert earned_level(spend_fen, RULES) == level


def test_there_are_seven_and_each_brings_no_less_than_the_one_before() -> None:
    assert [tier.level for tier in TIERS] == [1, 2, 3, 4, 5, 6, 7]
    assert tier_of(4, RULES).name == "金盾"
    for lower, upper in pairwise(TIERS):
        assert upper.points_percent >= lower.points_percent
        assert upper.warranty_days >= lower.warranty_days
        assert (upper.member_price, upper.free_freight) >= (lower.member_price, lower.free_freight)
        assert upper.dispatch_priority > lower.dispatch_priority
    assert (TIERS[0].points_percent, TIERS[-1].points_percent) == (100, 150)


@pytest.mark.parametrize(
    "tiers",
    [
        (),
        (Tier(2, "a", "a", 0),),
        (Tier(1, "a", "a", 5),),
        (Tier(1, "a", "a", 0), Tier(3, "b", "b", 5)),
        (Tier(1, "a", "a", 0), Tier(2, "b", "b", 0)),
    ],
)
def test_a_table_with_gaps_or_without_order_is_refused(tiers: tuple[Tier, ...]) -> None:
    with pytest.raises(ValueError, match="tiers"):
        TierRules(tiers=tiers)


@pytest.mark.parametrize(
    ("local", "spend_fen", "left"),
    [(5, 0, 4), (5, 700000, 4), (5, 1200000, 5), (5, 5000000, 7), (2, 0, 1), (1, 0, 1)],
)
def test_a_years_end_takes_one_level_at_most(local: int, spend_fen: int, left: int) -> None:
    assert after_year(local, spend_fen, RULES) == left


@given(st.integers(1, 7), st.integers(0, 10_000_000))
def test_nobody_ends_below_what_they_earned(local: int, spend_fen: int) -> None:
    left = after_year(local, spend_fen, RULES)
    assert left >= max(local - 1, 1)
    assert left >= earned_level(spend_fen, RULES)


@pytest.mark.parametrize(("local", "matched", "level"), [(1, 0, 1), (2, 4, 4), (6, 4, 6)])
def test_the_higher_of_earned_and_matched_holds(local: int, matched: int, level: int) -> None:
    assert effective(local, matched) == level


@pytest.mark.parametrize(("year_fen", "yes"), [(499999, False), (500000, False), (500001, True)])
def test_a_super_user_is_strictly_above(year_fen: int, yes: bool) -> None:
    assert is_super_user(year_fen, RULES) is yes


@pytest.mark.parametrize(
    ("today", "first_day"),
    [
        (datetime(2026, 11, 22, 10, tzinfo=SHANGHAI), datetime(2025, 11, 23, tzinfo=SHANGHAI)),
        (datetime(2028, 2, 29, 10, tzinfo=SHANGHAI), datetime(2027, 3, 1, tzinfo=SHANGHAI)),
        (datetime(2027, 2, 28, 10, tzinfo=SHANGHAI), datetime(2026, 3, 1, tzinfo=SHANGHAI)),
    ],
)
def test_twelve_months_ago_to_the_day_is_out(today: datetime, first_day: datetime) -> None:
    assert window_start(today, RULES) == first_day


def test_a_fall_is_announced_thirty_days_before_or_not_at_all() -> None:
    latest = datetime(2026, 12, 1, 16, 0, tzinfo=UTC)  # 2 December 00:00 in Shanghai: thirty days are left
    assert may_announce_fall(latest, RULES)
    assert not may_announce_fall(latest + timedelta(seconds=1), RULES)
    assert may_announce_fall(latest - timedelta(hours=15), RULES)
    assert not may_announce_fall(latest - timedelta(hours=25), RULES)
