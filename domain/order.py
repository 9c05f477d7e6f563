"""A shop order: bought outright, beside the boxes. Its life and its sum; what a return changes is in `domain/bill.py`.

Prices, freight and the coupon's share are frozen when it is placed; a piece is one row, so that each can
come back by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.benefits import Benefits
from domain.clock import end_of_day_after
from domain.coupon import CouponOffer, net_shares, off
from domain.money import Fen
from domain.states import Transitions


@dataclass(frozen=True)
class OrderRules:
    pay_within_minutes: int = 15  # the price is locked and the stock reserved so long
    pieces_max: int = 50  # of one order
    cart_lines_max: int = 50
    quantity_max: int = 20  # of one size and colour
    freight_fen: Fen = 1200
    freight_free_from_fen: Fen = 29900  # net goods from which on freight is free
    plan_free_freight: bool = True
    plan_priority: int = 1
    warranty_days: int = 90  # after signing, before what a tier adds
    auto_receive_days: int = 10  # after shipping, where the carrier never says that it was signed

    def __post_init__(self) -> None:
        if min(self.pay_within_minutes, self.pieces_max, self.cart_lines_max, self.quantity_max) < 1:
            raise ValueError("rules.order: minutes, pieces and lines go from 1 up")


class OrderState(StrEnum):
    """The way of an order, in the member's terms."""

    PLACED = "placed"  # waits for its payment; stock and price are held
    PAID = "paid"  # the warehouse packs
    SHIPPED = "shipped"
    SIGNED = "signed"  # arrived; the law's seven days run
    CANCELLED = "cancelled"  # ended before it was shipped; what was paid goes back
    LOST = "lost"  # lost by the carrier; what was paid goes back


ORDER_LIFE = Transitions(
    "order",
    OrderState,
    OrderState.PLACED,
    {
        OrderState.PLACED: [OrderState.PAID, OrderState.CANCELLED],
        OrderState.PAID: [OrderState.SHIPPED, OrderState.CANCELLED],
        OrderState.SHIPPED: [OrderState.SIGNED, OrderState.LOST],
        OrderState.SIGNED: [],
        OrderState.CANCELLED: [],
        OrderState.LOST: [],
    },
)


class PieceState(StrEnum):
    ORDERED = "ordered"  # reserved, packed or on its way
    BOUGHT = "bought"  # at the member's
    RETURNING = "returning"  # a return is opened for it
    RETURNED = "returned"  # back, graded, refunded
    CANCELLED = "cancelled"
    LOST = "lost"


PIECE_LIFE = Transitions(
    "order_item",
    PieceState,
    PieceState.ORDERED,
    {
        PieceState.ORDERED: [PieceState.BOUGHT, PieceState.CANCELLED, PieceState.LOST],
        PieceState.BOUGHT: [PieceState.RETURNING],
        # Called off, or not found in the parcel: it stays bought.
        PieceState.RETURNING: [PieceState.RETURNED, PieceState.BOUGHT],
        PieceState.RETURNED: [],
        PieceState.CANCELLED: [],
        PieceState.LOST: [],
    },
)


@dataclass(frozen=True)
class OrderFigures:
    """The sums of an order. `nets` are the pieces' shares, in the order they were given."""

    gross_fen: Fen
    coupon_fen: Fen
    goods_fen: Fen  # net goods: what points are earned on
    freight_fen: Fen
    total_fen: Fen
    nets: tuple[Fen, ...]


def freight_for(goods_fen: Fen, benefits: Benefits, rules: OrderRules) -> Fen:
    """The freight of an order with so much net goods: free for who enjoys it, and from a sum on."""
    if benefits.free_freight or goods_fen >= rules.freight_free_from_fen:
        return 0
    return rules.freight_fen


def reckon(prices: Sequence[Fen], benefits: Benefits, rules: OrderRules, coupon: CouponOffer | None) -> OrderFigures:
    """What these pieces come to. The coupon takes nothing below its threshold, and never reduces freight."""
    gross = sum(prices)
    coupon_fen = off(gross, coupon)
    goods = gross - coupon_fen
    freight = freight_for(goods, benefits, rules)
    return OrderFigures(gross, coupon_fen, goods, freight, goods + freight, tuple(net_shares(prices, coupon_fen)))


def pay_until(now: datetime, rules: OrderRules) -> datetime:
    """Until when the price holds and the stock is kept."""
    return now + timedelta(minutes=rules.pay_within_minutes)


def warranty_ends(signed_at: datetime, more_days: int, rules: OrderRules) -> datetime:
    """Until when what was bought is under warranty: the ordinary days and those of the member's tier."""
    return end_of_day_after(signed_at, rules.warranty_days + more_days)


def received_by(shipped_at: datetime, rules: OrderRules) -> datetime:
    """When an order nobody signed for counts as received."""
    return end_of_day_after(shipped_at, rules.auto_receive_days)


def freight_back(freight_fen: Fen, kept: int, reasons: Sequence[str]) -> Fen:
    """The freight that goes back with the last piece: all of it where every piece came back for its quality."""
    return freight_fen if not kept and all(reason == "quality" for reason in reasons) else 0
