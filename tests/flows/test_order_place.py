"""An order from the cart to the payment, and given up: exact figures, nothing by halves, every no."""

import asyncio
from typing import Any

from models import DropClaim, LimitedDrop, MemberCoupon, Order, OrderItem, Payment, Refund, Sku, StockEntry
from tests.support.boxes import stock_of
from tests.support.house import House
from tests.support.money import balance
from tests.support.orders import Buyer, buyer, coupon, goods, items


async def test_the_cart_adds_changes_removes_and_refuses_an_old_version(house: House) -> None:
    one = await buyer(house)
    (cheap, fen), (other, _) = await goods(house, 2)
    assert (await one.call("GET", "/cart"))["items"] == []
    cart = await one.call("POST", "/cart/items", {"sku_id": cheap})
    cart = await one.call("POST", "/cart/items", {"sku_id": cheap, "quantity": 1})
    seen = cart["version"]
    assert [(i["sku_id"], i["quantity"]) for i in cart["items"]] == [(cheap, 2)]
    assert cart["sum_fen"] == 2 * fen
    cart = await one.call("POST", "/cart/items", {"sku_id": other})
    stale = await one.call("PUT", f"/cart/items/{cheap}", {"version": seen, "quantity": 1}, status=409)
    assert stale["code"] == "stale_version"
    cart = await one.call("PUT", f"/cart/items/{cheap}", {"version": cart["version"], "quantity": 3})
    assert [i["quantity"] for i in cart["items"]] == [3, 1]
    await one.call("DELETE", f"/cart/items/{other}?version={seen}", status=409)
    cart = await one.call("DELETE", f"/cart/items/{other}?version={cart['version']}")
    assert [i["sku_id"] for i in cart["items"]] == [cheap]


async def test_what_the_cart_refuses(house: House) -> None:
    one = await buyer(house)
    [(sku_id, _)] = await goods(house, 1)
    left = (await Sku.get(id=sku_id)).on_hand
    told = await one.call("POST", "/cart/items", {"sku_id": sku_id, "quantity": left + 1}, status=409)
    assert (told["code"], told["facts"]["left"]) == ("out_of_stock", left)
    assert (await one.call("POST", "/cart/items", {"sku_id": sku_id, "quantity": 21}, status=409))["code"] == "too_many"
    for wrong in (
        {"sku_id": sku_id, "quantity": 0}, {"sku_id": sku_id, "quantity": -1}, {"sku_id": sku_id, "quantity": 10**30},
        {"sku_id": str(sku_id)}, {"sku_id": sku_id, "quantity": 1.5}, {"quantity": 1}, {"sku_id": sku_id, "x": 1},
    ):  # fmt: skip
        assert (await one.call("POST", "/cart/items", wrong, status=422))["code"] == "invalid"
    assert (await one.call("POST", "/cart/items", {"sku_id": 2**60}, status=404))["code"] == "not_found"
    assert (await one.call("PUT", f"/cart/items/{sku_id}", {"version": 1, "quantity": 1}, status=404))["code"] == (
        "not_found"
    )
    assert (await one.call("GET", "/cart"))["items"] == []


async def test_from_the_cart_to_the_payment(house: House) -> None:
    one = await buyer(house)
    (cheap, fen), (other, more_fen) = await goods(house, 2)
    before = await stock_of([cheap, other])
    await one.call("POST", "/cart/items", {"sku_id": cheap, "quantity": 2})
    cart = await one.call("POST", "/cart/items", {"sku_id": other})
    placed = await one.place(cart_version=cart["version"])
    freight = 0 if 2 * fen + more_fen >= 29900 else 1200
    assert placed["total_fen"] == 2 * fen + more_fen + freight
    assert (placed["state"], placed["expires_at"]) == ("placed", "2026-11-22T02:15:00Z")
    cart = await one.call("GET", "/cart")
    assert cart["items"] == []
    held = await stock_of([cheap, other])
    assert [held[s][:2] for s in (cheap, other)] == [
        (before[cheap][0] - 2, before[cheap][1] + 2),
        (before[other][0] - 1, before[other][1] + 1),
    ]
    order = await one.pay()
    assert (order["state"], order["goods_fen"], order["freight_fen"]) == ("paid", 2 * fen + more_fen, freight)
    assert [i["state"] for i in order["items"]] == ["ordered"] * 3
    expected = {"wechat": order["total_fen"], "sales": -order["goods_fen"], "freight": -freight}
    assert await balance(member_id=one.who.member_id) == {k: v for k, v in expected.items() if v}
    assert (await one.call("GET", "/me"))["level"] == "payer"
    assert [o["id"] for o in (await one.call("GET", "/orders"))["items"]] == [order["id"]]


