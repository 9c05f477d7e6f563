"""Pay Score of the sandbox: the life of an order from creation to the last fen."""

from typing import Any

import pytest

from sandbox.pay.signing import v2_signature
from sandbox.pay.trial import Answered, TrialMerchant
from sandbox.world import Person

ORDERS = "/v3/payscore/serviceorder"


def whose(shop: TrialMerchant) -> dict[str, Any]:
    return {"appid": shop.world.mini.appid, "service_id": shop.merchant.payscore_service_id}


def final(shop: TrialMerchant, total: int, **other: Any) -> dict[str, Any]:
    return {
        **whose(shop),
        "post_payments": [{"name": "留下的衣物", "amount": total, "count": 1}],
        "total_amount": total,
        "time_range": {"end_time": "20261122120000"},
        **other,
    }


async def confirmed(shop: TrialMerchant, person: Person, number: str = "box-0001") -> None:
    created = await shop.post(ORDERS, shop.score_body() | {"out_order_no": number})
    assert created.status == 200, created.raw
    status, told = await shop.drive(
        "POST", f"/sandbox/payscore/{created.body['package']}/confirm", {"person": person.id}
    )
    assert status == 200, told
    shop.heard.clear()


async def complete(shop: TrialMerchant, total: int, number: str = "box-0001", **other: Any) -> Answered:
    return await shop.post(f"{ORDERS}/{number}/complete", final(shop, total, **other))


async def found(shop: TrialMerchant, number: str = "box-0001") -> dict[str, Any]:
    mine = whose(shop)
    query = f"service_id={mine['service_id']}&appid={mine['appid']}&out_order_no={number}"
    return dict((await shop.get(f"{ORDERS}?{query}")).body)


async def test_a_box_is_confirmed_completed_and_paid(shop: TrialMerchant, lin: Person) -> None:
    created = await shop.post(ORDERS, shop.score_body())
    assert created.status == 200, created.raw
    assert created.body["state"] == "CREATED"
    assert "openid" not in created.body
    package = created.body["package"]

    _, sheets = await shop.drive("GET", f"/sandbox/pay/sheets?person={lin.id}")
    assert sheets["items"] == [
        {
            "kind": "payscore",
            "package": package,
            "out_order_no": "box-0001",
            "introduction": "先试后买盒子",
            "risk_fen": 300000,
            "person": None,
        }
    ]

    _, told = await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert told["notice"]["status"] == 204
    (heard,) = shop.heard
    assert heard.verified
    assert heard.envelope["event_type"] == "PAYSCORE.USER_CONFIRM"
    assert (heard.plain["state"], heard.plain["state_description"]) == ("DOING", "USER_CONFIRM")
    assert heard.plain["openid"] == lin.openids[shop.world.mini.appid]
    assert heard.plain["time_range"]["start_time"] == "20261122120000"

    mine = whose(shop)
    query = f"service_id={mine['service_id']}&appid={mine['appid']}&query_id={told['query_id']}"
    assert (await shop.get(f"{ORDERS}?{query}")).body["out_order_no"] == "box-0001"

    await shop.pass_time(days=5)
    done = await complete(shop, 128000)
    assert done.status == 200, done.raw
    assert done.body["need_collection"] is True
    assert (done.body["state"], done.body["state_description"]) == ("DOING", "MCH_COMPLETE")
    assert done.body["collection"]["state"] == "USER_PAYING"

    await shop.pass_time(seconds=2)
    paid = shop.heard[1]
    assert paid.envelope["event_type"] == "PAYSCORE.USER_PAID"
    assert paid.plain["state"] == "DONE"
    assert paid.plain["collection"]["state"] == "USER_PAID"
    (detail,) = paid.plain["collection"]["details"]
    assert detail["paid_type"] == "NEWTON"
    assert detail["paid_time"] == "20261127120002"
    order = await found(shop)
    assert (order["state"], order["state_description"]) == ("DONE", "MCH_COMPLETE")
    assert order["collection"]["paid_amount"] == 128000
    assert shop.world.paid_orders[detail["transaction_id"]].paid_fen == 128000
    assert lin.wallet_fen == 10_000_000 - 128000


