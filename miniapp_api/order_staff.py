"""Shop orders at the desk and in the warehouse."""

from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Text
from miniapp_api.order_views import OrderView, order_view
from services import orders


class StaffCancelBody(Body):
    reason: Annotated[Text, Field(min_length=1, max_length=100)]


async def _seen(call: Call, order_id: int) -> OrderView:
    return order_view(await orders.seen(await orders.order_for_staff(order_id)))


async def post_cancel(call: Call, order_id: int, body: StaffCancelBody) -> OrderView:
    """Cancel an order on the brand's side, before it ships; what was paid goes back."""
    await orders.cancel(call.shop, order_id, who=call.person.actor, why=body.reason, staff_id=call.staff_id)
    return await _seen(call, order_id)
