"""What happens on the person's phone: the payment sheet of an order, paid or put away."""

from typing import Any

from sandbox.pay.desk import BANK_TYPE, Pay
from sandbox.pay.errors import CannotPay
from sandbox.pay.notify import Notice
from sandbox.pay.orders import PREPAY_LIFE, order_view, refresh
from sandbox.pay.signing import lines
from sandbox.pay.state import Order, Payment

SIGN_FIELDS = ("timeStamp", "nonceStr", "package", "signType", "paySign")


def order_of(pay: Pay, prepay_id: str) -> Order:
    order = pay.by_prepay.get(prepay_id)
    if order is None:
        raise CannotPay("no_such_prepay", f"nothing was ordered under {prepay_id!r}", status=404)
    refresh(order, pay.world.now())
    return order


def check_sheet(pay: Pay, prepay_id: str, given: dict[str, Any]) -> None:
    """The parameters of wx.requestPayment, verified as the phone does; skipped when none is given."""
    if given.get("verify") is False or not any(name in given for name in SIGN_FIELDS):
        return
    for name in SIGN_FIELDS:
        if not isinstance(given.get(name), str) or not given[name]:
            raise CannotPay("bad_parameters", f"requestPayment:fail parameter error: {name} should be String")
    if given["signType"] != "RSA":
        raise CannotPay("bad_parameters", "requestPayment:fail signType must be RSA for v3 orders")
    if given["package"] != f"prepay_id={prepay_id}" or not given["timeStamp"].isdigit():
        raise CannotPay("bad_parameters", "requestPayment:fail package or timeStamp is malformed")
    appid = order_of(pay, prepay_id).asked["appid"]
    message = lines(appid, given["timeStamp"], given["nonceStr"], given["package"])
    if not pay.keys.by_merchant(message, given["paySign"]):
        raise CannotPay("bad_sign", "requestPayment:fail 支付验证签名失败")


def begin(pay: Pay, prepay_id: str) -> Order:
    """The person is at the password: a close from now on does not stop the payment."""
    order = order_of(pay, prepay_id)
    _check_payable(pay, order, prepay_id)
    order.paying = True
    return order


def dismiss(pay: Pay, prepay_id: str) -> Order:
    """The person put the sheet away; the order stays as it was and nothing is told to the merchant."""
    order = order_of(pay, prepay_id)
    order.dismissed.add(prepay_id)
    order.paying = False
    return order


def settle(pay: Pay, prepay_id: str, coupon_fen: int = 0) -> tuple[Order, Notice]:
    """The money moves; returns the notice, written but not yet delivered."""
    order = order_of(pay, prepay_id)
    _check_payable(pay, order, prepay_id)
    if not 0 <= coupon_fen < order.total_fen:
        raise CannotPay("bad_coupon", "a coupon must leave something to pay")
    appid = order.asked["appid"]
    person = pay.person_of(appid, order.openid)
    if person is not None and person.wallet_fen < order.total_fen - coupon_fen:
        raise CannotPay("not_enough", "requestPayment:fail 余额不足")
    now = pay.world.now()
    payment = Payment(
        transaction_id=pay.number("42000024", 28),
        kind="JSAPI",
        out_trade_no=order.out_trade_no,
        appid=appid,
        openid=order.openid,
        total_fen=order.total_fen,
        coupon_fen=coupon_fen,
        description=order.asked["description"],
        attach=order.asked.get("attach", ""),
        bank_type=BANK_TYPE,
        created_at=order.created_at,
        paid_at=now,
    )
    order.payment, order.state, order.paying = payment, "SUCCESS", False
    pay.take_money(payment)
    plain = order_view(pay, order)
    url = str(order.asked["notify_url"])
    notice = pay.notices.write("TRANSACTION.SUCCESS", "支付成功", "transaction", url, plain, order.out_trade_no)
    return order, notice


def _check_payable(pay: Pay, order: Order, prepay_id: str) -> None:
    now = pay.world.now()
    if order.payment is not None:
        raise CannotPay("already_paid", "requestPayment:fail 该订单已支付")
    if order.paying:
        return
    if order.state == "CLOSED":
        raise CannotPay("closed", "requestPayment:fail 订单已关闭")
    if now >= order.prepays[prepay_id] + PREPAY_LIFE:
        raise CannotPay("prepay_expired", "requestPayment:fail prepay_id 已过期，请重新下单")
    if now >= order.expires_at:
        raise CannotPay("expired", "requestPayment:fail 订单已过期")


def open_orders(pay: Pay, person_id: str | None) -> list[dict[str, Any]]:
    """The sheets that could be lying open on a phone: the newest prepay of each payable order."""
    items: list[dict[str, Any]] = []
    for order in pay.orders.values():
        prepay_id = next(reversed(order.prepays))
        person = pay.person_of(order.asked["appid"], order.openid)
        refresh(order, pay.world.now())
        if prepay_id in order.dismissed or (person_id and (person is None or person.id != person_id)):
            continue
        try:
            _check_payable(pay, order, prepay_id)
        except CannotPay:
            continue
        items.append(
            {
                "kind": "order",
                "prepay_id": prepay_id,
                "out_trade_no": order.out_trade_no,
                "description": order.asked["description"],
                "amount_fen": order.total_fen,
                "person": person.id if person else None,
            }
        )
    return items
