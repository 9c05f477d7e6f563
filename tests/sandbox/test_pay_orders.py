"""Orders of the sandbox's WeChat Pay: made, made again, paid, queried, closed, expired."""

from datetime import timedelta

import pytest

from sandbox.pay.signing import lines
from sandbox.pay.times import rfc3339
from sandbox.pay.trial import TrialMerchant
from sandbox.world import Person

NUMBER = "/v3/pay/transactions/out-trade-no/hezi-0001"
JSAPI = "/v3/pay/transactions/jsapi"


async def test_an_order_is_paid_told_and_found(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    assert prepay_id.startswith("wx")
    assert len(prepay_id) == 36

    status, sheets = await shop.drive("GET", f"/sandbox/pay/sheets?person={lin.id}")
    assert status == 200
    assert sheets["items"] == [
        {
            "kind": "order",
            "prepay_id": prepay_id,
            "out_trade_no": "hezi-0001",
            "description": "会员年费",
            "amount_fen": 19900,
            "person": lin.id,
        }
    ]

    stamp, once, package = "1763784000", "n0nce", f"prepay_id={prepay_id}"
    sign = shop.sign(lines(shop.world.mini.appid, stamp, once, package))
    sheet = {"timeStamp": stamp, "nonceStr": once, "package": package, "signType": "RSA", "paySign": sign}
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm", sheet)
    assert status == 200, told
    assert told["errMsg"] == "requestPayment:ok"
    assert told["notice"]["status"] == 204
    assert told["notice"]["accepted"] is True

    (heard,) = shop.heard
    assert heard.verified
    assert heard.envelope["event_type"] == "TRANSACTION.SUCCESS"
    assert heard.envelope["resource"]["original_type"] == "transaction"
    assert heard.plain["amount"] == {
        "total": 19900,
        "payer_total": 19900,
        "currency": "CNY",
        "payer_currency": "CNY",
    }
    assert heard.plain["transaction_id"] == told["transaction_id"]
    assert heard.plain["attach"] == "plan=year"
    assert len(told["transaction_id"]) == 28

    found = (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body
    assert found["trade_state"] == "SUCCESS"
    assert found["success_time"] == "2026-11-22T12:00:00+08:00"
    by_id = await shop.get(f"/v3/pay/transactions/id/{told['transaction_id']}?mchid={shop.merchant.mchid}")
    assert by_id.body == found

    paid = shop.world.paid_orders[told["transaction_id"]]
    assert (paid.out_trade_no, paid.paid_fen, paid.openid) == ("hezi-0001", 19900, found["payer"]["openid"])
    assert lin.wallet_fen == 10_000_000 - 19900


async def test_before_payment_a_query_tells_little(shop: TrialMerchant, lin: Person) -> None:
    await shop.open_order(lin)
    found = (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body
    assert found == {
        "appid": shop.world.mini.appid,
        "mchid": shop.merchant.mchid,
        "out_trade_no": "hezi-0001",
        "trade_state": "NOTPAY",
        "trade_state_desc": "订单未支付",
    }


async def test_a_query_needs_the_mchid_and_a_known_number(shop: TrialMerchant, lin: Person) -> None:
    await shop.open_order(lin)
    assert (await shop.get(NUMBER)).code == "PARAM_ERROR"
    assert (await shop.get(f"{NUMBER}?mchid=1900000000")).code == "MCH_NOT_EXISTS"
    unknown = await shop.get(f"/v3/pay/transactions/out-trade-no/nobody?mchid={shop.merchant.mchid}")
    assert (unknown.status, unknown.code) == (404, "ORDER_NOT_EXIST")
    unknown = await shop.get(f"/v3/pay/transactions/id/4200000000?mchid={shop.merchant.mchid}")
    assert (unknown.status, unknown.code) == (404, "ORDER_NOT_EXIST")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"description": "字" * 128}, "/description"),
        ({"description": ""}, "/description"),
        ({"out_trade_no": "12345"}, "/out_trade_no"),
        ({"out_trade_no": "x" * 33}, "/out_trade_no"),
        ({"out_trade_no": "order#001"}, "/out_trade_no"),
        ({"notify_url": "https://shop.example/notify?x=1"}, "/notify_url"),
        ({"notify_url": "shop.example/notify"}, "/notify_url"),
        ({"notify_url": "https://shop.example/" + "n" * 240}, "/notify_url"),
        ({"amount": {"total": 0}}, "/amount/total"),
        ({"amount": {"total": 1.5}}, "/amount/total"),
        ({"amount": {"total": "100"}}, "/amount/total"),
        ({"amount": {"total": True}}, "/amount/total"),
        ({"amount": {"total": 1, "currency": "USD"}}, "/amount/currency"),
        ({"amount": {}}, "/amount/total"),
        ({"attach": None}, "/attach"),
        ({"attach": "a" * 129}, "/attach"),
        ({"goods_tag": "g" * 33}, "/goods_tag"),
        ({"time_expire": "2026-11-22 12:00:00"}, "/time_expire"),
        ({"time_expire": "2026-11-22T12:00:30+08:00"}, "/time_expire"),
        ({"payer": {"openid": "nobody"}}, "/payer/openid"),
        ({"payer": {}}, "/payer/openid"),
        ({"scene_info": {"device_id": "1"}}, "/scene_info/payer_client_ip"),
        ({"scene_info": {"payer_client_ip": "1.2.3"}}, "/scene_info/payer_client_ip"),
        ({"settle_info": {"profit_sharing": "false"}}, "/settle_info/profit_sharing"),
        ({"detail": {"goods_detail": []}}, "/detail/goods_detail"),
    ],
)
async def test_every_field_keeps_its_rule(
    shop: TrialMerchant, lin: Person, change: dict[str, object], field: str
) -> None:
    refused = await shop.post(JSAPI, shop.order_body(lin) | change)
    assert (refused.status, refused.code) == (400, "PARAM_ERROR")
    assert refused.body["detail"]["field"] == field
    assert refused.tail > 0


