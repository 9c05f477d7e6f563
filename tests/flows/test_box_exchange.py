"""A piece of a box in another size: reserved at once, no quota, a parcel and a clock of its own."""

import asyncio
from typing import Any

import pytest

from models import Box, BoxItem, Payment, QuotaEntry, Sku
from tests.support.boxes import SIGNED, Life, life, stock_of
from tests.support.house import House
from tests.support.money import balance, pay


async def other_sku(item: dict[str, Any]) -> Sku:
    """Another size or colour of the piece, on hand."""
    mine = await Sku.get(id=item["sku_id"])
    found = await Sku.filter(product_id=mine.product_id, on_hand__gt=0).exclude(id=mine.id).order_by("id").first()
    assert found is not None
    return found


def path(box: Life, number: int) -> str:
    return f"/boxes/{box.id}/items/{box.items[number]['id']}/exchange"


async def score_yes(box: Life, sheet: dict[str, Any]) -> None:
    told = await box.house.wechat(f"/payscore/{sheet['package']}/confirm", {"person": box.who.person.id})
    assert told["notice"]["accepted"], told


async def test_exchanged_it_has_its_own_clock_and_the_rest_settles_on_the_first(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    units = await QuotaEntry.all().count()
    item, other = box.items[1], await other_sku(box.items[1])
    seen = await box.call("GET", path(box, 1))
    assert other.id in [sku["id"] for sku in seen["skus"]]
    assert (seen["price_fen"], seen["cover"]["now_fen"]) == (item["price_fen"], 0)
    before = (await stock_of([other.id]))[other.id]
    sheet = await box.call("POST", path(box, 1), {"sku_id": other.id})
    assert (await box.call("POST", path(box, 1), {"sku_id": other.id}))["box_id"] == sheet["box_id"]
    on_hand, reserved, sold, lost = before
    assert (await stock_of([other.id]))[other.id] == (on_hand - 1, reserved + 1, sold, lost)
    assert (await box.states())[1] == "returning"
    assert (box.items[1]["exchange_box_id"], box.items[1]["reason"]) == (sheet["box_id"], "size")
    await score_yes(box, sheet)

    small = Life(house, box.who, box.warehouse, await box.call("GET", f"/boxes/{sheet['box_id']}"))
    assert (small.box["state"], small.box["exchange_of_id"]) == ("packing", item["id"])
    assert (small.box["highest_fen"], small.box["freight_back_fen"]) == (item["price_fen"], 0)
    # The first piece goes back at once; the other one is signed two days later.
    waybill = await box.send_back()
    [parcel] = await small.ship()
    await box.at("2026-11-24T02:00:00+00:00")
    small.who, small.warehouse = box.who, box.warehouse
    await small.carrier(parcel["id"], SIGNED)
    assert (await small.look())["deadline_at"] == "2026-11-29T16:00:00Z"
    await box.come_back(waybill)
    await box.at("2026-11-27T16:01:00+00:00")
    small.who, small.warehouse = box.who, box.warehouse
    assert (await box.look())["state"] == "settled"
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items) - item["price_fen"]
    assert (await small.look())["state"] == "delivered"
    await box.at("2026-11-29T16:01:00+00:00")
    small.who = box.who
    assert (await small.look())["state"] == "settled"
    assert small.box["charge_fen"] == item["price_fen"]
    assert await QuotaEntry.all().count() == units


