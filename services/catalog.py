"""What the shop sells: its stock, moved once per cause and never below zero, and what a caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.expressions import F, Q
from tortoise.queryset import QuerySet

from domain.errors import Invalid, NotFound, OutOfStock
from domain.money import Fen
from models import Look, LookItem, Product, Sku
from models.sql import run
from services import benefits
from services.shop import Shop
from services.transaction import after_commit, transaction

# Stock movements ---------------------------------------------------------------------------------------
# Each takes a `ref`, its cause: a second call for the same cause moves nothing. Callers that move several
# go by rising sku_id, so that two of them never wait for each other.


@dataclass
class _Seen:
    """Rises with every movement in this process, so that kept answers about stock are dropped at once."""

    number: int = 0


_seen = _Seen()


def stock_version() -> int:
    return _seen.number


def stock_moved() -> None:
    """Stock was moved and committed: what is kept about it is old."""
    _seen.number += 1


async def receive(shop: Shop, sku_id: int, quantity: int, *, ref: str) -> None:
    """New pieces arrive in the warehouse."""
    if quantity < 1:
        raise Invalid("quantity", "at least one piece")
    async with transaction():
        await _move(shop, sku_id, "receive", ref, ("received", "on_hand"), (), quantity)


async def reserve(shop: Shop, sku_id: int, *, ref: str) -> None:
    """Promise one piece. Raises OutOfStock when none is on hand: the last one goes to one member only."""
    await _move(shop, sku_id, "reserve", ref, ("reserved",), ("on_hand",))


async def release(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A promised piece is free again: its box ended early, or it came back in good order."""
    await _move(shop, sku_id, "release", ref, ("on_hand",), ("reserved",), quantity)


async def sell(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A promised piece was bought."""
    await _move(shop, sku_id, "sell", ref, ("sold",), ("reserved",), quantity)


async def lose(shop: Shop, sku_id: int, *, ref: str) -> None:
    """A promised piece is gone: lost on its way, or not fit to be sold again."""
    await _move(shop, sku_id, "lose", ref, ("lost",), ("reserved",))


async def take_back(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A sold piece came back in good order."""
    await _move(shop, sku_id, "take_back", ref, ("on_hand",), ("sold",), quantity)


async def scrap(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A sold piece came back and cannot be sold again."""
    await _move(shop, sku_id, "scrap", ref, ("lost",), ("sold",), quantity)


async def find(shop: Shop, sku_id: int, *, ref: str) -> None:
    """A piece that was taken for lost turned up."""
    await _move(shop, sku_id, "find", ref, ("on_hand",), ("lost",))


async def _move(
    shop: Shop, sku_id: int, step: str, ref: str, up: Sequence[str], down: Sequence[str], quantity: int = 1
) -> None:
    now = shop.now()
    written = await run("stock_once", sku_id=sku_id, step=step, quantity=quantity, ref=ref, now=now)
    if not written:
        return
    changes = {name: F(name) + quantity for name in up} | {name: F(name) - quantity for name in down}
    enough = {f"{name}__gte": quantity for name in down}
    if not await Sku.filter(id=sku_id, **enough).update(updated_at=now, **changes):
        raise OutOfStock(sku_id, 0)

    async def bump() -> None:
        stock_moved()

    after_commit(bump)


# Views -------------------------------------------------------------------------------------------------


async def pays_member_price(shop: Shop, member_id: int | None) -> bool:
    """The member price is for members whose plan is running at this instant, or whose tier has it."""
    return member_id is not None and (await benefits.of(shop, member_id)).member_price


def price_for(product: Product, member_price: bool) -> Fen:
    fen: Fen = product.member_price_fen if member_price else product.price_fen
    return fen


def _on_sale() -> QuerySet[Product]:
    return Product.filter(on_sale=True, quality_passed=True)


@dataclass(frozen=True)
class Shelf:
    """A product with its sizes and colours."""

    product: Product
    skus: list[Sku]


async def products(
    *, category: str = "", q: str = "", after_id: int | None = None, limit: int = 20
) -> tuple[list[Shelf], int | None]:
    """One page in the shop's order, and the id after which the next one begins (None: the last page)."""
    found = _on_sale()
    if category:
        found = found.filter(category=category)
    if q:
        found = found.filter(Q(name__icontains=q) | Q(story__icontains=q) | Q(material__icontains=q))
    if after_id is not None:
        last = await Product.get_or_none(id=after_id)
        if last is None:
            raise Invalid("cursor", "no such place in the list")
        found = found.filter(Q(position__gt=last.position) | Q(position=last.position, id__gt=last.id))
    rows = await found.order_by("position", "id").limit(limit + 1)
    page = rows[:limit]
    return await with_skus(page), page[-1].id if len(rows) > limit else None


async def with_skus(rows: Sequence[Product]) -> list[Shelf]:
    """These products, each with its sizes and colours."""
    skus: dict[int, list[Sku]] = {row.id: [] for row in rows}
    for sku in await Sku.filter(product_id__in=list(skus)).order_by("id"):
        skus[sku.product_id].append(sku)
    return [Shelf(row, skus[row.id]) for row in rows]


async def product_of(product_id: int) -> Shelf:
    """One product on sale. Raises NotFound."""
    found = await _on_sale().get_or_none(id=product_id)
    if found is None:
        raise NotFound("product")
    return (await with_skus([found]))[0]


@dataclass(frozen=True)
class Outfit:
    """A look of the outfit board with the products in it that are on sale."""

    look: Look
    shelves: list[Shelf]


async def looks(*, after_id: int | None = None, limit: int = 20) -> tuple[list[Outfit], int | None]:
    """One page of the board, the newest first."""
    found = Look.filter(published=True)
    if after_id is not None:
        found = found.filter(id__lt=after_id)
    rows = await found.order_by("-id").limit(limit + 1)
    page = rows[:limit]
    return await with_products(page), page[-1].id if len(rows) > limit else None


async def look_of(look_id: int) -> Outfit:
    """One look. Raises NotFound."""
    found = await Look.get_or_none(id=look_id, published=True)
    if found is None:
        raise NotFound("look")
    return (await with_products([found]))[0]


async def with_products(rows: Sequence[Look]) -> list[Outfit]:
    """These looks, each with the products in it that are on sale."""
    links = await LookItem.filter(look_id__in=[row.id for row in rows]).order_by("id")
    shelves = await with_skus(await _on_sale().filter(id__in=[link.product_id for link in links]))
    by_product = {shelf.product.id: shelf for shelf in shelves}
    return [
        Outfit(
            row,
            [by_product[link.product_id] for link in links if link.look_id == row.id and link.product_id in by_product],
        )
        for row in rows
    ]