async def test_the_same_cart_is_ordered_once(house: House) -> None:
    one = await buyer(house)
    [(sku_id, _)] = await goods(house, 1)
    cart = await one.call("POST", "/cart/items", {"sku_id": sku_id})
    quote = await one.call("POST", "/orders/preview", {"cart_version": cart["version"]})
    body = {"cart_version": cart["version"], "address_id": one.address_id, "total_fen": quote["total_fen"]}
    told = await asyncio.gather(*(house.ask("POST", "/orders", body, token=one.who.token) for _ in range(5)))
    assert sorted(status for status, _ in told) == [201, 409, 409, 409, 409]
    assert {data["code"] for status, data in told if status == 409} == {"stale_version"}
    assert await Order.filter(member_id=one.who.member_id).count() == 1
    assert (await stock_of([sku_id]))[sku_id][1] == 1


async def test_plan_holders_pay_the_member_price_no_freight_and_go_first(house: House) -> None:
    one = await buyer(house, plan=True)
    [(sku_id, fen)] = await goods(house, 1)
    quote = await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))})
    [line] = quote["items"]
    assert line["price_fen"] < line["public_fen"] == fen
    assert (quote["freight_fen"], quote["freight_free"]) == (0, True)
    assert quote["points"] == line["price_fen"] * 2 // 100
    await one.place((sku_id, 1))
    assert (await one.look())["priority"] == 1


async def test_a_coupon_is_split_over_the_pieces_and_held_by_the_order(house: House) -> None:
    one = await buyer(house)
    (cheap, fen), (other, more_fen) = await goods(house, 2)
    goods_fen = 2 * fen + more_fen
    mine = await coupon(house, one.who.member_id, goods_fen, 5001)
    assert (await one.call("POST", "/orders/preview", {"items": items((cheap, 1)), "coupon_id": mine}))[
        "coupon_fen"
    ] == 0
    placed = await one.place((cheap, 2), (other, 1), coupon_id=mine)
    order = await one.look()
    assert (order["coupon_fen"], order["goods_fen"]) == (5001, goods_fen - 5001)
    assert sum(i["net_fen"] for i in order["items"]) == order["goods_fen"]
    assert (await MemberCoupon.get(id=mine)).ref == f"order:{placed['id']}"
    again = await one.call("POST", "/orders/preview", {"items": items((cheap, 1)), "coupon_id": mine}, status=409)
    assert again["code"] == "wrong_state"
    assert (await one.call("GET", f"/orders/{placed['id']}/cancel-preview")) == {
        "order_id": placed["id"], "refund_fen": 0, "stored_fen": 0, "coupon_back": True,
    }  # fmt: skip
    await one.call("POST", f"/orders/{placed['id']}/cancel", {})
    assert (await MemberCoupon.get(id=mine)).state == "open"


async def test_what_costs_nothing_is_ordered_without_wechat(house: House) -> None:
    one = await buyer(house, plan=True)
    [(sku_id, fen)] = await goods(house, 1)
    mine = await coupon(house, one.who.member_id, 1, fen)
    placed = await one.place((sku_id, 1), coupon_id=mine)
    assert (placed["state"], placed["total_fen"], placed["out_trade_no"]) == ("paid", 0, "")
    assert not await Payment.exists(purpose="order")
    order = await one.call("POST", f"/orders/{placed['id']}/cancel", {})
    assert (order["state"], order["refunded_fen"]) == ("cancelled", 0)


async def test_not_paid_in_time_it_is_given_up_and_the_stock_is_free(house: House) -> None:
    one = await buyer(house)
    [(sku_id, _)] = await goods(house, 1)
    before = await stock_of([sku_id])
    await one.place((sku_id, 1))
    sheet = await one.call("POST", f"/payments/{one.order['out_trade_no']}/prepare")
    await house.move(minutes=14)
    assert (await one.look())["state"] == "placed"
    await house.move(minutes=3)
    assert (await one.look())["state"] == "cancelled"
    assert (one.order["out_trade_no"], await stock_of([sku_id])) == ("", before)
    assert (await Payment.get(ref=f"order:{one.id}")).state == "closed"
    assert sheet


