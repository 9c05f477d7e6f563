"""Seven tiers: what a member's net spend earns, what a partner's level matches, and super users.

A tier rises at the very purchase that reaches it. It falls only at a year's end, one level at most, and
only for somebody who was told thirty days before.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from domain.clock import add_months, at, day_end, day_of
from domain.money import Fen


@dataclass(frozen=True)
class Tier:
    """One tier and all it brings. Priorities: the higher is served first."""

    level: int
    code: str
    name: str
    needs_fen: Fen  # net spend of the rolling twelve months
    points_percent: int = 100
    member_price: bool = False  # the member price list, without a plan too
    free_freight: bool = False
    warranty_days: int = 0  # on top of the ordinary warranty
    dispatch_priority: int = 0
    inbox_priority: int = 0


TIERS = (
    Tier(1, "first_sight", "初见", 0),
    Tier(2, "silver_leaf", "银叶", 100000, 100, False, False, 0, 1, 1),
    Tier(3, "gold_leaf", "金叶", 300000, 110, False, False, 30, 2, 2),
    Tier(4, "gold_shield", "金盾", 600000, 120, False, True, 90, 3, 3),
    Tier(5, "platinum", "铂金", 1200000, 130, True, True, 180, 4, 4),
    Tier(6, "diamond", "钻石", 2500000, 140, True, True, 365, 5, 5),
    Tier(7, "black_gold", "黑金", 5000000, 150, True, True, 730, 6, 6),
)


@dataclass(frozen=True)
class TierRules:
    """Raises ValueError unless the tiers are numbered from 1 without gaps and need ever more."""

    tiers: tuple[Tier, ...] = TIERS
    window_months: int = 12
    fall_notice_days: int = 30
    super_user_above_fen: Fen = 500000

    def __post_init__(self) -> None:
        if [tier.level for tier in self.tiers] != list(range(1, len(self.tiers) + 1)):
            raise ValueError("tiers: levels run from 1 without gaps")
        needs = [tier.needs_fen for tier in self.tiers]
        if not needs or needs[0] != 0 or any(a >= b for a, b in pairwise(needs)):
            raise ValueError("tiers: the first needs nothing, and each needs more than the one before")


def tier_of(level: int, rules: TierRules) -> Tier:
    """The tier of a level; a level beyond the table is the nearest there is."""
    return rules.tiers[max(1, min(level, len(rules.tiers))) - 1]


def earned_level(spend_fen: Fen, rules: TierRules) -> int:
    """The level a net spend reaches; reaching it exactly counts."""
    return max(tier.level for tier in rules.tiers if tier.needs_fen <= max(0, spend_fen))


def effective(local: int, matched: int) -> int:
    """The higher of what was earned here and what a partner's level matches."""
    return max(local, matched, 1)


def window_start(now: datetime, rules: TierRules) -> datetime:
    """From when purchases count: the same day twelve months ago is out already."""
    return day_end(add_months(day_of(now), -rules.window_months))


def year_of(year: int) -> tuple[datetime, datetime]:
    """A calendar year of the shop, as half-open instants."""
    return at(date(year, 1, 1)), at(date(year + 1, 1, 1))


def may_announce_fall(now: datetime, rules: TierRules) -> bool:
    """The days of December in which a fall can still be announced in time; outside them nobody is told."""
    _, ends_at = year_of(day_of(now).year)
    latest = ends_at - timedelta(days=rules.fall_notice_days)
    return latest - timedelta(days=1) <= now <= latest


def after_year(local: int, spend_fen: Fen, rules: TierRules) -> int:
    """The level after a year's end: what the year's spend earns, but one level lower at most."""
    return max(earned_level(spend_fen, rules), local - 1)


def is_super_user(year_fen: Fen, rules: TierRules) -> bool:
    """Strictly above the sum: exactly 5000 yuan is not yet."""
    return year_fen > rules.super_user_above_fen
