"""JSAPI orders: made, made again, queried, closed. How a person pays them stands in `cashier`."""

import ipaddress
import time
from datetime import datetime, timedelta
from typing import Any

from sandbox.pay import fields
from sandbox.pay.desk import BANK_TYPE, Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import (
    APPID_NOT_BOUND,
    DIFFERENT_REENTRY,
    MCHID_WRONG,
    ORDER_ALREADY_PAID,
    ORDER_IS_CLOSED,
    OUT_OF_RANGE,
    PayError,
    invalid_request,
    param_error,
    too_frequent,
)
from sandbox.pay.fields import Check, flag, listed, one_of, shape, text, whole
from sandbox.pay.state import Order, Payment
from sandbox.pay.times import parse_rfc3339, rfc3339

PREPAY_LIFE = timedelta(hours=2)
ORDER_LIFE = timedelta(days=7)
LEAST_AHEAD = timedelta(minutes=1)
MOST_AHEAD = timedelta(days=90)
NOT_FOUND = 268435465
STATES = {"SUCCESS": "支付成功", "REFUND": "转入退款", "NOTPAY": "订单未支付", "CLOSED": "订单已关闭"}


def _moment(value: Any, field: str) -> None:
    text(64)(value, field)
    if parse_rfc3339(value) is None:
        raise param_error(field, "时间格式应遵循 RFC 3339", value)


def _address(value: Any, field: str) -> None:
    text(45)(value, field)
    try:
        ipaddress.ip_address(value)
    except ValueError as wrong:
        raise param_error(field, "不是合法的 IP 地址", value) from wrong


_GOODS = shape(
    {"merchant_goods_id": text(32), "quantity": whole(1), "unit_price": whole(0)},
    {"wechatpay_goods_id": text(32), "goods_name": text(256)},
)
_SCENE = shape(
    {"payer_client_ip": _address},
    {
        "device_id": text(32),
        "store_info": shape({"id": text(32)}, {"name": text(256), "area_code": text(32), "address": text(512)}),
    },
)
ORDER: Check = shape(
    {
        "appid": text(32),
        "mchid": text(32),
        "description": text(127),
        "out_trade_no": text(32, shortest=6, pattern=fields.OUT_TRADE_NO),
        "notify_url": fields.notify_url,
        "amount": shape({"total": whole(1, 10_000_000_000)}, {"currency": one_of("CNY")}),
        "payer": shape({"openid": text(128)}),
    },
    {
        "time_expire": _moment,
        "attach": text(128),
        "goods_tag": text(32),
        "support_fapiao": flag,
        "detail": shape(
            {},
            {
                "cost_price": whole(0),
                "invoice_id": text(32),
                "goods_detail": listed(_GOODS, least=1, most=6000),
            },
        ),
        "scene_info": _SCENE,
        "settle_info": shape({}, {"profit_sharing": flag}),
    },
)
CLOSE: Check = shape({"mchid": text(32)})


