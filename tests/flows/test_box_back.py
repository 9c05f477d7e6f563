"""What comes back: decided and undecided, sent in time or late, missing, damaged, silent – and by law."""

from typing import Any

from models import Box, BoxItem, Case, Coupon, MemberCoupon, Parcel, PointsEntry, PointsLot, Refund, ScoreCover
from tests.support.boxes import Life, life, stock_of
from tests.support.house import House
from tests.support.money import balance


async def test_decisions_can_be_taken_back_until_sent(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=1)
    assert await box.states() == ["keeping"] + ["returning"] * 4
    no_reason = {"items": [{"item_id": box.items[0]["id"], "decision": "return"}]}
    assert (await box.call("POST", f"/boxes/{box.id}/decisions", no_reason, status=422))["field"] == "reason"
    first = await box.call("POST", f"/boxes/{box.id}/return", {})
    again = await box.call("POST", f"/boxes/{box.id}/return", {})
    assert first["parcel_id"] == again["parcel_id"]
    assert first["return_id"] == again["return_id"] != ""
    # Booked, but nobody has come yet: everything can stay after all.
    await box.decide(keep=5)
    assert (await Parcel.get(id=first["parcel_id"])).state == "cancelled"
    await box.decide(keep=4)
    second = await box.call("POST", f"/boxes/{box.id}/return", {})
    assert second["parcel_id"] != first["parcel_id"]
    waybill = await box.hand_over(second["return_id"])
    await house.move(minutes=11)
    back = {"items": [{"item_id": box.items[4]["id"], "decision": "keep"}]}
    assert (await box.call("POST", f"/boxes/{box.id}/decisions", back, status=409))["code"] == "wrong_state"
    await box.come_back(waybill)
    assert (await box.look())["state"] == "settled"
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items[:4])


async def test_sent_in_time_waits_for_the_warehouse_and_the_undecided_is_bought(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    one = {"items": [{"item_id": box.items[0]["id"], "decision": "return", "reason": "colour"}]}
    await box.call("POST", f"/boxes/{box.id}/decisions", one)
    waybill = await box.send_back()
    await box.at("2026-11-27T16:01:00+00:00")
    assert await box.states() == ["returning"] + ["bought"] * 4
    assert box.box["state"] == "returning"
    await box.come_back(waybill)
    assert (await box.look())["state"] == "settled"
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items[1:])