async def test_everything_returned_costs_nothing(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    done = await complete(shop, 0)
    assert (done.body["state"], done.body["need_collection"]) == ("DONE", False)
    assert "collection" not in done.body
    assert "state_description" not in done.body
    await shop.pass_time(days=1)
    assert shop.heard == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"out_order_no": "x" * 33}, "/out_order_no"),
        ({"out_order_no": "box#1"}, "/out_order_no"),
        ({"service_introduction": "字" * 21}, "/service_introduction"),
        ({"post_payments": [{"name": "字" * 21, "amount": 1}]}, "/post_payments/0/name"),
        ({"post_payments": [{"name": "衣", "amount": -1}]}, "/post_payments/0/amount"),
        ({"post_payments": [{"name": "衣", "amount": 1, "count": 101}]}, "/post_payments/0/count"),
        (
            {"post_payments": [{"name": "衣", "amount": 1, "description": "字" * 31}]},
            "/post_payments/0/description",
        ),
        ({"post_payments": [{"name": "衣"}]}, "/post_payments/0"),
        ({"post_payments": [{"name": "衣", "amount": 1}] * 101}, "/post_payments"),
        ({"post_payments": [{"name": "衣", "amount": 1}] * 2}, "/post_payments/1/name"),
        ({"post_discounts": [{"name": "券", "amount": 1}] * 2}, "/post_discounts/1/name"),
        ({"post_discounts": [{"name": str(n), "amount": 1} for n in range(31)]}, "/post_discounts"),
        ({"time_range": {}}, "/time_range/start_time"),
        ({"time_range": {"start_time": "2026-11-22T12:00:00+08:00"}}, "/time_range/start_time"),
        ({"time_range": {"start_time": "20261132"}}, "/time_range/start_time"),
        ({"time_range": {"start_time": "20261122115959"}}, "/time_range/start_time"),
        ({"time_range": {"start_time": "20261123120000", "end_time": "20261125"}}, "/time_range"),
        ({"time_range": {"start_time": "20261123", "end_time": "20261122"}}, "/time_range/end_time"),
        (
            {"time_range": {"start_time": "OnAccept", "end_time_remark": "字" * 51}},
            "/time_range/end_time_remark",
        ),
        (
            {"time_range": {"start_time": "OnAccept", "start_time_remark": "字" * 21}},
            "/time_range/start_time_remark",
        ),
        ({"risk_fund": {"name": "DEPOSIT", "amount": 1}}, "/risk_fund/name"),
        ({"risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": 0}}, "/risk_fund/amount"),
        ({"attach": "a" * 257}, "/attach"),
        ({"notify_url": "https://shop.example/n?a=1"}, "/notify_url"),
        ({"location": {"start_location": "字" * 51}}, "/location/start_location"),
        ({"openid": "oX"}, "/openid"),
        ({"mchid": "1"}, "/mchid"),
    ],
)
async def test_every_field_keeps_its_rule(shop: TrialMerchant, change: dict[str, Any], field: str) -> None:
    refused = await shop.post(ORDERS, shop.score_body() | change)
    assert (refused.status, refused.code) == (400, "PARAM_ERROR")
    assert refused.body["detail"]["field"] == field


async def test_the_ceiling_and_the_service(shop: TrialMerchant) -> None:
    body = shop.score_body()
    above = body | {"risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": 3_000_001}}
    assert (await shop.post(ORDERS, above)).tail == 271316656
    strange = await shop.post(ORDERS, body | {"service_id": "1" * 32})
    assert (strange.status, strange.code, strange.tail) == (403, "NO_AUTH", 268503786)
    assert (await shop.post(ORDERS, body | {"appid": "wx00"})).tail == 271302149


async def test_created_again_with_the_same_parameters(shop: TrialMerchant) -> None:
    first = await shop.post(ORDERS, shop.score_body())
    second = await shop.post(ORDERS, shop.score_body())
    assert second.body["order_id"] == first.body["order_id"]
    assert second.body["package"] != first.body["package"]
    other = await shop.post(ORDERS, shop.score_body() | {"attach": "x"})
    assert (other.code, other.tail) == ("INVALID_REQUEST", 271316598)


async def test_a_query_takes_exactly_one_number(shop: TrialMerchant) -> None:
    mine = whose(shop)
    query = f"{ORDERS}?service_id={mine['service_id']}&appid={mine['appid']}"
    assert (await shop.get(query)).code == "PARAM_ERROR"
    assert (await shop.get(f"{query}&out_order_no=a&query_id=b")).code == "PARAM_ERROR"
    missing = await shop.get(f"{query}&out_order_no=nobody")
    assert (missing.status, missing.code, missing.tail) == (404, "ORDER_NOT_EXIST", 271317510)


