"""Refunds and statements of the sandbox's WeChat Pay."""

import gzip
import hashlib
from typing import Any

import pytest

from sandbox.pay.trial import TrialMerchant
from sandbox.world import Person

REFUNDS = "/v3/refund/domestic/refunds"


async def paid(shop: TrialMerchant, person: Person, **told: Any) -> str:
    prepay_id = await shop.open_order(person)
    _, answer = await shop.drive("POST", f"/sandbox/pay/orders/{prepay_id}/confirm", told)
    shop.heard.clear()
    return str(answer["transaction_id"])


def refund(shop: TrialMerchant, fen: int, number: str = "r-1", **other: Any) -> dict[str, Any]:
    return {
        "out_trade_no": "hezi-0001",
        "out_refund_no": number,
        "reason": "七天无理由",
        "notify_url": f"{shop.door}/notify/refund",
        "amount": {"refund": fen, "total": 19900, "currency": "CNY"},
        **other,
    }


async def test_a_refund_is_worked_off_and_told(shop: TrialMerchant, lin: Person) -> None:
    transaction = await paid(shop, lin)
    asked = await shop.post(REFUNDS, refund(shop, 9900))
    assert asked.status == 200, asked.raw
    assert asked.body["status"] == "PROCESSING"
    assert asked.body["amount"]["payer_refund"] == 9900
    assert "success_time" not in asked.body
    order = await shop.get(f"/v3/pay/transactions/id/{transaction}?mchid={shop.merchant.mchid}")
    assert order.body["trade_state"] == "REFUND"

    await shop.pass_time(seconds=5)
    (heard,) = shop.heard
    assert heard.envelope["event_type"] == "REFUND.SUCCESS"
    assert heard.envelope["resource"]["original_type"] == "refund"
    assert heard.plain["refund_status"] == "SUCCESS"
    assert "status" not in heard.plain
    assert heard.plain["amount"] == {
        "total": 19900,
        "refund": 9900,
        "payer_total": 19900,
        "payer_refund": 9900,
    }
    found = await shop.get(f"{REFUNDS}/r-1")
    assert (found.body["status"], found.body["success_time"]) == ("SUCCESS", "2026-11-22T12:00:05+08:00")
    assert lin.wallet_fen == 10_000_000 - 10000
    assert shop.world.paid_orders[transaction].refunded_fen == 9900


async def test_the_same_number_is_the_same_refund(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    first = await shop.post(REFUNDS, refund(shop, 9900))
    second = await shop.post(REFUNDS, refund(shop, 9900))
    assert second.body["refund_id"] == first.body["refund_id"]
    other = await shop.post(REFUNDS, refund(shop, 9800))
    assert other.code == "INVALID_REQUEST"
    await shop.pass_time(seconds=5)
    assert lin.wallet_fen == 10_000_000 - 10000


async def test_never_more_than_was_paid(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    await shop.post(REFUNDS, refund(shop, 9900))
    soon = await shop.post(REFUNDS, refund(shop, 100, "r-2"))
    assert (soon.status, soon.code, soon.tail) == (429, "FREQUENCY_LIMITED", 268435472)
    await shop.pass_time(minutes=1)
    assert (await shop.post(REFUNDS, refund(shop, 10001, "r-2"))).code == "INVALID_REQUEST"
    assert (await shop.post(REFUNDS, refund(shop, 10000, "r-2"))).status == 200


async def test_at_most_fifty_refunds_of_one_payment(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    for n in range(50):
        assert (await shop.post(REFUNDS, refund(shop, 1, f"r-{n}"))).status == 200
        await shop.pass_time(minutes=1)
    refused = await shop.post(REFUNDS, refund(shop, 1, "r-51"))
    assert (refused.status, refused.code) == (400, "INVALID_REQUEST")


async def test_a_year_and_no_longer(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    await shop.pass_time(days=364, hours=23)
    assert (await shop.post(REFUNDS, refund(shop, 1))).status == 200
    await shop.pass_time(hours=1)
    assert (await shop.post(REFUNDS, refund(shop, 1, "r-2"))).code == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"out_refund_no": "r" * 65}, "/out_refund_no"),
        ({"out_refund_no": "r#1"}, "/out_refund_no"),
        ({"reason": "字" * 81}, "/reason"),
        ({"amount": {"refund": 1, "total": 19900}}, "/amount/currency"),
        ({"amount": {"refund": 0, "total": 19900, "currency": "CNY"}}, "/amount/refund"),
        ({"funds_account": "UNSETTLED"}, "/funds_account"),
        ({"notify_url": "https://a.example/b?c"}, "/notify_url"),
        ({"refund_fee": 1}, "/refund_fee"),
    ],
)
async def test_every_field_keeps_its_rule(shop: TrialMerchant, lin: Person, change: dict[str, Any], field: str) -> None:
    await paid(shop, lin)
    refused = await shop.post(REFUNDS, refund(shop, 1) | change)
    assert (refused.code, refused.body["detail"]["field"]) == ("PARAM_ERROR", field)


