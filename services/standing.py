"""What lets a member be served earlier at the desk: read here, and nowhere else."""

from collections.abc import Sequence

from domain.desk import Standing
from services import benefits, tiers
from services.shop import Shop


async def standings(shop: Shop, member_ids: Sequence[int]) -> dict[int, Standing]:
    """Each member's standing, by tier. Who pays for a plan stands one above who does not."""
    plans = await benefits.running_plans(shop, member_ids)
    places = await tiers.places(shop, member_ids)
    return {
        member_id: Standing(place.super_user, place.tier.inbox_priority + (member_id in plans))
        for member_id, place in zip(member_ids, places, strict=True)
    }
