"""Coupons in the member's hand: what can be used now, and what became of the others."""

from datetime import datetime

from pydantic import Field

from miniapp_api.frame import Call, Page, PageQuery, View
from services import coupons


class CouponsQuery(PageQuery):
    usable: bool = Field(False, description="Only what can be used now")


class HeldCouponView(View):
    """`id` is the `coupon_id` that an order or a box takes; `state`: open, held, used, lapsed or returned."""

    id: int
    name: str
    threshold_fen: int
    off_fen: int
    valid_from: datetime
    valid_until: datetime
    state: str
    usable: bool
    ref: str = Field(description="The box or order it is held or was used for: box:9, order:3")
    for_points: bool = Field(description="Bought with points: while it is open it may be given back")


async def get_coupons(call: Call, query: CouponsQuery) -> Page[HeldCouponView]:
    """The coupons in your hand, the newest first."""
    before_id = int(query.cursor) if query.cursor else None
    found = await coupons.in_hand(
        call.shop, call.member_id, before_id=before_id, limit=query.limit + 1, usable=query.usable
    )
    return Page[HeldCouponView](
        items=[HeldCouponView.model_validate(one) for one in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )
