"""Damage fees and disputes: photos, the member's answer, a second person – and never a fen without them."""

from typing import Any

from models import AuditEntry, Case, DamageFee, InboxNote, Photo, ScoreCover
from tests.support.boxes import Life, life, stock_of
from tests.support.house import House
from tests.support.money import balance, pay

JPEG = b"\xff\xd8\xff\xe0" + b"a picture of a sleeve" * 50


async def picture(box: Life, path: str, token: str, data: bytes = JPEG) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    async with box.house.http.post(f"{box.house.base}/api/v1{path}", data=data, headers=headers) as answer:
        return answer.status, await answer.json()


async def show(box: Life, number: int) -> str:
    """The warehouse takes a photo of a piece; the path of the piece for staff."""
    path = f"/staff/boxes/{box.id}/items/{box.items[number]['id']}"
    status, told = await picture(box, f"{path}/photos", box.warehouse)
    assert status == 201, told
    return path


async def back_with(house: House, cover: str, grades: list[str]) -> Life:
    """A box of which the last pieces came back, graded like this."""
    box = await life(house)
    await box.cover(cover)
    await box.signed()
    await box.decide(keep=5 - len(grades))
    waybill = await box.send_back()
    await box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
    await box.look()
    back = [i["id"] for i in box.items if i["state"] == "received"]
    await box.grade(dict(zip(back, grades, strict=True)))
    await box.look()
    return box


async def approval(house: House, kind: str) -> int:
    """The open question of this kind, as finance sees it."""
    finance = await house.staff("finance1")
    found = (await house.api("GET", "/staff/approvals?state=asked", token=finance))["items"]
    [row] = [one for one in found if one["kind"] == kind]
    return int(row["id"])


async def decide(house: House, approval_id: int, verb: str, **more: Any) -> Any:
    finance = await house.staff("finance1")
    return await house.api(
        "POST", f"/staff/approvals/{approval_id}/{verb}", {"note": "看过照片"}, token=finance, **more
    )


