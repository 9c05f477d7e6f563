"""Order shipping: what may be uploaded when, shipping again, receipt, settlement."""

from collections.abc import AsyncIterator
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.trial import Trial, open_trial
from sandbox.world import PaidOrder, Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


UPLOAD, GET, LIST = (
    "/wxa/sec/order/upload_shipping_info",
    "/wxa/sec/order/get_order",
    "/wxa/sec/order/get_order_list",
)
REMIND = "/wxa/sec/order/notify_confirm_receive"
ZONE = timezone(timedelta(hours=8))


def parcel(number: str = "SF1", **changed: Any) -> dict[str, Any]:
    base = {
        "tracking_no": number,
        "express_company": "SF",
        "item_desc": "羊毛大衣*1",
        "contact": {"receiver_contact": "189****1234"},
    }
    return {k: v for k, v in (base | changed).items() if v is not None}


def upload(trial: Trial, order: PaidOrder, *parcels: dict[str, Any], **changed: Any) -> dict[str, Any]:
    trial.pass_time(seconds=1)
    base: dict[str, Any] = {
        "order_key": {"order_number_type": 2, "transaction_id": order.transaction_id},
        "logistics_type": 1,
        "delivery_mode": 1,
        "shipping_list": list(parcels) or [parcel()],
        "upload_time": trial.world.now().astimezone(ZONE).isoformat(timespec="milliseconds"),
        "payer": {"openid": order.openid},
    }
    return {k: v for k, v in (base | changed).items() if v is not None}


async def ship(trial: Trial, order: PaidOrder, *parcels: dict[str, Any], **changed: Any) -> int:
    return int((await trial.mini(UPLOAD, upload(trial, order, *parcels, **changed)))["errcode"])


async def state(trial: Trial, order: PaidOrder) -> dict[str, Any]:
    return dict((await trial.mini(GET, {"transaction_id": order.transaction_id}))["order"])


@pytest.fixture
def person(trial: Trial) -> Person:
    return trial.world.add_person("小林")


@pytest.fixture
def order(trial: Trial, person: Person) -> PaidOrder:
    return trial.pay(person)


async def settlements(trial: Trial) -> list[dict[str, Any]]:
    await trial.settle()
    return [push.fields for push in trial.events("trade_manage_order_settlement")]


async def test_shipped_confirmed_by_itself_and_settled(trial: Trial, person: Person, order: PaidOrder) -> None:
    assert (await state(trial, order))["order_state"] == 1
    assert await ship(trial, order) == 0
    found = await state(trial, order)
    assert found["order_state"] == 2
    assert found["paid_amount"] == 19_900
    assert found["shipping"]["finish_shipping"] is True
    assert found["shipping"]["finish_shipping_count"] == 1
    assert found["shipping"]["shipping_list"][0]["tracking_no"] == "SF1"
    notice = (await trial.chat(person, "notice"))[0]
    assert (notice["title"], notice["content"]) == ("订单发货通知", "羊毛大衣*1")
    first = (await settlements(trial))[0]
    assert first["transaction_id"] == order.transaction_id
    assert first["merchant_trade_no"] == "T1"
    assert int(first["estimated_settlement_time"]) - int(first["shipped_time"]) == 10 * 86_400
    assert (first["confirm_receive_time"], first["settlement_time"]) == ("", "")
    trial.pass_time(days=10, seconds=-1)
    assert len(await settlements(trial)) == 1
    trial.pass_time(seconds=1)
    second = (await settlements(trial))[1]
    assert (second["confirm_receive_method"], second["estimated_settlement_time"]) == ("1", "")
    assert int(second["settlement_time"]) == int(trial.world.now().timestamp())
    assert (await state(trial, order))["order_state"] == 4
    assert await ship(trial, order, parcel("SF2")) == 10060004


async def test_confirmed_by_hand(trial: Trial, person: Person, order: PaidOrder) -> None:
    await trial.control(f"people/{person.id}/confirm-receive", {"transaction_id": order.transaction_id}, status=400)
    await ship(trial, order, logistics_type=4, shipping_list=[{"item_desc": "自提"}])
    await trial.act(person, "confirm-receive", transaction_id=order.transaction_id)
    assert (await settlements(trial))[1]["confirm_receive_method"] == "2"
    trial.pass_time(days=2)
    assert len(await settlements(trial)) == 2


