"""Shop orders at the desk and in the warehouse: packed by priority, shipped, opened and graded, given up."""

from typing import Annotated, Literal

from pydantic import Field

from domain.box import Grade
from domain.order import OrderState
from miniapp_api.frame import Body, Call, Id, Ok, Page, PageQuery, Text, Who
from miniapp_api.order_views import OrderLineView, OrderView, order_view
from miniapp_api.warehouse import CarrierEventBody, LabelView, ReceiveBody, Waybill
from services import order_grading, order_parcels, orders


class StaffCancelBody(Body):
    reason: Annotated[Text, Field(min_length=1, max_length=100)]


class OrdersQuery(PageQuery):
    state: OrderState = OrderState.PAID


class OrderShipBody(Body):
    """`carrier` is WeChat's delivery id: SF, ZTO, YTO … Without a waybill the label is ordered at WeChat."""

    carrier: Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
    waybill: Waybill | Literal[""] = ""


class PieceGrade(Body):
    item_id: Id
    grade: Grade


class OrderGradeBody(Body):
    """`note` is the reason where a piece came back without a return, the law's days over too."""

    items: Annotated[tuple[PieceGrade, ...], Field(min_length=1, max_length=50)]
    note: Annotated[Text, Field(max_length=200)] = ""


class StaffOrderLineView(OrderLineView):
    member_id: int
    priority: int


class StaffOrderView(OrderView):
    """`address` only while the order is to be packed, and only for the warehouse."""

    address: LabelView | None = None


async def _seen(call: Call, order_id: int) -> StaffOrderView:
    packs = call.person.role in (Who.WAREHOUSE, Who.ADMIN)
    order = await orders.order_for_staff(order_id)
    address = await orders.address_for(call.shop, call.staff_id, order) if packs else None
    view = order_view(await orders.seen(order))
    return StaffOrderView(**view.model_dump(), address=LabelView.model_validate(address) if address else None)


async def get_orders(call: Call, query: OrdersQuery) -> Page[StaffOrderLineView]:
    """Orders in a state, in the order in which they are to be packed."""
    rows, following = await orders.queue(query.state, skip=int(query.cursor or 0), limit=query.limit)
    return Page[StaffOrderLineView](
        items=[StaffOrderLineView.model_validate(row) for row in rows],
        next_cursor=str(following) if following else None,
    )


async def get_order(call: Call, order_id: int) -> StaffOrderView:
    """One order with pieces, parcels and, for packing, the address (that is audited)."""
    return await _seen(call, order_id)


async def post_ship(call: Call, order_id: int, body: OrderShipBody) -> StaffOrderView:
    """Hand the packed order to the carrier."""
    await order_parcels.ship(call.shop, call.staff_id, order_id, body.carrier, body.waybill)
    return await _seen(call, order_id)


async def post_lost(call: Call, order_id: int) -> StaffOrderView:
    """The parcel was lost before signing: everything that was paid goes back now."""
    await order_parcels.mark_lost(call.shop, call.staff_id, order_id)
    return await _seen(call, order_id)


async def post_event(call: Call, parcel_id: int, body: CarrierEventBody) -> Ok:
    """Record what the carrier says of an order's parcel WeChat tells us nothing about."""
    told = await order_parcels.note_by_hand(call.shop, call.staff_id, parcel_id, body.action_type, body.at, body.text)
    return Ok(ok=told)


async def post_receive(call: Call, body: ReceiveBody) -> StaffOrderView:
    """Open a parcel of an order that came back."""
    order = await order_grading.receive(call.shop, call.staff_id, body.waybill)
    return await _seen(call, order.id)


async def post_grade(call: Call, order_id: int, body: OrderGradeBody) -> StaffOrderView:
    """Say what was found in it: what is there is refunded. What came back too late is accepted with a note."""
    grades = {line.item_id: line.grade for line in body.items}
    await order_grading.grade(call.shop, call.staff_id, order_id, grades, body.note)
    return await _seen(call, order_id)


async def post_cancel(call: Call, order_id: int, body: StaffCancelBody) -> StaffOrderView:
    """Cancel an order on the brand's side, before it ships; what was paid goes back."""
    await orders.cancel(call.shop, order_id, who=call.person.actor, why=body.reason, staff_id=call.staff_id)
    return await _seen(call, order_id)