async def test_a_photo_is_told_by_its_bytes_and_seen_by_whom_it_concerns(house: House) -> None:
    box = await life(house)
    path = f"/boxes/{box.id}/items/{box.items[0]['id']}/photos"
    status, told = await picture(box, path, box.who.token)
    assert (status, told["kind"]) == (201, "image/jpeg")
    again = (await picture(box, path, box.who.token))[1]
    assert again["id"] == told["id"]
    assert (await picture(box, path, box.who.token, b"<svg/>"))[1]["field"] == "body"
    large = JPEG + b"x" * house.shop.rules.box.photo_max_bytes
    assert (await picture(box, path, box.who.token, large))[0] == 422
    for number in range(house.shop.rules.box.photos_per_item - 1):
        assert (await picture(box, path, box.who.token, JPEG + bytes([number])))[0] == 201
    assert (await picture(box, path, box.who.token, JPEG + b"one more"))[1]["code"] == "too_many"

    async def seen(token: str, staff: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"}
        async with house.http.get(f"{house.base}/api/v1{staff}/photos/{told['id']}", headers=headers) as answer:
            assert answer.status != 200 or (answer.content_type, await answer.read()) == ("image/jpeg", JPEG)
            return answer.status

    assert await seen(box.who.token) == 200
    assert await seen(box.warehouse, "/staff") == 200
    stranger = await house.login(await house.person("别人"))
    assert await seen(stranger) == 404
    assert (await picture(box, path, stranger))[0] == 404


async def test_a_damage_fee_after_settlement_is_asked_for_and_never_taken(house: House) -> None:
    box = await back_with(house, "pay_score", ["damaged"])
    assert box.box["state"] == "settled"
    charge, item = box.box["charge_fen"], box.items[4]
    await house.move(minutes=5)
    assert (await balance(box_id=box.id))["wechat"] == charge
    path = f"/staff/boxes/{box.id}/items/{item['id']}"
    fee_fen = item["price_fen"] // 10
    body = {"grade": "light", "fee_fen": fee_fen, "words": "袖口勾丝"}
    assert (await box.staff("POST", f"{path}/damage", body, status=422))["field"] == "photos"
    await show(box, 4)
    above = {**body, "fee_fen": item["price_fen"] // 4}
    assert (await box.staff("POST", f"{path}/damage", above, status=422))["field"] == "fee_fen"
    whole = f"/staff/boxes/{box.id}/items/{box.items[0]['id']}/damage"
    assert (await box.staff("POST", whole, body, status=409))["code"] == "wrong_state"
    told = await box.staff("POST", f"{path}/damage", body)
    assert (told["state"], len(told["photo_ids"])) == ("proposed", 1)
    assert await box.staff("POST", f"{path}/damage", body) == told
    assert (await box.look())["items"][4]["damage_state"] == "proposed"
    assert box.box["owed_fen"] == 0

    mine = f"/boxes/{box.id}/items/{item['id']}/damage"
    assert (await box.call("GET", mine))["fee_fen"] == fee_fen
    answered = await box.call("POST", f"{mine}/answer", {"accept": True})
    assert (answered["state"], (await box.look())["owed_fen"]) == ("accepted", 0)
    changed = {"accept": False, "words": "不对"}
    assert (await box.call("POST", f"{mine}/answer", changed, status=409))["code"] == "wrong_state"

    await decide(house, await approval(house, "damage_fee"), "approve")
    await box.look()
    assert (box.box["owed_fen"], box.box["damage_fen"]) == (fee_fen, fee_fen)
    assert box.box["charge_fen"] == charge + fee_fen
    assert (await Case.get(kind="damage")).outcome == "charged"
    sheet = await box.call("POST", f"/boxes/{box.id}/balance")
    assert sheet["owed_fen"] == fee_fen
    await pay(house, sheet["pay"])
    assert (await box.look())["owed_fen"] == 0
    goods = box.box["goods_fen"]
    assert await balance(box_id=box.id) == {"wechat": goods + fee_fen, "sales": -goods, "damages": -fee_fen}
    # A kept piece comes back by law afterwards: its own price goes back, no more.
    await box.grade({box.items[0]["id"]: "ok"}, note="店长同意")
    await house.move(minutes=30)
    kept = goods - box.items[0]["price_fen"]
    assert await balance(box_id=box.id) == {"wechat": kept + fee_fen, "sales": -kept, "damages": -fee_fen}


async def test_who_proposes_a_fee_does_not_approve_it(house: House) -> None:
    box = await back_with(house, "deposit", ["damaged"])
    path = await show(box, 4)
    admin = await house.staff("admin1")
    body = {"grade": "total", "fee_fen": box.items[4]["price_fen"], "words": "染色，不能再卖"}
    await house.api("POST", f"{path}/damage", body, token=admin)
    await box.call("POST", f"/boxes/{box.id}/items/{box.items[4]['id']}/damage/answer", {"accept": True})
    number = await approval(house, "damage_fee")
    refused = await house.api("POST", f"/staff/approvals/{number}/approve", {"note": ""}, token=admin, status=409)
    assert refused["code"] == "second_person_needed"
    owed = (await box.look())["owed_fen"]
    await decide(house, number, "approve")
    assert (await box.look())["owed_fen"] == owed + box.items[4]["price_fen"]


async def test_contested_and_refused_it_is_waived_and_silence_is_no_yes(house: House) -> None:
    box = await back_with(house, "deposit", ["damaged", "damaged"])
    owed = box.box["owed_fen"]
    for number in (3, 4):
        path = await show(box, number)
        await box.staff("POST", f"{path}/damage", {"grade": "light", "fee_fen": 500, "words": "污渍"})
    mine = f"/boxes/{box.id}/items/{box.items[3]['id']}/damage"
    await box.call("POST", f"{mine}/answer", {"accept": False, "words": "收到时就有"})
    await decide(house, await approval(house, "damage_fee"), "refuse")
    assert (await box.call("GET", mine))["state"] == "waived"
    await box.at("2026-11-25T02:11:00+00:00")
    late = f"/boxes/{box.id}/items/{box.items[4]['id']}/damage"
    assert (await box.call("GET", late))["state"] == "unanswered"
    assert (await box.call("POST", f"{late}/answer", {"accept": True}, status=409))["code"] == "too_late"
    assert (await box.look())["owed_fen"] == owed
    await decide(house, await approval(house, "damage_fee"), "refuse")
    assert (await box.look())["owed_fen"] == owed
    assert await DamageFee.filter(state="waived").count() == 2
    assert await InboxNote.filter(title="不需要赔付").count() == 2


async def test_approved_before_the_box_is_settled_it_is_on_the_bill_of_pay_score(house: House) -> None:
    box = await back_with(house, "pay_score", ["damaged", "missing"])
    assert box.box["state"] == "disputed"
    path = await show(box, 3)
    await box.staff("POST", f"{path}/damage", {"grade": "light", "fee_fen": 700, "words": "勾丝"})
    await box.call("POST", f"/boxes/{box.id}/items/{box.items[3]['id']}/damage/answer", {"accept": True})
    await decide(house, await approval(house, "damage_fee"), "approve")
    assert (await box.look())["state"] == "disputed"
    goods = sum(i["price_fen"] for i in box.items[:3])
    told = await box.call("GET", f"/boxes/{box.id}/settlement-preview")
    assert (told["damage_fen"], told["charge_fen"]) == (700, goods + 700)
    await box.at("2026-11-25T02:01:00+00:00")
    assert ((await box.look())["state"], box.box["charge_fen"]) == ("settled", goods + 700)
    assert (await ScoreCover.get(box_id=box.id)).total_fen == goods + 700
    await house.move(minutes=5)
    assert await balance(box_id=box.id) == {"wechat": goods + 700, "sales": -goods, "damages": -700}


async def test_a_missing_piece_is_charged_only_with_photo_and_second_person(house: House) -> None:
    box = await back_with(house, "pay_score", ["ok", "wrong"])
    item = box.items[4]
    path = f"/staff/boxes/{box.id}/items/{item['id']}"
    assert (await Case.get(kind="dispute")).ref == f"item:{item['id']}"
    assert (box.box["state"], item["state"]) == ("disputed", "missing")
    await box.call("POST", f"/boxes/{box.id}/items/{item['id']}/statement", {"words": "确实放进去了"})
    charge = {"why": "视频里是另一件"}
    assert (await box.staff("POST", f"{path}/dispute/charge", charge, status=422))["field"] == "photos"
    await show(box, 4)
    await box.staff("POST", f"{path}/dispute/charge", charge)
    assert (await box.look())["items"][4]["state"] == "missing"
    await decide(house, await approval(house, "dispute_charge"), "approve")
    assert ((await box.look())["state"], box.items[4]["state"]) == ("settled", "bought")
    assert box.box["charge_fen"] == sum(box.items[i]["price_fen"] for i in (0, 1, 2, 4))
    assert (await Case.get(kind="dispute")).outcome == "charged"
    await stock_of([item["sku_id"]])
    assert await AuditEntry.exists(action="approval.approved", ref=f"item:{item['id']}")


async def test_decided_for_the_member_nothing_is_owed(house: House) -> None:
    box = await back_with(house, "pay_score", ["missing"])
    item = box.items[4]
    path = f"/staff/boxes/{box.id}/items/{item['id']}/dispute/forgive"
    await box.staff("POST", path, {"why": "快递称重不足"})
    assert ((await box.look())["state"], box.items[4]["state"]) == ("settled", "lost")
    assert (await Case.get(kind="dispute")).outcome == "forgiven"
    assert (await box.staff("POST", path, {"why": "再来"}, status=409))["code"] == "wrong_state"
    assert await Photo.all().count() == 0


async def test_too_late_to_charge_when_the_dispute_ran_out(house: House) -> None:
    box = await back_with(house, "pay_score", ["missing"])
    path = await show(box, 4)
    await box.staff("POST", f"{path}/dispute/charge", {"why": "没有放"})
    number = await approval(house, "dispute_charge")
    await box.at("2026-11-25T02:01:00+00:00")
    assert ((await box.look())["state"], box.items[4]["state"]) == ("settled", "lost")
    assert (await Case.get(kind="dispute")).outcome == "ran_out"
    assert (await decide(house, number, "approve", status=409))["code"] == "wrong_state"
    await decide(house, number, "refuse")


async def test_a_parcel_lost_on_the_way_back_opens_a_claim_that_ends_when_it_turns_up(house: House) -> None:
    box = await life(house)
    await box.cover("pay_score")
    await box.signed()
    await box.decide(keep=3)
    waybill = await box.send_back()
    await house.move(minutes=11)
    await box.at("2026-12-02T16:01:00+00:00")
    service = await house.staff("service1")
    [claim] = (await house.api("GET", "/staff/cases?kind=carrier_claim", token=service))["items"]
    assert claim["facts"]["worth_fen"] == sum(i["price_fen"] for i in box.items[3:])
    assert (claim["facts"]["waybill"], claim["facts"]["pieces"]) == (waybill, 2)
    await box.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
    assert (await Case.get(id=claim["id"])).outcome == "found"
