"""The case screen's data, and what is out: for the desk, the warehouse and finance."""

from datetime import date, datetime

from pydantic import Field

from miniapp_api.approvals import DecisionBody
from miniapp_api.box_staff import StaffCancelBody
from miniapp_api.evidence import DamageBody, ReasonBody
from miniapp_api.frame import Call, View
from miniapp_api.order_staff import OrderGradeBody
from miniapp_api.order_staff import StaffCancelBody as OrderCancelBody
from miniapp_api.warehouse import GradeBody
from services import (
    box_effects,
    box_reading,
    boxes,
    disputes,
    foresight,
    order_effects,
    order_grading,
    order_parcels,
    orders,
    parcels,
    returns,
)
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


# Previews: what an act would do, exactly, and nothing of it done ---------------------------------------


class ForesightView(View):
    """How the thing would stand after the act; refused where the act would be."""

    ref: str = Field(description="box:9, order:3, membership:7, topup:4, styling:2")
    state: str
    charge_fen: int = Field(description="What the member would have to pay for it in all")
    owed_fen: int = Field(description="What of that would still be open")
    refund_fen: int = Field(description="What would go back to the member over WeChat Pay")
    stored_fen: int = Field(description="What would go back to the stored value")
    asked_fen: int = Field(description="New payments the member would be asked for")
    points: int = Field(description="Points the member would get (above 0) or lose")
    effects: list[EffectView]


async def post_forgive_preview(call: Call, box_id: int, item_id: int, body: ReasonBody) -> ForesightView:
    """What deciding a dispute for the member would do; nothing is done."""
    told = await foresight.of(
        f"box:{box_id}", lambda: disputes.forgive(call.shop, call.staff_id, box_id, item_id, body.why)
    )
    return ForesightView.model_validate(told)


async def post_charge_preview(call: Call, box_id: int, item_id: int, body: ReasonBody) -> ForesightView:
    """What charging a missing piece would do once a second person agrees; nothing is done or asked."""
    told = await foresight.of_charge(call.shop, call.staff_id, box_id, item_id, body.why)
    return ForesightView.model_validate(told)


async def post_not_sent_preview(call: Call, parcel_id: int, body: ReasonBody) -> ForesightView:
    """What taking an unsent return for kept would do once a second person agrees; nothing is done or asked."""
    told = await foresight.of_unsent(call.shop, call.staff_id, parcel_id, body.why)
    return ForesightView.model_validate(told)


async def post_damage_preview(call: Call, box_id: int, item_id: int, body: DamageBody) -> ForesightView:
    """What a damage fee would come to once the member and a second person agree; nobody is told."""
    told = await foresight.of_damage(call.shop, call.staff_id, box_id, item_id, body.grade, body.fee_fen, body.words)
    return ForesightView.model_validate(told)


async def post_grade_preview(call: Call, box_id: int, body: GradeBody) -> ForesightView:
    """What these grades would do, a late return accepted with a reason too; nothing is done."""
    graded = [returns.Graded(line.item_id, line.grade, line.note) for line in body.items]
    told = await foresight.of(f"box:{box_id}", lambda: returns.grade(call.shop, call.staff_id, box_id, graded))
    return ForesightView.model_validate(told)


async def post_lost_preview(call: Call, parcel_id: int) -> ForesightView:
    """What marking a parcel as lost would do; nothing is done."""
    parcel = await parcels.parcel_of(parcel_id)
    told = await foresight.of(f"box:{parcel.box_id}", lambda: returns.mark_lost(call.shop, call.staff_id, parcel_id))
    return ForesightView.model_validate(told)


async def post_cancel_preview(call: Call, box_id: int, body: StaffCancelBody) -> ForesightView:
    """What cancelling a box on the brand's side would do; nothing is done."""
    told = await foresight.of(
        f"box:{box_id}",
        lambda: boxes.cancel(call.shop, box_id, who=call.person.actor, why=body.reason, staff_id=call.staff_id),
    )
    return ForesightView.model_validate(told)


async def post_approve_preview(call: Call, approval_id: int, body: DecisionBody) -> ForesightView:
    """What a second person's yes would do to what a member bought: a fee, a charge, a refund. Nothing is done."""
    return ForesightView.model_validate(await foresight.of_approval(call.shop, call.staff_id, approval_id, body.note))


async def post_order_cancel_preview(call: Call, order_id: int, body: OrderCancelBody) -> ForesightView:
    """What cancelling an order on the brand's side would do; nothing is done."""
    who = call.person.actor
    told = await foresight.of(
        f"order:{order_id}",
        lambda: orders.cancel(call.shop, order_id, who=who, why=body.reason, staff_id=call.staff_id),
    )
    return ForesightView.model_validate(told)


async def post_order_lost_preview(call: Call, order_id: int) -> ForesightView:
    """What marking an order's parcel as lost would do; nothing is done."""
    told = await foresight.of(f"order:{order_id}", lambda: order_parcels.mark_lost(call.shop, call.staff_id, order_id))
    return ForesightView.model_validate(told)


async def post_order_grade_preview(call: Call, order_id: int, body: OrderGradeBody) -> ForesightView:
    """What these grades would refund, and what goes with it; nothing is done."""
    grades = {line.item_id: line.grade for line in body.items}
    told = await foresight.of(
        f"order:{order_id}", lambda: order_grading.grade(call.shop, call.staff_id, order_id, grades, body.note)
    )
    return ForesightView.model_validate(told)


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
