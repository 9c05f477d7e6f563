"""An order on its way and back: shipped, signed, returned within the law's days, refunded to the fen."""

from datetime import timedelta
from typing import Any

from models import AuditEntry, Case, MemberCoupon, OutsideCall, PointsLot, Purchase, Refund
from services import books
from tests.support.boxes import PICKED, SIGNED, stock_of
from tests.support.house import House
from tests.support.money import balance
from tests.support.orders import (
    Buyer,
    arrived,
    back,
    buyer,
    carrier,
    come_back,
    coupon,
    goods,
    ordered,
    send_back,
    ship,
)


async def settled_books(one: Buyer, house: House) -> dict[str, int]:
    """After every refund has arrived: the member's ledger, and the whole house's books agree."""
    for _ in range(4):  # refunds of one payment go a minute apart
        await house.move(minutes=10)
    assert await books.check() == []
    return await balance(member_id=one.who.member_id)


async def test_the_whole_life_of_an_order(house: House) -> None:
    one = await ordered(house, plan=True)
    skus = [i["sku_id"] for i in one.order["items"]]
    reserved = await stock_of(skus)
    queue = await one.staff("GET", "/staff/orders")
    assert [(o["id"], o["priority"]) for o in queue["items"]] == [(one.id, 1)]
    seen = await one.staff("GET", f"/staff/orders/{one.id}")
    assert seen["address"]["name"] == "林一"
    assert (await ship(one))["address"] is None
    assert one.order["state"] == "shipped"
    for sku_id, (on_hand, held, sold, lost) in reserved.items():
        assert (await stock_of([sku_id]))[sku_id] == (on_hand, held - 1, sold + 1, lost)
    # WeChat was told, so the money is free there.
    assert (await OutsideCall.get(kind="upload_order")).state == "done"
    assert await carrier(one, PICKED)
    assert await carrier(one, SIGNED)
    assert not await carrier(one, SIGNED)
    order = await one.look()
    assert (order["state"], [i["state"] for i in order["items"]]) == ("signed", ["bought"] * 3)
    points = order["goods_fen"] * 2 // 100
    [lot] = await PointsLot.filter(member_id=one.who.member_id, reason="order")
    assert (lot.points, lot.usable_at.isoformat()) == (points, "2026-11-29T16:00:00+00:00")
    assert (await Purchase.get(ref=f"order:{one.id}")).net_fen == order["goods_fen"]

    preview = await one.call("POST", f"/orders/{one.id}/returns/preview", back(one, 1))
    price = order["items"][1]["net_fen"]
    assert (preview["refund_fen"], preview["coupon_back"]) == (price, False)
    assert preview["until"] == "2026-11-29T16:00:00Z"
    order = await come_back(one, await send_back(one, 1))
    assert [i["state"] for i in order["items"]] == ["bought", "returned", "bought"]
    assert order["refunded_fen"] == price
    left = order["goods_fen"]
    assert (await Purchase.get(ref=f"order:{one.id}")).net_fen == left
    told = await one.call("GET", "/me")
    assert told
    assert preview["points_lost"] == points - left * 2 // 100
    value = (await one.call("GET", "/me/membership"))["value"]
    public = sum(i["public_fen"] for i in order["items"] if i["state"] == "bought")
    assert value["saved_goods_fen"] == public - left > 0, "what the member price of the kept pieces saved"
    fee = 39800
    assert await settled_books(one, house) == {"wechat": left + fee, "sales": -left, "membership_fees": -fee}
    assert (await one.look())["refunded_done_fen"] == price
    assert (await stock_of([skus[1]]))[skus[1]][:3] == (reserved[skus[1]][0] + 1, 0, 0)