async def test_unknown_fields_are_refused(shop: TrialMerchant, lin: Person) -> None:
    refused = await shop.post(JSAPI, shop.order_body(lin) | {"nonce": "x"})
    assert (refused.code, refused.tail) == ("PARAM_ERROR", 270924358)


async def test_everything_optional_is_accepted(shop: TrialMerchant, lin: Person) -> None:
    await shop.open_order(
        lin,
        time_expire=rfc3339(shop.world.now() + timedelta(minutes=30)),
        goods_tag="NOV",
        support_fapiao=False,
        detail={
            "cost_price": 1,
            "invoice_id": "i",
            "goods_detail": [{"merchant_goods_id": "sku1", "quantity": 1, "unit_price": 19900}],
        },
        scene_info={"payer_client_ip": "14.23.150.211", "store_info": {"id": "0001", "name": "衣橱"}},
        settle_info={"profit_sharing": False},
    )


async def test_who_pays_whom_must_fit(shop: TrialMerchant, lin: Person) -> None:
    body = shop.order_body(lin)
    wrong = await shop.post(JSAPI, body | {"appid": "wx0000000000000000"})
    assert wrong.code == "APPID_MCHID_NOT_MATCH"
    wrong = await shop.post(JSAPI, body | {"mchid": "1900000000"})
    assert wrong.code == "INVALID_REQUEST"
    wrong = await shop.post(JSAPI, body | {"appid": shop.world.official.appid})
    assert (wrong.status, wrong.code) == (500, "OPENID_MISMATCH")


async def test_the_same_order_again_gives_a_fresh_prepay_id(shop: TrialMerchant, lin: Person) -> None:
    first = await shop.open_order(lin)
    second = await shop.open_order(lin)
    assert first != second
    different = await shop.post(JSAPI, shop.order_body(lin) | {"amount": {"total": 100, "currency": "CNY"}})
    assert (different.code, different.tail) == ("INVALID_REQUEST", 268498688)
    _, sheets = await shop.drive("GET", "/sandbox/pay/sheets")
    assert [item["prepay_id"] for item in sheets["items"]] == [second]


