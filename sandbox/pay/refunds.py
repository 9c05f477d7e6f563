"""Refunds: asked for, worked off after a while, told to the merchant.

One out_refund_no is one refund for ever: asked again with the same parameters it only answers how it
stands. Together refunds never exceed what was paid.
"""

from datetime import timedelta
from typing import Any

from sandbox.pay import fields
from sandbox.pay.desk import BANK_TYPE, Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import CannotPay, PayError, invalid_request, param_error, too_frequent
from sandbox.pay.fields import Check, listed, one_of, shape, text, whole
from sandbox.pay.notify import Notice
from sandbox.pay.state import Payment, Refund
from sandbox.pay.times import a_year_after, rfc3339

MOST_REFUNDS = 50
LEAST_APART = timedelta(minutes=1)
NOT_REFUNDABLE = 268435490
NOT_ENOUGH_MONEY = 268435491
NO_SUCH_THING = 268435465

_GOODS = shape(
    {
        "merchant_goods_id": text(32),
        "unit_price": whole(0),
        "refund_amount": whole(0),
        "refund_quantity": whole(1),
    },
    {"wechatpay_goods_id": text(32), "goods_name": text(256)},
)
_FROM = shape({"account": one_of("AVAILABLE", "UNAVAILABLE"), "amount": whole(1)})
REFUND: Check = shape(
    {
        "out_refund_no": text(64, pattern=fields.OUT_REFUND_NO),
        "amount": shape(
            {"refund": whole(1), "total": whole(1), "currency": one_of("CNY")},
            {"from": listed(_FROM, least=1, most=2)},
        ),
    },
    {
        "transaction_id": text(32),
        "out_trade_no": text(32, shortest=6),
        "reason": text(80),
        "notify_url": fields.notify_url,
        "funds_account": one_of("AVAILABLE"),
        "goods_detail": listed(_GOODS, least=1, most=6000),
    },
)
ABNORMAL: Check = shape(
    {"out_refund_no": text(64), "type": one_of("USER_BANK_CARD", "MERCHANT_BANK_CARD")},
    {"bank_type": text(16), "bank_account": text(1024), "real_name": text(1024)},
)
EVENTS = {
    "SUCCESS": ("REFUND.SUCCESS", "退款成功"),
    "ABNORMAL": ("REFUND.ABNORMAL", "退款异常"),
    "CLOSED": ("REFUND.CLOSED", "退款关闭"),
}


def create(pay: Pay, request: Request) -> Answer:
    """POST /v3/refund/domestic/refunds"""
    asked = request.shaped(REFUND)
    known = pay.refunds.get(asked["out_refund_no"])
    if known is not None:
        if known.asked != asked:
            raise invalid_request("订单金额或退款金额与之前请求不一致，请核实后再试", NOT_REFUNDABLE)
        return 200, refund_view(known)
    return 200, refund_view(place(pay, asked))


def place(pay: Pay, asked: dict[str, Any]) -> Refund:
    """A new refund of an order that was paid; raises PayError as the API refuses it."""
    payment = _payment_of(pay, asked)
    _check(pay, payment, asked)
    return _place(pay, payment, asked)


def query(pay: Pay, request: Request) -> Answer:
    """GET /v3/refund/domestic/refunds/{out_refund_no}"""
    refund = pay.refunds.get(request.path["out_refund_no"])
    if refund is None:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在", tail=NO_SUCH_THING)
    return 200, refund_view(refund)


def apply_abnormal(pay: Pay, request: Request) -> Answer:
    """POST …/refunds/{refund_id}/apply-abnormal-refund: by hand, to another card, after ABNORMAL."""
    asked = request.shaped(ABNORMAL)
    refund = pay.refunds.get(asked["out_refund_no"])
    if refund is None or refund.refund_id != request.path["refund_id"]:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "退款单不存在", tail=NO_SUCH_THING)
    if refund.status != "ABNORMAL":
        raise invalid_request("退款单状态不是退款异常", NOT_REFUNDABLE)
    if asked["type"] == "USER_BANK_CARD":
        for name in ("bank_type", "bank_account", "real_name"):
            if name not in asked:
                raise param_error(f"/{name}", "退至用户银行卡时必须填写")
    refund.status = "PROCESSING"
    _work_off(pay, refund)
    return 200, refund_view(refund)


