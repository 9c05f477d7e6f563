"""What a member enjoys now: each source adds its own (a running plan today), the best of them counts."""

from domain.benefits import NONE, Benefits, best
from domain.membership import PlanState
from models import Membership
from services.shop import Shop


async def of(shop: Shop, member_id: int) -> Benefits:
    """Everything the member enjoys at this instant."""
    return best(await _of_plan(shop, member_id))


async def _of_plan(shop: Shop, member_id: int) -> Benefits:
    now, rules = shop.now(), shop.rules
    running = await Membership.filter(
        member_id=member_id, state=PlanState.ACTIVE, starts_at__lte=now, ends_at__gt=now
    ).values("plan")
    if not running:
        return NONE
    offer = rules.membership.plan(running[0]["plan"])
    multipliers = (offer.points_multiplier_percent,) if offer else ()
    return Benefits(True, rules.order.plan_free_freight, rules.order.plan_priority, multipliers)
