"""What a member enjoys now: each source adds its own (a running plan, a tier, the member day), the best counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.benefits import NONE, Benefits, best
from domain.clock import day_of
from domain.loyalty import combined, is_member_day
from domain.membership import PlanState
from domain.money import Fen
from domain.tier import Tier, effective, tier_of
from models import Membership
from models.sql import run
from services.shop import Shop

NEWCOMER: Mapping[str, Any] = {"plan": None, "local": None, "matched": None}
"""Without a plan, and in the first tier."""


async def of(shop: Shop, member_id: int) -> Benefits:
    """Everything the member enjoys at this instant."""
    [found] = await of_many(shop, [member_id])
    return found


async def of_many(shop: Shop, member_ids: Sequence[int]) -> list[Benefits]:
    """The benefits of several members, in their order, by one statement for all of them."""
    rows = {row["member_id"]: row for row in await run("benefits_of", member_ids=member_ids, now=shop.now())}
    return [enjoyed(shop, rows.get(member_id, NEWCOMER)) for member_id in member_ids]


def reckoned(shop: Shop, plan: str, tier: Tier) -> Benefits:
    """What who has this running plan (or none: "") and stands in this tier enjoys at this instant."""
    return best(_of_plan(shop, plan), _of_tier(tier), _of_day(shop))


def enjoyed(shop: Shop, row: Mapping[str, Any]) -> Benefits:
    """What the plan and the tier bring that a statement read with its rows (`plan`, `local`, `matched`)."""
    level = effective(row["local"] or 1, row["matched"] or 0)
    return reckoned(shop, row["plan"] or "", tier_of(level, shop.rules.tier))


def price_for(shop: Shop, row: Mapping[str, Any]) -> Fen:
    """Which of a row's two prices is this member's."""
    fen: Fen = row["member_price_fen"] if enjoyed(shop, row).member_price else row["price_fen"]
    return fen


async def points_percent(shop: Shop, member_id: int) -> int:
    """The one multiplier an order of the member's has now (100 = once)."""
    return combined((await of(shop, member_id)).multipliers_percent, shop.rules.points)


async def running_plans(shop: Shop, member_ids: Sequence[int]) -> dict[int, str]:
    """The code of each member's running plan; who has none is not in it."""
    now = shop.now()
    running = Membership.filter(
        member_id__in=list(member_ids), state=PlanState.ACTIVE, starts_at__lte=now, ends_at__gt=now
    )
    return {row["member_id"]: row["plan"] for row in await running.values("member_id", "plan")}


def _of_plan(shop: Shop, code: str) -> Benefits:
    if not code:
        return NONE
    rules, offer = shop.rules, shop.rules.membership.plan(code)
    multipliers = (offer.points_multiplier_percent,) if offer else ()
    return Benefits(True, rules.order.plan_free_freight, rules.order.plan_priority, multipliers)


def _of_tier(tier: Tier) -> Benefits:
    return Benefits(
        tier.member_price, tier.free_freight, tier.dispatch_priority, (tier.points_percent,), tier.warranty_days
    )


def _of_day(shop: Shop) -> Benefits:
    rules = shop.rules.points
    return (
        Benefits(multipliers_percent=(rules.member_day_percent,)) if is_member_day(day_of(shop.now()), rules) else NONE
    )