async def test_a_paid_number_is_used_up(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    again = await shop.post(JSAPI, shop.order_body(lin))
    assert (again.status, again.code, again.tail) == (400, "INVALID_REQUEST", 268498689)
    other = await shop.post(JSAPI, shop.order_body(lin) | {"description": "别的"})
    assert (other.status, other.code) == (403, "OUT_TRADE_NO_USED")
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert (status, told["reason"]) == (409, "already_paid")
    closed = await shop.post(f"{NUMBER}/close", {"mchid": shop.merchant.mchid})
    assert (closed.status, closed.code) == (400, "ORDER_PAID")


async def test_closing_answers_204_signed_over_nothing(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    closed = await shop.post(f"{NUMBER}/close", {"mchid": shop.merchant.mchid})
    assert (closed.status, closed.raw) == (204, b"")
    assert shop.verifies(closed.headers, b"")
    assert (await shop.post(f"{NUMBER}/close", {"mchid": shop.merchant.mchid})).code == "ORDER_CLOSED"
    assert (await shop.post(JSAPI, shop.order_body(lin))).tail == 268447914
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert (status, told["reason"]) == (409, "closed")


async def test_a_close_comes_too_late_for_who_is_at_the_password(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/begin")
    await shop.post(f"{NUMBER}/close", {"mchid": shop.merchant.mchid})
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "CLOSED"
    status, _ = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert status == 200
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "SUCCESS"


async def test_refusing_leaves_the_order_open_and_tells_nobody(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/refuse")
    assert (status, told["errMsg"]) == (200, "requestPayment:fail cancel")
    assert (await shop.drive("GET", f"/sandbox/pay/sheets?person={lin.id}"))[1]["items"] == []
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "NOTPAY"
    assert shop.heard == []


async def test_a_prepay_id_lives_two_hours(shop: TrialMerchant, lin: Person) -> None:
    old = await shop.open_order(lin)
    await shop.pass_time(hours=2)
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{old}/confirm")
    assert (status, told["reason"]) == (409, "prepay_expired")
    fresh = await shop.open_order(lin)
    assert (await shop.drive("POST", f"/sandbox/pay/orders/{fresh}/confirm"))[0] == 200


async def test_time_expire_stops_paying_but_does_not_close(shop: TrialMerchant, lin: Person) -> None:
    ends = {"time_expire": rfc3339(shop.world.now() + timedelta(minutes=30))}
    prepay_id = await shop.open_order(lin, **ends)
    await shop.pass_time(minutes=30)
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert (status, told["reason"]) == (409, "expired")
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "NOTPAY"
    assert (await shop.post(JSAPI, shop.order_body(lin) | ends)).code == "ORDER_CLOSED"
    await shop.pass_time(days=7)
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "CLOSED"


async def test_no_order_stays_payable_for_more_than_ninety_days(shop: TrialMerchant, lin: Person) -> None:
    ends = {"time_expire": rfc3339(shop.world.now() + timedelta(days=365))}
    await shop.open_order(lin, **ends)
    await shop.pass_time(days=89, hours=23)
    assert (await shop.post(JSAPI, shop.order_body(lin) | ends)).status == 200
    await shop.pass_time(hours=1)
    assert (await shop.post(JSAPI, shop.order_body(lin) | ends)).tail == 268447914


async def test_seven_days_unpaid_close_an_order(shop: TrialMerchant, lin: Person) -> None:
    await shop.open_order(lin)
    await shop.pass_time(days=7)
    assert (await shop.get(f"{NUMBER}?mchid={shop.merchant.mchid}")).body["trade_state"] == "CLOSED"


async def test_a_sheet_with_a_wrong_signature_does_not_open(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    package = f"prepay_id={prepay_id}"
    sign = shop.sign(lines(shop.world.official.appid, "1763784000", "n", package))
    sheet = {
        "timeStamp": "1763784000",
        "nonceStr": "n",
        "package": package,
        "signType": "RSA",
        "paySign": sign,
    }
    where = f"/sandbox/pay/orders/{prepay_id}/confirm"
    assert (await shop.drive("POST", where, sheet))[1]["reason"] == "bad_sign"
    assert (await shop.drive("POST", where, sheet | {"timeStamp": 1763784000}))[1]["reason"] == "bad_parameters"
    assert (await shop.drive("POST", where, sheet | {"signType": "MD5"}))[1]["reason"] == "bad_parameters"
    assert (await shop.drive("POST", where, sheet | {"verify": False}))[0] == 200


async def test_a_coupon_makes_the_payer_pay_less(shop: TrialMerchant, lin: Person) -> None:
    prepay_id = await shop.open_order(lin)
    await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm", {"coupon_fen": 900})
    assert shop.heard[0].plain["amount"]["payer_total"] == 19000
    assert shop.heard[0].plain["promotion_detail"][0]["amount"] == 900


async def test_an_empty_wallet_cannot_pay(shop: TrialMerchant, lin: Person) -> None:
    lin.wallet_fen = 100
    prepay_id = await shop.open_order(lin)
    status, told = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm")
    assert (status, told["reason"]) == (409, "not_enough")


async def test_too_many_orders_in_a_second(shop: TrialMerchant, lin: Person) -> None:
    await shop.drive("POST", "/sandbox/pay/settings", {"orders_per_second": 1})
    await shop.open_order(lin)
    limited = await shop.post(JSAPI, shop.order_body(lin))
    assert (limited.status, limited.code) == (429, "FREQUENCY_LIMITED")
