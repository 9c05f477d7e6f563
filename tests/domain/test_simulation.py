"""A year lived again under other rules, on sums a shop owner can check in the head."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import Invalid
from domain.membership import Quota
from domain.rules import Rules
from domain.simulation import Bought, Compared, Figures, Life, QuotaUse, changed, live, quota_changes, unknown

RULES = Rules()
UNTIL = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=365)
MAY, JUNE, JUNE_18 = (datetime(2026, *day, 4, 0, tzinfo=UTC) for day in ((5, 4), (6, 4), (6, 18)))


def order(at: datetime, fen: int, *, member: int | None = None, freight: int = 0) -> Bought:
    return Bought(at, fen, fen, fen, fen if member is None else member, freight)


# changes, what was bought -> figures of the month before, and after.
YEARS = [
    ({"rules.points.fen_per_point": 50}, [order(MAY, 30_000)], (1, 30_000, 0, 300), (1, 30_000, 0, 600)),
    ({"rules.points.member_day": 4}, [order(MAY, 30_000)], (1, 30_000, 0, 300), (1, 30_000, 0, 600)),
    ({"rules.order.freight_free_from_fen": 50_000}, [order(MAY, 30_000)], (1, 30_000, 0, 300), (1, 30_000, 1200, 300)),
    ({"rules.order.freight_fen": 800}, [order(MAY, 10_000)], (1, 10_000, 1200, 100), (1, 10_000, 800, 100)),
    # A box has no freight, whatever it costs.
    ({"rules.order.freight_fen": 800}, [Bought(MAY, 10_000)], (1, 10_000, 0, 100), (1, 10_000, 0, 100)),
    # Gold shield from 2000 yuan on: the second order is without freight, at 120 % of points.
    (
        {"rules.tier.tiers.gold_shield.needs_fen": 300_001, "rules.tier.tiers.gold_leaf.needs_fen": 200_000},
        [order(MAY, 299_999), order(JUNE, 10_000)],
        (1, 10_000, 1200, 100), (1, 10_000, 1200, 110),
    ),
    # The member price for gold leaf: the piece listed at 100 would have cost 80.
    (
        {"rules.tier.tiers.gold_leaf.member_price": "true"},
        [order(MAY, 300_000), order(JUNE, 10_000, member=8_000)],
        (1, 10_000, 1200, 110), (1, 8_000, 1200, 88),
    ),
    # Before the year that counts a purchase only makes the tier.
    (
        {"rules.tier.tiers.silver_leaf.points_percent": 150},
        [order(SINCE - timedelta(days=9), 100_000), order(SINCE, 10_000)],
        (1, 10_000, 1200, 100), (1, 10_000, 1200, 150),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "bought", "before", "after"), YEARS)
def test_a_month_before_and_after(
    changes: dict[str, object], bought: list[Bought], before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    other = changed(RULES, changes)
    month = bought[-1].at.strftime("%Y-%m")
    old, new = (live(Life(bought), rules, SINCE, UNTIL) for rules in (RULES, other))
    assert (old.months[month], new.months[month]) == (Figures(*before), Figures(*after))


def test_a_plan_and_the_member_day_do_not_add_up_unless_they_multiply() -> None:
    life = Life([order(JUNE_18, 10_000)], [(MAY, UNTIL, "yearly")])
    assert live(life, RULES, SINCE, UNTIL).months["2026-06"].points == 200
    assert live(life, changed(RULES, {"rules.points.multiply": True}), SINCE, UNTIL).months["2026-06"].points == 400


def test_sums_members_and_cost() -> None:
    other = changed(RULES, {"rules.order.freight_fen": 1000, "rules.tier.super_user_above_fen": 100})
    compared = Compared()
    for bought in ([order(MAY, 10_000)], [order(JUNE, 90_000)], []):
        compared.add(live(Life(bought), RULES, SINCE, UNTIL), live(Life(bought), other, SINCE, UNTIL))
    assert (compared.members, compared.members_affected, compared.affected) == (3, 2, {"2026-05": 1})
    assert compared.cost() == (200, 0)
    assert (compared.super_before, compared.super_after) == (0, 2)
    assert compared.levels_before == {1: 3}


def test_quotas() -> None:
    uses = [QuotaUse("yearly", Quota.STYLING, used, periods) for used, periods in ((6, 10), (5, 3), (1, 80))]
    [cut] = quota_changes(uses, RULES, changed(RULES, {"rules.membership.plans.yearly.stylings": 4}))
    assert (cut.periods, cut.affected_periods, cut.cut_units, cut.at_the_limit) == (93, 13, 23, 10)


@pytest.mark.parametrize(
    ("key", "value"),
    [("rules.care.promotions_a_day", 2), ("rules.points.fen_per_point", 0), ("rules.points.fen_per_point", "x"),
     ("rules.points.fen_per_point", 1.5), ("rules.points.multiply", 3), ("rules.tier.tiers.purple.needs_fen", 1),
     ("rules.tier.tiers.gold_leaf.needs_fen", 1), ("rules.points.member_day", True)],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_by_name(key: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        changed(RULES, {key: value})
    assert refused.value.field == key


def test_nothing_else_changes_and_what_is_not_known_is_said() -> None:
    assert changed(RULES, {"rules.points.member_day": "4"}) == replace(
        RULES, points=replace(RULES.points, member_day=4)
    )
    assert any("worth in fen" in line for line in unknown({"rules.points.member_day": 4}))
