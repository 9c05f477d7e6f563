"""The shelf, kept by staff: products with texts and prices, sizes and colours, and what is received."""

from typing import Any

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.errors import Invalid, NotFound
from models import Product, Sku, StockEntry
from services import audit, catalog, claims
from services.catalog import Shelf
from services.shop import Shop
from services.transaction import after_commit, transaction

__all__ = [
    "Product", "Shelf", "Sku", "add", "add_sku", "change", "change_sku", "count", "receive", "shelf", "shelves",
]  # fmt: skip

TOLD = ("price_fen", "member_price_fen", "on_sale", "quality_passed")
"""What the audit log keeps before and after."""
log = structlog.get_logger()


async def shelves(*, after_id: int = 0, limit: int = 50) -> list[Shelf]:
    """Every product, off the shelf too, by id."""
    return await catalog.with_skus(await Product.filter(id__gt=after_id).order_by("id").limit(limit))


async def shelf(product_id: int) -> Shelf:
    """One product, off the shelf too. Raises NotFound."""
    row = await Product.get_or_none(id=product_id)
    if row is None:
        raise NotFound("product")
    return (await catalog.with_skus([row]))[0]


async def add(shop: Shop, staff_id: int, **given: Any) -> Shelf:
    """A new product, off the shelf until it is put there. Raises Invalid for a code that is taken, for prices."""
    _require_prices(given["price_fen"], given["member_price_fen"])
    async with transaction():
        try:
            async with in_transaction():
                row = await Product.create(**given, on_sale=False, created_at=shop.now())
        except IntegrityError:
            raise Invalid("code", "taken") from None
        await audit.note(shop, staff_id, "product.add", f"product:{row.id}", price_fen=row.price_fen)
    log.info("product.added", product=row.id)
    return Shelf(row, [])


async def change(shop: Shop, staff_id: int, product_id: int, **changes: Any) -> Shelf:
    """Change texts, prices, or whether it is on sale. Carts and orders that stand keep what they were told.

    Raises NotFound, Invalid, ClaimUnproved for a text that would stand on the shelf with an unproved word.
    """
    async with transaction():
        row = await Product.filter(id=product_id).select_for_update().first()
        if row is None:
            raise NotFound("product")
        before = {name: getattr(row, name) for name in changes if name in TOLD}
        row.update_from_dict(changes)
        _require_prices(row.price_fen, row.member_price_fen)
        if row.on_sale:
            await claims.require_proved(shop, row)
        await Product.filter(id=product_id).update(**changes, updated_at=shop.now())
        facts = {"changed": sorted(changes), "before": before, "after": {name: changes[name] for name in before}}
        await audit.note(shop, staff_id, "product.change", f"product:{product_id}", **facts)
        after_commit(_seen)
    return await shelf(product_id)


async def add_sku(shop: Shop, staff_id: int, product_id: int, *, code: str, size: str, colour: str) -> Shelf:
    """One more size or colour, with nothing in stock yet. Raises NotFound, Invalid for one that is there."""
    async with transaction():
        if not await Product.exists(id=product_id):
            raise NotFound("product")
        try:
            async with in_transaction():
                sku = await Sku.create(
                    product_id=product_id, code=code, size=size, colour=colour, created_at=shop.now()
                )
        except IntegrityError:
            raise Invalid("code", "the code, or this size and colour, is there already") from None
        await audit.note(shop, staff_id, "sku.add", f"sku:{sku.id}", product=product_id)
        after_commit(_seen)
    return await shelf(product_id)


async def receive(shop: Shop, staff_id: int, sku_id: int, quantity: int, note: str) -> Sku:
    """Pieces arrive. `note` names the delivery: the same note for the same piece again moves nothing.

    Raises NotFound, Invalid for the same note with another quantity.
    """
    ref = f"delivery:{note}"
    async with transaction():
        if not await Sku.exists(id=sku_id):
            raise NotFound("sku")
        there = await StockEntry.get_or_none(sku_id=sku_id, step="receive", ref=ref)
        if there is not None and there.quantity != quantity:
            raise Invalid("quantity", f"{there.quantity} were received with this note")
        await catalog.receive(shop, sku_id, quantity, ref=ref)
        if there is None:
            await audit.note(shop, staff_id, "stock.receive", f"sku:{sku_id}", quantity=quantity)
    return await Sku.get(id=sku_id)


async def change_sku(shop: Shop, staff_id: int, sku_id: int, **changes: Any) -> Shelf:
    """Rename a size or colour, or retire it: it is offered to nobody any more, and what is promised stays promised.

    Orders and boxes that stand keep the names they were made with. Raises NotFound, Invalid for names that are taken.
    """
    async with transaction():
        row = await Sku.filter(id=sku_id).select_for_update(no_key=True).first()
        if row is None:
            raise NotFound("sku")
        before = {name: getattr(row, name) for name in changes}
        try:
            async with in_transaction():
                await Sku.filter(id=sku_id).update(**changes, updated_at=shop.now())
        except IntegrityError:
            raise Invalid("code", "the code, or this size and colour, is there already") from None
        await audit.note(shop, staff_id, "sku.change", f"sku:{sku_id}", before=before, after=changes)
        after_commit(_seen)
    return await shelf(row.product_id)


async def count(shop: Shop, staff_id: int, sku_id: int, counted: int, name: str, why: str) -> Sku:
    """So many free pieces were counted: what is more was never received, what is less is lost.

    Pieces that are promised or at a member's home are not counted. `name` tells counts apart: the same count of the
    same piece again moves nothing. Raises NotFound.
    """
    ref = f"count:{name}"
    async with transaction():
        row = await Sku.filter(id=sku_id).select_for_update(no_key=True).first()
        if row is None:
            raise NotFound("sku")
        if not await StockEntry.exists(sku_id=sku_id, step__in=["surplus", "shrink"], ref=ref):
            found = counted - row.on_hand
            if found:
                step = catalog.surplus if found > 0 else catalog.shrink
                await step(shop, sku_id, ref=ref, quantity=abs(found))
            await audit.note(shop, staff_id, "stock.count", f"sku:{sku_id}", counted=counted, found=found, why=why)
    return await Sku.get(id=sku_id)


def _require_prices(price_fen: int, member_price_fen: int) -> None:
    if not 0 < member_price_fen <= price_fen:
        raise Invalid("member_price_fen", "above 0, and not above the public price")


async def _seen() -> None:
    catalog.stock_moved()
