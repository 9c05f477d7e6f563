"""What the shop sells: its stock, moved once per cause and never below zero, and what a caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from domain.errors import Invalid, NotFound, OutOfStock
from domain.money import Fen
from models import Look, LookItem, Product, Sku
from models.sql import run
from services import benefits
from services.shop import Shop
from services.transaction import after_commit, transaction

# Stock movements ---------------------------------------------------------------------------------------
# Each takes a `ref`, its cause: a second call for the same cause moves nothing. Several are moved together, by
# rising sku_id, so that two callers never wait for each other.


@dataclass(frozen=True)
class Piece:
    """So many of one size and colour, and the cause for which they move."""

    sku_id: int
    ref: str
    quantity: int = 1


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
        await _move(shop, "receive", [Piece(sku_id, ref, quantity)], received=1, on_hand=1)


async def reserve(shop: Shop, pieces: Sequence[Piece]) -> None:
    """Promise pieces. Raises OutOfStock when one is not on hand: the last one goes to one member only."""
    await _move(shop, "reserve", pieces, reserved=1, on_hand=-1)


async def release(shop: Shop, pieces: Sequence[Piece]) -> None:
    """Promised pieces are free again: their box ended early, or they came back in good order."""
    await _move(shop, "release", pieces, on_hand=1, reserved=-1)


async def sell(shop: Shop, pieces: Sequence[Piece]) -> None:
    """Promised pieces were bought."""
    await _move(shop, "sell", pieces, sold=1, reserved=-1)


async def lose(shop: Shop, sku_id: int, *, ref: str) -> None:
    """A promised piece is gone: lost on its way, or not fit to be sold again."""
    await _move(shop, "lose", [Piece(sku_id, ref)], lost=1, reserved=-1)


async def take_back(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A sold piece came back in good order."""
    await _move(shop, "take_back", [Piece(sku_id, ref, quantity)], on_hand=1, sold=-1)


async def scrap(shop: Shop, sku_id: int, *, ref: str, quantity: int = 1) -> None:
    """A sold piece came back and cannot be sold again."""
    await _move(shop, "scrap", [Piece(sku_id, ref, quantity)], lost=1, sold=-1)


async def find(shop: Shop, sku_id: int, *, ref: str) -> None:
    """A piece that was taken for lost turned up."""
    await _move(shop, "find", [Piece(sku_id, ref)], on_hand=1, lost=-1)


async def surplus(shop: Shop, sku_id: int, *, ref: str, quantity: int) -> None:
    """A count found more on hand than was written: pieces nobody had received."""
    await _move(shop, "surplus", [Piece(sku_id, ref, quantity)], received=1, on_hand=1)


async def shrink(shop: Shop, sku_id: int, *, ref: str, quantity: int) -> None:
    """A count found fewer on hand than was written: the others are lost."""
    await _move(shop, "shrink", [Piece(sku_id, ref, quantity)], lost=1, on_hand=-1)


COLUMNS = ("received", "on_hand", "reserved", "sold", "lost")


async def _move(shop: Shop, step: str, pieces: Sequence[Piece], **signs: int) -> None:
    if not pieces:
        return
    now = shop.now()
    lines = [{"sku_id": piece.sku_id, "ref": piece.ref, "quantity": piece.quantity} for piece in pieces]
    fresh: dict[int, int] = {}
    for row in await run("stock_once", lines=lines, step=step, now=now):
        fresh[row["sku_id"]] = fresh.get(row["sku_id"], 0) + row["quantity"]
    if not fresh:
        return
    counts = [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in fresh.items()]
    moved = await run("stock_move", lines=counts, now=now, **{name: signs.get(name, 0) for name in COLUMNS})
    if short := sorted(fresh.keys() - {row["id"] for row in moved}):
        raise OutOfStock(short[0], 0)

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
