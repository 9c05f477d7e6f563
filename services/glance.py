"""What a member may ask about in one line: read-only facts from their own rows, many members at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q

from domain.box import BoxState, ItemState
from domain.money import Fen
from domain.payment import RefundState
from models import BoxItem, Product, Sku
from models.sql import instant, known_instant, run
from services import points, quotas, tiers
from services.batch import Grouped
from services.points import Balance
from services.quotas import QuotaView
from services.shop import Shop
from services.tiers import Place


@dataclass(frozen=True)
class BoxGlance:
    """The box a member means when they say "my box": the newest that is not over, else the newest."""

    box_id: int
    state: BoxState
    deadline_at: datetime | None
    charge_fen: Fen
    items: tuple[str, ...]
    # Of the member's other boxes at home, the one that is to be decided on first.
    other_id: int | None = None
    other_until: datetime | None = None


@dataclass(frozen=True)
class RefundGlance:
    amount_fen: Fen
    state: RefundState
    at: datetime


@dataclass(frozen=True)
class CouponGlance:
    name: str
    threshold_fen: Fen
    off_fen: Fen
    valid_until: datetime


@dataclass(frozen=True)
class ProductGlance:
    name: str
    price_fen: Fen
    member_price_fen: Fen
    left: int


async def boxes(member_ids: Sequence[int]) -> list[BoxGlance | None]:
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in await run("glance_boxes", member_ids=member_ids):
        rows.setdefault(row["member_id"], []).append(row)
    return [_box(rows[member_id]) if member_id in rows else None for member_id in member_ids]


def _box(rows: Sequence[dict[str, Any]]) -> BoxGlance:
    """One box from a row for each piece in it, or one row without a piece."""
    first = rows[0]
    names = tuple(f"{r['name']}（{r['colour']}，{r['size']}）" for r in rows if r["name"] is not None)
    return BoxGlance(
        first["id"], BoxState(first["state"]), instant(first["deadline_at"]), first["charge_fen"], names,
        first["other_id"], instant(first["other_until"]),
    )  # fmt: skip


async def plans(member_ids: Sequence[int]) -> list[datetime | None]:
    """Until when the membership period of each goes that runs now; None without one."""
    ends = {row["member_id"]: instant(row["ends_at"]) for row in await run("glance_plans", member_ids=member_ids)}
    return [ends.get(member_id) for member_id in member_ids]


async def _refunds(member_ids: Sequence[int]) -> list[list[RefundGlance]]:
    newest: dict[int, list[RefundGlance]] = {}
    for row in await run("glance_refunds", member_ids=member_ids):
        glance = RefundGlance(row["amount_fen"], RefundState(row["state"]), known_instant(row["at"]))
        newest.setdefault(row["member_id"], []).append(glance)
    return [newest.get(member_id, []) for member_id in member_ids]


async def _coupons(shop: Shop, member_ids: Sequence[int]) -> list[list[CouponGlance]]:
    held: dict[int, list[CouponGlance]] = {}
    for row in await run("glance_coupons", member_ids=member_ids, now=shop.now()):
        glance = CouponGlance(row["name"], row["threshold_fen"], row["off_fen"], known_instant(row["valid_until"]))
        held.setdefault(row["member_id"], []).append(glance)
    return [held.get(member_id, []) for member_id in member_ids]


async def _other_sizes(box_ids: Sequence[int]) -> list[list[tuple[str, tuple[str, ...]]]]:
    """For each box: the pieces at the member's home, with the sizes and colours on hand to exchange them for."""
    home = (ItemState.AT_MEMBER, ItemState.KEEPING, ItemState.RETURNING)
    items = await BoxItem.filter(box_id__in=list(box_ids), box__exchange_of_id=None, state__in=home).order_by("id")
    mine = {s.id: s.product_id for s in await Sku.filter(id__in=[i.sku_id for i in items])}
    offered = Sku.filter(product_id__in=set(mine.values()), product__on_sale=True, on_hand__gt=0, retired=False)
    shelf = await offered.order_by("id")
    found: dict[int, list[tuple[str, tuple[str, ...]]]] = {box_id: [] for box_id in box_ids}
    for item in items:
        others = [s for s in shelf if s.product_id == mine[item.sku_id] and s.id != item.sku_id]
        if others:
            found[item.box_id].append((item.name, tuple(f"{s.colour} {s.size}" for s in others)))
    return [found[box_id] for box_id in box_ids]


