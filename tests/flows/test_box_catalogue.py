"""The catalogue as callers see it: prices, stock, pages, looks – and stock that always adds up."""

import asyncio

import pytest

from domain.errors import OutOfStock
from models import Product, Sku, StockEntry
from services import catalog
from services.catalog import Piece
from services.transaction import transaction
from tests.support.boxes import life
from tests.support.house import House
from tests.support.money import buy, shopper


async def test_everybody_sees_the_price_that_is_theirs(house: House) -> None:
    public = (await house.api("GET", "/products"))["items"][0]
    assert public["price_fen"] == public["public_price_fen"] > public["member_price_fen"]
    who = await shopper(house)
    assert (await house.api("GET", "/products", token=who.token))["items"][0]["price_fen"] == public["price_fen"]
    await buy(house, who)
    await asyncio.sleep(0)
    detail = await house.api("GET", f"/products/{public['id']}", token=(await shopper(house, "别人")).token)
    assert detail["price_fen"] == public["price_fen"]
    assert await catalog.pays_member_price(house.shop, who.member_id)


async def test_pages_follow_the_shops_order_without_gaps(house: House) -> None:
    seen: list[int] = []
    cursor = ""
    while True:
        page = await house.api("GET", f"/products?limit=7&cursor={cursor}")
        seen += [p["id"] for p in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
    assert seen == [p.id for p in await Product.filter(on_sale=True).order_by("position", "id")]
    assert (await house.api("GET", "/products?cursor=999999999", status=422))["field"] == "cursor"


async def test_filters_and_what_is_not_for_sale(house: House) -> None:
    first = (await house.api("GET", "/products?limit=1"))["items"][0]
    found = await house.api("GET", f"/products?category={first['category']}&limit=100")
    assert {p["category"] for p in found["items"]} == {first["category"]}
    named = await house.api("GET", f"/products?q={first['name'][:3]}&limit=100")
    assert first["id"] in [p["id"] for p in named["items"]]
    assert (await house.api("GET", "/products?q=%25_%25"))["items"] == []  # signs are only signs
    await Product.filter(id=first["id"]).update(quality_passed=False)
    await house.api("GET", f"/products/{first['id']}", status=404)
    await house.api("GET", "/products/999999", status=404)


async def test_stock_that_was_moved_here_shows_at_once(house: House) -> None:
    box = await life(house)
    item = box.items[0]

    async def left() -> int:
        product = await house.api("GET", f"/products/{item['product_id']}")
        return next(int(s["left"]) for s in product["skus"] if s["id"] == item["sku_id"])

    before = await left()
    await box.confirm("deposit")
    assert await left() == before - 1
    await box.call("POST", f"/boxes/{box.id}/cancel", {})
    assert await left() == before


async def test_a_look_leads_to_its_pieces(house: House) -> None:
    looks = (await house.api("GET", "/looks"))["items"]
    assert looks
    look = await house.api("GET", f"/looks/{looks[0]['id']}")
    assert look == looks[0]
    assert all(product["skus"] for product in look["products"])
    await house.api("GET", "/looks/999999", status=404)


async def test_one_cause_moves_stock_once_and_the_last_piece_is_sold_once(house: House) -> None:
    [sku_id] = await Sku.filter(on_hand__gte=3).order_by("id").limit(1).values_list("id", flat=True)
    assert isinstance(sku_id, int)
    await Sku.filter(id=sku_id).update(received=1, on_hand=1)

    async def reserve(ref: str) -> bool:
        try:
            async with transaction():
                await catalog.reserve(house.shop, [Piece(sku_id, ref)])
        except OutOfStock:
            return False
        return True

    told = await asyncio.gather(*(reserve(f"item:{n}:v1") for n in range(8)))
    assert sum(told) == 1
    winner = told.index(True)
    assert await reserve(f"item:{winner}:v1")  # the same cause again moves nothing
    assert await StockEntry.filter(sku_id=sku_id, step="reserve").count() == 1
    async with transaction():
        await catalog.sell(house.shop, [Piece(sku_id, f"item:{winner}:v1")])
        await catalog.sell(house.shop, [Piece(sku_id, f"item:{winner}:v1")])
    sku = await Sku.get(id=sku_id)
    assert (sku.on_hand, sku.reserved, sku.sold, sku.lost) == (0, 0, 1, 0)
    with pytest.raises(OutOfStock):
        async with transaction():
            await catalog.release(house.shop, [Piece(sku_id, "nobody")])
    async with transaction():
        await catalog.receive(house.shop, sku_id, 5, ref="delivery:1")
        await catalog.receive(house.shop, sku_id, 5, ref="delivery:1")
    sku = await Sku.get(id=sku_id)
    assert (sku.received, sku.on_hand) == (6, 5)
