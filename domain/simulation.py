"""A rule tried against last year's purchases: each member's year lived again under two sets of rules.

Both figures come from the same replay, so that they differ by the rule alone. What people would have done
differently under the other rule nobody knows; it is not guessed, but named (`unknown`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from domain.benefits import NONE, Benefits, best
from domain.clock import day_of, local
from domain.errors import Invalid
from domain.loyalty import earned, is_member_day
from domain.membership import Quota
from domain.money import Fen
from domain.order import freight_for
from domain.rules import Rules
from domain.tier import after_year, earned_level, effective, is_super_user, tier_of, window_start, year_of

KNOWN = (
    "points.fen_per_point", "points.member_day", "points.member_day_percent", "points.multiply",
    "tier.super_user_above_fen", "tier.tiers.*.needs_fen", "tier.tiers.*.points_percent", "tier.tiers.*.member_price",
    "tier.tiers.*.free_freight", "order.freight_fen", "order.freight_free_from_fen", "order.plan_free_freight",
    "membership.plans.*.points_multiplier_percent", "membership.plans.*.stylings", "membership.plans.*.round_trips",
)  # fmt: skip
"""The keys of `[rules.*]` whose effect a replay can tell; `*` is the code of a tier or a plan."""


def changed(rules: Rules, changes: Mapping[str, Any]) -> Rules:
    """The rules with some numbers set otherwise: `rules.points.fen_per_point` = 50.

    Raises Invalid for a key no replay can tell about, and for a value that is none.
    """
    for key, value in changes.items():
        parts = key.removeprefix("rules.").split(".")
        if ".".join("*" if i == 2 and len(parts) == 4 else part for i, part in enumerate(parts)) not in KNOWN:
            raise Invalid(key, f"not one of {', '.join(KNOWN)}")
        try:
            rules = _set(rules, parts, value, key)
        except ValueError as wrong:
            raise Invalid(key, str(wrong)) from None
    return rules


def _set(at: Any, parts: Sequence[str], value: Any, key: str) -> Any:
    if not parts:
        return _like(at, value, key)
    if isinstance(at, tuple):
        if parts[0] not in {one.code for one in at}:
            raise Invalid(key, f"there is no {parts[0]!r}")
        return tuple(_set(one, parts[1:], value, key) if one.code == parts[0] else one for one in at)
    assert is_dataclass(at), "the known keys lead through dataclasses"
    assert not isinstance(at, type), "and through their instances"
    return replace(at, **{parts[0]: _set(getattr(at, parts[0]), parts[1:], value, key)})


def _like(old: Any, value: Any, key: str) -> Any:
    """The value as what the number is; words as they are typed on a command line are understood."""
    if isinstance(old, bool):
        found = {"true": True, "false": False}.get(str(value).lower())
        if found is None:
            raise Invalid(key, "true or false")
        return found
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Invalid(key, "must be a whole number") from None
    if isinstance(value, bool) or number < 0 or number != float(value):
        raise Invalid(key, "must be a whole number from 0 up")
    if key.endswith("fen_per_point") and not number:
        raise Invalid(key, "must be above 0")
    return number


# A member's year -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bought:
    """One purchase as it stands today. The list sums are of the pieces that stayed; None where none are known
    (a box, a till). `freight_fen` is None where there is no freight.
    """

    at: datetime
    net_fen: Fen
    charged_fen: Fen | None = None
    public_fen: Fen | None = None
    member_fen: Fen | None = None
    freight_fen: Fen | None = None


@dataclass(frozen=True)
class Life:
    """What is known of one member: purchases in their order, plan periods, and the level a partner matches today."""

    bought: Sequence[Bought]
    plans: Sequence[tuple[datetime, datetime, str]] = ()
    matched: int = 0


@dataclass(frozen=True)
class Figures:
    """What a month came to. `affected`: members whose figures differ between the two sets of rules."""

    purchases: int = 0
    goods_fen: Fen = 0
    freight_fen: Fen = 0
    points: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Lived:
    """One member's replay: the months, and where they stand at its end."""

    months: Mapping[str, Figures]
    level: int
    super_user: bool


def live(life: Life, rules: Rules, since: datetime, until: datetime) -> Lived:
    """Live a member's purchases again; figures count from `since` on, what was before only makes the tier."""
    level, year, months = 1, 0, dict[str, Figures]()
    spent: list[tuple[datetime, Fen]] = []
    for one in life.bought:
        now_year = day_of(one.at).year
        level = _after_years(level, year, now_year, spent, rules)
        year = now_year
        enjoyed = _enjoyed(life, one.at, level, rules)
        goods = _goods(one, enjoyed)
        freight = 0 if one.freight_fen is None else freight_for(goods, enjoyed, rules.order)
        if since <= one.at < until:
            points = earned(goods, enjoyed.multipliers_percent, rules.points)
            month = local(one.at).strftime("%Y-%m")
            months[month] = months.get(month, Figures()) + Figures(1, goods, freight, points)
        spent.append((one.at, goods))
        level = max(level, earned_level(_within(spent, window_start(one.at, rules.tier), one.at), rules.tier))
    last_year = day_of(until).year
    level = _after_years(level, year, last_year, spent, rules)
    begins, ends = year_of(last_year)
    year_fen = sum(fen for at, fen in spent if begins <= at < ends)
    return Lived(months, effective(level, life.matched), is_super_user(year_fen, rules.tier))


