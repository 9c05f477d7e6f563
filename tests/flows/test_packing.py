"""Seals, weights and sizes in the warehouse: what differs is a case, what is swapped was allowed."""

from datetime import datetime, timedelta
from typing import Any

from models import Case, InboxNote, Product, Sku
from tests.support.boxes import SIGNED, Life, life, stock_of
from tests.support.house import House
from tests.support.orders import arrived


async def grams_of(house: House, box: Life, ids: list[int]) -> int:
    """What these pieces weigh in an empty box."""
    skus = await Sku.filter(id__in=[i["sku_id"] for i in box.items if i["id"] in ids]).select_related("product")
    return sum(sku.product.weight_grams for sku in skus) + house.shop.rules.box.package_grams


async def ship(box: Life, *, status: int | None = None, **more: Any) -> Any:
    parcel = {"carrier": "SF", "waybill": f"SF{box.id:08d}", "item_ids": [i["id"] for i in box.items], **more}
    return await box.staff("POST", f"/staff/boxes/{box.id}/ship", {"parcels": [parcel]}, status=status)


async def test_a_parcel_is_sealed_and_weighed_both_ways(house: House) -> None:
    one, two = await life(house), await life(house, name="周二")
    for box in (one, two):
        await box.cover("deposit")
    grams = await grams_of(house, one, [i["id"] for i in one.items])
    told = await ship(one, seal="S-1", return_seal="R-1", weight_grams=grams + 75)
    assert (told["parcels"][0]["seal"], told["parcels"][0]["packed_grams"]) == ("S-1", grams + 75)
    assert not await Case.exists(kind="parcel_check")
    # A seal closes one parcel; one that is 300 grams too light has something missing.
    assert (await ship(two, seal="S-1", status=422))["field"] == "waybill"
    # It is held back, also past the scales, until it is right or somebody has looked and says so.
    sealed: dict[str, Any] = {"seal": "S-2", "return_seal": "R-2"}
    service = await house.staff("service1")
    for light in (grams - 300, grams - 310):
        told = await ship(two, **sealed, weight_grams=light, status=409)
        [case] = await Case.filter(kind="parcel_check", state="open")
        assert (told["code"], told["facts"]) == ("parcel_held", {"case_id": case.id})
        assert (case.ref, case.member_id) == (f"box:{two.id}", two.who.member_id)
        ids = sorted(i["id"] for i in two.items)
        assert case.facts["parcels"] == [{"items": ids, "expected_grams": grams, "weighed_grams": light}]
    assert (await ship(two, **sealed, status=409))["code"] == "parcel_held"
    close = f"/staff/cases/{case.id}/close"
    looked = {"outcome": "contents_right", "note": "数过了，五件都在"}
    # Who put it on the scales does not let it go.
    assert (await two.staff("POST", close, looked, status=409))["code"] == "second_person_needed"
    await house.api("POST", close, looked, token=service)
    assert (await ship(two, **sealed, weight_grams=grams - 320, status=409))["code"] == "parcel_held", "not looked at"
    assert (await two.look())["state"] == "packing"
    await ship(two, **sealed, weight_grams=grams - 310)
    three = await life(house, name="吴三")
    await three.cover("deposit")
    right = await grams_of(house, three, [i["id"] for i in three.items])
    await ship(three, weight_grams=right - 300, status=409)
    await ship(three, weight_grams=right)
    outcomes = [c.outcome for c in await Case.filter(kind="parcel_check").order_by("id")]
    assert outcomes == ["contents_right", "contents_right", "packed_again"]

    # On the way back it must be our seal, and the weight of what was announced.
    await one.look()
    await one.carrier(one.box["parcels"][0]["id"], SIGNED)
    await one.look()
    await one.decide(keep=3)
    waybill = await one.send_back()
    opened = {"waybill": waybill, "seal": "R-2", "weight_grams": house.shop.rules.box.package_grams + 20}
    told = await one.staff("POST", "/staff/parcels/receive", opened)
    assert told["parcels"][-1]["seal_found"] == "R-2"
    case = await Case.get(kind="parcel_check", state="open", ref__startswith="parcel:")
    assert (case.ref, case.facts["seal"], case.facts["return_seals"]) == (
        f"parcel:{told['parcels'][-1]['id']}", "R-2", ["R-1"],
    )  # fmt: skip
    back = [i["id"] for i in one.items[3:]]
    assert case.facts["expected_grams"] == await grams_of(house, one, back)


async def test_what_nobody_has_weighed_is_not_checked(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await Product.all().update(weight_grams=0)
    await ship(box, weight_grams=1)
    assert not await Case.exists(kind="parcel_check")


async def test_a_size_is_swapped_only_where_the_member_allows_it(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    item = box.items[0]
    mine = await Sku.get(id=item["sku_id"])
    other = await Sku.filter(product_id=mine.product_id, on_hand__gt=1).exclude(id=mine.id).order_by("id").first()
    assert other is not None
    before = await stock_of([mine.id, other.id])
    path = f"/staff/boxes/{box.id}/items/{item['id']}/swap"
    body = {"sku_id": other.id, "broken": True, "why": "拉链坏了"}
    refused = await box.staff("POST", path, body, status=403)
    assert refused["code"] == "consent_missing"
    await box.call("PUT", f"/boxes/{box.id}/swap", {"allowed": True})
    assert (await box.look())["swap_allowed"]
    assert (await box.staff("POST", path, {**body, "sku_id": box.items[1]["sku_id"]}, status=422))["field"] == "sku_id"
    await box.staff("POST", path, body)
    after = await stock_of([mine.id, other.id])
    on_hand, reserved, sold, lost = before[mine.id]
    assert after[mine.id] == (on_hand, reserved - 1, sold, lost + 1)
    on_hand, reserved, sold, lost = before[other.id]
    assert after[other.id] == (on_hand - 1, reserved + 1, sold, lost)
    swapped = (await box.look())["items"][0]
    assert (swapped["sku_id"], swapped["size"], swapped["price_fen"]) == (other.id, other.size, item["price_fen"])
    assert await InboxNote.filter(member_id=box.who.member_id, title="有一件换了尺码或颜色").count() == 1
    await box.signed()
    assert (await box.staff("POST", path, body, status=409))["code"] == "wrong_state"
    assert (await box.call("PUT", f"/boxes/{box.id}/swap", {"allowed": False}, status=409))["code"] == "wrong_state"

    # What stays is sold as what was really sent, and is under warranty from its signing on.
    await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert (await stock_of([other.id]))[other.id] == (on_hand - 1, reserved, sold + 1, lost)
    assert (await box.look())["warranty_until"] == warranty(box.box["delivered_at"], 90)


async def test_the_warranty_of_an_order_has_the_days_of_the_tier_too(house: House) -> None:
    one = await arrived(house, count=1, plan=True)
    standing = await one.call("GET", "/me/tier")
    days = house.shop.rules.order.warranty_days + standing["benefits"]["warranty_days"]
    assert one.order["warranty_until"] == warranty(one.order["signed_at"], days)


def warranty(signed_at: str, days: int) -> str:
    """24:00 in Shanghai of the last day."""
    day = (datetime.fromisoformat(signed_at) + timedelta(hours=8)).date() + timedelta(days=days)
    return f"{day}T16:00:00Z"
