"""A Pay Score order between the merchant's calls: confirmed, deducted, paid, expired.

The person's decisions come from the control endpoints. Refusals are neutral: the merchant learns
neither the score nor the reason, and no notice is sent for them.
"""

from datetime import timedelta

from sandbox.pay.desk import BANK_TYPE, Pay
from sandbox.pay.errors import CannotPay, PayError, no_auth
from sandbox.pay.notify import Notice
from sandbox.pay.score_view import notice_view
from sandbox.pay.signing import nonce
from sandbox.pay.state import Payment, ScoreOrder
from sandbox.pay.times import ON_ACCEPT, compact
from sandbox.world import Person

CREATED_LIFE = timedelta(days=30)
EVALUATION_REFUSED = 271300099
NEUTRAL = "暂不支持先用后付，请选择其他支付方式"


def refresh(pay: Pay, order: ScoreOrder) -> None:
    """Thirty days in CREATED without a change make it EXPIRED."""
    if order.state == "CREATED" and pay.world.now() >= order.created_at + CREATED_LIFE:
        order.state = "EXPIRED"


# Confirming --------------------------------------------------------------------------------------


def order_of(pay: Pay, package: str) -> ScoreOrder:
    order = pay.by_package.get(package)
    if order is None:
        raise CannotPay("no_such_package", "no Pay Score order was created with this package", status=404)
    refresh(pay, order)
    return order


def check_confirmable(pay: Pay, order: ScoreOrder, package: str) -> None:
    if order.state != "CREATED":
        raise CannotPay("bad_state", f"the order is {order.state} already")
    if pay.world.now() >= order.packages[package] + timedelta(seconds=pay.settings.package_seconds):
        raise CannotPay("package_expired", "the package is too old: create again with the same parameters")


def confirm(pay: Pay, package: str, person: Person) -> tuple[ScoreOrder, Notice]:
    """The person confirms; the evaluation may refuse, and then the order stays CREATED."""
    order = order_of(pay, package)
    check_confirmable(pay, order, package)
    openid = person.openids[order.asked["appid"]]
    refusal = evaluation(pay, person, openid)
    if refusal:
        raise CannotPay(refusal, NEUTRAL)
    order.openid = openid
    order.query_id = nonce(48)
    _begin_service(pay, order)
    return order, _notice(pay, order, "PAYSCORE.USER_CONFIRM", "微信支付分服务订单用户已确认")


def evaluation(pay: Pay, person: Person, openid: str) -> str:
    """Why WeChat would refuse this person, for the sandbox's driver only; empty when it would not."""
    if not person.payscore_accepts:
        return "evaluation"
    mine = [o for o in pay.score_orders.values() if o.openid == openid and o.state == "DOING"]
    if any(o.failed_deductions and o.collection_state == "USER_PAYING" for o in mine):
        return "overdue"
    if len(mine) >= pay.settings.max_open_score_orders:
        return "too_many_open"
    return ""


def accept_standing(pay: Pay, order: ScoreOrder) -> None:
    """need_user_confirm=false: allowed by WeChat's operator and by the person's own authorisation."""
    if not pay.settings.no_confirm_allowed:
        raise no_auth("商户暂无免确认模式权限")
    openid, appid = order.asked.get("openid", ""), order.asked["appid"]
    person = pay.person_of(appid, openid)
    granted = any(p.openid == openid and p.state == "AVAILABLE" for p in pay.permissions.values())
    if person is None or not granted:
        raise no_auth("用户未授权使用此服务")
    if evaluation(pay, person, openid):
        raise PayError(403, "RULE_LIMIT", "综合评估未通过", tail=EVALUATION_REFUSED)
    order.openid = openid
    _begin_service(pay, order)


def _begin_service(pay: Pay, order: ScoreOrder) -> None:
    order.state, order.description = "DOING", "USER_CONFIRM"
    span = order.asked["time_range"]
    if span["start_time"] == ON_ACCEPT:
        order.final["time_range"] = span | {"start_time": compact(pay.world.now())}