async def test_cancelled_before_shipping_everything_goes_back(house: House) -> None:
    one = await buyer(house)
    (cheap, _), (other, _) = await goods(house, 2)
    before = await stock_of([cheap, other])
    await one.place((cheap, 2), (other, 1))
    order = await one.pay()
    preview = await one.call("GET", f"/orders/{one.id}/cancel-preview")
    assert preview["refund_fen"] == order["total_fen"]
    order = await one.call("POST", f"/orders/{one.id}/cancel", {"reason": "不想要了"})
    assert (order["state"], order["refunded_fen"], order["goods_fen"]) == ("cancelled", order["total_fen"], 0)
    await one.call("POST", f"/orders/{one.id}/cancel", {})
    assert await stock_of([cheap, other]) == before
    [refund] = await Refund.filter(ref=f"order:{one.id}")
    assert refund.amount_fen == order["total_fen"]
    await house.move(minutes=10)
    assert await balance(member_id=one.who.member_id) == {}
    assert (await one.look())["refunded_done_fen"] == order["total_fen"]
    notes = await one.call("GET", "/me/inbox")
    assert any(n["title"] == "退款已到账" for n in notes["items"])


async def test_staff_cancel_with_a_reason(house: House) -> None:
    one = await buyer(house)
    [(sku_id, _)] = await goods(house, 1)
    await one.place((sku_id, 1))
    await one.pay()
    await one.staff("POST", f"/staff/orders/{one.id}/cancel", {"reason": ""}, status=422)
    told = await one.staff("POST", f"/staff/orders/{one.id}/cancel", {"reason": "瑕疵"})
    assert told["state"] == "cancelled"


async def test_what_ordering_refuses(house: House) -> None:
    one, two = await buyer(house), await buyer(house, "周二")
    [(sku_id, fen)] = await goods(house, 1)
    foreign = await coupon(house, two.who.member_id, 1, 1)
    good: dict[str, Any] = {"items": items((sku_id, 1)), "address_id": one.address_id, "total_fen": fen + 1200}
    refused = [
        ({**good, "total_fen": fen + 1199}, 409, "stale_version"),
        ({**good, "total_fen": -1}, 422, "invalid"),
        ({**good, "total_fen": 10**12}, 422, "invalid"),
        ({**good, "address_id": two.address_id}, 404, "not_found"),
        ({**good, "coupon_id": foreign}, 404, "not_found"),
        ({**good, "items": []}, 422, "invalid"),
        ({**good, "items": items((sku_id, 1), (sku_id, 1))}, 422, "invalid"),
        ({**good, "items": items((2**61, 1))}, 404, "not_found"),
        ({**good, "items": items((sku_id, 9999))}, 409, "too_many"),
        ({**good, "cart_version": 1}, 422, "invalid"),
        ({"cart_version": 7, "address_id": one.address_id, "total_fen": 1}, 409, "stale_version"),
        ({"cart_version": 1, "address_id": one.address_id, "total_fen": 1}, 422, "invalid"),
    ]
    for body, status, code in refused:
        assert (await one.call("POST", "/orders", body, status=status))["code"] == code, body
    assert await Order.all().count() == 0
    assert not await StockEntry.exists(step="reserve")
    await one.place((sku_id, 1))
    for path in (f"/orders/{one.id}", f"/orders/{one.id}/cancel-preview"):
        await two.call("GET", path, status=404)
    await two.call("POST", f"/orders/{one.id}/cancel", {}, status=404)
    await two.call("POST", f"/payments/{one.order['out_trade_no']}/prepare", status=404)


async def test_a_price_that_changed_is_shown_before_it_is_charged(house: House) -> None:
    one = await buyer(house)
    [(sku_id, fen)] = await goods(house, 1)
    quote = await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))})
    sku = await Sku.get(id=sku_id).select_related("product")
    await type(sku.product).filter(id=sku.product_id).update(price_fen=fen + 100)
    body = {"items": items((sku_id, 1)), "address_id": one.address_id, "total_fen": quote["total_fen"]}
    assert (await one.call("POST", "/orders", body, status=409))["code"] == "stale_version"
    # Once it is placed its price is locked.
    placed = await one.place((sku_id, 1))
    await type(sku.product).filter(id=sku.product_id).update(price_fen=fen + 900)
    assert (await one.pay())["total_fen"] == placed["total_fen"] == fen + 100 + 1200