class _Shelf:
    """Searches of the last second: many followers ask for the same thing, and stock may be that old in talk."""

    FRESH_SECONDS = 1.0

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._kept: dict[tuple[str, str], tuple[float, list[ProductGlance]]] = {}

    async def find(self, asked: Sequence[tuple[str, str]]) -> list[list[ProductGlance]]:
        now = self._shop.now().timestamp()
        # A clock that was moved back is a new day: nothing from its future is told.
        self._kept = {one: kept for one, kept in self._kept.items() if 0 <= now - kept[0] < self.FRESH_SECONDS}
        for one in asked:
            if one not in self._kept:
                self._kept[one] = (now, await _search(*one))
        return [self._kept[one][1] for one in asked]


async def _search(category: str, colour: str) -> list[ProductGlance]:
    """Products on sale whose category or name holds the word, in that colour; those in stock first."""
    if not category and not colour:
        return []
    wanted = Product.filter(on_sale=True, quality_passed=True)
    if category:
        wanted = wanted.filter(Q(category__contains=category) | Q(name__contains=category))
    found = await wanted.order_by("position").limit(50)
    left: dict[int, int] = {}
    for sku in await Sku.filter(product_id__in=[p.id for p in found], retired=False):
        if not colour or colour.removesuffix("色") in sku.colour:
            left[sku.product_id] = left.get(sku.product_id, 0) + sku.left
    rows = [ProductGlance(p.name, p.price_fen, p.member_price_fen, left[p.id]) for p in found if p.id in left]
    return sorted(rows, key=lambda r: r.left == 0)[:3]


class Glances:
    """One per process: questions that are asked at the same moment are answered by one query."""

    def __init__(self, shop: Shop) -> None:
        self._box: Grouped[int, BoxGlance | None] = Grouped(boxes)
        self._plan: Grouped[int, datetime | None] = Grouped(plans)
        self._refunds: Grouped[int, list[RefundGlance]] = Grouped(_refunds)
        self._coupons: Grouped[int, list[CouponGlance]] = Grouped(lambda ids: _coupons(shop, ids))
        self._points: Grouped[int, Balance] = Grouped(lambda ids: points.balances(shop, ids))
        self._places: Grouped[int, Place] = Grouped(lambda ids: tiers.places(shop, ids))
        self._quotas: Grouped[int, list[QuotaView]] = Grouped(quotas.overviews)
        self._other_sizes: Grouped[int, list[tuple[str, tuple[str, ...]]]] = Grouped(_other_sizes)
        self._products: Grouped[tuple[str, str], list[ProductGlance]] = Grouped(_Shelf(shop).find)

    async def box(self, member_id: int) -> BoxGlance | None:
        return await self._box.submit(member_id)

    async def plan(self, member_id: int) -> datetime | None:
        """Until when the membership period goes that runs now; None without one."""
        return await self._plan.submit(member_id)

    async def refunds(self, member_id: int) -> list[RefundGlance]:
        """The three newest, newest first."""
        return await self._refunds.submit(member_id)

    async def coupons(self, member_id: int) -> list[CouponGlance]:
        """Coupons in the member's hand that can still be used, the first to lapse first."""
        return await self._coupons.submit(member_id)

    async def points(self, member_id: int) -> Balance:
        return await self._points.submit(member_id)

    async def place(self, member_id: int) -> Place:
        """Where the member stands in the tiers."""
        return await self._places.submit(member_id)

    async def quotas(self, member_id: int) -> list[QuotaView]:
        return await self._quotas.submit(member_id)

    async def other_sizes(self, box_id: int) -> list[tuple[str, tuple[str, ...]]]:
        """What each piece at the member's home could be exchanged for now; pieces without a choice are left out."""
        return await self._other_sizes.submit(box_id)

    async def products(self, category: str, colour: str) -> list[ProductGlance]:
        """At most three, those in stock first."""
        return await self._products.submit((category, colour))