def _payment_of(pay: Pay, asked: dict[str, Any]) -> Payment:
    """By transaction_id any payment; by out_trade_no only orders, never Pay Score's out_order_no."""
    if "transaction_id" not in asked and "out_trade_no" not in asked:
        raise param_error("/transaction_id", "transaction_id与out_trade_no须填写一个")
    payment: Payment | None = None
    if "transaction_id" in asked:
        payment = pay.payments.get(asked["transaction_id"])
        if payment and asked.get("out_trade_no", payment.out_trade_no) != payment.out_trade_no:
            payment = None
    else:
        order = pay.orders.get(asked["out_trade_no"])
        payment = order.payment if order else None
    if payment is None:
        raise PayError(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付", tail=NO_SUCH_THING)
    return payment


def _check(pay: Pay, payment: Payment, asked: dict[str, Any]) -> None:
    now, amount = pay.world.now(), asked["amount"]
    if amount["total"] != payment.total_fen:
        raise invalid_request("订单金额与原支付订单不一致，请核实后再试", NOT_REFUNDABLE)
    if sum(part["amount"] for part in amount.get("from", ())) not in (0, amount["refund"]):
        raise param_error("/amount/from", "退款出资金额之和须等于退款金额")
    if now >= a_year_after(payment.paid_at):
        raise invalid_request("订单已超过可退款的最大期限（一年）", NOT_REFUNDABLE)
    if payment.refunded_fen + amount["refund"] > payment.total_fen:
        raise invalid_request("申请退款金额超过订单剩余可退金额", NOT_REFUNDABLE)
    if len(payment.refunds) >= MOST_REFUNDS:
        raise invalid_request("部分退款次数超过 50 次", NOT_REFUNDABLE)
    if payment.refunds and now < payment.refunds[-1].created_at + LEAST_APART:
        raise too_frequent("同一订单两次退款应间隔 1 分钟以上")
    balance = pay.settings.merchant_balance_fen
    if balance is not None and balance < amount["refund"]:
        raise PayError(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重试", tail=NOT_ENOUGH_MONEY)


def _place(pay: Pay, payment: Payment, asked: dict[str, Any]) -> Refund:
    refund_fen = int(asked["amount"]["refund"])
    refund = Refund(
        out_refund_no=asked["out_refund_no"],
        refund_id=pay.number("503000", 29),
        payment=payment,
        asked=asked,
        refund_fen=refund_fen,
        payer_fen=_payer_part(payment, refund_fen),
        notify_url=asked.get("notify_url", ""),
        created_at=pay.world.now(),
    )
    payment.refunds.append(refund)
    pay.refunds[refund.out_refund_no] = refund
    if pay.settings.merchant_balance_fen is not None:
        pay.settings.merchant_balance_fen -= refund_fen
    _tell_world(pay, payment)
    _work_off(pay, refund)
    return refund


def _work_off(pay: Pay, refund: Refund) -> None:
    """After a while the refund succeeds, unless a control endpoint decided otherwise before."""

    async def work() -> None:
        if refund.status == "PROCESSING":
            notice = finish(pay, refund, "SUCCESS")
            if notice is not None:
                await pay.notices.deliver(notice)

    pay.world.soon(work, after=pay.scaled(pay.settings.refund_delay_seconds))


def _payer_part(payment: Payment, refund_fen: int) -> int:
    """The payer's share of this refund, so that the shares of a full refund add up to what he paid."""
    before = payment.refunded_fen
    already = sum(r.payer_fen for r in payment.refunds if r.status != "CLOSED")
    return (before + refund_fen) * payment.payer_fen // payment.total_fen - already


def finish(pay: Pay, refund: Refund, status: str) -> Notice | None:
    """Move a refund to SUCCESS, ABNORMAL or CLOSED; the written notice, None where no address was given.

    PROCESSING may become any of the three, ABNORMAL may later succeed or be closed by hand.
    """
    if refund.status not in {"PROCESSING", "ABNORMAL"} or refund.status == status:
        raise CannotPay("final", f"the refund is {refund.status} already")
    refund.status = status
    refund.finished_at = pay.world.now() if status == "SUCCESS" else None
    payment = refund.payment
    person = pay.person_of(payment.appid, payment.openid)
    if status == "SUCCESS" and person is not None:
        person.wallet_fen += refund.payer_fen
    if status == "CLOSED" and pay.settings.merchant_balance_fen is not None:
        pay.settings.merchant_balance_fen += refund.refund_fen
    _tell_world(pay, payment)
    if not refund.notify_url:
        return None
    event_type, summary = EVENTS[status]
    plain = notice_view(pay, refund)
    return pay.notices.write(event_type, summary, "refund", refund.notify_url, plain, refund.out_refund_no)


def _tell_world(pay: Pay, payment: Payment) -> None:
    paid = pay.world.paid_orders.get(payment.transaction_id)
    if paid is not None:
        paid.refunded_fen = payment.refunded_fen


def _account(refund: Refund) -> str:
    return "支付用户零钱" if refund.payment.bank_type == BANK_TYPE else "储蓄卡0403"


def refund_view(refund: Refund) -> dict[str, Any]:
    """A refund as the API tells it: here the field is `status`."""
    payment = refund.payment
    view: dict[str, Any] = {
        "refund_id": refund.refund_id,
        "out_refund_no": refund.out_refund_no,
        "transaction_id": payment.transaction_id,
        "out_trade_no": payment.out_trade_no,
        "channel": "ORIGINAL",
        "user_received_account": _account(refund),
        "create_time": rfc3339(refund.created_at),
        "status": refund.status,
        "funds_account": refund.asked.get("funds_account", "UNSETTLED"),
        "amount": {
            "total": payment.total_fen,
            "refund": refund.refund_fen,
            "from": refund.asked["amount"].get("from", []),
            "payer_total": payment.payer_fen,
            "payer_refund": refund.payer_fen,
            "settlement_refund": refund.refund_fen,
            "settlement_total": payment.total_fen,
            "discount_refund": refund.refund_fen - refund.payer_fen,
            "currency": "CNY",
            "refund_fee": 0,
        },
        "promotion_detail": [],
    }
    if refund.finished_at is not None:
        view["success_time"] = rfc3339(refund.finished_at)
    return view


def notice_view(pay: Pay, refund: Refund) -> dict[str, Any]:
    """A refund as its notice tells it: here the field is `refund_status`."""
    payment = refund.payment
    view: dict[str, Any] = {
        "mchid": pay.merchant.mchid,
        "out_trade_no": payment.out_trade_no,
        "transaction_id": payment.transaction_id,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_status": refund.status,
        "user_received_account": _account(refund),
        "amount": {
            "total": payment.total_fen,
            "refund": refund.refund_fen,
            "payer_total": payment.payer_fen,
            "payer_refund": refund.payer_fen,
        },
    }
    if refund.finished_at is not None:
        view["success_time"] = rfc3339(refund.finished_at)
    return view
