"""Logistics: merchant waybills and their path, tracking of any waybill, the return component."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.trial import Trial, open_trial
from sandbox.world import Person


@pytest.fixture
async def trial(tmp_path: Path) -> AsyncIterator[Trial]:
    async with open_trial(tmp_path) as opened:
        yield opened


ORDER, BUSINESS = "/cgi-bin/express/business/order", "/cgi-bin/express/business"
OPEN, RETURN = "/cgi-bin/express/delivery/open_msg", "/cgi-bin/express/delivery/return"
HOME = {"name": "小林", "mobile": "13812345678", "country": "中国", "province": "上海市", "city": "上海市",
        "area": "静安区", "address": "南京西路1号"}  # fmt: skip


@pytest.fixture
def person(trial: Trial) -> Person:
    return trial.world.add_person("小林")


def waybill(trial: Trial, person: Person, **changed: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "add_source": 0,
        "order_id": "box-7",
        "openid": trial.openid(person, "mini"),
        "delivery_id": "SF",
        "biz_id": trial.credentials["couriers"][0]["biz_id"],
        "sender": HOME,
        "receiver": HOME,
        "cargo": {"count": 1, "weight": 2.5, "space_x": 40, "space_y": 30, "space_z": 10,
                  "detail_list": [{"name": "大衣", "count": 1}]},
        "shop": {"wxa_path": "pages/box/box", "img_url": "", "goods_name": "盒子", "goods_count": 1},
        "insured": {"use_insured": 0, "insured_value": 0},
        "service": {"service_type": 0, "service_name": "标准快递"},
    }  # fmt: skip
    return base | changed


async def test_a_waybill_its_path_and_the_push(trial: Trial, person: Person) -> None:
    made = await trial.mini(f"{ORDER}/add", waybill(trial, person))
    assert (made["errcode"], made["delivery_resultcode"], made["order_id"]) == (0, 0, "box-7")
    number = made["waybill_id"]
    assert number.startswith("SF")
    key = {
        "order_id": "box-7",
        "openid": trial.openid(person, "mini"),
        "delivery_id": "SF",
        "waybill_id": number,
    }
    assert (await trial.mini(f"{BUSINESS}/path/get", key))["path_item_num"] == 0
    first = await trial.control(f"carrier/{number}", {"action_type": 100001})
    assert first["pushed"] is True
    trial.pass_time(hours=20)
    await trial.control(f"carrier/{number}", {"action_type": 300003, "action_msg": "本人签收"})
    path = await trial.mini(f"{BUSINESS}/path/get", key)
    assert path["path_item_num"] == 2
    assert path["path_item_list"][1] == {
        "action_time": int(trial.world.now().timestamp()),
        "action_type": 300003,
        "action_msg": "本人签收",
    }
    pushes = trial.events("add_express_path")
    assert [p.kind for p in pushes] == ["mini", "mini"]
    assert [(p.fields["Version"], p.fields["Count"]) for p in pushes] == [("1", "1"), ("2", "1")]
    assert pushes[1].fields["Actions"]["ActionType"] == "300003"
    assert (pushes[1].fields["WayBillId"], pushes[1].fields["OrderId"]) == (number, "box-7")
    got = await trial.mini(f"{ORDER}/get", key)
    assert (got["waybill_id"], got["order_status"]) == (number, 0)


async def test_cancelling_a_waybill(trial: Trial, person: Person) -> None:
    made = await trial.mini(f"{ORDER}/add", waybill(trial, person))
    key = {"order_id": "box-7", "openid": trial.openid(person, "mini"), "delivery_id": "SF"}
    again = await trial.mini(f"{ORDER}/add", waybill(trial, person))
    assert (again["errcode"], again["delivery_resultcode"]) == (9300501, 10002)
    assert (await trial.mini(f"{ORDER}/cancel", key))["errcode"] == 0
    assert (await trial.mini(f"{ORDER}/cancel", key))["errcode"] == 0
    assert (await trial.mini(f"{ORDER}/get", key))["order_status"] == 1
    fresh = await trial.mini(f"{ORDER}/add", waybill(trial, person))
    assert fresh["waybill_id"] != made["waybill_id"]
    await trial.control(f"carrier/{fresh['waybill_id']}", {"action_type": 100001})
    assert (await trial.mini(f"{ORDER}/cancel", key))["errcode"] == 9300501


@pytest.mark.parametrize(
    ("changed", "errcode"),
    [
        ({"add_source": 1}, 40097),
        ({"openid": "nobody"}, 40003),
        ({"delivery_id": "DHL"}, 40097),
        ({"biz_id": "mine"}, 9300525),
        ({"sender": HOME | {"mobile": ""}}, 40097),
        ({"receiver": []}, 47001),
        ({"receiver": {"name": "小林"}}, 40097),
        ({"cargo": {"count": 0}}, 40097),
        ({"cargo": {"count": 1, "weight": 0, "space_x": 1, "space_y": 1, "space_z": 1}}, 40097),
        ({"service": {"service_type": 9, "service_name": "慢递"}}, 40097),
        ({"insured": {"use_insured": 2}}, 40097),
        ({"order_id": ""}, 40097),
        ({"delivery_id": "TEST", "biz_id": "test_biz_id",
          "service": {"service_type": 1, "service_name": "test_service_name"}}, 0),
    ],
)  # fmt: skip
async def test_refused_waybills(trial: Trial, person: Person, changed: dict[str, Any], errcode: int) -> None:
    assert (await trial.mini(f"{ORDER}/add", waybill(trial, person, **changed)))["errcode"] == errcode


async def test_waybills_of_nobody(trial: Trial, person: Person) -> None:
    await trial.mini(f"{ORDER}/add", waybill(trial, person))
    base = {
        "order_id": "box-7",
        "openid": trial.openid(person, "mini"),
        "delivery_id": "SF",
        "waybill_id": "SF0",
    }
    assert (await trial.mini(f"{BUSINESS}/path/get", base))["errcode"] == 931023
    assert (await trial.mini(f"{ORDER}/get", base | {"order_id": "x"}))["errcode"] == 931023
    other = trial.openid(trial.world.add_person("小周"), "mini")
    assert (await trial.mini(f"{ORDER}/get", base | {"openid": other}))["errcode"] == 40003
    await trial.control("carrier/SF0", {"action_type": 100001}, status=404)
    await trial.control("carrier/SF0", {}, status=404)


async def test_couriers(trial: Trial) -> None:
    listed = (await trial.mini(f"{OPEN}/get_delivery_list", {}))["delivery_list"]
    assert {"delivery_id": "SF", "delivery_name": "顺丰速运"} in listed
    assert (await trial.mini(f"{BUSINESS}/delivery/getall"))["count"] == len(listed)
    bound = (await trial.mini(f"{BUSINESS}/account/getall"))["list"]
    assert {(a["delivery_id"], a["biz_id"]) for a in bound} == {
        (c["delivery_id"], c["biz_id"]) for c in trial.credentials["couriers"]
    }
    assert (await trial.official(f"{BUSINESS}/delivery/getall"))["errcode"] == 48001


def trace(trial: Trial, person: Person, **changed: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "openid": trial.openid(person, "mini"),
        "receiver_phone": "13812345678",
        "delivery_id": "ZTO",
        "waybill_id": "ZTO778899",
        "trans_id": "42000T1",
        "goods_info": {"detail_list": [{"goods_name": "大衣", "goods_img_url": "https://x"}]},
    }
    return base | changed


async def test_tracking_any_waybill(trial: Trial, person: Person) -> None:
    token = (await trial.mini(f"{OPEN}/trace_waybill", trace(trial, person)))["waybill_token"]
    assert (await trial.mini(f"{OPEN}/trace_waybill", trace(trial, person)))["waybill_token"] == token
    moved = await trial.control("carrier/ZTO778899", {"action_type": 300002})
    assert moved["pushed"] is False
    assert trial.events("add_express_path") == []
    found = await trial.mini(f"{OPEN}/query_trace", {"waybill_token": token})
    assert found["waybill_info"] == {"status": 3, "waybill_id": "ZTO778899"}
    assert found["delivery_info"]["delivery_name"] == "中通快递"
    goods = {"detail_list": [{"goods_name": "裙子", "goods_img_url": "https://y"}]}
    update = {"waybill_token": token, "goods_info": goods}
    assert (await trial.mini(f"{OPEN}/update_waybill_goods", update))["errcode"] == 0
    found = await trial.mini(f"{OPEN}/query_trace", {"waybill_token": token})
    assert found["shop_info"]["goods_info"] == goods
    assert (await trial.mini(f"{OPEN}/query_trace", {"waybill_token": "x"}))["errcode"] == 931023
    cases: list[tuple[dict[str, Any], int]] = [
        ({"receiver_phone": ""}, 40097),
        ({"trans_id": ""}, 40097),
        ({"delivery_id": "DHL"}, 40097),
        ({"goods_info": {"detail_list": []}}, 40097),
        ({"goods_info": {"detail_list": {}}}, 47001),
        ({"openid": "x"}, 40003),
    ]
    for changed, errcode in cases:
        assert (await trial.mini(f"{OPEN}/trace_waybill", trace(trial, person, **changed)))["errcode"] == errcode


def back(trial: Trial, person: Person, **changed: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "shop_order_id": "ret-7",
        "biz_addr": HOME,
        "user_addr": HOME,
        "openid": trial.openid(person, "mini"),
        "order_path": "pages/box/box?id=7",
        "goods_list": [{"name": "大衣", "url": "https://x"}],
        "order_price": 19_900,
    }
    return {k: v for k, v in (base | changed).items() if v is not None}


async def test_a_return_with_a_booked_pickup(trial: Trial, person: Person) -> None:
    made = await trial.mini(f"{RETURN}/add", back(trial, person))
    return_id = made["return_id"]
    assert (await trial.chat(person, "notice"))[0]["return_id"] == return_id
    empty = await trial.mini(f"{RETURN}/get", {"return_id": return_id})
    assert (int(empty["status"]), empty["waybill_id"]) == (0, "")
    filled = await trial.control(f"parcels/return/{return_id}", {"status": 1, "delivery_id": "JDL"})
    number = filled["return"]["waybill_id"]
    seen = set()
    for _ in range(12):
        got = await trial.mini(f"{RETURN}/get", {"return_id": return_id})
        seen.add(type(got["status"]))
        assert (int(got["status"]), got["waybill_id"], got["order_status"]) == (1, number, 0)
        assert (got["delivery_id"], got["delivery_name"]) == ("JDL", "京东物流")
    assert seen == {int, str}
    await trial.control(f"carrier/{number}", {"action_type": 100001})
    assert (await trial.mini(f"{RETURN}/get", {"return_id": return_id}))["order_status"] == 1
    await trial.control(f"parcels/return/{return_id}", {"action_type": 300003})
    assert (await trial.mini(f"{RETURN}/get", {"return_id": return_id}))["order_status"] == 4
    assert trial.pushes == []  # Nothing is pushed about returns.
    assert (await trial.mini(f"{RETURN}/unbind", {"return_id": return_id}))["errcode"] == 40097


async def test_a_return_with_the_persons_own_waybill(trial: Trial, person: Person) -> None:
    return_id = (await trial.mini(f"{RETURN}/add", back(trial, person)))["return_id"]
    path = f"parcels/return/{return_id}"
    await trial.control(path, {"action_type": 300003}, status=400)
    await trial.control(path, {"status": 2}, status=400)
    await trial.control(path, {"status": 3}, status=400)
    await trial.control(path, {"status": 2, "delivery_id": "DHL"}, status=400)
    await trial.control(path, {}, status=400)
    await trial.control(path, {"status": 2, "delivery_id": "YTO", "waybill_id": "YT1"})
    assert (await trial.mini(f"{RETURN}/get", {"return_id": return_id}))["waybill_id"] == "YT1"
    assert (await trial.mini(f"{RETURN}/unbind", {"return_id": return_id}))["errcode"] == 0
    assert (await trial.mini(f"{RETURN}/get", {"return_id": return_id}))["errcode"] == 40097
    assert (await trial.control("parcels/return"))["returns"][0]["bound"] is False


async def test_refused_returns(trial: Trial, person: Person) -> None:
    assert (await trial.mini(f"{RETURN}/add", back(trial, person)))["errcode"] == 0
    assert (await trial.mini(f"{RETURN}/add", back(trial, person)))["errcode"] == 9300522
    cases: list[tuple[dict[str, Any], int]] = [
        ({"shop_order_id": ""}, 40097),
        ({"biz_addr": None}, 40097),
        ({"biz_addr": "上海"}, 47001),
        ({"goods_list": []}, 40097),
        ({"goods_list": {}}, 47001),
        ({"order_price": "1"}, 47001),
        ({"openid": "x"}, 40003),
    ]
    for changed, errcode in cases:
        body = back(trial, person, **({"shop_order_id": "ret-8"} | changed))
        assert (await trial.mini(f"{RETURN}/add", body))["errcode"] == errcode
    assert (await trial.mini(f"{RETURN}/get", {"return_id": ""}))["errcode"] == 40097
    await trial.control("parcels/return/1", {"status": 1}, status=404)


async def test_parcels_known_by_upload(trial: Trial, person: Person) -> None:
    order = trial.pay(person)
    body = {
        "order_key": {"order_number_type": 2, "transaction_id": order.transaction_id},
        "logistics_type": 1,
        "delivery_mode": 1,
        "shipping_list": [{"tracking_no": "ZTO5", "express_company": "ZTO", "item_desc": "盒子"}],
        "upload_time": "2026-11-22T10:00:00.000+08:00",
        "payer": {"openid": order.openid},
    }
    assert (await trial.mini("/wxa/sec/order/upload_shipping_info", body))["errcode"] == 0
    done = await trial.control("carrier/ZTO5", {"action_type": 300003})
    assert (done["parcel"]["status"], done["parcel"]["source"], done["pushed"]) == (4, "upload", False)
    await trial.control("carrier/ZTO5", {"action_type": 5}, status=400)
    assert len((await trial.control("parcels"))["parcels"]) == 1
