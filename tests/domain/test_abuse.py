"""Trust with unpaid goods, and lent memberships: tables a shop owner can check."""

import pytest

from domain.abuse import AbuseRules, Band, Fact, Facts, judge
from domain.lending import LendingRules, Spread, is_news, unusual


@pytest.mark.parametrize(
    ("facts", "score", "band", "cap_fen", "deposit_fen"),
    [
        (Facts(), 0, Band.USUAL, 1_000_000, 30000),
        (Facts(damaged=1), 15, Band.USUAL, 1_000_000, 30000),
        (Facts(all_back=3), 0, Band.USUAL, 1_000_000, 30000),  # the first three are free
        (Facts(all_back=5), 20, Band.USUAL, 1_000_000, 30000),
        (Facts(damaged=2), 30, Band.WATCHED, 500_000, 45000),
        (Facts(owed_fen=1), 40, Band.WATCHED, 500_000, 45000),
        (Facts(missing=1, owed_fen=9900), 65, Band.LIMITED, 200_000, 60000),
        (Facts(missing=9), 100, Band.LIMITED, 200_000, 60000),
    ],
)
def test_what_a_record_makes_of_cap_and_deposit(
    facts: Facts, score: int, band: Band, cap_fen: int, deposit_fen: int
) -> None:
    found = judge(facts, 1_000_000, 30000, AbuseRules())
    assert (found.score, found.band, found.risk_cap_fen, found.deposit_fen) == (score, band, cap_fen, deposit_fen)
    assert min(100, sum(reason.points for reason in found.reasons)) == score


def test_every_fact_that_counts_is_told() -> None:
    found = judge(Facts(damaged=1, all_back=4), 100, 100, AbuseRules())
    assert [(r.fact, r.count, r.points) for r in found.reasons] == [(Fact.DAMAGED, 1, 15), (Fact.ALL_BACK, 4, 10)]


@pytest.mark.parametrize(
    ("spread", "look"), [(Spread(3, 1), False), (Spread(4, 0), True), (Spread(2, 2), True), (Spread(0, 0), False)]
)
def test_which_spread_of_parcels_is_looked_at(spread: Spread, look: bool) -> None:
    assert unusual(spread, LendingRules()) is look


def test_the_same_parcels_are_asked_about_once() -> None:
    assert is_news(Spread(4, 0), None)
    assert not is_news(Spread(4, 0), {"recipients": 4, "others": 0})
    assert is_news(Spread(5, 0), {"recipients": 4, "others": 0})
