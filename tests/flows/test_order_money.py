"""The money of shop orders: stored value beside WeChat Pay, kindness, every effect in one call, books per order."""

import asyncio

from models import Approval, Order, Refund
from services import books
from tests.flows.test_wallet import steps, topped_up, wallet
from tests.support.boxes import SIGNED, stock_of
from tests.support.house import House
from tests.support.money import balance
from tests.support.orders import Buyer, back, buyer, carrier, come_back, goods, items, send_back, ship


async def partly_stored(house: House, stored_fen: int) -> Buyer:
    """Three pieces ordered; so much of it is stored value, the rest waits for WeChat Pay."""
    one = await buyer(house)
    await topped_up(house, one.who, 50000)  # and a bonus of 5000
    await one.place(*[(sku_id, 1) for sku_id, _ in await goods(house, 3)], stored_fen=stored_fen)
    return one


async def test_stored_value_pays_a_part_and_what_comes_back_goes_over_wechat_first(house: House) -> None:
    one = await partly_stored(house, 52000)
    assert await wallet(house, one.who) == (0, 3000, 50000, 2000)
    order = await one.pay()
    paid_fen = order["total_fen"] - 52000
    assert (order["state"], order["stored_fen"]) == ("paid", 52000)
    assert await wallet(house, one.who) == (0, 3000, 0, 0)
    await ship(one)
    await carrier(one, SIGNED)
    await one.look()

    desk, finance = await house.staff("service1"), await house.staff("finance1")
    ref = f"order:{one.id}"
    seen = await house.api("GET", f"/staff/goodwill/preview?ref={ref}&amount_fen=1000", token=desk)
    assert (seen["left_fen"], seen["stored_fen"], seen["second_person"]) == (order["total_fen"], 0, "")
    kind = {"ref": ref, "amount_fen": 1000, "reason": "迟发一天"}
    assert (await house.api("POST", "/staff/goodwill", kind, token=desk))["state"] == "granted"
    large = await house.api("POST", "/staff/goodwill", {**kind, "amount_fen": 9000}, token=finance)
    assert large["state"] == "asked"
    asked = await Approval.get(kind="goodwill")
    admin = await house.staff("admin1")
    approve = f"/staff/approvals/{asked.id}/approve"
    said = await house.api("POST", f"{approve}/preview", {}, token=admin)
    assert (said["ref"], said["state"], said["refund_fen"], said["stored_fen"]) == (ref, "signed", 9000, 0)
    assert (await Approval.get(id=asked.id)).state == "asked", "a preview decides nothing"
    await house.api("POST", approve, {}, token=admin)

    # Everything comes back: WeChat's rest first, then stored value, the bonus first; kindness is not given twice.
    preview = await one.call("POST", f"/orders/{one.id}/returns/preview", back(one, 0, 1, 2))
    assert preview["refund_fen"] == order["goods_fen"] - 10000
    assert preview["stored_fen"] == order["goods_fen"] - paid_fen
    waybill = await send_back(one, 0, 1, 2)
    await one.staff("POST", "/staff/orders/parcels/receive", {"waybill": waybill})
    grades = {"items": [{"item_id": i["id"], "grade": "ok"} for i in order["items"]]}
    said = await one.staff("POST", f"/staff/orders/{one.id}/grade/preview", grades)
    assert (await one.look())["refunded_fen"] == 0, "a preview does nothing"
    order = await one.staff("POST", f"/staff/orders/{one.id}/grade", grades)
    assert order["refunded_fen"] == preview["refund_fen"] == said["refund_fen"] + said["stored_fen"]
    assert (said["stored_fen"], said["points"]) == (preview["stored_fen"], -preview["points_lost"])
    for _ in range(4):
        await house.move(minutes=10)
    assert sum(r.amount_fen for r in await Refund.filter(ref=ref, state="done")) == paid_fen
    assert (await one.look())["refunded_done_fen"] == preview["refund_fen"] + 10000
    assert await steps(house, one.who) == [
        ("top_up", 50000, 0), ("bonus", 0, 5000), ("hold", -50000, -2000), ("release", 50000, 2000),
        ("use", -50000, -2000), ("give_back", preview["stored_fen"] - 2000, 2000),
    ]  # fmt: skip
    assert (await balance(order_id=one.id), order["freight_fen"]) == ({}, 0)
    assert await books.check() == []

    told = (await house.api("GET", f"/staff/orders/{one.id}/effects", token=desk))["items"]
    assert [e["at"] for e in told] == sorted(e["at"] for e in told)
    by_kind = {kind: [e for e in told if e["kind"] == kind] for kind in {e["kind"] for e in told}}
    assert set(by_kind) == {"state", "money", "stored", "stock", "points", "message", "staff"}
    assert sum(e["amount"] for e in by_kind["money"]) == 0
    moved = sorted(e["what"].split(": ")[1] for e in by_kind["stock"])
    assert moved == ["reserve"] * 3 + ["sell"] * 3 + ["take_back"] * 3
    assert {e["ref"].partition(":")[0] for e in by_kind["state"]} == {
        "order", "order_item", "order_parcel", "payment", "refund",
    }  # fmt: skip
    assert all(e["who"] for e in told)
    await house.api("GET", f"/staff/orders/{one.id}/effects", token=one.who.token, status=403)
    await house.api("GET", "/staff/orders/999/effects", token=desk, status=404)
    lines = await house.api("GET", f"/staff/ledger/orders/{one.id}", token=finance)
    assert (len(lines["lines"]), lines["total_fen"]) == (len(by_kind["money"]), 0)


