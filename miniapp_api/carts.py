"""The member's cart."""

from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Id, View
from services import benefits, carts, catalog
from services.carts import Held

Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Quantity = Annotated[int, Field(ge=1, le=9999)]


class CartLineView(View):
    """`left` is what can still be had; `price_fen` what one piece costs the caller now."""

    sku_id: int
    product_id: int
    name: str
    size: str
    colour: str
    picture: str
    quantity: int
    left: int
    on_sale: bool
    price_fen: int
    public_price_fen: int


class CartView(View):
    version: int
    items: list[CartLineView]
    sum_fen: int


class AddBody(Body):
    sku_id: Id
    quantity: Quantity = 1


class ChangeBody(Body):
    """`version` is the one that was seen: 409 stale_version when the cart changed meanwhile."""

    version: Version
    quantity: Quantity


class RemoveQuery(Body):
    """`version` is the one that was seen; without it none was."""

    version: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0


async def _view(call: Call, held: Held) -> CartView:
    member_price = (await benefits.of(call.shop, call.member_id)).member_price
    items = []
    for line in held.lines:
        sku = held.skus[line.sku_id]
        product = sku.product
        items.append(
            CartLineView(
                sku_id=sku.id,
                product_id=product.id,
                name=product.name,
                size=sku.size,
                colour=sku.colour,
                picture=product.picture,
                quantity=line.quantity,
                left=sku.left,
                on_sale=product.on_sale and product.quality_passed,
                price_fen=catalog.price_for(product, member_price),
                public_price_fen=product.price_fen,
            )
        )
    return CartView(version=held.version, items=items, sum_fen=sum(i.price_fen * i.quantity for i in items))


async def get_cart(call: Call) -> CartView:
    """What is in the cart, at today's prices and stock."""
    return await _view(call, await carts.cart_of(call.member_id))


async def post_item(call: Call, body: AddBody) -> CartView:
    """Put so many more of a size and colour into the cart."""
    return await _view(call, await carts.add(call.shop, call.member_id, body.sku_id, body.quantity))


async def put_item(call: Call, sku_id: int, body: ChangeBody) -> CartView:
    """Have exactly so many of one line."""
    return await _view(call, await carts.change(call.shop, call.member_id, sku_id, body.quantity, body.version))


async def delete_item(call: Call, sku_id: int, query: RemoveQuery) -> CartView:
    """Take one line out of the cart."""
    return await _view(call, await carts.remove(call.shop, call.member_id, sku_id, query.version))