async def test_the_evaluation_refuses_in_neutral_words(shop: TrialMerchant, lin: Person) -> None:
    lin.payscore_accepts = False
    package = (await shop.post(ORDERS, shop.score_body())).body["package"]
    status, told = await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert (status, told["reason"]) == (409, "evaluation")
    assert "风控" not in told["errMsg"]
    assert "评估" not in told["errMsg"]
    assert (await found(shop))["state"] == "CREATED"
    assert shop.heard == []


async def test_three_open_orders_are_enough(shop: TrialMerchant, lin: Person) -> None:
    for n in range(3):
        await confirmed(shop, lin, f"box-{n}")
    package = (await shop.post(ORDERS, shop.score_body())).body["package"]
    status, told = await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert (status, told["reason"]) == (409, "too_many_open")


async def test_a_package_grows_old(shop: TrialMerchant, lin: Person) -> None:
    package = (await shop.post(ORDERS, shop.score_body())).body["package"]
    await shop.pass_time(minutes=5)
    status, told = await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert (status, told["reason"]) == (409, "package_expired")
    await confirmed(shop, lin)


async def test_refusing_changes_nothing_for_the_merchant(shop: TrialMerchant, lin: Person) -> None:
    package = (await shop.post(ORDERS, shop.score_body())).body["package"]
    status, _ = await shop.drive("POST", f"/sandbox/payscore/{package}/refuse", {"reason": "太贵"})
    assert status == 200
    assert (await found(shop))["state"] == "CREATED"
    assert (await shop.drive("GET", "/sandbox/pay/sheets"))[1]["items"] == []


async def test_thirty_days_unconfirmed_expire(shop: TrialMerchant) -> None:
    await shop.post(ORDERS, shop.score_body())
    await shop.pass_time(days=30)
    assert (await found(shop))["state"] == "EXPIRED"
    again = await shop.post(ORDERS, shop.score_body())
    assert again.tail == 271302262


