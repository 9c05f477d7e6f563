"""What lets a member be served earlier at the desk: read here, and nowhere else."""

from collections.abc import Sequence

from domain.desk import Standing
from domain.membership import PlanState
from models import Membership


async def standings(member_ids: Sequence[int]) -> dict[int, Standing]:
    """Each member's standing. Who pays for a plan stands one tier above who does not."""
    paying = await Membership.filter(member_id__in=list(member_ids), state=PlanState.ACTIVE)
    return {plan.member_id: Standing(tier=1) for plan in paying}