async def test_shipping_again_once(trial: Trial, order: PaidOrder) -> None:
    assert await ship(trial, order) == 0
    assert await ship(trial, order) == 10060023
    assert await ship(trial, order, parcel("SF2")) == 0
    assert (await state(trial, order))["shipping"]["finish_shipping_count"] == 2
    assert await ship(trial, order, parcel("SF2")) == 10060023
    assert await ship(trial, order, parcel("SF3")) == 10060003
    assert len(await settlements(trial)) == 2
    trial.pass_time(days=10)
    assert [e["settlement_time"] != "" for e in await settlements(trial)] == [False, False, True]


async def test_split_delivery(trial: Trial, order: PaidOrder) -> None:
    split: dict[str, Any] = {"delivery_mode": 2, "is_all_delivered": False}
    assert await ship(trial, order, parcel("SF1"), **split) == 0
    assert await ship(trial, order, parcel("SF1"), **split) == 10060023
    assert (await state(trial, order))["order_state"] == 1
    assert await ship(trial, order, parcel("SF2"), **split | {"is_all_delivered": True}) == 0
    found = await state(trial, order)
    assert [p["tracking_no"] for p in found["shipping"]["shipping_list"]] == ["SF1", "SF2"]
    assert found["order_state"] == 2
    assert await ship(trial, order, parcel("SF3"), **split) == 10060002
    assert await ship(trial, order, parcel("SF9")) == 0  # another mode: shipped again
    assert (await state(trial, order))["shipping"]["finish_shipping_count"] == 2


async def test_by_merchant_number_and_time(trial: Trial, order: PaidOrder) -> None:
    key = {"order_number_type": 1, "mchid": order.mchid, "out_trade_no": order.out_trade_no}
    body = upload(trial, order, order_key=key)
    assert (await trial.mini(UPLOAD, body))["errcode"] == 0
    assert (await trial.mini(UPLOAD, body))["errcode"] == 10060023
    body["shipping_list"] = [parcel("SF2")]
    assert (await trial.mini(UPLOAD, body))["errcode"] == 268485216  # no later than the last one


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"order_key": None}, 10060014),
        ({"order_key": "T1"}, 47001),
        ({"order_key": {"order_number_type": 3}}, 268485194),
        ({"order_key": {"order_number_type": 2}}, 268485195),
        ({"order_key": {"order_number_type": 1}}, 268485196),
        ({"order_key": {"order_number_type": 1, "mchid": "1"}}, 268485197),
        ({"order_key": {"order_number_type": 2, "transaction_id": "nope"}}, 10060001),
        ({"logistics_type": 5}, 10060005),
        ({"delivery_mode": 3}, 268485224),
        ({"delivery_mode": "1"}, 47001),
        ({"delivery_mode": 2, "logistics_type": 2, "is_all_delivered": True}, 10060006),
        ({"delivery_mode": 2}, 10060007),
        ({"delivery_mode": 2, "is_all_delivered": True, "shipping_list": [parcel(str(n)) for n in range(16)]},
         10060024),
        ({"shipping_list": parcel()}, 47001),
        ({"shipping_list": [parcel(), parcel("SF2")]}, 268485228),
        ({"shipping_list": []}, 268485228),
        ({"shipping_list": [parcel(item_desc="")]}, 10060008),
        ({"shipping_list": [parcel(item_desc="长" * 121)]}, 10060009),
        ({"shipping_list": [parcel(express_company="X" * 129)]}, 10060025),
        ({"shipping_list": [parcel("1" * 129)]}, 10060026),
        ({"shipping_list": [parcel("")]}, 268485226),
        ({"shipping_list": [parcel(express_company="")]}, 268485227),
        ({"shipping_list": [parcel(express_company="顺丰")]}, 10060014),
        ({"shipping_list": [parcel(contact=None)]}, 10060014),
        ({"shipping_list": [parcel(contact={"receiver_contact": "18912341234"})]}, 10060014),
        ({"shipping_list": [parcel(contact={"receiver_contact": "189********"})]}, 10060014),
        ({"shipping_list": [parcel(express_company="ZTO", contact=None)]}, 0),
        ({"logistics_type": 2}, 10060014),
        ({"logistics_type": 3, "shipping_list": [{"item_desc": "会员"}]}, 0),
        ({"upload_time": "2026-11-22T10:00:00+08:00"}, 268485216),
        ({"upload_time": "2026-11-22 10:00:00.000"}, 268485216),
        ({"upload_time": "2026-13-22T10:00:00.000+08:00"}, 268485216),
        ({"payer": None}, 10060014),
        ({"payer": {"openid": "somebody"}}, 10060031),
    ],
)  # fmt: skip
async def test_codes(trial: Trial, order: PaidOrder, changed: dict[str, Any], errcode: int) -> None:
    assert await ship(trial, order, **changed) == errcode