async def test_the_exchanged_piece_can_be_returned_and_nothing_is_owed(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    item, other = box.items[0], await other_sku(box.items[0])
    sheet = await box.call("POST", path(box, 0), {"sku_id": other.id})
    assert sheet["now_fen"] == min(30000, item["price_fen"])
    await pay(house, sheet["pay"])
    small = Life(house, box.who, box.warehouse, await box.call("GET", f"/boxes/{sheet['box_id']}"))
    await small.signed()
    again = await small.call("GET", path(small, 0), status=409)
    assert again["code"] == "too_many"
    await small.decide(keep=0)
    await small.come_back(await small.send_back())
    assert (await small.look())["state"] == "settled"
    await house.move(minutes=30)
    assert (small.box["charge_fen"], await balance(box_id=small.id)) == (0, {})


async def test_keeping_the_first_piece_calls_the_exchange_off_until_it_has_left(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    other = await other_sku(box.items[0])
    before = await stock_of([other.id])
    sheet = await box.call("POST", path(box, 0), {"sku_id": other.id})
    keep = {"items": [{"item_id": box.items[0]["id"], "decision": "keep"}]}
    await box.call("POST", f"/boxes/{box.id}/decisions", keep)
    assert (await Box.get(id=sheet["box_id"])).state == "cancelled"
    assert await stock_of([other.id]) == before
    second = await box.call("POST", path(box, 0), {"sku_id": other.id})
    assert second["box_id"] != sheet["box_id"]
    await score_yes(box, second)
    small = Life(house, box.who, box.warehouse, await box.call("GET", f"/boxes/{second['box_id']}"))
    await small.ship()
    assert (await box.call("POST", f"/boxes/{box.id}/decisions", keep, status=409))["code"] == "wrong_state"
    # Keeping all that is left leaves the exchanged piece on its way back.
    told = await box.call("GET", f"/boxes/{box.id}/settlement-preview?keep_all=true")
    assert told["back_ids"] == [box.items[0]["id"]]
    await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert await box.states() == ["returning"] + ["keeping"] * 4


async def test_not_sent_back_in_time_it_is_bought_and_the_exchange_ends(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    other = await other_sku(box.items[0])
    before = await stock_of([other.id])
    sheet = await box.call("POST", path(box, 0), {"sku_id": other.id})
    await score_yes(box, sheet)
    await box.at("2026-11-27T16:01:00+00:00")
    assert set(await box.states()) == {"bought"}
    assert (await Box.get(id=sheet["box_id"])).state == "cancelled"
    assert await stock_of([other.id]) == before


async def test_an_exchange_nobody_secured_ends_within_the_hour(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    other = await other_sku(box.items[0])
    before = await stock_of([other.id])
    sheet = await box.call("POST", path(box, 0), {"sku_id": other.id})
    await house.move(minutes=66)
    assert (await Box.get(id=sheet["box_id"])).state == "cancelled"
    assert await stock_of([other.id]) == before
    assert (await box.states())[0] == "returning"
    assert not await Payment.exists(ref=f"box:{sheet['box_id']}", state="wanted")


async def test_refused_without_stock_for_another_product_when_sent_and_too_late(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    other = await other_sku(box.items[0])
    foreign = {"sku_id": box.items[1]["sku_id"]}
    assert (await box.call("POST", path(box, 0), foreign, status=422))["field"] == "sku_id"
    taken = other.on_hand
    await Sku.filter(id=other.id).update(on_hand=0, sold=other.sold + taken)
    body = {"sku_id": other.id}
    assert (await box.call("POST", path(box, 0), body, status=409))["code"] == "out_of_stock"
    assert (await box.states())[0] == "at_member"
    await Sku.filter(id=other.id).update(on_hand=taken, sold=other.sold)
    await box.decide(keep=4)
    await box.send_back()
    await house.move(minutes=11)
    late = await other_sku(box.items[4])
    assert (await box.call("POST", path(box, 4), {"sku_id": late.id}, status=409))["code"] == "wrong_state"
    await box.at("2026-11-27T16:01:00+00:00")
    assert (await box.call("POST", path(box, 0), body, status=409))["code"] in ("too_late", "wrong_state")


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_five_taps_reserve_one_piece(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    other = await other_sku(box.items[0])
    told = await asyncio.gather(*(box.call("POST", path(box, 0), {"sku_id": other.id}) for _ in range(5)))
    assert len({one["box_id"] for one in told}) == 1
    assert await BoxItem.filter(sku_id=other.id).count() == 1


async def test_the_chat_names_what_is_there_to_exchange_for(house: House) -> None:
    box = await life(house)
    await house.follow(box.who.person)
    await house.move(minutes=1)  # By then WeChat has told whose openid it is.
    assert "现在没有可以换的" in await house.say(box.who.person, "不退，换一件大的")
    await box.cover("pay_score")
    await box.signed()
    told = await house.say(box.who.person, "不退，换一件大的")
    other = await other_sku(box.items[0])
    assert box.items[0]["name"] in told
    assert f"{other.colour} {other.size}" in told
    assert "11月27日" in told