async def test_the_member_says_it_arrived_or_the_days_do(house: House) -> None:
    one, two = await ordered(house, count=1), await ordered(house, count=1, name="周二")
    assert (await one.call("POST", f"/orders/{one.id}/receive", status=409))["code"] == "wrong_state"
    await ship(one)
    await ship(two)
    await two.call("POST", f"/orders/{one.id}/receive", status=404)
    for _ in range(2):
        assert (await one.call("POST", f"/orders/{one.id}/receive"))["state"] == "signed"
    await two.at("2026-12-02T15:59:00+00:00")
    assert (await two.look())["state"] == "shipped"
    await two.at("2026-12-02T16:10:00+00:00")
    assert (await two.look())["state"] == "signed"


async def test_lost_on_its_way_everything_goes_back(house: House) -> None:
    one = await buyer(house)
    (sku_id, fen), (other, _) = await goods(house, 2)
    mine = await coupon(house, one.who.member_id, 1, 500)
    before = await stock_of([sku_id, other])
    await one.place((sku_id, 1), (other, 1), coupon_id=mine)
    await one.pay()
    assert (await one.staff("POST", f"/staff/orders/{one.id}/lost", status=409))["code"] == "wrong_state"
    await ship(one)
    told = await one.staff("POST", f"/staff/orders/{one.id}/lost/preview")
    assert (told["state"], told["refund_fen"], told["stored_fen"]) == ("lost", one.order["total_fen"], 0)
    assert (await one.look())["state"] == "shipped"
    for _ in range(2):
        assert (await one.staff("POST", f"/staff/orders/{one.id}/lost"))["state"] == "lost"
    assert (await MemberCoupon.get(id=mine)).state == "open"
    assert await settled_books(one, house) == {}
    after = await stock_of([sku_id, other])
    assert all(after[s] == (b[0] - 1, b[1], b[2], b[3] + 1) for s, b in before.items())
    assert (await one.call("POST", f"/orders/{one.id}/cancel", {}, status=409))["code"] == "wrong_state"
    assert fen


async def test_a_coupon_that_is_not_met_any_more_falls_away_once(house: House) -> None:
    one = await buyer(house)
    found = await goods(house, 3)
    total = sum(fen for _, fen in found)
    mine = await coupon(house, one.who.member_id, total - found[0][1], 5000)
    await one.place(*[(sku_id, 1) for sku_id, _ in found], coupon_id=mine)
    paid = (await one.pay())["goods_fen"]
    await ship(one)
    await carrier(one, SIGNED)
    await one.look()
    # The cheapest back: still met, its net share.
    cheapest = next(n for n, i in enumerate(one.order["items"]) if i["sku_id"] == found[0][0])
    share = one.order["items"][cheapest]["net_fen"]
    order = await come_back(one, await send_back(one, cheapest))
    assert (order["refunded_fen"], order["goods_fen"]) == (share, paid - share)
    [held] = (await one.call("GET", "/me/coupons"))["items"]
    assert (held["id"], held["state"], held["ref"], held["usable"]) == (mine, "used", f"order:{one.id}", False)
    assert (await one.call("GET", "/me/coupons?usable=true"))["items"] == []
    # Another one: not met, so what is kept stands at its price and the coupon is in the hand again.
    gone, kept = (next(n for n, i in enumerate(order["items"]) if i["sku_id"] == found[k][0]) for k in (1, 2))
    preview = await one.call("POST", f"/orders/{one.id}/returns/preview", back(one, gone))
    assert (preview["coupon_back"], preview["refund_fen"]) == (True, paid - share - found[2][1])
    order = await come_back(one, await send_back(one, gone))
    assert (order["goods_fen"], order["refunded_fen"]) == (found[2][1], paid - found[2][1])
    [held] = (await one.call("GET", "/me/coupons?usable=true"))["items"]
    assert (held["id"], held["state"], held["off_fen"]) == (mine, "open", 5000)
    order = await come_back(one, await send_back(one, kept))
    assert (order["goods_fen"], order["refunded_fen"]) == (0, paid)
    # The freight of the way out is not given back for a change of mind.
    freight = order["freight_fen"]
    expected = {"wechat": freight, "freight": -freight}
    assert await settled_books(one, house) == {k: v for k, v in expected.items() if v}
    assert await Refund.filter(ref=f"order:{one.id}").count() == 3


