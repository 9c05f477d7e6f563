"""What the member sends back of an order, within the law's seven days."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.errors import Invalid
from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, Id, View
from miniapp_api.order_views import OrderParcelView, OrderView, order_view
from services import order_returns, orders

Reason = Literal["size", "colour", "style", "price", "quality", "other"]


class ReturnLine(Body):
    item_id: Id
    reason: Reason


class ReturnPreviewBody(Body):
    items: Annotated[tuple[ReturnLine, ...], Field(min_length=1, max_length=50)]

    def reasons(self) -> dict[int, str]:
        """By piece. Raises Invalid for a piece that is named twice."""
        found: dict[int, str] = {line.item_id: line.reason for line in self.items}
        if len(found) != len(self.items):
            raise Invalid("items", "each piece once")
        return found


class ReturnBody(ReturnPreviewBody):
    """When the courier is to come, and where to, if not where the order was sent."""

    pickup_at: Instant | None = None
    address_id: Id | None = None


class ReturnPreviewView(View):
    """`refund_fen` includes `freight_fen`; `stored_fen` of it goes to the stored value. `coupon_back`: the coupon
    falls away and is in the hand again.
    """

    order_id: int
    until: datetime
    refund_fen: int
    freight_fen: int
    stored_fen: int
    points_lost: int
    coupon_back: bool


async def post_preview(call: Call, order_id: int, body: ReturnPreviewBody) -> ReturnPreviewView:
    """What sending these pieces back changes; nothing is written."""
    told = await order_returns.preview(call.shop, call.member_id, order_id, body.reasons())
    return ReturnPreviewView.model_validate(told)


async def post_return(call: Call, order_id: int, body: ReturnBody) -> OrderParcelView:
    """Send pieces back; they are refunded when the warehouse has them. The return_id opens WeChat's component."""
    parcel = await order_returns.send_back(
        call.shop, call.member_id, order_id, body.reasons(), pickup_at=body.pickup_at, address_id=body.address_id
    )
    return OrderParcelView.model_validate(parcel)


async def post_cancel(call: Call, order_id: int, parcel_id: int) -> OrderView:
    """Keep the pieces of a return after all, while the carrier does not have them."""
    await order_returns.call_off(call.shop, call.member_id, order_id, parcel_id)
    return order_view(await orders.detail(call.member_id, order_id))
