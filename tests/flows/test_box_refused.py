"""What a box refuses: an old version, the last piece twice, somebody else's box, a wrong split."""

import asyncio

import pytest

from domain.errors import OutOfStock, Refusal
from models import Sku
from services import boxes, proposals
from tests.support.boxes import ADDRESS, life, stock_of
from tests.support.house import House
from tests.support.money import shopper


async def test_a_stale_version_is_refused_and_told_so(house: House) -> None:
    box = await life(house, count=6)
    seen = box.box["version"]
    edited = await box.call("PATCH", f"/boxes/{box.id}", {"version": seen, "remove": [box.items[0]["id"]]})
    assert (len(edited["items"]), edited["version"]) == (5, seen + 1)
    assert edited["highest_fen"] == sum(i["price_fen"] for i in edited["items"])
    address = await box.call("POST", "/me/addresses", ADDRESS)
    old = {"version": seen, "cover": "deposit", "address_id": address["id"]}
    assert (await box.call("POST", f"/boxes/{box.id}/confirm", old, status=409))["code"] == "stale_version"
    again = {"version": seen, "remove": [box.items[1]["id"]]}
    assert (await box.call("PATCH", f"/boxes/{box.id}", again, status=409))["code"] == "stale_version"


async def test_a_size_is_swapped_for_another_of_the_same_product_only(house: House) -> None:
    box = await life(house)
    item = box.items[0]
    product = await box.call("GET", f"/products/{item['product_id']}")
    other = next(s for s in product["skus"] if s["id"] != item["sku_id"] and s["left"] > 0)
    body = {"version": box.box["version"], "swap": [{"item_id": item["id"], "sku_id": other["id"]}]}
    swapped = await box.call("PATCH", f"/boxes/{box.id}", body)
    assert (swapped["items"][0]["size"], swapped["items"][0]["colour"]) == (other["size"], other["colour"])
    foreign = {
        "version": swapped["version"],
        "swap": [{"item_id": item["id"], "sku_id": box.items[1]["sku_id"]}],
    }
    assert (await box.call("PATCH", f"/boxes/{box.id}", foreign, status=422))["code"] == "invalid"


async def test_the_last_piece_goes_to_one_of_two_at_once(house: House) -> None:
    one, two = await life(house, name="甲"), await life(house, name="乙")
    sku_id = one.items[2]["sku_id"]
    await Sku.filter(id=sku_id).update(received=1, on_hand=1)
    addresses = [(await life_.call("POST", "/me/addresses", ADDRESS))["id"] for life_ in (one, two)]

    told = await asyncio.gather(
        *(
            boxes.confirm(house.shop, one_of.who.member_id, one_of.id, one_of.box["version"], "deposit", a)
            for one_of, a in zip((one, two), addresses, strict=True)
        ),
        return_exceptions=True,
    )
    refused = [t for t in told if isinstance(t, BaseException)]
    assert len(refused) == 1
    assert isinstance(refused[0], OutOfStock)
    assert await stock_of([sku_id]) == {sku_id: (0, 1, 0, 0)}
    states = sorted([(await one.look())["state"], (await two.look())["state"]])
    assert states == ["confirmed", "proposed"]
    # Nothing of the refused confirmation is left: her other pieces are free, her quota is whole.
    loser = one if one.box["state"] == "proposed" else two
    page = await loser.call("GET", "/me/membership")
    assert next(q for q in page["quotas"] if q["kind"] == "round_trip")["left"] == 6


async def test_another_members_box_does_not_exist(house: House) -> None:
    box = await life(house)
    stranger = await shopper(house, "路人")
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/preview", None),
        ("GET", "/cover", None),
        ("GET", "/settlement-preview", None),
        ("PATCH", "", {"version": 1}),
        ("POST", "/confirm", {"version": 1, "cover": "deposit", "address_id": 1}),
        ("POST", "/cover", {"cover": "deposit"}),
        ("POST", "/cancel", {}),
        ("POST", "/decisions", {"items": [{"item_id": box.items[0]["id"], "decision": "keep"}]}),
        ("POST", "/return", {}),
        ("POST", "/keep-all", None),
        ("POST", "/extend", None),
        ("POST", "/balance", None),
        ("GET", f"/items/{box.items[0]['id']}/statutory-return", None),
        ("POST", f"/items/{box.items[0]['id']}/statutory-return", {}),
    ):
        answer = await house.api(method, f"/boxes/{box.id}{path}", body, token=stranger.token, status=404)
        assert answer["code"] == "not_found", path
    assert (await house.api("GET", "/boxes", token=stranger.token))["items"] == []


async def test_an_address_is_masked_sealed_and_ones_own(house: House) -> None:
    box = await life(house)
    kept = await box.call("POST", "/me/addresses", ADDRESS)
    assert (kept["name"], kept["phone"], kept["is_default"]) == ("林*", "138****1234", True)
    assert "衡山路 8 号" not in kept["detail"]
    stranger = await shopper(house, "路人")
    await house.api("DELETE", f"/me/addresses/{kept['id']}", token=stranger.token, status=404)
    body = {"version": box.box["version"], "cover": "deposit", "address_id": kept["id"]}
    await box.call("POST", f"/boxes/{box.id}/confirm", body)
    await box.call("DELETE", f"/me/addresses/{kept['id']}")
    assert (await box.call("GET", "/me/addresses"))["items"] == []


async def test_too_few_pieces_or_a_piece_twice_are_no_box(house: House) -> None:
    box = await life(house)
    skus = [i["sku_id"] for i in box.items]
    for bad in (skus[:4], [*skus[:4], skus[0]]):
        assert (await box.call("POST", "/boxes", {"sku_ids": bad}, status=422))["field"] == "sku_ids"
    with pytest.raises(Refusal):
        await proposals.request(house.shop, box.who.member_id, sku_ids=[10**9] * 5)


async def test_the_warehouse_ships_every_item_exactly_once(house: House) -> None:
    box = await life(house)
    ids = [i["id"] for i in box.items]
    parcel = {"carrier": "SF", "waybill": "SF0001", "item_ids": ids}
    early = await box.staff("POST", f"/staff/boxes/{box.id}/ship", {"parcels": [parcel]}, status=409)
    assert early["code"] == "wrong_state"
    await box.cover("deposit")
    for bad in (
        [{**parcel, "item_ids": ids[:4]}],
        [parcel, {**parcel, "waybill": "SF0002", "item_ids": ids[:1]}],
        [{**parcel, "item_ids": ids[:3]}, {**parcel, "item_ids": ids[3:]}],
    ):
        await box.staff("POST", f"/staff/boxes/{box.id}/ship", {"parcels": bad}, status=422)
    assert (await box.look())["parcels"] == []
    picks = (await box.staff("GET", "/staff/picklist"))["items"]
    assert sorted(p["item_id"] for p in picks) == sorted(ids)
    seen = await box.staff("GET", f"/staff/boxes/{box.id}")
    assert seen["address"]["phone"] == ADDRESS["phone"]
    await box.ship()
    assert (await box.staff("GET", f"/staff/boxes/{box.id}"))["address"] is None
    board = {c["state"]: c["total"] for c in (await box.staff("GET", "/staff/board"))["columns"]}
    assert (board["shipped"], board["packing"]) == (1, 0)