async def test_a_payment_is_not_known_at_once_and_not_after_a_refund(trial: Trial, person: Person) -> None:
    await trial.control("tuning", {"shipping_lag_seconds": 5})
    order = trial.pay(person)
    assert await ship(trial, order) == 10060001
    trial.pass_time(seconds=5)
    order.refunded_fen = order.paid_fen
    assert await ship(trial, order) == 10060004
    assert (await state(trial, order))["order_state"] == 5
    order.refunded_fen = 100
    assert await ship(trial, order) == 0


async def test_only_the_mini_programs_token(trial: Trial, order: PaidOrder) -> None:
    assert (await trial.official(UPLOAD, upload(trial, order)))["errcode"] == 48001


async def test_reminded_once_to_confirm(trial: Trial, person: Person, order: PaidOrder) -> None:
    now = int(trial.world.now().timestamp())

    async def remind(at: int) -> int:
        body = {"merchant_id": order.mchid, "merchant_trade_no": "T1", "received_time": at}
        return int((await trial.mini(REMIND, body))["errcode"])

    assert await remind(now) == 10060028
    await ship(trial, order)
    assert await remind(now) == 10060029
    assert await remind(now + 3600) == 0
    assert await remind(now + 3600) == 10060030
    assert [n["title"] for n in await trial.chat(person, "notice")] == ["订单发货通知", "确认收货提醒"]
    other = trial.pay(person, "T2")
    await ship(trial, other, logistics_type=4, shipping_list=[{"item_desc": "自提"}])
    body = {"transaction_id": other.transaction_id, "received_time": now + 3600}
    assert (await trial.mini(REMIND, body))["errcode"] == 10060032


async def test_reminders_to_the_shop(trial: Trial, person: Person) -> None:
    late, done = trial.pay(person, "T1"), trial.pay(person, "T2")
    await trial.settle()
    assert len(trial.events("trade_manage_remind_access_api")) == 1
    await ship(trial, done)
    trial.pass_time(hours=48)
    await trial.settle()
    reminders = [push.fields for push in trial.events("trade_manage_remind_shipping")]
    assert [r["transaction_id"] for r in reminders] == [late.transaction_id]
    assert int(reminders[0]["pay_time"]) == int(late.paid_at.timestamp())


async def test_lists_and_pages(trial: Trial, person: Person) -> None:
    orders = [trial.pay(person, f"T{n}") for n in range(5)]
    await ship(trial, orders[0])
    first = await trial.mini(LIST, {"page_size": 2})
    assert [o["merchant_trade_no"] for o in first["order_list"]] == ["T0", "T1"]
    assert first["has_more"] is True
    second = await trial.mini(LIST, {"page_size": 3, "last_index": first["last_index"]})
    assert [o["merchant_trade_no"] for o in second["order_list"]] == ["T2", "T3", "T4"]
    assert second["has_more"] is False
    waiting = await trial.mini(LIST, {"order_state": 1, "openid": trial.openid(person, "mini")})
    assert len(waiting["order_list"]) == 4
    none = await trial.mini(LIST, {"pay_time_range": {"begin_time": 1, "end_time": 2}})
    assert none["order_list"] == []
    for bad in ({"order_state": 9}, {"page_size": 101}, {"last_index": "x"}):
        assert (await trial.mini(LIST, bad))["errcode"] == 10060014
    assert len((await trial.control("orders"))["orders"]) == 5


async def test_settings_of_shipping(trial: Trial, person: Person, order: PaidOrder) -> None:
    path = {"path": "pages/order/order?id=${商品订单号}"}
    assert (await trial.mini("/wxa/sec/order/set_msg_jump_path", path))["errcode"] == 0
    await ship(trial, order)
    assert (await trial.chat(person, "notice"))[0]["pagepath"] == path["path"]
    appid = {"appid": trial.world.mini.appid}
    assert (await trial.mini("/wxa/sec/order/is_trade_managed", appid))["is_trade_managed"] is True
    managed = "/wxa/sec/order/is_trade_management_confirmation_completed"
    assert (await trial.mini(managed, appid))["completed"] is True
    assert (await trial.mini(managed, {"appid": "wx0"}))["errcode"] == 40013
    unknown = await trial.mini(GET, {"transaction_id": "nope"})
    assert unknown["errcode"] == 10060001