async def drop(house: House, sku_id: int, *, pieces: int = 3, per_member: int = 2, hours: int = 0) -> LimitedDrop:
    product_id = (await Sku.get(id=sku_id)).product_id
    token, now = await house.staff("marketing1"), await house.now()
    body = {
        "product_id": product_id, "title": "限量发售", "pieces": pieces, "per_member": per_member,
        "starts_at": now.replace(hour=now.hour + hours).isoformat(),
        "ends_at": now.replace(day=now.day + 1).isoformat(),
    }  # fmt: skip
    made = await house.api("POST", "/staff/drops", body, token=token)
    assert (await house.api("POST", "/staff/drops", body, token=token, status=422))["code"] == "invalid"
    return await LimitedDrop.get(id=made["id"])


async def test_a_limited_drop_has_a_window_a_cap_and_an_end(house: House) -> None:
    one, two = await buyer(house), await buyer(house, "周二")
    [(sku_id, _)] = await goods(house, 1)
    made = await drop(house, sku_id, hours=2)
    [shown] = (await house.api("GET", "/drops"))["items"]
    assert (shown["left"], shown["running"]) == (3, False)
    early = await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))}, status=409)
    assert early["code"] == "too_early"
    await house.move(hours=2)
    over = await one.call("POST", "/orders/preview", {"items": items((sku_id, 3))}, status=409)
    assert (over["code"], over["facts"]) == ("too_many", {"what": "drop", "limit": 2})
    await one.place((sku_id, 2))
    assert (await one.call("POST", "/orders/preview", {"items": items((sku_id, 1))}, status=409))["code"] == "too_many"
    gone = await two.call("POST", "/orders/preview", {"items": items((sku_id, 2))}, status=409)
    assert (gone["code"], gone["facts"]["left"]) == ("out_of_stock", 1)
    # Given up, its pieces are for others again, and the member may try again.
    await one.call("POST", f"/orders/{one.id}/cancel", {})
    assert (await LimitedDrop.get(id=made.id)).taken == 0
    assert (await DropClaim.get(drop_id=made.id)).taken == 0
    await two.place((sku_id, 2))
    assert await OrderItem.filter(order_id=two.id, drop_id=made.id).count() == 2


async def raced(house: House, tries: list[tuple[Buyer, dict[str, Any]]]) -> list[str]:
    told = await asyncio.gather(*(house.ask("POST", "/orders", body, token=one.who.token) for one, body in tries))
    assert all(status in (201, 409) for status, _ in told), told
    return sorted("won" if status == 201 else data["code"] for status, data in told)


async def body_of(one: Buyer, sku_id: int, **more: Any) -> dict[str, Any]:
    wanted = {"items": items((sku_id, 1)), **more}
    quote = await one.call("POST", "/orders/preview", wanted)
    return {**wanted, "address_id": one.address_id, "total_fen": quote["total_fen"]}


async def test_the_last_piece_goes_to_one(house: House) -> None:
    people = [await buyer(house, f"人{n}") for n in range(6)]
    [(sku_id, _)] = await goods(house, 1)
    sku = await Sku.get(id=sku_id)
    await Sku.filter(id=sku_id).update(received=sku.received - sku.on_hand + 1, on_hand=1)
    told = await raced(house, [(one, await body_of(one, sku_id)) for one in people])
    assert told == ["out_of_stock"] * 5 + ["won"]
    assert (await stock_of([sku_id]))[sku_id][:2] == (0, 1)


async def test_one_coupon_used_five_times_at_once_is_used_once(house: House) -> None:
    one = await buyer(house)
    [(sku_id, _)] = await goods(house, 1)
    mine = await coupon(house, one.who.member_id, 1, 500)
    body = await body_of(one, sku_id, coupon_id=mine)
    told = await raced(house, [(one, body)] * 5)
    assert told.count("won") == 1
    assert set(told) == {"won", "wrong_state"}
    assert await Order.filter(member_coupon_id=mine).count() == 1
    assert (await stock_of([sku_id]))[sku_id][1] == 1


async def test_the_cap_per_member_holds_under_a_race(house: House) -> None:
    one, two = await buyer(house), await buyer(house, "周二")
    [(sku_id, _)] = await goods(house, 1)
    made = await drop(house, sku_id, pieces=3, per_member=2)
    tries = [(one, await body_of(one, sku_id))] * 5 + [(two, await body_of(two, sku_id))] * 5
    told = await raced(house, tries)
    assert told.count("won") == 3
    assert set(told) <= {"won", "too_many", "out_of_stock"}
    assert (await LimitedDrop.get(id=made.id)).taken == 3
    assert all(claim.taken <= 2 for claim in await DropClaim.filter(drop_id=made.id))
