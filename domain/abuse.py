"""How far a member is trusted with goods that are not paid yet: a score made of few, plain facts.

It changes the cap of Pay Score and the deposit, nothing else, and each fact that counts is told to the member.
Facts grow old: only the rolling window counts.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.money import Fen


class Fact(StrEnum):
    """What counts, in the member's terms."""

    DAMAGED = "damaged"  # a piece came back damaged, and a fee was charged
    MISSING = "missing"  # announced as returned, not in the parcel, and charged
    OWED = "owed"  # something kept is still not paid, days after it was due
    ALL_BACK = "all_back"  # boxes of which nothing at all was kept, beyond the first few


class Band(StrEnum):
    USUAL = "usual"  # the shop's own cap and deposit
    WATCHED = "watched"  # a lower cap, a higher deposit
    LIMITED = "limited"  # still lower, still higher


@dataclass(frozen=True)
class AbuseRules:
    """Points of each fact; the bands begin at their score. Percentages are of the shop's own cap and deposit."""

    window_days: int = 365
    damaged_points: int = 15
    missing_points: int = 25
    owed_points: int = 40
    all_back_points: int = 10
    all_back_free: int = 3
    owed_after_days: int = 3
    watched_from: int = 30
    limited_from: int = 60
    watched_cap_percent: int = 50
    watched_deposit_percent: int = 150
    limited_cap_percent: int = 20
    limited_deposit_percent: int = 200


@dataclass(frozen=True)
class Facts:
    """Counted over the window; `owed_fen` is overdue now."""

    damaged: int = 0
    missing: int = 0
    all_back: int = 0
    owed_fen: Fen = 0


@dataclass(frozen=True)
class Reason:
    """One fact that counts: how often, and the points it brings."""

    fact: Fact
    count: int
    points: int


@dataclass(frozen=True)
class Trust:
    score: int  # 0: nothing speaks against it; at most 100
    band: Band
    reasons: tuple[Reason, ...]
    risk_cap_fen: Fen
    deposit_fen: Fen


def judge(facts: Facts, cap_fen: Fen, deposit_fen: Fen, rules: AbuseRules) -> Trust:
    """The score, why, and what it makes of the shop's own cap and deposit."""
    counted = (
        Reason(Fact.DAMAGED, facts.damaged, facts.damaged * rules.damaged_points),
        Reason(Fact.MISSING, facts.missing, facts.missing * rules.missing_points),
        Reason(Fact.OWED, 1, rules.owed_points if facts.owed_fen > 0 else 0),
        Reason(Fact.ALL_BACK, facts.all_back, max(0, facts.all_back - rules.all_back_free) * rules.all_back_points),
    )
    reasons = tuple(reason for reason in counted if reason.points)
    score = min(100, sum(reason.points for reason in reasons))
    if score >= rules.limited_from:
        band, cap, deposit = Band.LIMITED, rules.limited_cap_percent, rules.limited_deposit_percent
    elif score >= rules.watched_from:
        band, cap, deposit = Band.WATCHED, rules.watched_cap_percent, rules.watched_deposit_percent
    else:
        band, cap, deposit = Band.USUAL, 100, 100
    return Trust(score, band, reasons, cap_fen * cap // 100, deposit_fen * deposit // 100)