async def test_cancelling(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    body = {**whose(shop), "reason": "用户取消"}
    cancelled = await shop.post(f"{ORDERS}/box-0001/cancel", body)
    assert cancelled.status == 200
    assert (await found(shop))["state"] == "REVOKED"
    assert (await shop.post(f"{ORDERS}/box-0001/cancel", body)).status == 200
    other = await shop.post(f"{ORDERS}/box-0001/cancel", body | {"reason": "别的"})
    assert other.tail == 271316592
    assert (await complete(shop, 1)).tail == 271302333
    wrong = await shop.post(f"{ORDERS}/box-0001/cancel", body | {"appid": shop.world.official.appid})
    assert wrong.tail == 4108


async def test_a_completed_order_cannot_be_cancelled(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await complete(shop, 100)
    cancelled = await shop.post(f"{ORDERS}/box-0001/cancel", {**whose(shop), "reason": "x"})
    assert (cancelled.status, cancelled.tail) == (400, 271316592)


async def test_completing_needs_a_confirmed_order(shop: TrialMerchant, lin: Person) -> None:
    assert (await complete(shop, 100)).code == "ORDER_NOT_EXIST"
    await shop.post(ORDERS, shop.score_body())
    assert (await complete(shop, 100)).tail == 271302332


async def test_completing_twice(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await complete(shop, 100)
    assert (await complete(shop, 100)).tail == 271316754
    await shop.pass_time(seconds=2)
    assert (await complete(shop, 100)).tail == 271302262


async def test_the_arithmetic_and_the_times_of_completion(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    payments = [{"name": "大衣", "amount": 90000}, {"name": "衬衫", "amount": 30000}]
    discounts = [{"name": "会员优惠", "amount": 20000, "description": "八折"}]
    wrong = await complete(shop, 120000, post_payments=payments, post_discounts=discounts)
    assert (wrong.code, wrong.body["message"]) == ("PARAM_ERROR", "最终总金额计算非法")
    future = await complete(shop, 1, time_range={"end_time": "20261122120001"})
    assert future.body["detail"]["field"] == "/time_range/end_time"
    early = await complete(shop, 1, time_range={"end_time": "20261122115959"})
    assert early.tail == 271316637
    missing = final(shop, 1)
    del missing["time_range"]
    assert (await shop.post(f"{ORDERS}/box-0001/complete", missing)).code == "PARAM_ERROR"
    assert (await complete(shop, 3_000_001)).tail == 271316656
    empty = await complete(shop, 0, post_payments=[])
    assert empty.body["detail"]["field"] == "/post_payments"
    right = await complete(shop, 100000, post_payments=payments, post_discounts=discounts)
    assert right.body["total_amount"] == 100000


async def test_deductions_fail_and_then_succeed(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await shop.drive("POST", "/sandbox/pay/settings", {"deduction_failures": 2})
    await complete(shop, 100)
    await shop.pass_time(seconds=2)
    await shop.pass_time(hours=1)
    assert (await found(shop))["collection"]["state"] == "USER_PAYING"
    package = (await shop.post(ORDERS, shop.score_body() | {"out_order_no": "box-2"})).body["package"]
    _, told = await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert told["reason"] == "overdue"
    await shop.pass_time(hours=1)
    assert (await found(shop))["state"] == "DONE"
    assert [h.envelope["event_type"] for h in shop.heard] == ["PAYSCORE.USER_PAID"]


async def test_an_empty_wallet_until_the_person_pays(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    lin.wallet_fen = 10
    await complete(shop, 100)
    await shop.pass_time(seconds=2)
    asked = await shop.post(f"{ORDERS}/box-0001/pay", whose(shop))
    assert asked.status == 200
    await shop.pass_time(days=3)
    assert shop.heard == []
    status, told = await shop.drive("POST", "/sandbox/payscore/orders/box-0001/pay")
    assert (status, told["notice"]["status"]) == (200, 204)
    assert shop.pay.payments[told["transaction_id"]].out_trade_no == "box-0001"
    status, told = await shop.drive("POST", "/sandbox/payscore/orders/box-0001/pay")
    assert (status, told["reason"]) == (409, "nothing_due")
    lin.wallet_fen = 1000
    await shop.pass_time(days=1)
    assert len(shop.heard) == 1


async def test_the_amount_only_goes_down(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    body = {
        **whose(shop),
        "post_payments": [{"name": "留下的衣物", "amount": 60}],
        "total_amount": 60,
        "reason": "补券",
    }
    assert (await shop.post(f"{ORDERS}/box-0001/modify", body)).tail == 271316657
    await shop.drive("POST", "/sandbox/pay/settings", {"deduction_failures": 1})
    await complete(shop, 100)
    assert (await shop.post(f"{ORDERS}/box-0001/modify", body)).tail == 271316754
    await shop.pass_time(seconds=2)
    up = body | {"post_payments": [{"name": "衣物", "amount": 101}], "total_amount": 101}
    assert (await shop.post(f"{ORDERS}/box-0001/modify", up)).code == "PARAM_ERROR"
    assert (await shop.post(f"{ORDERS}/box-0001/modify", body)).status == 200
    await shop.pass_time(hours=1)
    assert shop.heard[0].plain["collection"]["paid_amount"] == 60


async def test_lowered_to_nothing_it_is_done(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await shop.drive("POST", "/sandbox/pay/settings", {"deduction_failures": 1})
    await complete(shop, 100)
    await shop.pass_time(seconds=2)
    body = {
        **whose(shop),
        "post_payments": [{"name": "留下的衣物", "amount": 0}],
        "total_amount": 0,
        "reason": "全部减免",
    }
    lowered = await shop.post(f"{ORDERS}/box-0001/modify", body)
    assert (lowered.body["state"], lowered.body["need_collection"]) == ("DONE", False)
    await shop.pass_time(days=1)
    assert shop.heard == []


async def test_paid_elsewhere_stops_the_deductions(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await shop.drive("POST", "/sandbox/pay/settings", {"deduction_failures": 1})
    await complete(shop, 100)
    await shop.pass_time(seconds=2)
    body = {**whose(shop), "type": "Order_Paid", "detail": {"paid_time": "20261122120001"}}
    synced = await shop.post(f"{ORDERS}/box-0001/sync", body)
    assert (synced.body["state"], synced.body["collection"]["state"]) == ("DONE", "USER_PAID")
    assert synced.body["collection"]["details"][0]["paid_type"] == "MCH"
    await shop.pass_time(days=1)
    assert shop.heard == []
    assert shop.world.paid_orders == {}


async def test_a_refund_goes_by_the_transaction_only(shop: TrialMerchant, lin: Person) -> None:
    await confirmed(shop, lin)
    await complete(shop, 100)
    await shop.drive("POST", "/sandbox/payscore/orders/box-0001/pay")
    order = await found(shop)
    transaction = order["collection"]["details"][0]["transaction_id"]
    body = {"out_refund_no": "r1", "amount": {"refund": 40, "total": 100, "currency": "CNY"}}
    refused = await shop.post("/v3/refund/domestic/refunds", body | {"out_trade_no": "box-0001"})
    assert (refused.status, refused.code) == (404, "RESOURCE_NOT_EXISTS")
    taken = await shop.post("/v3/refund/domestic/refunds", body | {"transaction_id": transaction})
    assert taken.body["status"] == "PROCESSING"
    assert (await found(shop))["state"] == "DONE"


async def test_the_waived_deposit_limits_what_is_charged(shop: TrialMerchant, lin: Person) -> None:
    await shop.drive("POST", "/sandbox/pay/settings", {"payscore_kind": "deposit_free"})
    body = shop.score_body() | {"risk_fund": {"name": "DEPOSIT", "amount": 500}}
    package = (await shop.post(ORDERS, body)).body["package"]
    await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    assert (await complete(shop, 501)).tail == 271316656
    assert (await complete(shop, 500)).status == 200


async def test_the_older_signed_confirm_call(shop: TrialMerchant, lin: Person) -> None:
    await shop.drive("POST", "/sandbox/pay/settings", {"openview_signed": True})
    package = (await shop.post(ORDERS, shop.score_body())).body["package"]
    where = f"/sandbox/payscore/{package}/open"
    extra = {
        "mch_id": shop.merchant.mchid,
        "package": package,
        "timestamp": "1763784000",
        "nonce_str": "n",
        "sign_type": "HMAC-SHA256",
    }
    bad = extra | {"sign": v2_signature(shop.merchant.api_v3_key, extra)}
    assert (await shop.drive("POST", where, {"extraData": bad}))[1]["reason"] == "bad_sign"
    good = extra | {"sign": v2_signature(shop.merchant.api_v2_key, extra)}
    status, told = await shop.drive("POST", where, {"extraData": good, "person": lin.id})
    assert (status, told["person"]) == (200, lin.id)
    other = shop.world.add_person("周宁")
    assert (await shop.drive("GET", f"/sandbox/pay/sheets?person={other.id}"))[1]["items"] == []


async def test_standing_permission(shop: TrialMerchant, lin: Person) -> None:
    openid = lin.openids[shop.world.mini.appid]
    mine = whose(shop)
    body = shop.score_body() | {"need_user_confirm": False, "openid": openid}
    assert (await shop.post(ORDERS, body)).code == "NO_AUTH"
    await shop.drive("POST", "/sandbox/pay/settings", {"no_confirm_allowed": True})
    assert (await shop.post(ORDERS, body)).code == "NO_AUTH"
    asked = {**mine, "authorization_code": "auth-1", "notify_url": f"{shop.door}/notify/open"}
    assert (await shop.post("/v3/payscore/permissions", asked)).body["apply_permissions_token"]
    await shop.drive("POST", "/sandbox/payscore/permissions/auth-1/grant", {"person": lin.id})
    assert shop.heard[0].envelope["event_type"] == "PAYSCORE.USER_OPEN_SERVICE"
    by_openid = f"/v3/payscore/permissions/openid/{openid}?service_id={mine['service_id']}&appid={mine['appid']}"
    assert (await shop.get(by_openid)).body["authorization_state"] == "AVAILABLE"
    created = await shop.post(ORDERS, body)
    assert (created.body["state"], created.body["state_description"]) == ("DOING", "USER_CONFIRM")
    assert "package" not in created.body
    end = "/v3/payscore/permissions/authorization-code/auth-1/terminate"
    ending = {"service_id": mine["service_id"], "reason": "不再使用"}
    assert (await shop.post(end, ending)).code == "INVALID_REQUEST"
    await complete(shop, 0)
    assert (await shop.post(end, ending)).status == 204
    await shop.world.settle()
    assert shop.heard[1].envelope["event_type"] == "PAYSCORE.USER_CLOSE_SERVICE"