async def test_all_back_for_its_quality_the_freight_goes_back_too(house: House) -> None:
    one = await arrived(house, count=1)
    assert one.order["freight_fen"] == 1200
    preview = await one.call("POST", f"/orders/{one.id}/returns/preview", back(one, 0, reason="quality"))
    assert (preview["refund_fen"], preview["freight_fen"]) == (one.order["total_fen"], 1200)
    assert preview["points_lost"] == one.order["goods_fen"] // 100 + 200, "what the first order was given for goes too"
    order = await come_back(one, await send_back(one, 0, reason="quality"), grade="damaged")
    assert order["refunded_fen"] == order["total_fen"]
    assert await settled_books(one, house) == {}
    [lot] = await PointsLot.filter(member_id=one.who.member_id, reason="order")
    assert lot.unspent == 0


async def test_missing_in_the_parcel_it_stays_bought(house: House) -> None:
    one = await arrived(house, count=2)
    order = await come_back(one, await send_back(one, 0), grade="missing")
    assert [i["state"] for i in order["items"]] == ["bought", "bought"]
    assert order["refunded_fen"] == 0
    assert not await Refund.exists(ref=f"order:{one.id}")
    assert await Case.all().count() == 0
    # Another thing in its place is no return either, and both times the member is told.
    order = await come_back(one, await send_back(one, 1), grade="wrong")
    assert ([i["state"] for i in order["items"]], order["refunded_fen"]) == (["bought", "bought"], 0)
    notes = (await one.call("GET", "/me/inbox"))["items"]
    assert [n["title"] for n in notes].count("退货包裹里少了商品") == 2


async def test_a_return_is_called_off_while_the_carrier_does_not_have_it(house: House) -> None:
    one = await arrived(house, count=2)
    told = await one.call("POST", f"/orders/{one.id}/returns", back(one, 0))
    again = await one.call("POST", f"/orders/{one.id}/returns", back(one, 0), status=409)
    assert again["code"] == "wrong_state"
    for _ in range(2):
        order = await one.call("POST", f"/orders/{one.id}/returns/{told['id']}/cancel")
    assert [i["state"] for i in order["items"]] == ["bought", "bought"]
    await send_back(one, 0)
    await house.move(minutes=11)
    parcel = (await one.look())["parcels"][-1]
    assert parcel["state"] == "accepted"
    refused = await one.call("POST", f"/orders/{one.id}/returns/{parcel['id']}/cancel", status=409)
    assert refused["code"] == "wrong_state"


async def test_a_carrier_that_falls_silent_costs_the_member_nothing(house: House) -> None:
    one = await arrived(house, count=2)
    net = one.order["items"][0]["net_fen"]
    await send_back(one, 0)
    await house.move(minutes=11)
    await one.at("2026-12-02T15:59:00+00:00")
    assert (await one.look())["refunded_fen"] == 0
    await one.at("2026-12-02T16:10:00+00:00")
    assert (await one.look())["refunded_fen"] == net
    assert [i["state"] for i in one.order["items"]] == ["returned", "bought"]


