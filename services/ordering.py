"""Placing an order: the exact figures first, then everything in one statement, or nothing.

Stock, a drop's pieces and its cap per member, a coupon and the cart's version are all tested where they are
taken, by the database itself; what is looked at before only tells the member why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from tortoise.exceptions import IntegrityError

from domain.errors import Invalid, NotFound, OutOfStock, StaleVersion, TooEarly, TooMany
from domain.loyalty import combined, earned
from domain.money import Fen
from domain.order import OrderFigures, OrderState, pay_until, reckon
from models import Order
from models.sql import instant, run
from services import addresses, benefits, carts, catalog, coupons, orders, wallets
from services.order_money import ref
from services.shop import OUR_PAYMENTS, Shop, fresh_number
from services.transaction import transaction

log = structlog.get_logger()


@dataclass(frozen=True)
class Wanted:
    """What is to be ordered: these lines at once ("buy now"), or the cart as of a version."""

    lines: Sequence[tuple[int, int]] = ()  # (sku_id, quantity)
    cart_version: int | None = None
    coupon_id: int | None = None
    stored_fen: Fen = 0  # to be paid out of stored value


@dataclass(frozen=True)
class QuoteLine:
    sku_id: int
    quantity: int
    name: str
    size: str
    colour: str
    picture: str
    public_fen: Fen
    price_fen: Fen
    net_fen: Fen  # of all pieces of the line
    drop_id: int | None
    per_member: int


@dataclass(frozen=True)
class Quote:
    """What an order would come to now. `benefits` say why freight is free and how points are multiplied."""

    lines: list[QuoteLine]
    nets: tuple[Fen, ...]  # piece by piece, in the order of the lines
    figures: OrderFigures
    freight_free: bool  # by a benefit
    priority: int
    points_percent: int
    points: int


@dataclass(frozen=True)
class Placed:
    """An order that waits for its payment; nothing is asked for where it came to 0."""

    order_id: int
    number: str
    state: OrderState
    total_fen: Fen
    out_trade_no: str
    expires_at: datetime


async def preview(shop: Shop, member_id: int, wanted: Wanted) -> Quote:
    """The exact figures of ordering now.

    Raises StaleVersion for a cart that changed, Invalid for nothing or too much, NotFound for what is not on
    sale, OutOfStock, TooEarly before a drop begins, TooMany beyond its cap, WrongState for a coupon in use.
    """
    rows = await _goods(shop, member_id, wanted)
    enjoys = benefits.enjoyed(shop, rows[0])
    coupon = await coupons.usable(shop, member_id, wanted.coupon_id) if wanted.coupon_id is not None else None
    prices = [_price(row, enjoys.member_price) for row in rows for _ in range(row["quantity"])]
    figures = reckon(prices, enjoys, shop.rules.order, coupon)
    lines, at = [], 0
    for row in rows:
        net = sum(figures.nets[at : at + row["quantity"]])
        at += row["quantity"]
        lines.append(
            QuoteLine(
                row["sku_id"], row["quantity"], row["name"], row["size"], row["colour"], row["picture"],
                row["price_fen"], _price(row, enjoys.member_price), net, row["drop_id"], row["per_member"] or 0,
            )
        )  # fmt: skip
    percent = combined(enjoys.multipliers_percent, shop.rules.points)
    points = earned(figures.goods_fen, [percent], shop.rules.points)
    return Quote(lines, figures.nets, figures, enjoys.free_freight, enjoys.priority, percent, points)


def _price(row: dict[str, Any], member_price: bool) -> Fen:
    fen: Fen = row["member_price_fen"] if member_price else row["price_fen"]
    return fen


async def _goods(shop: Shop, member_id: int, wanted: Wanted) -> list[dict[str, Any]]:
    """The goods by rising sku_id, each line tested as far as looking can test it."""
    if wanted.lines and wanted.cart_version is not None:
        raise Invalid("cart_version", "either pieces or the cart")
    lines = None
    if wanted.cart_version is None:
        if len({sku_id for sku_id, _ in wanted.lines}) != len(wanted.lines):
            raise Invalid("lines", "each size and colour once")
        lines = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in wanted.lines]
    rows = await run("order_goods", lines=lines, member_id=member_id, now=shop.now())
    if wanted.cart_version is not None:
        # Read with the lines, so that both are of the same instant; an empty cart has no line to say it.
        version = rows[0]["cart_version"] if rows else (await carts.cart_of(member_id)).version
        if version != wanted.cart_version:
            raise StaleVersion("cart")
    rules = shop.rules.order
    if not rows:
        raise Invalid("lines", "nothing to order")
    if sum(row["quantity"] for row in rows) > rules.pieces_max:
        raise TooMany("pieces", rules.pieces_max)
    of_drop: dict[int, int] = {}
    for row in rows:
        if not row["sellable"]:
            raise NotFound("sku")
        if row["quantity"] > rules.quantity_max:
            raise TooMany("quantity", rules.quantity_max)
        if row["drop_id"] is not None:
            of_drop[row["drop_id"]] = of_drop.get(row["drop_id"], 0) + row["quantity"]
            _test_drop(shop, row, of_drop[row["drop_id"]])
        if row["on_hand"] < row["quantity"]:
            raise OutOfStock(row["sku_id"], row["on_hand"])
    return rows


def _test_drop(shop: Shop, row: dict[str, Any], quantity: int) -> None:
    starts_at = instant(row["starts_at"])
    assert starts_at is not None, "every drop begins"
    if shop.now() < starts_at:
        raise TooEarly("drop", starts_at.isoformat())
    if row["claimed"] + quantity > row["per_member"]:
        raise TooMany("drop", row["per_member"])
    if row["drop_left"] < quantity:
        raise OutOfStock(row["sku_id"], row["drop_left"])


async def place(shop: Shop, member_id: int, wanted: Wanted, address_id: int, total_fen: Fen) -> Placed:
    """Order at the sum she has seen; price, stock, coupon, drop and stored value are held until it is paid or lapses.

    Where stored value pays it all it is paid at once. Raises what `preview` raises, StaleVersion when the sum is
    another one by now, CoverRefused when less is stored, Invalid for more stored value than the sum.
    """
    quote = await preview(shop, member_id, wanted)
    if quote.figures.total_fen != total_fen:
        raise StaleVersion("order")
    if wanted.stored_fen > total_fen:
        raise Invalid("stored_fen", "not above the total")
    now = shop.now()
    placed = Placed(
        0, fresh_number("HO", now), OrderState.PLACED if total_fen else OrderState.PAID, total_fen,
        fresh_number(OUR_PAYMENTS, now) if total_fen > wanted.stored_fen else "", pay_until(now, shop.rules.order),
    )  # fmt: skip
    parameters = _parameters(member_id, wanted, quote, placed, address_id, now)
    try:
        if wanted.stored_fen:
            order = await _place_with_stored(shop, member_id, wanted.stored_fen, parameters)
            placed = replace(placed, order_id=order.id, state=order.state)
        else:
            [row] = await run("place_order", **parameters)
            placed = replace(placed, order_id=row["id"])
    except IntegrityError:
        # Not her address, or somebody was faster between looking and taking: looking again says where.
        await addresses.address_of(member_id, address_id)
        await preview(shop, member_id, wanted)
        raise StaleVersion("order") from None
    catalog.stock_moved()
    log.info("order.placed", order=placed.order_id, member=member_id, total_fen=total_fen, pieces=len(quote.nets))
    return placed


async def _place_with_stored(shop: Shop, member_id: int, stored_fen: Fen, parameters: dict[str, Any]) -> Order:
    """The order with its part of the stored value set aside; paid, where that is all of it."""
    async with transaction():
        [row] = await run("place_order", **parameters)
        order = await orders.order_for_staff(row["id"])
        await wallets.hold(shop, member_id, stored_fen, ref(order))
        if stored_fen == order.total_fen:
            await orders.paid(shop, order, f"member:{member_id}")
    return order


def _parameters(
    member_id: int, wanted: Wanted, quote: Quote, placed: Placed, address_id: int, now: datetime
) -> dict[str, Any]:
    """What the statement is given; its lists go by rising sku_id."""
    claims: dict[int, dict[str, int]] = {}
    for line in quote.lines:
        if line.drop_id is not None:
            claim = claims.setdefault(
                line.drop_id, {"drop_id": line.drop_id, "quantity": 0, "per_member": line.per_member}
            )
            claim["quantity"] += line.quantity
    nets = iter(quote.nets)
    pieces = [
        {
            "sku_id": line.sku_id, "name": line.name, "size": line.size, "colour": line.colour,
            "picture": line.picture, "public_fen": line.public_fen, "price_fen": line.price_fen,
            "net_fen": next(nets), "drop_id": line.drop_id,
        }
        for line in quote.lines
        for _ in range(line.quantity)
    ]  # fmt: skip
    sums = quote.figures
    return {
        "member_id": member_id, "number": placed.number, "state": placed.state.value, "now": now,
        "gross_fen": sums.gross_fen, "coupon_fen": sums.coupon_fen, "goods_fen": sums.goods_fen,
        "freight_fen": sums.freight_fen, "total_fen": sums.total_fen, "stored_fen": wanted.stored_fen,
        "to_pay_fen": sums.total_fen - wanted.stored_fen, "coupon_id": wanted.coupon_id,
        "priority": quote.priority, "points_percent": quote.points_percent, "address_id": address_id,
        "expires_at": placed.expires_at, "out_trade_no": placed.out_trade_no, "cart_version": wanted.cart_version,
        "description": "盒子商店订单", "pieces": pieces, "drops": list(claims.values()),
        "lines": [{"sku_id": line.sku_id, "quantity": line.quantity} for line in quote.lines],
    }  # fmt: skip