def create(pay: Pay, request: Request) -> Answer:
    """POST /v3/pay/transactions/jsapi: a new order, or the same one again with a fresh prepay_id."""
    _count_per_second(pay)
    asked = request.shaped(ORDER)
    if asked["mchid"] != pay.merchant.mchid:
        raise invalid_request("Http头Authorization值的mchid与post的mchid不一致", MCHID_WRONG)
    if pay.world.account(asked["appid"]) is None:
        raise PayError(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配", tail=APPID_NOT_BOUND)
    _check_payer(pay, asked)
    order = pay.orders.get(asked["out_trade_no"])
    if order is None:
        order = _place(pay, asked)
    else:
        _check_reentry(pay, order, asked)
    prepay_id = pay.number("wx", 36)
    order.prepays[prepay_id] = pay.world.now()
    pay.by_prepay[prepay_id] = order
    return 200, {"prepay_id": prepay_id}


def _check_payer(pay: Pay, asked: dict[str, Any]) -> None:
    openid = asked["payer"]["openid"]
    if openid not in pay.world.by_openid:
        raise param_error("/payer/openid", "无效的openid", openid)
    if pay.person_of(asked["appid"], openid) is None:
        raise PayError(500, "OPENID_MISMATCH", "openid和appid不匹配", tail=OUT_OF_RANGE)


def _place(pay: Pay, asked: dict[str, Any]) -> Order:
    now = pay.world.now()
    expires_at = now + ORDER_LIFE
    wanted = parse_rfc3339(asked.get("time_expire", ""))
    if wanted is not None:
        if wanted < now + LEAST_AHEAD:
            raise param_error("/time_expire", "支付结束时间至少应晚于当前时间 1 分钟", asked["time_expire"])
        expires_at = min(wanted, now + MOST_AHEAD)
    order = Order(asked, now, expires_at)
    pay.orders[order.out_trade_no] = order
    return order


def _check_reentry(pay: Pay, order: Order, asked: dict[str, Any]) -> None:
    """Paid, closed or expired orders refuse; an open one returns only for the very same parameters."""
    refresh(order, pay.world.now())
    if order.payment is not None:
        if order.asked != asked:
            raise PayError(403, "OUT_TRADE_NO_USED", "商户订单号重复", tail=ORDER_ALREADY_PAID)
        raise invalid_request("该订单已支付", ORDER_ALREADY_PAID)
    if order.state == "CLOSED" or pay.world.now() >= order.expires_at:
        raise PayError(400, "ORDER_CLOSED", "该订单已关闭或已过期，请更换商户订单号", tail=ORDER_IS_CLOSED)
    if order.asked != asked:
        raise invalid_request("请求重入时，参数与首次请求时不一致", DIFFERENT_REENTRY)


def refresh(order: Order, now: datetime) -> None:
    """Seven days without payment close an order; an earlier time_expire only stops the paying."""
    over = max(order.expires_at, order.created_at + ORDER_LIFE)
    if order.state == "NOTPAY" and now >= over:
        order.state = "CLOSED"


def by_number(pay: Pay, request: Request) -> Answer:
    """GET /v3/pay/transactions/out-trade-no/{out_trade_no}?mchid="""
    _check_mchid(pay, request.asked("mchid"))
    return 200, order_view(pay, _known(pay, request.path["out_trade_no"]))


def by_transaction(pay: Pay, request: Request) -> Answer:
    """GET /v3/pay/transactions/id/{transaction_id}?mchid="""
    _check_mchid(pay, request.asked("mchid"))
    payment = pay.payments.get(request.path["transaction_id"])
    order = pay.orders.get(payment.out_trade_no) if payment else None
    if order is None or order.payment is not payment:
        raise order_not_exist()
    return 200, order_view(pay, order)


def close(pay: Pay, request: Request) -> Answer:
    """POST …/close → 204. A person already at the password may still pay: see `cashier`."""
    asked = request.shaped(CLOSE)
    _check_mchid(pay, asked["mchid"])
    order = _known(pay, request.path["out_trade_no"])
    if order.payment is not None:
        raise PayError(400, "ORDER_PAID", "订单已支付，不能关闭", tail=ORDER_ALREADY_PAID)
    if order.state == "CLOSED":
        raise PayError(400, "ORDER_CLOSED", "订单已关闭", tail=ORDER_IS_CLOSED)
    order.state = "CLOSED"
    return 204, None


def _known(pay: Pay, out_trade_no: str) -> Order:
    order = pay.orders.get(out_trade_no)
    if order is None:
        raise order_not_exist()
    refresh(order, pay.world.now())
    return order


def order_not_exist() -> PayError:
    return PayError(404, "ORDER_NOT_EXIST", "订单不存在", tail=NOT_FOUND)


def _check_mchid(pay: Pay, mchid: str) -> None:
    if mchid != pay.merchant.mchid:
        raise PayError(400, "MCH_NOT_EXISTS", "商户号不存在", tail=MCHID_WRONG)


def _count_per_second(pay: Pay) -> None:
    """About 500 orders a second; real seconds, since a frozen world would never let go."""
    now = time.monotonic()
    while pay.recent_orders and now - pay.recent_orders[0] >= 1.0:
        pay.recent_orders.popleft()
    if len(pay.recent_orders) >= pay.settings.orders_per_second:
        raise too_frequent("下单过于频繁，请稍后再试")
    pay.recent_orders.append(now)


# What queries and notices tell ------------------------------------------------------------------


def trade_state(order: Order) -> str:
    if order.payment is None:
        return order.state
    return "REFUND" if order.payment.refunds else "SUCCESS"


def order_view(pay: Pay, order: Order) -> dict[str, Any]:
    """An order as a query tells it; amount, payer and attach appear only after payment."""
    state = trade_state(order)
    view: dict[str, Any] = {
        "appid": order.asked["appid"],
        "mchid": pay.merchant.mchid,
        "out_trade_no": order.out_trade_no,
        "trade_state": state,
        "trade_state_desc": STATES[state],
    }
    if order.payment is not None:
        view |= paid_view(order, order.payment)
    return view


def paid_view(order: Order, payment: Payment) -> dict[str, Any]:
    view: dict[str, Any] = {
        "transaction_id": payment.transaction_id,
        "trade_type": "JSAPI",
        "bank_type": BANK_TYPE,
        "attach": order.asked.get("attach", ""),
        "success_time": rfc3339(payment.paid_at),
        "payer": {"openid": payment.openid},
        "amount": {
            "total": payment.total_fen,
            "payer_total": payment.payer_fen,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
    device = order.asked.get("scene_info", {}).get("device_id")
    if device:
        view["scene_info"] = {"device_id": device}
    if payment.coupon_fen:
        view["promotion_detail"] = [
            {
                "coupon_id": f"109{payment.transaction_id[-7:]}",
                "name": "微信支付立减",
                "scope": "GLOBAL",
                "type": "NOCASH",
                "amount": payment.coupon_fen,
                "stock_id": "931386",
                "wechatpay_contribute": payment.coupon_fen,
                "merchant_contribute": 0,
                "other_contribute": 0,
                "currency": "CNY",
                "goods_detail": [],
            }
        ]
    return view
