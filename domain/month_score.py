"""Three scores of a member and month, each from 0 to 100, by formulas that are published (docs/scores.md).

Activity: on how many days they came. Immersion: how many kinds of things they did with the shop. Conversion: how
much came of it. Whole numbers, rounded down; a month is scored once, after its end, and stays as it was scored.
"""

from dataclasses import dataclass

from domain.money import Fen

FULL = 100


@dataclass(frozen=True)
class MonthScoreRules:
    """`…_full`: from where on more earns no more. The four weights of immersion add up to 100."""

    days_full: int = 8
    sessions_full: int = 1
    sessions_weight: int = 30
    boxes_full: int = 1
    boxes_weight: int = 30
    opinions_full: int = 2
    opinions_weight: int = 20
    voices_full: int = 2
    voices_weight: int = 20
    orders_full: int = 2
    net_full_fen: Fen = 100000

    def __post_init__(self) -> None:
        """Raises ValueError for weights that do not add up, or a full mark of nothing."""
        weights = self.sessions_weight + self.boxes_weight + self.opinions_weight + self.voices_weight
        if weights != FULL:
            raise ValueError(f"month_score: the weights add up to {weights}, not {FULL}")
        if min(v for k, v in vars(self).items() if "_full" in k) < 1:
            raise ValueError("month_score: a full mark is at least 1")


@dataclass(frozen=True)
class MonthFacts:
    """What a member did in one calendar month of the shop."""

    days: int = 0  # days with an act of their own: a line, an order, a booking, a box, an opinion, a post, a vote
    sessions: int = 0  # styling sessions held
    boxes: int = 0  # boxes signed for
    opinions: int = 0
    voices: int = 0  # posts and votes
    orders: int = 0  # purchases that were not given back whole by the time of scoring
    net_fen: Fen = 0  # what was bought, net of what had come back by then


@dataclass(frozen=True)
class MonthScores:
    activity: int
    immersion: int
    conversion: int


def month_scores(facts: MonthFacts, rules: MonthScoreRules) -> MonthScores:
    """The three scores of a month."""
    immersion = (
        _part(facts.sessions, rules.sessions_full, rules.sessions_weight)
        + _part(facts.boxes, rules.boxes_full, rules.boxes_weight)
        + _part(facts.opinions, rules.opinions_full, rules.opinions_weight)
        + _part(facts.voices, rules.voices_full, rules.voices_weight)
    )
    half = FULL // 2
    return MonthScores(
        activity=_part(facts.days, rules.days_full, FULL),
        immersion=immersion,
        conversion=_part(facts.orders, rules.orders_full, half) + _part(facts.net_fen, rules.net_full_fen, half),
    )


def _part(done: int, full: int, worth: int) -> int:
    """`worth` for a full mark, a share of it for less, rounded down."""
    return worth * max(0, min(done, full)) // full
