"""Points: the statement, what lapses when, and coupons that points buy."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Call, Page, PageQuery, View
from miniapp_api.sessions import PointsLine
from services import points, redemptions


class EntryView(View):
    """One line of the statement, on one lot."""

    id: int
    points: Annotated[int, Field(description="Plus: earned or given back; minus: spent, taken back or lapsed")]
    reason: str
    ref: str
    at: datetime
    usable_at: Annotated[datetime, Field(description="When the lot became, or becomes, usable")]
    expires_at: Annotated[datetime, Field(description="When the lot lapses, or did")]


class ExpiryView(View):
    at: datetime
    points: int


class PointsView(Page[EntryView]):
    balance: PointsLine
    forecast: list[ExpiryView]


async def get_points(call: Call, query: PageQuery) -> PointsView:
    """The member's points: what can be spent, what lapses when, and the statement, newest line first."""
    before_id = int(query.cursor) if query.cursor else None
    entries = await points.statement(call.member_id, before_id=before_id, limit=query.limit + 1)
    shown = entries[: query.limit]
    return PointsView(
        balance=PointsLine.model_validate(await points.balance(call.shop, call.member_id)),
        forecast=[ExpiryView.model_validate(e) for e in await points.forecast(call.shop, call.member_id)],
        items=[
            EntryView(
                id=e.id, points=e.points, reason=e.reason, ref=e.ref, at=e.created_at,
                usable_at=e.lot.usable_at, expires_at=e.lot.expires_at,
            )
            for e in shown
        ],
        next_cursor=str(shown[-1].id) if len(entries) > query.limit else None,
    )  # fmt: skip


class PointsCouponView(View):
    coupon_id: int
    name: str
    threshold_fen: int
    off_fen: int
    valid_until: datetime
    points_price: int


class PointsShopView(View):
    items: list[PointsCouponView]


async def get_points_shop(call: Call) -> PointsShopView:
    """Coupons that points can buy now, the cheapest first."""
    return PointsShopView(
        items=[
            PointsCouponView(
                coupon_id=c.id, name=c.name, threshold_fen=c.threshold_fen, off_fen=c.off_fen,
                valid_until=c.valid_until, points_price=c.points_price or 0,
            )
            for c in await redemptions.offers(call.shop)
        ]
    )  # fmt: skip


class RedemptionView(View):
    member_coupon_id: int
    coupon_id: int
    name: str
    points: int
    balance: PointsLine


async def post_redeem(call: Call, coupon_id: int) -> RedemptionView:
    """Buy one coupon with points."""
    made = await redemptions.redeem(call.shop, call.member_id, coupon_id)
    return RedemptionView(
        member_coupon_id=made.held.id,
        coupon_id=made.coupon.id,
        name=made.coupon.name,
        points=made.points,
        balance=PointsLine.model_validate(await points.balance(call.shop, call.member_id)),
    )


class GivenBackView(View):
    points: int
    balance: PointsLine


async def delete_redemption(call: Call, member_coupon_id: int) -> GivenBackView:
    """Give an unused coupon back; its points return to the lots they came from."""
    back = await redemptions.cancel(call.shop, call.member_id, member_coupon_id)
    balance = await points.balance(call.shop, call.member_id)
    return GivenBackView(points=back, balance=PointsLine.model_validate(balance))
