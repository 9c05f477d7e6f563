"""The catalogue and the outfit board, with the caller's own price.

The lists are read far more often than they change, so ready answers are kept for up to a second, and
dropped at once when this process moves stock.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar, cast

from pydantic import BaseModel, Field

from miniapp_api.frame import Call, Page, PageQuery, Text, View
from services import catalog
from services.catalog import Outfit, Shelf
from services.shop import Shop

KEPT_SECONDS = 1.0
PRICE_KEPT_SECONDS = 0.2
MOST_KEPT = 512

V = TypeVar("V", bound=BaseModel)


class SkuView(View):
    """One size and colour; `left` is what can still be had."""

    id: int
    size: str
    colour: str
    left: int


class ProductView(View):
    """`price_fen` is what the caller pays now; the public and the member price stand beside it."""

    id: int
    code: str
    name: str
    category: str
    picture: str
    price_fen: int
    public_price_fen: int
    member_price_fen: int
    skus: list[SkuView]


class ProductDetailView(ProductView):
    story: str
    material: str


class LookView(View):
    id: int
    title: str
    words: str
    picture: str
    products: list[ProductView]


class ProductsQuery(PageQuery):
    category: Annotated[Text, Field(max_length=32)] = ""
    q: Annotated[Text, Field(max_length=32, description="Part of a name, story or material")] = ""


class _Kept:
    """Ready answers of one shop: bytes by key, each with the instant it lapses."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._stock_version = -1
        self._ready: dict[tuple[object, ...], tuple[float, bytes]] = {}
        self._prices: dict[int, tuple[float, bool]] = {}

    async def bytes_of(self, key: tuple[object, ...], make: Callable[[], Awaitable[BaseModel]]) -> bytes:
        now = time.monotonic()
        if self._stock_version != catalog.stock_version() or len(self._ready) > MOST_KEPT:
            self._ready.clear()
            self._stock_version = catalog.stock_version()
        found = self._ready.get(key)
        if found is not None and found[0] > now:
            return found[1]
        version = self._stock_version
        answer = await make()
        body = answer.__pydantic_serializer__.to_json(answer)
        if version == catalog.stock_version():
            self._ready[key] = (now + KEPT_SECONDS, body)
        return body

    async def member_price(self, member_id: int | None) -> bool:
        if member_id is None:
            return False
        now = time.monotonic()
        found = self._prices.get(member_id)
        if found is not None and found[0] > now:
            return found[1]
        if len(self._prices) > MOST_KEPT:
            self._prices.clear()
        pays = await catalog.pays_member_price(self.shop, member_id)
        self._prices[member_id] = (now + PRICE_KEPT_SECONDS, pays)
        return pays


_kept: _Kept | None = None


def _kept_for(shop: Shop) -> _Kept:
    """One store a process; another shop (in tests) begins with an empty one."""
    global _kept
    if _kept is None or _kept.shop is not shop:
        _kept = _Kept(shop)
    return _kept


async def _ready(call: Call, kind: type[V], key: tuple[object, ...], make: Callable[[bool], Awaitable[V]]) -> V:
    """The answer as bytes that were a `kind` before: the frame sends bytes as they are."""
    kept = _kept_for(call.shop)
    member_price = await kept.member_price(call.person.member_id)
    return cast(V, await kept.bytes_of((kind, member_price, *key), lambda: make(member_price)))


def _product(shelf: Shelf, member_price: bool) -> dict[str, object]:
    row = shelf.product
    return {
        "id": row.id,
        "code": row.code,
        "name": row.name,
        "category": row.category,
        "picture": row.picture,
        "price_fen": catalog.price_for(row, member_price),
        "public_price_fen": row.price_fen,
        "member_price_fen": row.member_price_fen,
        "skus": [SkuView(id=s.id, size=s.size, colour=s.colour, left=s.left) for s in shelf.skus if not s.retired],
    }


def _after(cursor: str) -> int | None:
    return int(cursor) if cursor else None


async def get_products(call: Call, query: ProductsQuery) -> Page[ProductView]:
    """What is on sale, in the shop's order, with the caller's price, sizes and stock."""

    async def make(member_price: bool) -> Page[ProductView]:
        shelves, following = await catalog.products(
            category=query.category, q=query.q, after_id=_after(query.cursor), limit=query.limit
        )
        return Page[ProductView](
            items=[ProductView.model_validate(_product(s, member_price)) for s in shelves],
            next_cursor=str(following) if following else None,
        )

    key = (query.category, query.q, query.cursor, query.limit)
    return await _ready(call, Page[ProductView], key, make)


async def get_product(call: Call, product_id: int) -> ProductDetailView:
    """One product with its story, sizes, colours and stock."""

    async def make(member_price: bool) -> ProductDetailView:
        shelf = await catalog.product_of(product_id)
        return ProductDetailView.model_validate(
            {**_product(shelf, member_price), "story": shelf.product.story, "material": shelf.product.material}
        )

    return await _ready(call, ProductDetailView, (product_id,), make)


def _look(outfit: Outfit, member_price: bool) -> LookView:
    row = outfit.look
    return LookView(
        id=row.id,
        title=row.title,
        words=row.words,
        picture=row.picture,
        products=[ProductView.model_validate(_product(s, member_price)) for s in outfit.shelves],
    )


async def get_looks(call: Call, query: PageQuery) -> Page[LookView]:
    """The outfit board, the newest look first."""

    async def make(member_price: bool) -> Page[LookView]:
        outfits, following = await catalog.looks(after_id=_after(query.cursor), limit=query.limit)
        return Page[LookView](
            items=[_look(o, member_price) for o in outfits], next_cursor=str(following) if following else None
        )

    return await _ready(call, Page[LookView], (query.cursor, query.limit), make)


async def get_look(call: Call, look_id: int) -> LookView:
    """One look with its products: their sizes can be put into a box request as they are."""

    async def make(member_price: bool) -> LookView:
        return _look(await catalog.look_of(look_id), member_price)

    return await _ready(call, LookView, (look_id,), make)
