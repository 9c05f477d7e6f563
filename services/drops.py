"""Limited drops: made by staff, shown to everybody, given back by orders that came to nothing.

Taking a piece is part of placing the order (models/sql/place_order): the CHECKs on the drop and on the
member's claim decide, whatever is fired in parallel.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from tortoise.expressions import F

from domain.errors import Invalid, NotFound
from models import DropClaim, LimitedDrop, Order, OrderItem, Product
from services import audit
from services.shop import Shop
from services.transaction import transaction

__all__ = ["DropPlan", "LimitedDrop", "give_back", "make", "on_show"]

log = structlog.get_logger()


@dataclass(frozen=True)
class DropPlan:
    """What staff ask for: so many pieces of a product in a half-open window, so many a member."""

    product_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    pieces: int
    per_member: int


async def make(shop: Shop, staff_id: int, plan: DropPlan) -> LimitedDrop:
    """Announce a drop. Raises NotFound for the product, Invalid for a window that is over, inverted or taken."""
    now = shop.now()
    if plan.ends_at <= max(now, plan.starts_at):
        raise Invalid("ends_at", "after the beginning, and after now")
    async with transaction():
        if await Product.filter(id=plan.product_id).select_for_update().first() is None:
            raise NotFound("product")
        if await LimitedDrop.exists(product_id=plan.product_id, starts_at__lt=plan.ends_at, ends_at__gt=plan.starts_at):
            raise Invalid("starts_at", "another drop of this product has some of this window")
        drop = await LimitedDrop.create(
            product_id=plan.product_id, title=plan.title, starts_at=plan.starts_at.astimezone(UTC),
            ends_at=plan.ends_at.astimezone(UTC), pieces=plan.pieces, per_member=plan.per_member, created_at=now,
        )  # fmt: skip
        await audit.note(shop, staff_id, "drop.make", f"drop:{drop.id}", pieces=plan.pieces, product=plan.product_id)
    log.info("drop.made", drop=drop.id, product=plan.product_id, pieces=plan.pieces)
    return drop


async def on_show(shop: Shop) -> list[LimitedDrop]:
    """Coming and running drops with their products, the next to begin first."""
    return await LimitedDrop.filter(ends_at__gt=shop.now()).select_related("product").order_by("starts_at", "id")


async def give_back(shop: Shop, order: Order) -> None:
    """Pieces of an order that came to nothing are for others again, and for this member too.

    In the caller's transaction.
    """
    counts: dict[int, int] = {}
    for piece in await OrderItem.filter(order_id=order.id, drop_id__isnull=False):
        counts[piece.drop_id] = counts.get(piece.drop_id, 0) + 1
    for drop_id, count in sorted(counts.items()):
        await DropClaim.filter(drop_id=drop_id, member_id=order.member_id).update(
            taken=F("taken") - count, updated_at=shop.now()
        )
        await LimitedDrop.filter(id=drop_id).update(taken=F("taken") - count, updated_at=shop.now())
