"""What a member may ask about in one line: read-only facts from their own rows."""

from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from domain.box import BoxState, ItemState
from domain.membership import PlanState
from domain.money import Fen
from domain.payment import RefundState
from models import Box, BoxItem, Coupon, Member, MemberCoupon, Membership, Product, Refund, Sku
from services.shop import Shop


@dataclass(frozen=True)
class BoxGlance:
    """The box a member means when they say "my box": the newest that is not over, else the newest."""

    box_id: int
    state: BoxState
    deadline_at: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None
    settled_at: datetime | None
    charge_fen: Fen
    undecided: int
    items: tuple[str, ...]


_OVER = (BoxState.SETTLED, BoxState.CANCELLED, BoxState.LOST)


async def box(member_id: int) -> BoxGlance | None:
    found = await Box.filter(member_id=member_id).exclude(state__in=_OVER).order_by("-id").first()
    if found is None:
        found = await Box.filter(member_id=member_id).order_by("-id").first()
    if found is None:
        return None
    items = await BoxItem.filter(box_id=found.id).exclude(state=ItemState.REMOVED).order_by("id")
    return BoxGlance(
        found.id,
        found.state,
        found.deadline_at,
        found.shipped_at,
        found.delivered_at,
        found.settled_at,
        found.charge_fen,
        sum(i.state is ItemState.AT_MEMBER for i in items),
        tuple(f"{i.name}（{i.colour}，{i.size}）" for i in items),
    )


async def plan(member_id: int) -> Membership | None:
    """The membership period that runs now."""
    return await Membership.filter(member_id=member_id, state=PlanState.ACTIVE).first()


async def refunds(member_id: int) -> list[tuple[Fen, RefundState, datetime]]:
    """The newest refunds, newest first."""
    rows = await Refund.filter(member_id=member_id).order_by("-id").limit(3)
    return [(r.amount_fen, r.state, r.done_at or r.created_at) for r in rows]


@dataclass(frozen=True)
class CouponGlance:
    name: str
    threshold_fen: Fen
    off_fen: Fen
    valid_until: datetime


async def coupons(shop: Shop, member_id: int) -> list[CouponGlance]:
    """Coupons in the member's hand that can still be used."""
    held = await MemberCoupon.filter(
        member_id=member_id, state="open", coupon__valid_until__gt=shop.now()
    ).values_list("coupon_id", flat=True)
    rows = await Coupon.filter(id__in=list(held)).order_by("valid_until")
    return [CouponGlance(c.name, c.threshold_fen, c.off_fen, c.valid_until) for c in rows]


async def registered(member_id: int) -> bool:
    return await Member.filter(id=member_id, registered_at__isnull=False).exists()


@dataclass(frozen=True)
class ProductGlance:
    name: str
    price_fen: Fen
    member_price_fen: Fen
    left: int


async def products(category: str, colour: str, *, limit: int) -> list[ProductGlance]:
    """Products on sale whose category or name holds the word, in that colour; those in stock first."""
    if not category and not colour:
        return []
    wanted = Product.filter(on_sale=True, quality_passed=True)
    if category:
        wanted = wanted.filter(Q(category__contains=category) | Q(name__contains=category))
    found = await wanted.order_by("position").limit(50)
    left: dict[int, int] = {}
    coloured: set[int] = set()
    for sku in await Sku.filter(product_id__in=[p.id for p in found]):
        if colour and colour.removesuffix("色") not in sku.colour:
            continue
        coloured.add(sku.product_id)
        left[sku.product_id] = left.get(sku.product_id, 0) + sku.on_hand
    rows = [
        ProductGlance(p.name, p.price_fen, p.member_price_fen, left.get(p.id, 0))
        for p in found
        if p.id in coloured
    ]
    return sorted(rows, key=lambda r: r.left == 0)[:limit]
