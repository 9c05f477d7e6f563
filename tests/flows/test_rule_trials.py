"""A rule is tried against last year's purchases by the staff's door; nothing but the trial itself is written."""

from datetime import timedelta
from typing import Any

import pytest

from models import Membership, MemberTier, Order, OrderItem, PointsLot, QuotaCounter
from services import purchases, rule_trials
from services.transaction import transaction
from tests.flows.test_campaigns import TEN, someone
from tests.support.house import House


async def an_order(house: House, member_id: int, days: int, fen: int, *, public_fen: int = 0) -> None:
    """A paid order of one piece so many days ago."""
    at = TEN - timedelta(days=days)
    order = await Order.create(
        member_id=member_id, number=f"{member_id}-{days}", state="signed", gross_fen=fen, coupon_fen=0, goods_fen=fen,
        freight_fen=1200, total_fen=fen + 1200, address_sealed="", expires_at=at, paid_at=at, created_at=at,
    )  # fmt: skip
    await OrderItem.create(
        order_id=order.id, sku_id=0, name="x", size="M", colour="白", picture="", public_fen=public_fen or fen,
        price_fen=fen, net_fen=fen, state="bought", created_at=at,
    )  # fmt: skip
    async with transaction():
        await purchases.keep(house.shop, member_id, f"order:{order.id}", fen, bought_at=at)


async def simulated(house: House, token: str, changes: dict[str, Any]) -> dict[str, Any]:
    asked = await house.api("POST", "/staff/rules/simulate", {"changes": changes}, token=token, status=202)
    await rule_trials.carry_on(house.shop)
    found: dict[str, Any] = await house.api("GET", f"/staff/rules/simulations/{asked['id']}", token=token)
    return found


async def test_rules_are_tried_and_nothing_is_changed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    token = await house.staff("marketing1")
    one, two, old = [await someone(house=house) for _ in range(3)]
    await an_order(house, one, 40, 20_000)
    await an_order(house, one, 10, 8_000, public_fen=10_000)
    await an_order(house, two, 10, 30_000)
    await an_order(house, old, 366, 30_000)
    period = await Membership.create(
        member_id=one, plan="yearly", state="active", price_fen=39800, price_locked_until=TEN, created_at=TEN,
        starts_at=TEN - timedelta(days=20), ends_at=TEN + timedelta(days=345),
    )  # fmt: skip
    await QuotaCounter.create(membership_id=period.id, kind="styling", granted=6, used=5, created_at=TEN)
    before = (await PointsLot.all().count(), await MemberTier.all().count())
    monkeypatch.setattr(rule_trials, "CHUNK", 2)
    points = await simulated(house, token, {"rules.points.fen_per_point": 50})
    assert (points["done_percent"], points["members"], points["members_affected"]) == (100, 3, 2)
    assert (points["cost_fen"], points["cost_points"]) == (0, 200 + 160 + 300)
    assert [(month["month"], month["affected"]) for month in points["months"]] == [("2026-10", 1), ("2026-11", 2)]
    november = points["months"][1]
    # With the plan: no freight and twice the points; the other pays no freight from 299 yuan on.
    assert november["before"] == {"purchases": 2, "goods_fen": 38_000, "freight_fen": 0, "points": 160 + 300}
    freight = await simulated(house, token, {"rules.order.plan_free_freight": False, "rules.order.freight_fen": 1000})
    assert (freight["cost_fen"], freight["members_affected"]) == (200 - 1000, 1)
    quota = await simulated(house, token, {"rules.membership.plans.yearly.stylings": 4})
    assert (quota["quotas"][0]["affected_periods"], quota["quotas"][0]["cut_units"]) == (1, 1)
    assert any("as they were" in line for line in quota["unknown"])
    tier = await simulated(house, token, {"rules.tier.tiers.silver_leaf.needs_fen": 28_000})
    assert tier["tiers"] == [{"level": 1, "before": 3, "after": 0}, {"level": 2, "before": 0, "after": 3}]
    status, problem = await house.ask(
        "POST", "/staff/rules/simulate", {"changes": {"rules.care.quiet_from": 1}}, token=token
    )
    assert (status, problem["field"]) == (422, "rules.care.quiet_from")
    assert (await PointsLot.all().count(), await MemberTier.all().count()) == before
    assert house.shop.rules.points.fen_per_point == 100
    # The command line says the same.
    async for result in rule_trials.gather(house.shop.rules, house.shop.now(), {"rules.points.fen_per_point": "50"}, 2):
        told = rule_trials.as_text(result)
    assert told[0] == "3 buyers, 2 with other figures; cost 0 fen and 660 points"
