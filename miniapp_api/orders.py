"""The member's shop orders: reckoned, placed, looked at, given up."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from miniapp_api.carts import Quantity, Version
from miniapp_api.frame import Body, Call, FenAmount, Id, Page, PageQuery, Text, View
from miniapp_api.order_views import OrderLineView, OrderView, PlacedView, QuoteLineView, QuoteView, order_view
from services import order_parcels, ordering, orders, wallets


class Line(Body):
    sku_id: Id
    quantity: Quantity = 1


class WantedBody(Body):
    """Either `items`, to buy at once, or the `cart_version` that was seen. `coupon_id` is one the member holds."""

    items: Annotated[tuple[Line, ...], Field(max_length=50)] = ()
    cart_version: Version | None = None
    coupon_id: Id | None = None

    def wanted(self) -> ordering.Wanted:
        return ordering.Wanted([(i.sku_id, i.quantity) for i in self.items], self.cart_version, self.coupon_id)


class OrderBody(WantedBody):
    """`total_fen` is the sum the preview showed; `stored_fen` of it is paid out of stored value."""

    address_id: Id
    total_fen: FenAmount
    stored_fen: FenAmount = 0


class CancelBody(Body):
    reason: Annotated[Text, Field(max_length=100)] = ""


class CancelPreviewView(View):
    """`stored_fen` of the refund goes back to the stored value."""

    order_id: int
    refund_fen: int
    stored_fen: int
    coupon_back: bool


async def post_preview(call: Call, body: WantedBody) -> QuoteView:
    """The exact figures of ordering now; nothing is written."""
    quote = await ordering.preview(call.shop, call.member_id, body.wanted())
    sums, rules = quote.figures, call.shop.rules.order
    return QuoteView(
        items=[QuoteLineView.model_validate(line) for line in quote.lines],
        gross_fen=sums.gross_fen,
        coupon_fen=sums.coupon_fen,
        goods_fen=sums.goods_fen,
        freight_fen=sums.freight_fen,
        total_fen=sums.total_fen,
        freight_free_from_fen=rules.freight_free_from_fen,
        freight_free=quote.freight_free,
        stored_free_fen=await wallets.free_fen(call.member_id),
        points=quote.points,
        pay_within_minutes=rules.pay_within_minutes,
    )


async def post_order(call: Call, body: OrderBody) -> PlacedView:
    """Place the order: stock, price and coupon are held until it is paid or lapses."""
    wanted = replace(body.wanted(), stored_fen=body.stored_fen)
    placed = await ordering.place(call.shop, call.member_id, wanted, body.address_id, body.total_fen)
    return PlacedView(
        id=placed.order_id,
        number=placed.number,
        state=placed.state,
        total_fen=placed.total_fen,
        out_trade_no=placed.out_trade_no,
        expires_at=placed.expires_at,
    )


async def get_orders(call: Call, query: PageQuery) -> Page[OrderLineView]:
    """The member's orders, the newest first."""
    rows, following = await orders.page(
        call.member_id, before_id=int(query.cursor) if query.cursor else None, limit=query.limit
    )
    return Page[OrderLineView](
        items=[OrderLineView.model_validate(row) for row in rows],
        next_cursor=str(following) if following else None,
    )


async def get_order(call: Call, order_id: int) -> OrderView:
    """One order with its pieces, parcels and what was given back."""
    return order_view(await orders.detail(call.member_id, order_id))


async def get_cancel_preview(call: Call, order_id: int) -> CancelPreviewView:
    """What giving the order up brings back."""
    return CancelPreviewView.model_validate(await orders.cancel_preview(call.member_id, order_id))


async def post_cancel(call: Call, order_id: int, body: CancelBody) -> OrderView:
    """Give the order up before it ships: money, stock and coupon go back."""
    await orders.cancel(call.shop, order_id, who=call.person.actor, why=body.reason, member_id=call.member_id)
    return order_view(await orders.detail(call.member_id, order_id))


async def post_receive(call: Call, order_id: int) -> OrderView:
    """Say that the order has arrived; the law's seven days begin."""
    await order_parcels.receive(call.shop, call.member_id, order_id)
    return order_view(await orders.detail(call.member_id, order_id))
