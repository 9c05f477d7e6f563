"""Two plans of one person: what either end would bring, and the decision that closes the case."""

from datetime import datetime

from pydantic import Field

from domain.membership import TwinEnd
from miniapp_api.evidence import ReasonBody
from miniapp_api.frame import Call, View
from miniapp_api.plans import PeriodView
from services import twin_plans


class TwinPlansView(View):
    """Both plans, and what either end would bring."""

    kept: PeriodView
    other: PeriodView
    follow_starts_at: datetime = Field(description="From when the second plan would run")
    follow_ends_at: datetime
    refund_fen: int = Field(description="What would go back if the second plan is given back")
    in_use: bool = Field(description="Units of the second plan are held or used: it cannot be given back")


class TwinPlansBody(ReasonBody):
    how: TwinEnd


def _view(seen: twin_plans.TwinPlans) -> TwinPlansView:
    return TwinPlansView(
        kept=PeriodView.model_validate(seen.kept), other=PeriodView.model_validate(seen.other),
        follow_starts_at=seen.follows.starts_at, follow_ends_at=seen.follows.ends_at,
        refund_fen=seen.refund_fen, in_use=seen.used,
    )  # fmt: skip


async def get_twin_plans(call: Call, member_id: int) -> TwinPlansView:
    """Two running plans of a merged member, and the exact figures of each decision."""
    return _view(await twin_plans.look(call.shop, member_id))


async def post_twin_plans(call: Call, member_id: int, body: TwinPlansBody) -> TwinPlansView:
    """Let the second plan follow the first, or give its fee back; the case closes and the member is told."""
    return _view(await twin_plans.settle(call.shop, call.staff_id, member_id, body.how, body.why))
