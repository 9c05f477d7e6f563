"""The case screen's data, and what is out: for the desk, the warehouse and finance."""

from datetime import date, datetime

from pydantic import Field

from miniapp_api.frame import Call, View
from services import box_effects, box_reading, order_effects
from services.effects import EffectKind


class EffectView(View):
    """`amount` is fen, pieces, units or points, as the kind says; `who` is member:7, staff:3, wechat, a job."""

    at: datetime
    kind: EffectKind
    what: str
    ref: str
    amount: int
    who: str
    why: str


class EffectsView(View):
    items: list[EffectView]


async def get_effects(call: Call, box_id: int) -> EffectsView:
    """Every state, money, stock, quota, points and message effect of a box, in order, with who and why."""
    return EffectsView(items=[EffectView.model_validate(one) for one in await box_effects.of_box(box_id)])


async def get_order_effects(call: Call, order_id: int) -> EffectsView:
    """Every state, money, stock, points and message effect of a shop order, in order, with who and why."""
    return EffectsView(items=[EffectView.model_validate(one) for one in await order_effects.of_order(order_id)])


class DueDayView(View):
    day: date | None = Field(description="The Shanghai day of the deadline; None: not signed yet")
    boxes: int
    goods_fen: int


class ExposureView(View):
    """What could still be charged for goods that are out."""

    total_fen: int
    days: list[DueDayView]


async def get_exposure(call: Call) -> ExposureView:
    """Open exposure by due day, the nearest first."""
    days = [DueDayView.model_validate(day) for day in await box_reading.exposure()]
    return ExposureView(total_fen=sum(day.goods_fen for day in days), days=days)