async def test_what_cannot_be_refunded(shop: TrialMerchant, lin: Person) -> None:
    unknown = await shop.post(REFUNDS, refund(shop, 1))
    assert (unknown.status, unknown.code) == (404, "RESOURCE_NOT_EXISTS")
    await shop.open_order(lin)
    unpaid = await shop.post(REFUNDS, refund(shop, 1))
    assert (unpaid.status, unpaid.code) == (404, "RESOURCE_NOT_EXISTS")
    await paid(shop, lin)
    total = {"amount": {"refund": 1, "total": 19901, "currency": "CNY"}}
    assert (await shop.post(REFUNDS, refund(shop, 1) | total)).code == "INVALID_REQUEST"
    neither = refund(shop, 1)
    del neither["out_trade_no"]
    assert (await shop.post(REFUNDS, neither)).code == "PARAM_ERROR"
    assert (await shop.get(f"{REFUNDS}/nobody")).code == "RESOURCE_NOT_EXISTS"


async def test_a_poor_merchant_tries_again_with_the_same_number(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    await shop.drive("POST", "/sandbox/pay/settings", {"merchant_balance_fen": 100})
    poor = await shop.post(REFUNDS, refund(shop, 101))
    assert (poor.status, poor.code) == (403, "NOT_ENOUGH")
    await shop.drive("POST", "/sandbox/pay/settings", {"merchant_balance_fen": 101})
    assert (await shop.post(REFUNDS, refund(shop, 101))).status == 200


async def test_abnormal_and_closed_by_hand(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    await shop.post(REFUNDS, refund(shop, 19900))
    status, told = await shop.drive("POST", "/sandbox/pay/refunds/r-1", {"status": "ABNORMAL"})
    assert (status, told["notice"]["status"]) == (200, 204)
    await shop.pass_time(hours=1)
    assert (await shop.get(f"{REFUNDS}/r-1")).body["status"] == "ABNORMAL"
    await shop.drive("POST", "/sandbox/pay/refunds/r-1", {"status": "CLOSED"})
    assert [h.envelope["event_type"] for h in shop.heard] == ["REFUND.ABNORMAL", "REFUND.CLOSED"]
    assert (await shop.drive("POST", "/sandbox/pay/refunds/r-1", {"status": "SUCCESS"}))[0] == 409
    assert (await shop.drive("POST", "/sandbox/pay/refunds/r-1", {"status": "DONE"}))[0] == 400
    assert (await shop.post(REFUNDS, refund(shop, 19900, "r-2"))).status == 200


async def test_an_abnormal_refund_goes_to_another_card(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    refund_id = (await shop.post(REFUNDS, refund(shop, 100))).body["refund_id"]
    where = f"{REFUNDS}/{refund_id}/apply-abnormal-refund"
    body = {"out_refund_no": "r-1", "type": "MERCHANT_BANK_CARD"}
    assert (await shop.post(where, body)).code == "INVALID_REQUEST"
    await shop.drive("POST", "/sandbox/pay/refunds/r-1", {"status": "ABNORMAL"})
    assert (await shop.post(where, body | {"type": "USER_BANK_CARD"})).code == "PARAM_ERROR"
    assert (await shop.post(where, body)).body["status"] == "PROCESSING"
    await shop.pass_time(seconds=5)
    assert (await shop.get(f"{REFUNDS}/r-1")).body["status"] == "SUCCESS"


async def test_any_of_wechats_errors_can_be_planned(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    plan = {"match": REFUNDS, "status": 403, "code": "USER_ACCOUNT_ABNORMAL", "tail": 7}
    assert (await shop.drive("POST", "/sandbox/pay/refusals", plan))[0] == 200
    refused = await shop.post(REFUNDS, refund(shop, 1))
    assert (refused.status, refused.code, refused.tail) == (403, "USER_ACCOUNT_ABNORMAL", 7)
    assert shop.verifies(refused.headers, refused.raw)
    assert (await shop.post(REFUNDS, refund(shop, 1))).status == 200
    assert (await shop.drive("POST", "/sandbox/pay/refusals", {"code": "X"}))[0] == 400


async def test_a_coupon_is_given_back_in_proportion(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin, coupon_fen=100)
    first = (await shop.post(REFUNDS, refund(shop, 6633))).body["amount"]
    await shop.pass_time(minutes=1)
    rest = (await shop.post(REFUNDS, refund(shop, 13267, "r-2"))).body["amount"]
    assert first["payer_refund"] + rest["payer_refund"] == 19800
    assert first["discount_refund"] + rest["discount_refund"] == 100


async def test_statements_of_yesterday(shop: TrialMerchant, lin: Person) -> None:
    transaction = await paid(shop, lin)
    await shop.post(REFUNDS, refund(shop, 9900))
    bill = "/v3/bill/tradebill?bill_date=2026-11-22"
    assert (await shop.get(bill)).code == "PARAM_ERROR"
    await shop.pass_time(hours=20)  # 08:00 of the next day
    assert (await shop.get(bill)).code == "STATEMENT_CREATING"
    await shop.pass_time(hours=2)
    assert (await shop.get("/v3/bill/tradebill?bill_date=2026-11-21")).code == "NO_STATEMENT_EXIST"
    assert (await shop.get("/v3/bill/tradebill?bill_date=20261122")).code == "PARAM_ERROR"
    assert (await shop.get(f"{bill}&bill_type=SOME")).code == "PARAM_ERROR"

    offered = (await shop.get(f"{bill}&bill_type=ALL")).body
    assert offered["hash_type"] == "SHA1"
    path = offered["download_url"].removeprefix(shop.base)
    file = await shop.get(path)
    assert hashlib.sha1(file.raw).hexdigest() == offered["hash_value"]
    assert "Wechatpay-Signature" not in file.headers
    lines = file.raw.decode().splitlines()
    assert lines[0].startswith("交易时间,公众账号ID,商户号")
    assert len(lines) == 5
    assert f"`{transaction}`" in lines[1].replace(",", "")
    assert len(lines[1].split(",`")) == len(lines[0].split(","))
    assert len(lines[2].split(",`")) == len(lines[0].split(","))
    assert lines[4] == "`2,`199.00,`99.00,`0.00,`0.60,`199.00,`99.00"

    for kind, count in (("SUCCESS", 4), ("REFUND", 4)):
        offered = (await shop.get(f"{bill}&bill_type={kind}&tar_type=GZIP")).body
        packed = await shop.get(offered["download_url"].removeprefix(shop.base))
        rows = gzip.decompress(packed.raw).decode().splitlines()
        assert len(rows) == count
        assert len(rows[1].split(",`")) == len(rows[0].split(","))

    unsigned = await shop.call("GET", path, headers={"Authorization": ""})
    assert unsigned.status == 401
    await shop.pass_time(minutes=6)
    assert (await shop.get(path)).code == "PARAM_ERROR"


async def test_the_fund_flow(shop: TrialMerchant, lin: Person) -> None:
    await paid(shop, lin)
    await shop.post(REFUNDS, refund(shop, 9900))
    await shop.pass_time(days=1)
    offered = (await shop.get("/v3/bill/fundflowbill?bill_date=2026-11-22")).body
    file = await shop.get(offered["download_url"].removeprefix(shop.base))
    rows = file.raw.decode().splitlines()
    assert [row.split(",")[3] for row in rows[1:4]] == ["`交易", "`扣除交易手续费", "`退款"]
    assert rows[5] == "`3,`1,`199.00,`2,`99.60"
    fees = await shop.get("/v3/bill/fundflowbill?bill_date=2026-11-22&account_type=FEES")
    assert fees.code == "NO_STATEMENT_EXIST"


async def test_a_deduction_stands_in_the_bill_under_wechats_number(shop: TrialMerchant, lin: Person) -> None:
    score = "/v3/payscore/serviceorder"
    package = (await shop.post(score, shop.score_body())).body["package"]
    await shop.drive("POST", f"/sandbox/payscore/{package}/confirm", {"person": lin.id})
    done = await shop.post(
        f"{score}/box-0001/complete",
        {
            "appid": shop.world.mini.appid,
            "service_id": shop.merchant.payscore_service_id,
            "post_payments": [{"name": "衣物", "amount": 5000}],
            "total_amount": 5000,
            "time_range": {"end_time": "20261122120000"},
        },
    )
    await shop.pass_time(seconds=2)
    await shop.pass_time(days=1)
    offered = (await shop.get("/v3/bill/tradebill?bill_date=2026-11-22")).body
    file = await shop.get(offered["download_url"].removeprefix(shop.base))
    row = file.raw.decode().splitlines()[1]
    assert "`AUTH," in row
    assert f"`wxzff|{done.body['order_id']}|box-0001," in row
    assert "`box-0001," not in row