def _notice(pay: Pay, order: ScoreOrder, event_type: str, summary: str) -> Notice:
    url, plain = str(order.asked["notify_url"]), notice_view(pay, order)
    return pay.notices.write(event_type, summary, "payscore", url, plain, order.out_order_no)


# Collecting --------------------------------------------------------------------------------------


def begin_collection(pay: Pay, order: ScoreOrder, total_fen: int) -> None:
    order.total_fen = total_fen
    if total_fen == 0:
        order.state, order.description = "DONE", ""
        return
    order.description, order.collection_state = "MCH_COMPLETE", "USER_PAYING"
    order.deducting = True
    plan_deduction(pay, order, pay.settings.deduction_delay_seconds)


def lower_collection(pay: Pay, order: ScoreOrder, total_fen: int) -> None:
    order.total_fen = total_fen
    if total_fen == 0:
        order.state, order.description, order.collection_state = "DONE", "", ""


def paid_elsewhere(order: ScoreOrder, paid_time: str) -> None:
    order.state, order.collection_state = "DONE", "USER_PAID"
    order.details = [{"seq": 1, "amount": order.total_fen, "paid_type": "MCH", "paid_time": paid_time}]


def plan_deduction(pay: Pay, order: ScoreOrder, seconds: float) -> None:
    """One plan at a time: a newer one replaces the older."""
    order.plans += 1
    plan = order.plans

    async def work() -> None:
        if plan == order.plans:
            await _deduct(pay, order)

    pay.world.soon(work, after=pay.scaled(seconds))


async def _deduct(pay: Pay, order: ScoreOrder) -> None:
    """One automatic deduction; WeChat repeats it for ever until it succeeds or is called off."""
    order.deducting = False
    if order.collection_state != "USER_PAYING" or order.total_fen is None:
        return
    person = pay.person_of(order.asked["appid"], order.openid)
    fails = person is None or person.wallet_fen < order.total_fen
    if pay.settings.deduction_failures > 0:
        pay.settings.deduction_failures -= 1
        fails = True
    if fails:
        order.failed_deductions += 1
        plan_deduction(pay, order, pay.settings.deduction_retry_seconds)
        return
    number = pay.number("wx", 32)
    await pay.notices.deliver(_collected(pay, order, "AUTH", number))


def pay_actively(pay: Pay, order: ScoreOrder) -> Notice:
    """The person pays in the wallet by any means at hand; the bill then carries the out_order_no."""
    if order.collection_state != "USER_PAYING":
        raise CannotPay("nothing_due", "nothing is being collected for this order")
    order.deducting = False
    return _collected(pay, order, "JSAPI", order.out_order_no)


def _collected(pay: Pay, order: ScoreOrder, kind: str, out_trade_no: str) -> Notice:
    assert order.total_fen is not None
    now = pay.world.now()
    order.payment = Payment(
        transaction_id=pay.number("42000025", 28),
        kind=kind,
        out_trade_no=out_trade_no,
        appid=order.asked["appid"],
        openid=order.openid,
        total_fen=order.total_fen,
        coupon_fen=0,
        description=order.asked["service_introduction"],
        attach=f"wxzff|{order.order_id}|{order.out_order_no}" if kind == "AUTH" else "",
        bank_type=BANK_TYPE,
        created_at=order.created_at,
        paid_at=now,
    )
    pay.take_money(order.payment)
    order.state, order.collection_state = "DONE", "USER_PAID"
    order.details = [
        {
            "seq": 1,
            "amount": order.total_fen,
            "paid_type": "NEWTON",
            "paid_time": compact(now),
            "transaction_id": order.payment.transaction_id,
            "promotion_detail": [],
        }
    ]
    return _notice(pay, order, "PAYSCORE.USER_PAID", "微信支付分服务订单支付成功")
