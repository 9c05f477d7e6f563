"""An order's money: prepaid, paid, told, asked about, closed, given back, and found in the bill."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import PaymentFact, PayParams, Prepay, RefundOrder, Wechat
from integrations.wechat_pay import BILL, JSAPI, ORDER
from sandbox.world import Person
from tests.integrations.shop import NOW, Heard, Shop

REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture
def member(shop: Shop) -> Person:
    return shop.person()


@pytest.fixture
def order(shop: Shop, member: Person) -> Prepay:
    return Prepay("P2026_1-|*", "年度会员 · 盒子", 39800, shop.openid(member), NOW + timedelta(minutes=15))


def sheet(params: PayParams) -> dict[str, str]:
    return {name: getattr(params, name) for name in ("timeStamp", "nonceStr", "package", "signType", "paySign")}


async def pay(shop: Shop, wechat: Wechat, order: Prepay) -> PaymentFact:
    """Prepay and pay on the phone, which checks our signature; returns what a query then says."""
    prepay_id = await wechat.pay.prepay(order)
    params = sheet(wechat.pay.pay_params(prepay_id))
    told = await shop.act(f"/sandbox/pay/orders/{prepay_id}/confirm", **params)
    assert told["ok"]
    return await wechat.pay.query(order.out_trade_no)


async def test_an_order_is_paid_told_and_given_back(shop: Shop, wechat: Wechat, order: Prepay) -> None:
    fact = await pay(shop, wechat, order)
    assert fact == PaymentFact(order.out_trade_no, "SUCCESS", fact.transaction_id, 39800, order.openid, NOW, fact.appid)
    assert fact.appid == shop.credentials["mini"]["appid"]

    notice = wechat.pay.read_notice(*shop.letterbox.letters[0])
    assert notice.event_type == "TRANSACTION.SUCCESS"
    assert notice.resource["out_trade_no"] == order.out_trade_no
    assert notice.resource["amount"]["total"] == 39800

    wanted = RefundOrder("R1", fact.transaction_id, 10000, 39800, "退回一件")
    refund = await wechat.pay.refund(wanted)
    assert (refund.out_refund_no, refund.status, refund.refund_fen) == ("R1", "PROCESSING", 10000)
    assert await wechat.pay.refund(wanted) == refund, "the same number is the same refund"
    await shop.pass_time(seconds=10)
    done = await wechat.pay.query_refund("R1")
    assert (done.status, done.refund_id) == ("SUCCESS", refund.refund_id)
    assert done.done_at is not None
    assert NOW < done.done_at <= NOW + timedelta(seconds=10)

    notice = wechat.pay.read_notice(*shop.letterbox.letters[1])
    assert (notice.event_type, notice.resource["refund_status"]) == ("REFUND.SUCCESS", "SUCCESS")
    assert (await wechat.pay.query(order.out_trade_no)).state == "REFUND"


async def test_the_same_order_may_be_asked_again_but_not_another_under_its_number(
    wechat: Wechat, order: Prepay
) -> None:
    first = await wechat.pay.prepay(order)
    assert await wechat.pay.prepay(order) != first
    dearer = Prepay(order.out_trade_no, order.description, 39900, order.openid, order.expires_at)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.prepay(dearer)
    assert no.value.code == "INVALID_REQUEST"
    assert "268498688" in no.value.text


async def test_an_unpaid_order_is_closed_and_stays_closed(wechat: Wechat, order: Prepay) -> None:
    await wechat.pay.prepay(order)
    assert (await wechat.pay.query(order.out_trade_no)).state == "NOTPAY"
    await wechat.pay.close(order.out_trade_no)
    await wechat.pay.close(order.out_trade_no)
    assert (await wechat.pay.query(order.out_trade_no)).state == "CLOSED"
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.prepay(order)
    assert no.value.code == "ORDER_CLOSED"


async def test_a_paid_order_is_not_closed(shop: Shop, wechat: Wechat, order: Prepay) -> None:
    await pay(shop, wechat, order)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.close(order.out_trade_no)
    assert no.value.code == "ORDER_PAID"


async def test_what_wechat_never_heard_of(wechat: Wechat) -> None:
    assert (await wechat.pay.query("P-never-1")).state == "NOT_FOUND"
    assert (await wechat.pay.query_refund("R-never-1")).status == "NOT_FOUND"
    await wechat.pay.close("P-never-1")
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.refund(RefundOrder("R1", "4200009999", 1, 1, "x"))
    assert no.value.code == "RESOURCE_NOT_EXISTS"


async def test_an_openid_of_the_other_account_is_refused_though_it_comes_as_500(
    shop: Shop, wechat: Wechat, member: Person, heard: Heard
) -> None:
    foreign = member.openids[shop.world.official.appid]
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.prepay(Prepay("P-000001", "盒子", 100, foreign))
    assert no.value.code == "OPENID_MISMATCH"
    assert heard.outcomes(JSAPI) == ["OPENID_MISMATCH"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop"},
        {"kind": "drop_after"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 429},
    ],
    ids=str,
)
async def test_an_unknown_outcome_is_a_fault_and_the_same_number_settles_it(
    shop: Shop, wechat: Wechat, order: Prepay, heard: Heard, fault: dict[str, Any]
) -> None:
    shop.fault(JSAPI, **fault)
    with pytest.raises(OutsideFault):
        await wechat.pay.prepay(order)
    assert len(heard.outcomes(JSAPI)) == 1, "a write is not repeated here"
    paid = await pay(shop, wechat, order)
    shop.fault(REFUNDS, **fault)
    wanted = RefundOrder("R1", paid.transaction_id, 39800, 39800, "全部退回")
    with pytest.raises(OutsideFault):
        await wechat.pay.refund(wanted)
    assert (await wechat.pay.refund(wanted)).refund_fen == 39800
    assert len(shop.pay.refunds) == 1


@pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 503}], ids=str)
async def test_a_query_survives_two_hiccups(shop: Shop, wechat: Wechat, order: Prepay, fault: dict[str, Any]) -> None:
    await wechat.pay.prepay(order)
    shop.fault("/v3/pay/transactions/out-trade-no/", times=2, **fault)
    assert (await wechat.pay.query(order.out_trade_no)).state == "NOTPAY"


@pytest.mark.parametrize("kind", ["wrong_signature", "stale_timestamp", "signtest"])
async def test_an_unproven_answer_is_no_answer(
    shop: Shop, wechat: Wechat, order: Prepay, heard: Heard, kind: str
) -> None:
    shop.fault(f"answer:{JSAPI}", kind)
    with pytest.raises(OutsideFault):
        await wechat.pay.prepay(order)
    await wechat.pay.prepay(order)
    shop.fault("answer:/v3/pay/transactions/out-trade-no/", kind)
    assert (await wechat.pay.query(order.out_trade_no)).state == "NOTPAY", "a read is asked again"
    shop.fault("answer:/v3/pay/transactions/out-trade-no/", kind, times=3)
    with pytest.raises(OutsideFault):
        await wechat.pay.query(order.out_trade_no)
    assert heard.outcomes(ORDER)[-3:] == ["unproven"] * 3


async def test_every_write_of_a_refund_too_many_is_refused(shop: Shop, wechat: Wechat, order: Prepay) -> None:
    paid = await pay(shop, wechat, order)
    await wechat.pay.refund(RefundOrder("R1", paid.transaction_id, 30000, 39800, "一"))
    with pytest.raises(OutsideFault):  # within the minute WeChat wants between two refunds
        await wechat.pay.refund(RefundOrder("R2", paid.transaction_id, 9800, 39800, "二"))
    await shop.pass_time(seconds=61)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.refund(RefundOrder("R2", paid.transaction_id, 9801, 39800, "二"))
    assert no.value.code == "INVALID_REQUEST"
    shop.pay.settings.merchant_balance_fen = 0
    with pytest.raises(OutsideRefusal) as no:
        await wechat.pay.refund(RefundOrder("R2", paid.transaction_id, 9800, 39800, "二"))
    assert no.value.code == "NOT_ENOUGH"


async def test_the_bill_of_a_day(shop: Shop, wechat: Wechat, order: Prepay, heard: Heard) -> None:
    paid = await pay(shop, wechat, order)
    await shop.pass_time(hours=13)  # one o'clock at night: the bill is still being written
    with pytest.raises(OutsideFault):
        await wechat.pay.trade_bill(date(2026, 11, 22))
    await shop.pass_time(hours=10)
    bill = await wechat.pay.trade_bill(date(2026, 11, 22))
    assert paid.transaction_id in bill
    assert order.out_trade_no in bill
    assert not bill.startswith("\ufeff")
    assert await wechat.pay.trade_bill(date(2026, 11, 21)) == ""
    assert heard.outcomes(BILL)[-1] == "NO_STATEMENT_EXIST"


async def test_a_torn_bill_is_not_believed(shop: Shop, wechat: Wechat, order: Prepay) -> None:
    await pay(shop, wechat, order)
    await shop.pass_time(hours=24)

    def tear(*_: object) -> None:
        for bill in shop.pay.bills.values():
            bill.content = bill.content[:-10]

    shop.pay.bills = Torn(tear)
    with pytest.raises(OutsideFault, match="hash"):
        await wechat.pay.trade_bill(date(2026, 11, 22))


class Torn(dict[str, Any]):
    """A shelf on which every statement loses its last bytes."""

    def __init__(self, tear: Callable[..., None]) -> None:
        super().__init__()
        self._tear = tear

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self._tear()
