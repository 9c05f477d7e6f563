"""What the API tells of an order. Sums are fen, instants are UTC."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.box import ParcelState
from domain.order import OrderState, PieceState
from miniapp_api.frame import View
from services.orders import Seen


class QuoteLineView(View):
    """`net_fen`: the line's share of the sum, after the coupon, of all its pieces."""

    sku_id: int
    quantity: int
    name: str
    size: str
    colour: str
    picture: str
    public_fen: int
    price_fen: int
    net_fen: int


class QuoteView(View):
    """Place the order with this `total_fen`: when it is another one by then, nothing is ordered."""

    items: list[QuoteLineView]
    gross_fen: int
    coupon_fen: int
    goods_fen: int
    freight_fen: int
    total_fen: int
    freight_free_from_fen: int
    freight_free: bool = Field(description="Free by the member's plan or tier")
    stored_free_fen: int = Field(description="Stored value that may pay for it")
    points: int
    pay_within_minutes: int


class PlacedView(View):
    """Pay by `POST /payments/{out_trade_no}/prepare`; empty where there is nothing to pay."""

    id: int
    number: str
    state: OrderState
    total_fen: int
    out_trade_no: str
    expires_at: datetime


class PieceView(View):
    id: int
    sku_id: int
    name: str
    size: str
    colour: str
    picture: str
    public_fen: int
    price_fen: int
    net_fen: int
    state: PieceState
    reason: str
    grade: str
    parcel_id: int | None


class OrderParcelView(View):
    """`return_id` opens WeChat's return component; it is empty while WeChat has not answered."""

    id: int
    direction: Literal["out", "back"]
    state: ParcelState
    carrier: str
    waybill: str | None
    return_id: str
    pickup_at: datetime | None
    accepted_at: datetime | None
    signed_at: datetime | None
    received_at: datetime | None


class OrderLineView(View):
    """An order in a list."""

    id: int
    number: str
    state: OrderState
    total_fen: int
    refunded_fen: int
    created_at: datetime
    expires_at: datetime


class OrderView(OrderLineView):
    """`goods_fen`: net goods that stay paid. `refunded_done_fen`: what has arrived, kindness included."""

    member_id: int
    gross_fen: int
    coupon_fen: int
    goods_fen: int
    freight_fen: int
    stored_fen: int = Field(description="What of the total stored value pays")
    priority: int
    out_trade_no: str
    refunded_done_fen: int
    paid_at: datetime | None
    shipped_at: datetime | None
    signed_at: datetime | None
    warranty_until: datetime | None = Field(description="Until when the pieces are under warranty")
    receive_by: datetime | None
    items: list[PieceView]
    parcels: list[OrderParcelView]


def order_view(seen: Seen) -> OrderView:
    """The whole picture of an order."""
    return OrderView.model_validate(
        {
            **{name: getattr(seen.order, name, None) for name in OrderView.model_fields},
            "out_trade_no": seen.out_trade_no,
            "refunded_done_fen": seen.refunded_done_fen,
            "items": [PieceView.model_validate(piece) for piece in seen.pieces],
            "parcels": [OrderParcelView.model_validate(parcel) for parcel in seen.parcels],
        }
    )
