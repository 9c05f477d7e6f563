"""What the API tells of a box. Sums are fen, instants are UTC."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.box import BoxState, ItemState, ParcelState
from miniapp_api.frame import View
from miniapp_api.payments import PayParamsView


class BoxItemView(View):
    """`net_fen` is its share of the bill once settled. `reclaimed`: bought, and on its way back by law."""

    id: int
    sku_id: int
    product_id: int
    name: str
    size: str
    colour: str
    picture: str
    price_fen: int
    state: ItemState
    reason: str
    feedback: str
    net_fen: int | None
    reclaimed: bool
    parcel_id: int | None
    back_parcel_id: int | None
    damage_state: str | None = Field(description="How a proposed damage fee stands; None without one")
    exchange_box_id: int | None = Field(description="The small box of the piece it was exchanged for")


class ParcelView(View):
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


class BoxLineView(View):
    """A box in a list."""

    id: int
    state: BoxState
    version: int
    occasion: str
    cover: str
    highest_fen: int
    charge_fen: int
    created_at: datetime
    deadline_at: datetime | None
    settled_at: datetime | None


class BoxView(View):
    """A box as its member sees it."""

    id: int
    state: BoxState
    version: int = Field(description="Rises with every change of the proposal; send back the one you saw")
    occasion: str
    budget_fen: int | None
    wish: str
    stylist_id: int | None
    stylist_words: str
    cover: str
    deposit_fen: int = Field(description="The deposit of this cover; beside Pay Score: what is above its cap")
    exchange_of_id: int | None = Field(description="The item of another box that this box replaces")
    highest_fen: int = Field(description="The highest sum that can ever be charged for this box")
    freight_out_fen: int
    freight_back_fen: int
    extended: bool
    kept_all: bool
    goods_fen: int
    charge_fen: int
    damage_fen: int = Field(description="Approved damage fees, part of what is charged")
    owed_fen: int = Field(description="What is still to be paid of a settled box")
    created_at: datetime
    confirmed_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    deadline_at: datetime | None = Field(description="The first instant that is too late to send back")
    settled_at: datetime | None
    swap_allowed: bool = Field(description="The warehouse may put in another size or colour of a piece")
    warranty_until: datetime | None = Field(description="Until when what was kept is under warranty")
    items: list[BoxItemView]
    parcels: list[ParcelView]


class CoverOptionView(View):
    """One way to cover a box, and what it takes."""

    kind: Literal["pay_score", "deposit", "stored_value"]
    available: bool
    now_fen: int = Field(description="Taken at confirmation")
    later_fen: int = Field(description="The most that can be taken after that")
    refundable_fen: int = Field(description="The most of what is taken now that can come back")
    reason: str = Field("", description="not_offered | above_risk_cap | topped_up (a deposit beside Pay Score)")


class PreviewView(View):
    """Everything to know before confirming. `freight_back_fen` falls due only when something comes back."""

    box_id: int
    version: int
    goods_fen: int
    coupon_fen: int
    freight_out_fen: int
    freight_back_fen: int
    highest_fen: int
    round_trip_free: bool
    round_trips_left: int = Field(description="Free round trips left before this box")
    covers: list[CoverOptionView]


class CoverSheetView(View):
    """What the phone shows: `pay` for wx.requestPayment, `package` for the Pay Score page, or both in turn."""

    box_id: int
    state: BoxState
    kind: Literal["pay_score", "deposit", "stored_value"]
    now_fen: int
    highest_fen: int
    taken: bool
    pay: PayParamsView | None
    package: str
    out_trade_no: str


class SettlementPreviewView(View):
    """The bill as it stands. With a deposit: how much of it is used, comes back, or is still to be paid.

    `charge_fen` is goods, freight and approved damage fees. `points` are the box's own, `perk_points` those of
    gifts it would be the cause of: a first order, a threshold, a member day.
    """

    kept_ids: list[int]
    back_ids: list[int]
    gross_fen: int
    coupon_fen: int
    keep_all_fen: int
    goods_fen: int
    freight_fen: int
    damage_fen: int
    charge_fen: int
    deposit_used_fen: int | None
    deposit_refund_fen: int | None
    balance_fen: int | None
    points: int
    perk_points: int


class BoxCancelPreviewView(View):
    """What giving the box up brings back: what was paid, what is set aside of stored value, the trip, the coupon."""

    box_id: int
    refund_fen: int
    released_fen: int
    round_trip_back: bool
    coupon_back: bool


class ReturnView(View):
    parcel_id: int
    return_id: str = Field(description="Opens WeChat's return component; empty: read the box again")
    pickup_at: datetime | None
    state: ParcelState


class ReclaimPreviewView(View):
    """What sending a bought item back by the law's right changes. `until` is the first instant too late."""

    item_id: int
    until: datetime
    refund_fen: int = Field(description="What the bill falls by")
    unpaid_fen: int = Field(description="Of it, what is not paid yet: it is not asked for any more")
    points_lost: int = Field(description="The box's own points, and those of gifts it does not deserve any more")
    coupon_back: bool


class BalanceView(View):
    """What is owed of a settled box, with the payment sheet."""

    owed_fen: int
    out_trade_no: str
    pay: PayParamsView


class ExchangeSkuView(View):
    id: int
    size: str
    colour: str
    on_hand: int


class ExchangeChoicesView(View):
    """What a piece can be exchanged for at its own price, and what securing the other one takes."""

    item_id: int
    price_fen: int
    skus: list[ExchangeSkuView]
    cover: CoverOptionView