async def test_announced_but_never_sent_is_bought(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    await box.call("POST", f"/boxes/{box.id}/return", {"pickup_at": "2026-11-26T02:00:00Z"})
    await box.at("2026-11-27T16:01:00+00:00")
    assert set(await box.states()) == {"bought"}


async def test_a_pickup_the_carrier_missed_counts_as_sent(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    told = await box.call("POST", f"/boxes/{box.id}/return", {"pickup_at": "2026-11-27T10:00:00Z"})
    await house.wechat(f"/parcels/return/{told['return_id']}", {"status": 1, "delivery_id": "SF"})
    await box.at("2026-11-27T16:01:00+00:00")
    assert await box.states() == ["bought"] * 3 + ["returning"] * 2
    assert box.box["state"] == "returning"
    too_late = {"pickup_at": "2026-11-27T16:00:00Z"}
    assert (await box.call("POST", f"/boxes/{box.id}/return", too_late, status=409))["code"] == "too_late"


async def test_a_pickup_that_nothing_came_of_is_charged_by_two_persons(house: House) -> None:
    box = await life(house)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=3)
    told = await box.call("POST", f"/boxes/{box.id}/return", {"pickup_at": "2026-11-27T10:00:00Z"})
    await house.wechat(f"/parcels/return/{told['return_id']}", {"status": 1, "delivery_id": "SF"})
    path, why = f"/staff/parcels/{told['parcel_id']}/not-sent", {"why": "快递没有揽收记录，会员没有回复"}
    # To 24:00 of the tenth day after the pick-up that was booked, nobody may even ask.
    await box.at("2026-12-07T15:59:59+00:00")
    assert (await box.staff("POST", path, why, status=409))["code"] == "wrong_state"
    assert not await Case.exists()
    await box.at("2026-12-07T17:00:00+00:00")
    case = await Case.get(kind="not_sent")
    assert (case.ref, case.facts["pieces"]) == (f"parcel:{told['parcel_id']}", 2)
    [note] = [n for n in (await box.call("GET", "/me/inbox"))["items"] if "还没有取走" in n["title"]]
    assert all(box.items[i]["name"] in note["text"] for i in (3, 4))
    foreseen = await box.staff("POST", f"{path}/preview", why)
    assert foreseen["state"] == "settled"
    asked = await box.staff("POST", path, why)
    alone = await box.staff("POST", f"/staff/approvals/{asked['approval_id']}/approve", {"note": "我"}, status=403)
    assert alone["code"] in ("role", "not_allowed")
    finance = await house.staff("finance1")
    approve = f"/staff/approvals/{asked['approval_id']}/approve"
    await house.api("POST", approve, {"note": "核对过"}, token=finance)
    assert (await box.look())["state"] == "settled"
    assert await box.states() == ["bought"] * 5
    assert box.box["charge_fen"] == foreseen["charge_fen"] == sum(item["price_fen"] for item in box.items)
    assert (await Case.get(kind="not_sent")).outcome == "charged"


async def test_what_comes_after_all_ends_the_case(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    told = await box.call("POST", f"/boxes/{box.id}/return", {"pickup_at": "2026-11-27T10:00:00Z"})
    await house.wechat(f"/parcels/return/{told['return_id']}", {"status": 1, "delivery_id": "SF"})
    await box.at("2026-12-07T17:00:00+00:00")
    assert (await Case.get(kind="not_sent")).state == "open"
    await box.hand_over(told["return_id"])
    await house.move(minutes=11)
    assert (await Case.get(kind="not_sent")).outcome == "sent"
    assert await box.states() == ["bought"] * 3 + ["returning"] * 2
    assert box.box["state"] == "returning"


async def test_one_extension_of_two_days_while_nothing_is_overdue(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    longer = await box.call("POST", f"/boxes/{box.id}/extend")
    assert (longer["extended"], longer["deadline_at"]) == (True, "2026-11-29T16:00:00Z")
    assert (await box.call("POST", f"/boxes/{box.id}/extend", status=409))["code"] == "too_many"
    await box.at("2026-11-27T16:01:00+00:00")
    assert (await box.look())["state"] == "delivered"
    await box.at("2026-11-29T16:01:00+00:00")
    assert (await box.look())["state"] == "settled"


async def test_missing_is_not_charged_and_the_rest_settles_after_the_dispute(house: House) -> None:
    box = await life(house)
    skus = [i["sku_id"] for i in box.items]
    before = await stock_of(skus)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    waybill = await box.send_back()
    await box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
    await box.grade({box.items[3]["id"]: "missing", box.items[4]["id"]: "damaged"})
    assert (await box.look())["state"] == "disputed"
    await box.at("2026-11-25T01:59:00+00:00")  # 72 hours are not over
    assert (await box.look())["state"] == "disputed"
    await box.at("2026-11-25T02:01:00+00:00")
    assert (await box.look())["state"] == "settled"
    assert [i["state"] for i in box.items] == ["bought"] * 3 + ["lost", "returned"]
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items[:3])
    for gone in skus[3:]:
        on_hand, reserved, sold, lost = before[gone]
        assert (await stock_of([gone]))[gone] == (on_hand - 1, reserved, sold, lost + 1)
    # It turns up under the table after all: the piece is there again, the bill stays.
    await box.grade({box.items[3]["id"]: "ok"})
    on_hand, reserved, sold, lost = before[skus[3]]
    assert (await stock_of([skus[3]]))[skus[3]] == (on_hand, reserved, sold, lost)


async def test_found_within_the_dispute_it_is_simply_returned(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=4)
    waybill = await box.send_back()
    await box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
    await box.grade({box.items[4]["id"]: "missing"})
    await box.grade({box.items[4]["id"]: "ok"}, note="在夹层里")
    assert (await box.look())["state"] == "settled"
    assert box.items[4]["state"] == "returned"


async def test_silent_for_ten_days_is_never_charged(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    await box.send_back()
    await house.move(minutes=11)
    await box.at("2026-12-02T15:59:00+00:00")
    assert (await box.look())["state"] == "returning"
    await box.at("2026-12-02T16:01:00+00:00")  # 24:00 of the tenth day after the 22nd
    assert (await box.look())["state"] == "settled"
    assert [i["state"] for i in box.items] == ["bought"] * 3 + ["lost"] * 2
    assert box.box["charge_fen"] == sum(i["price_fen"] for i in box.items[:3])


async def kept_all(house: House, cover: str, *, coupon_id: int | None = None) -> Life:
    box = await life(house)
    await (box.cover(cover, coupon_id=coupon_id) if coupon_id else box.cover(cover))
    await box.signed()
    box.box = await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert box.box["state"] == "settled"
    return box


async def by_law(box: Life, number: int) -> dict[str, Any]:
    """Preview, send back and grade one bought item; the preview."""
    item = box.items[number]
    path = f"/boxes/{box.id}/items/{item['id']}/statutory-return"
    preview: dict[str, Any] = await box.call("GET", path)
    told = await box.call("POST", path, {})
    waybill = await box.hand_over(told["return_id"])
    await box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
    assert (await box.look())["items"][number]["state"] == "bought"
    await box.grade({item["id"]: "ok"})
    await box.look()
    return preview


async def test_bought_and_collected_it_comes_back_by_law(house: House) -> None:
    box = await kept_all(house, "pay_score")
    total, price = box.box["charge_fen"], box.items[1]["price_fen"]
    cover = await ScoreCover.get(box_id=box.id)
    await house.wechat(f"/payscore/orders/{cover.out_order_no}/pay")
    stock = await stock_of([box.items[1]["sku_id"]])
    preview = await by_law(box, 1)

    assert preview["refund_fen"] == price
    assert preview["until"] == "2026-11-29T16:00:00Z"
    assert (box.items[1]["state"], box.box["charge_fen"]) == ("returned", total - price)
    [refund] = await Refund.filter(ref=f"box:{box.id}")
    assert refund.amount_fen == price
    [lot] = await PointsLot.filter(member_id=box.who.member_id, reason="box")
    entries = await PointsEntry.filter(lot_id=lot.id).order_by("id")
    assert [entry.points for entry in entries] == [total * 2 // 100, -preview["points_lost"]]
    assert lot.unspent == (total - price) * 2 // 100
    [(on_hand, reserved, sold, lost)] = stock.values()
    assert list((await stock_of(list(stock))).values()) == [(on_hand + 1, reserved, sold - 1, lost)]
    await house.move(minutes=30)
    assert await balance(box_id=box.id) == {"wechat": total - price, "sales": price - total}


async def test_what_is_not_collected_yet_is_asked_for_no_more(house: House) -> None:
    box = await kept_all(house, "pay_score")
    total, price = box.box["charge_fen"], box.items[0]["price_fen"]
    await by_law(box, 0)
    cover = await ScoreCover.get(box_id=box.id)
    assert cover.total_fen == total - price
    assert not await Refund.exists(ref=f"box:{box.id}")
    assert box.box["owed_fen"] == total - price
    # WeChat was collecting at that very moment: it takes the old sum, and the difference comes back.
    await house.wechat(f"/payscore/orders/{cover.out_order_no}/pay")
    await house.move(minutes=30)
    assert (await Refund.get(ref=f"box:{box.id}")).amount_fen == price
    assert await balance(box_id=box.id) == {"wechat": total - price, "sales": price - total}


async def test_an_unpaid_balance_is_lowered_first(house: House) -> None:
    box = await kept_all(house, "deposit")
    owed, price = box.box["owed_fen"], box.items[0]["price_fen"]
    assert owed > price
    await by_law(box, 0)
    assert box.box["owed_fen"] == owed - price
    sheet = await box.call("POST", f"/boxes/{box.id}/balance")
    assert sheet["owed_fen"] == owed - price
    assert not await Refund.exists(ref=f"box:{box.id}")


async def test_the_laws_window_ends_with_the_seventh_day(house: House) -> None:
    box = await kept_all(house, "pay_score")
    path = f"/boxes/{box.id}/items/{box.items[0]['id']}/statutory-return"
    await box.at("2026-11-29T15:59:59+00:00")
    await box.call("GET", path)
    await box.at("2026-11-29T16:00:00+00:00")
    assert (await box.call("GET", path, status=409))["code"] == "too_late"
    assert (await box.call("POST", path, {}, status=409))["code"] == "too_late"
    # Staff may accept it all the same, with a reason.
    line = {"items": [{"item_id": box.items[0]["id"], "grade": "ok"}]}
    await box.staff("POST", f"/staff/boxes/{box.id}/grade", line, status=422)
    await box.grade({box.items[0]["id"]: "ok"}, note="住院，店长同意")
    assert (await box.look())["items"][0]["state"] == "returned"


async def test_sent_by_law_and_lost_by_the_carrier_it_is_refunded_all_the_same(house: House) -> None:
    box = await kept_all(house, "deposit")
    owed, item = box.box["owed_fen"], box.items[2]
    before = (await stock_of([item["sku_id"]]))[item["sku_id"]]
    told = await box.call("POST", f"/boxes/{box.id}/items/{item['id']}/statutory-return", {})
    await box.hand_over(told["return_id"])
    await house.move(minutes=11)
    await box.at("2026-12-02T15:59:00+00:00")
    assert (await box.look())["owed_fen"] == owed
    await box.at("2026-12-02T16:10:00+00:00")
    assert (await box.look())["owed_fen"] == owed - item["price_fen"]
    assert box.items[2]["state"] == "returned"
    on_hand, reserved, sold, lost = before
    assert (await stock_of([item["sku_id"]]))[item["sku_id"]] == (on_hand, reserved, sold - 1, lost + 1)


async def test_a_coupon_is_tested_on_what_is_kept_and_comes_back_when_it_falls_away(house: House) -> None:
    box = await life(house)
    goods = sum(i["price_fen"] for i in box.items)
    now = house.shop.now()
    coupon = await Coupon.create(
        code="T", name="满减", threshold_fen=goods, off_fen=5001, created_at=now,
        valid_from=now, valid_until=now.replace(year=2027),
    )  # fmt: skip
    mine = await MemberCoupon.create(member_id=box.who.member_id, coupon_id=coupon.id, reason="test", created_at=now)
    preview = await box.call("GET", f"/boxes/{box.id}/preview?coupon_id={mine.id}")
    cheapest = min(i["price_fen"] for i in box.items)
    # One cheap item less, and the coupon is gone: that may be the dearer way.
    assert preview["highest_fen"] == max(goods - 5001, goods - cheapest)
    await box.cover("pay_score", coupon_id=mine.id)
    await box.signed()
    await box.call("POST", f"/boxes/{box.id}/keep-all")
    assert (await box.look())["charge_fen"] == goods - 5001
    assert (await MemberCoupon.get(id=mine.id)).state == "used"
    assert sum(i["net_fen"] for i in box.items) == goods - 5001
    told = await by_law(box, 0)
    price = box.items[0]["price_fen"]
    assert (told["coupon_back"], told["refund_fen"]) == (True, max(0, goods - 5001 - (goods - price)))
    assert (await MemberCoupon.get(id=mine.id)).state == "open"
    assert (await Box.get(id=box.id)).goods_fen == goods - price
    kept = await BoxItem.filter(box_id=box.id, state="bought")
    assert sum(item.net_fen or 0 for item in kept) == goods - price