async def test_stored_value_alone_pays_at_once_and_an_order_given_up_frees_it(house: House) -> None:
    one = await partly_stored(house, 1000)
    assert (await wallet(house, one.who))[2:] == (1000, 0)
    told = await one.call("GET", f"/orders/{one.id}/cancel-preview")
    assert (told["refund_fen"], told["stored_fen"]) == (0, 0)
    await house.move(minutes=60)  # nobody pays
    assert (await one.look())["state"] == "cancelled"
    assert await wallet(house, one.who) == (50000, 5000, 0, 0)

    [(sku_id, _)] = await goods(house, 1)
    quote = await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))})
    assert quote["stored_free_fen"] == 55000
    total = quote["total_fen"]
    body = {"items": items((sku_id, 1)), "address_id": one.address_id, "total_fen": total}
    assert (await one.call("POST", "/orders", {**body, "stored_fen": total + 1}, status=422))["field"] == "stored_fen"
    one.order = await one.call("POST", "/orders", {**body, "stored_fen": total})
    assert (one.order["state"], one.order["out_trade_no"]) == ("paid", "")
    told = await one.call("GET", f"/orders/{one.id}/cancel-preview")
    assert (told["refund_fen"], told["stored_fen"]) == (total, total)
    desk = await house.staff("service1")
    said = await house.api("POST", f"/staff/orders/{one.id}/cancel/preview", {"reason": "缺货"}, token=desk)
    assert [said[name] for name in ("state", "refund_fen", "stored_fen")] == ["cancelled", 0, total]
    await one.call("POST", f"/orders/{one.id}/cancel", {})
    assert await wallet(house, one.who) == (50000, 5000, 0, 0)
    assert await balance(order_id=one.id) == {}

    # Kindness over an order that stored value paid whole goes to the stored value, and is not given twice.
    await one.place((sku_id, 1), stored_fen=total)
    await ship(one)
    await carrier(one, SIGNED)
    kind = {"ref": f"order:{one.id}", "amount_fen": 2000, "reason": "迟发一天"}
    seen = await house.api("GET", f"/staff/goodwill/preview?ref=order:{one.id}&amount_fen=2000", token=desk)
    assert (seen["left_fen"], seen["stored_fen"], seen["parts"]) == (total, 2000, [])
    assert (await house.api("POST", "/staff/goodwill", kind, token=desk))["state"] == "granted"
    assert await wallet(house, one.who) == (50000 - total + 2000, 5000, 0, 0)
    assert (await one.look())["freight_fen"] == 1200, "it is not given back, so 800 of the kindness is"
    assert (await come_back(one, await send_back(one, 0)))["refunded_fen"] == total - 2000
    assert await wallet(house, one.who) == (50000, 5000, 0, 0)
    assert await balance(order_id=one.id) == {"freight": -1200, "compensation": 1200}

    many = await goods(house, 8)
    quote = await one.call("POST", "/orders/preview", {"items": items(*[(s, 1) for s, _ in many])})
    body = {"items": items(*[(s, 1) for s, _ in many]), "address_id": one.address_id, "total_fen": quote["total_fen"]}
    told = await one.call("POST", "/orders", {**body, "stored_fen": quote["total_fen"]}, status=409)
    assert told["code"] == "cover_refused"
    assert (await one.call("GET", "/orders"))["items"][0]["id"] == one.id, "nothing was written"


async def test_stored_value_is_not_spent_by_two_orders_at_once(house: House) -> None:
    one = await buyer(house)
    await topped_up(house, one.who, 50000)
    skus = [sku_id for sku_id, _ in (await goods(house, 12))[-6:]]
    bodies = []
    for sku_id in skus:
        quote = await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))})
        total = quote["total_fen"]
        bodies.append(
            {"items": items((sku_id, 1)), "address_id": one.address_id, "total_fen": total, "stored_fen": total}
        )
    assert sum(body["stored_fen"] for body in bodies) > 55000, "they cannot all be paid"
    before = await stock_of(skus)
    told = await asyncio.gather(*(house.ask("POST", "/orders", body, token=one.who.token) for body in bodies))
    done = [answer["total_fen"] for status, answer in told if status == 201]
    refused = [answer["code"] for status, answer in told if status != 201]
    assert done
    assert set(refused) == {"cover_refused"}
    principal, bonus, *held = await wallet(house, one.who)
    assert (principal + bonus, held) == (55000 - sum(done), [0, 0])
    assert await Order.filter(member_id=one.who.member_id).count() == len(done), "nothing was written for the others"
    after = await stock_of(skus)
    assert sum(after[sku_id][1] - before[sku_id][1] for sku_id in skus) == len(done), "and no piece is held for them"