def _after_years(level: int, year: int, now_year: int, spent: Sequence[tuple[datetime, Fen]], rules: Rules) -> int:
    for over in range(year, now_year) if year else ():
        begins, ends = year_of(over)
        level = after_year(level, sum(fen for at, fen in spent if begins <= at < ends), rules.tier)
    return level


def _within(spent: Sequence[tuple[datetime, Fen]], since: datetime, upto: datetime) -> Fen:
    return sum(fen for at, fen in spent if since <= at <= upto)


def _enjoyed(life: Life, at: datetime, level: int, rules: Rules) -> Benefits:
    """As `services/benefits.py` puts it together, for an instant of the past."""
    code = next((code for begins, ends, code in life.plans if begins <= at < ends), "")
    offer = rules.membership.plan(code)
    multipliers = (offer.points_multiplier_percent,) if offer else ()
    of_plan = Benefits(True, rules.order.plan_free_freight, 0, multipliers) if code else NONE
    tier = tier_of(effective(level, life.matched), rules.tier)
    of_tier = Benefits(tier.member_price, tier.free_freight, 0, (tier.points_percent,))
    member_day = is_member_day(day_of(at), rules.points)
    of_day = Benefits(multipliers_percent=(rules.points.member_day_percent,)) if member_day else NONE
    return best(of_plan, of_tier, of_day)


def _goods(one: Bought, enjoyed: Benefits) -> Fen:
    """The net goods sum at the price these benefits give; a coupon keeps its share of it."""
    listed = one.member_fen if enjoyed.member_price else one.public_fen
    if listed is None or not one.charged_fen:
        return one.net_fen
    return one.net_fen * listed // one.charged_fen


# Two sets of rules side by side ----------------------------------------------------------------------


@dataclass
class Compared:
    """Figures before and after by month; levels by how many members end in them; gathered member by member."""

    before: dict[str, Figures] = field(default_factory=dict)
    after: dict[str, Figures] = field(default_factory=dict)
    affected: dict[str, int] = field(default_factory=dict)
    members: int = 0
    members_affected: int = 0
    levels_before: dict[int, int] = field(default_factory=dict)
    levels_after: dict[int, int] = field(default_factory=dict)
    super_before: int = 0
    super_after: int = 0

    def add(self, old: Lived, new: Lived) -> None:
        self.members += 1
        self.members_affected += old != new
        for lived, sums in ((old, self.before), (new, self.after)):
            for month, figures in lived.months.items():
                sums[month] = sums.get(month, Figures()) + figures
        for month, figures in old.months.items():
            if figures != new.months[month]:
                self.affected[month] = self.affected.get(month, 0) + 1
        self.levels_before[old.level] = self.levels_before.get(old.level, 0) + 1
        self.levels_after[new.level] = self.levels_after.get(new.level, 0) + 1
        self.super_before += old.super_user
        self.super_after += new.super_user

    def cost(self) -> tuple[Fen, int]:
        """What the other rules would have cost: fen that would not have come in, and points given on top."""
        old, new = sum(self.before.values(), Figures()), sum(self.after.values(), Figures())
        return old.goods_fen + old.freight_fen - new.goods_fen - new.freight_fen, new.points - old.points


@dataclass(frozen=True)
class QuotaUse:
    """So many periods of a plan in which so many units of a quota were used or held."""

    plan: str
    kind: Quota
    used: int
    periods: int


@dataclass(frozen=True)
class QuotaChange:
    """One quota set otherwise. `cut_units`: used last year and above the new number. `at_the_limit`: periods that had
    used all of the old one, and might have used more.
    """

    plan: str
    kind: Quota
    before: int
    after: int
    periods: int
    affected_periods: int
    cut_units: int
    at_the_limit: int


def quota_changes(uses: Sequence[QuotaUse], old: Rules, new: Rules) -> list[QuotaChange]:
    """What happens to the quotas that the other rules set otherwise."""
    found = []
    for offer in old.membership.plans:
        other = new.membership.plan(offer.code)
        assert other is not None, "a simulation takes no plan away"
        for kind, before, after in (
            (Quota.STYLING, offer.stylings, other.stylings),
            (Quota.ROUND_TRIP, offer.round_trips, other.round_trips),
        ):
            mine = [use for use in uses if use.plan == offer.code and use.kind is kind]
            if before != after:
                found.append(
                    QuotaChange(
                        offer.code, kind, before, after,
                        periods=sum(use.periods for use in mine),
                        affected_periods=sum(use.periods for use in mine if use.used > after),
                        cut_units=sum(use.periods * max(0, use.used - after) for use in mine),
                        at_the_limit=sum(use.periods for use in mine if use.used >= before),
                    )
                )  # fmt: skip
    return found


def unknown(changes: Mapping[str, Any]) -> list[str]:
    """What the figures cannot know, for the numbers that are set otherwise."""
    told = ["Whether members would have bought more, less or at other times: the purchases are taken as they were."]
    keys = " ".join(changes)
    told.append("What came back after today, and purchases that are not paid yet.")
    if "points" in keys:
        told.append("What a point is worth in fen: that depends on what is bought with it.")
    if "member_price" in keys or "needs_fen" in keys:
        told.append("The member prices of the time: pieces bought at the public price are reckoned at today's.")
        told.append("Boxes and tills keep their sums: no second price is known of them.")
    if "tier" in keys:
        told.append("Since when a partner matched a level: today's counts all year.")
    if "freight" in keys or "needs_fen" in keys:
        told.append("Freight that went back with a return, and whether a basket would have been filled up to the sum.")
    if "stylings" in keys or "round_trips" in keys:
        told.append("How much of a larger quota would have been used, and what a session or a trip costs the shop.")
    return told