async def test_what_a_return_refuses(house: House) -> None:
    one, two = await arrived(house, count=2), await ordered(house, count=1, name="周二")
    path = f"/orders/{one.id}/returns"
    await two.call("POST", path, back(one, 0), status=404)
    await two.call("POST", f"{path}/preview", back(one, 0), status=404)
    early = await two.call("POST", f"/orders/{two.id}/returns", back(two, 0), status=409)
    assert early["code"] == "wrong_state"
    foreign = await one.call("POST", path, back(two, 0), status=404)
    assert foreign["code"] == "not_found"
    wrong: dict[str, Any]
    for wrong in (
        {"items": []}, {"items": [{"item_id": 1}]}, {"items": [{"item_id": 0, "reason": "size"}]},
        {"items": [{"item_id": one.order["items"][0]["id"], "reason": "mood"}]}, back(one, 0, 0),
    ):  # fmt: skip
        assert (await one.call("POST", path, wrong, status=422))["code"] == "invalid"
    grade = {"items": [{"item_id": two.order["items"][0]["id"], "grade": "ok"}], "note": "还没到"}
    assert (await two.staff("POST", f"/staff/orders/{two.id}/grade", grade, status=409))["code"] == "wrong_state"
    await two.staff("POST", f"/staff/orders/{one.id}/grade", grade, status=404)
    await one.staff("POST", "/staff/orders/parcels/receive", {"waybill": "SF9999999"}, status=404)
    ends = house.shop.now().replace(day=29, hour=16, minute=0)
    await one.at(ends - timedelta(seconds=1))
    await one.call("POST", f"{path}/preview", back(one, 0))
    await one.at(ends)
    assert (await one.call("POST", f"{path}/preview", back(one, 0), status=409))["code"] == "too_late"
    assert (await one.call("POST", path, back(one, 0), status=409))["code"] == "too_late"


async def test_staff_accept_what_came_back_too_late_with_a_reason(house: House) -> None:
    one = await arrived(house, count=2)
    await one.at("2026-12-05T02:00:00+00:00")
    assert (await one.call("POST", f"/orders/{one.id}/returns", back(one, 0), status=409))["code"] == "too_late"
    path = f"/staff/orders/{one.id}/grade"

    def graded(grade: str, note: str = "") -> dict[str, Any]:
        return {"items": [{"item_id": i["id"], "grade": grade} for i in one.order["items"]], "note": note}

    for way in (path, f"{path}/preview"):
        assert (await one.staff("POST", way, graded("ok"), status=422))["field"] == "note"
    nothing = await one.staff("POST", path, graded("missing", "没找到"), status=409)
    assert nothing["code"] == "wrong_state", "what never came back cannot be missing"
    told = await one.staff("POST", f"{path}/preview", graded("ok", "住院，来不及寄"))
    assert (await one.look())["items"][0]["state"] == "bought"
    points = (await one.call("GET", "/me/points"))["balance"]["usable"]
    goods_fen = one.order["goods_fen"]
    await one.staff("POST", path, graded("ok", "住院，来不及寄"))
    order = await one.look()
    assert [i["state"] for i in order["items"]] == ["returned", "returned"]
    assert (order["refunded_fen"], order["goods_fen"]) == (told["refund_fen"], 0)
    assert told["refund_fen"] == goods_fen
    # What the first order was given for goes with it, in the preview as in the act.
    assert (await one.call("GET", "/me/points"))["balance"]["usable"] - points == told["points"]
    assert told["points"] == -(goods_fen // 100) - 200
    [act] = await AuditEntry.filter(action="order.grade")
    assert (act.facts["note"], act.ref) == ("住院，来不及寄", f"order:{one.id}")
    await one.staff("POST", path, graded("ok", "又一次"), status=409)
    assert await settled_books(one, house) == {}
    assert any("售后退货" in n["text"] for n in (await one.call("GET", "/me/inbox"))["items"])


async def test_shipping_refuses_what_is_not_paid_or_has_a_foreign_waybill(house: House) -> None:
    one = await ordered(house, count=1)
    two = await buyer(house, "周二")
    [(sku_id, _)] = await goods(house, 1)
    await two.place((sku_id, 1))
    body = {"carrier": "SF", "waybill": "SFO000001"}
    assert (await two.staff("POST", f"/staff/orders/{two.id}/ship", body, status=409))["code"] == "wrong_state"
    await two.pay()
    await one.staff("POST", f"/staff/orders/{one.id}/ship", body)
    assert (await two.staff("POST", f"/staff/orders/{two.id}/ship", body, status=422))["code"] == "invalid"
    assert (await two.look())["state"] == "paid"
