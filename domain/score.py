"""A stylist's score: what she is worth to members, net of what came back. The formula is in docs/scorecard.md."""

from dataclasses import dataclass

from domain.money import Fen


@dataclass(frozen=True)
class ScoreRules:
    """Weights in percent, 100 in all. Sales weigh less than half, or the rules do not load."""

    days: int = 90
    satisfaction_percent: int = 40
    keep_percent: int = 30
    rebooking_percent: int = 20
    sales_percent: int = 10
    sales_target_fen: Fen = 100_000  # kept goods per session that count as full marks

    def __post_init__(self) -> None:
        weights = (self.satisfaction_percent, self.keep_percent, self.rebooking_percent, self.sales_percent)
        if min(weights) < 0 or sum(weights) != 100:
            raise ValueError("rules.score: the four weights are 0 or more and 100 in all")
        if self.sales_percent >= 50:
            raise ValueError("rules.score.sales_percent: below 50; a stylist is not scored by what she sells")
        if self.sales_target_fen < 1 or self.days < 1:
            raise ValueError("rules.score: days and sales_target_fen are 1 or more")


@dataclass(frozen=True)
class ScoreFacts:
    """What was counted over the days of the score."""

    sessions: int  # that took place
    ratings: int
    stars: int  # of all ratings together
    pieces: int  # of her settled boxes: kept or returned
    kept: int  # of these, kept and not brought back by the law's right
    members: int  # with a session
    back: int  # of these, who booked again after it
    net_fen: Fen  # paid for what was kept, net of discounts and of what came back


@dataclass(frozen=True)
class Score:
    """Each part from 0 to 100, None where nothing was counted; `total` None while sales would weigh half."""

    satisfaction: int | None
    keep: int | None
    rebooking: int | None
    sales: int | None
    total: int | None


def _part(of: int, whole: int) -> int | None:
    """Percent, rounded half up."""
    return (200 * of + whole) // (2 * whole) if whole else None


def score(facts: ScoreFacts, rules: ScoreRules) -> Score:
    """Stars above one of four, pieces kept of all, members who came back, sales per session against the target.

    A part without a count leaves its weight to the others; where that would make sales half or more, there
    is no total.
    """
    satisfaction = _part(facts.stars - facts.ratings, 4 * facts.ratings)
    keep = _part(facts.kept, facts.pieces)
    rebooking = _part(facts.back, facts.members)
    per_session = _part(facts.net_fen, facts.sessions * rules.sales_target_fen)
    sales = min(100, per_session) if per_session is not None else None
    weighed = [
        (part, weight)
        for part, weight in (
            (satisfaction, rules.satisfaction_percent),
            (keep, rules.keep_percent),
            (rebooking, rules.rebooking_percent),
            (sales, rules.sales_percent),
        )
        if part is not None
    ]
    whole = sum(weight for _, weight in weighed)
    sales_weight = rules.sales_percent if sales is not None else 0
    total = None
    if whole and 2 * sales_weight < whole:
        total = _part(sum(part * weight for part, weight in weighed), 100 * whole)
    return Score(satisfaction, keep, rebooking, sales, total)
