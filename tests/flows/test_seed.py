"""The demo shop: worth looking at, true to its own books, and the same however often it is seeded."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tortoise import Model

from models import (
    Coupon,
    Look,
    LookItem,
    Product,
    Sku,
    StaffUser,
    StockEntry,
    Stylist,
    WorkingHours,
)
from services import seed
from services.shop import Shop
from services.staff import check_password

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
TABLES: tuple[type[Model], ...] = (
    Coupon, Look, LookItem, Product, Sku, StaffUser, StockEntry, Stylist, WorkingHours,
)  # fmt: skip


@pytest.fixture
def shop() -> Shop:
    """Seeding asks the shop for nothing but the time."""
    return cast(Shop, SimpleNamespace(now=lambda: NOW))


async def _counts() -> dict[str, int]:
    return {table.__name__: await table.all().count() for table in TABLES}


async def _rows() -> list[list[dict[str, Any]]]:
    return [list(await table.all().order_by("id").values()) for table in TABLES]


async def test_the_window_is_worth_looking_at(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    counts = await _counts()
    assert counts["Product"] >= 30
    assert counts["Stylist"] == 4
    assert counts["Look"] == 6
    assert counts["Coupon"] == 5
    assert counts["StaffUser"] == 9
    assert len(set(await Product.all().values_list("category", flat=True))) >= 8
    for product in await Product.all():
        assert product.member_price_fen < product.price_fen
        assert product.story
        assert product.picture.startswith("/pictures/")


async def test_a_second_seed_changes_nothing(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    before = await _rows()
    await seed.shop_window(shop)
    assert await _rows() == before


async def test_what_was_sold_meanwhile_stays_sold(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    sku = await Sku.get(code="DY01-camel-M")
    await Sku.filter(id=sku.id).update(on_hand=sku.on_hand - 1, sold=1)
    await seed.shop_window(shop)
    again = await Sku.get(id=sku.id)
    assert (again.on_hand, again.sold, again.received) == (sku.on_hand - 1, 1, sku.received)


async def test_stock_is_what_was_received(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    entered = dict(await StockEntry.filter(step="receive").values_list("sku_id", "quantity"))
    for sku in await Sku.all():
        assert sku.received == sku.on_hand == entered.get(sku.id, 0)
    # A shop as it is: somewhere the last piece, somewhere none, and of most sizes enough.
    pieces = await Sku.all().values_list("on_hand", flat=True)
    assert {0, 1} <= set(cast(list[int], pieces))
    assert sum(1 for count in cast(list[int], pieces) if count > 4) > len(pieces) / 2


async def test_everybody_can_log_in_and_stylists_are_their_own_staff(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    for user in await StaffUser.all():
        assert check_password(f"demo-{user.login}", user.password_hash)
        assert not check_password(f"demo-{user.login}x", user.password_hash)
    for stylist in await Stylist.all().prefetch_related("hours"):
        user = await StaffUser.get(id=cast(int, stylist.staff_id))
        assert (user.name, user.role) == (stylist.name, "stylist")
        assert stylist.modes
        assert set(stylist.modes) <= {"store", "video"}
        days = [period.weekday for period in await WorkingHours.filter(stylist_id=stylist.id)]
        assert len(days) > len(set(days))  # Several periods a day.
    assert len(set(await Stylist.all().values_list("feed_token", flat=True))) == 4


async def test_every_look_is_made_of_goods_on_sale(database: str, shop: Shop) -> None:
    await seed.shop_window(shop)
    for look in await Look.all():
        goods = await Product.filter(looks__look_id=look.id, on_sale=True)
        assert len(goods) >= 5  # Enough for a box.


@pytest.mark.parametrize("kept", ["", "scrypt$x$00$00", "plain$16$00$00", "scrypt$1024$zz$00", "a$b"])
def test_a_password_hash_of_another_shape_matches_nothing(kept: str) -> None:
    assert not check_password("demo-admin1", kept)
