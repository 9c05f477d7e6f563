"""Scorecards: a table of counts and what they make, and weights that do not load."""

from dataclasses import replace

import pytest

from domain.score import ScoreFacts, ScoreRules, score

RULES = ScoreRules()
#                 sessions ratings stars pieces kept members back net_fen
GOOD = ScoreFacts(10, 4, 18, 20, 12, 8, 4, 500_000)


def test_a_score_is_the_weighted_mean_of_its_parts() -> None:
    """88 × 40 % + 60 × 30 % + 50 × 20 % + 50 × 10 % = 68.2"""
    made = score(GOOD, RULES)
    assert (made.satisfaction, made.keep, made.rebooking, made.sales, made.total) == (88, 60, 50, 50, 68)


@pytest.mark.parametrize(
    ("change", "total"),
    [
        ({"kept": 6}, 59),  # what comes back costs the keep rate
        ({"net_fen": 50_000_000}, 73),  # sales never count above their share
        ({"net_fen": 0}, 63),
        ({"ratings": 0, "stars": 0}, 55),  # no rating: its weight goes to the others
        ({"members": 0, "back": 0, "pieces": 0, "kept": 0, "ratings": 0, "stars": 0}, None),  # only sales are left
        ({"sessions": 0, "ratings": 0, "stars": 0, "pieces": 0, "kept": 0, "members": 0, "back": 0}, None),
    ],
)
def test_what_moves_a_score(change: dict[str, int], total: int | None) -> None:
    assert score(replace(GOOD, **change), RULES).total == total


@pytest.mark.parametrize(
    "weights",
    [
        {"sales_percent": 50, "satisfaction_percent": 0},
        {"sales_percent": 60, "satisfaction_percent": 0, "keep_percent": 20},
        {"sales_percent": 20},  # 110 in all
        {"satisfaction_percent": -10, "sales_percent": 45, "keep_percent": 45},
        {"sales_target_fen": 0},
    ],
)
def test_weights_that_do_not_load(weights: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"rules\.score"):
        ScoreRules(**weights)
