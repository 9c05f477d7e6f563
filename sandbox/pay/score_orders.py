"""The Pay Score endpoints of the merchant: create, query, cancel, complete, modify, sync, pay.

A moving order is read by three fields together (state, state_description, collection.state); what may
be done in which of them is `_refuse_unless_…` below. What the person does stands in `score_life`.
"""

from typing import Any

from sandbox.pay import score_life
from sandbox.pay.desk import Pay
from sandbox.pay.door import Answer, Request
from sandbox.pay.errors import (
    APPID_NOT_BOUND,
    OTHER_APPID,
    PayError,
    invalid_request,
    no_auth,
    param_error,
)
from sandbox.pay.fields import Check
from sandbox.pay.score_shapes import (
    CANCEL,
    COLLECT,
    COMPLETE,
    CREATE,
    MODIFY,
    SYNC,
    check_items,
    check_planned_times,
    check_real_times,
    check_total,
)
from sandbox.pay.score_view import score_view
from sandbox.pay.signing import nonce
from sandbox.pay.state import ScoreOrder
from sandbox.pay.times import compact, parse_compact

NOT_FOUND = 271317510
BAD_STATE = 271302262
ALREADY_REVOKED = 271302333
NOT_CONFIRMED = 271302332
NOT_REVOCABLE = 271316592
NOT_AWAITING_PAYMENT = 271316657
OTHER_PARAMETERS = 271316598
ABOVE_CEILING = 271316656
DEDUCTING = 271316754
FUND_NAMES = {
    "use_first": ("ESTIMATE_ORDER_COST",),
    "deposit_free": ("DEPOSIT", "ADVANCE", "CASH_DEPOSIT"),
}


def create(pay: Pay, request: Request) -> Answer:
    """POST /v3/payscore/serviceorder: CREATED with a package, or DOING at once without confirmation."""
    asked = request.shaped(CREATE)
    _check_service(pay, asked)
    known = pay.score_orders.get(asked["out_order_no"])
    if known is not None:
        return 200, _again(pay, known, asked)
    check_items(asked)
    check_planned_times(asked, pay.world.now())
    _check_fund(pay, asked["risk_fund"])
    needs_confirm = asked.get("need_user_confirm", True)
    if needs_confirm and "openid" in asked:
        raise param_error("/openid", "需确认模式不能传入openid", asked["openid"])
    order = ScoreOrder(asked, pay.number("10000000", 26), pay.world.now())
    if not needs_confirm:
        score_life.accept_standing(pay, order)
    pay.score_orders[order.out_order_no] = order
    return 200, _created_view(pay, order)


def _check_service(pay: Pay, asked: dict[str, Any]) -> None:
    if pay.world.account(asked["appid"]) is None:
        raise invalid_request("商户号与appid未绑定", APPID_NOT_BOUND)
    if asked["service_id"] != pay.merchant.payscore_service_id:
        raise no_auth("商户暂无权限使用此服务")


def _check_fund(pay: Pay, fund: dict[str, Any]) -> None:
    names = FUND_NAMES[pay.settings.payscore_kind]
    if fund["name"] not in names:
        raise param_error("/risk_fund/name", f"取值应为 {'、'.join(names)} 之一", fund["name"])
    if fund["amount"] > pay.merchant.payscore_ceiling_fen:
        raise invalid_request("创建订单的订单风险金额超过此服务的服务风险金额", ABOVE_CEILING)


def _again(pay: Pay, order: ScoreOrder, asked: dict[str, Any]) -> dict[str, Any]:
    """Re-entry: the very same parameters return the order as it stands, with a fresh package."""
    if order.asked != asked:
        raise invalid_request("订单重入参数校验失败", OTHER_PARAMETERS)
    score_life.refresh(pay, order)
    if order.state in {"REVOKED", "EXPIRED"}:
        raise invalid_request("当前订单状态不合法", BAD_STATE)
    return _created_view(pay, order)


def _created_view(pay: Pay, order: ScoreOrder) -> dict[str, Any]:
    view = score_view(pay, order)
    if order.state == "CREATED":
        package = f"{nonce(43)}="
        order.packages[package] = pay.world.now()
        pay.by_package[package] = order
        view["package"] = package
    return view


def query(pay: Pay, request: Request) -> Answer:
    """GET /v3/payscore/serviceorder: by exactly one of out_order_no and query_id."""
    service_id, appid = request.asked("service_id"), request.asked("appid")
    number, query_id = request.query.get("out_order_no"), request.query.get("query_id")
    if bool(number) == bool(query_id):
        raise param_error("out_order_no", "out_order_no与query_id必须且只能填写一个", location="query")
    _check_service(pay, {"appid": appid, "service_id": service_id})
    if query_id:
        number = next((o.out_order_no for o in pay.score_orders.values() if o.query_id == query_id), "")
    order = _known(pay, number or "", appid)
    return 200, score_view(pay, order)


def _known(pay: Pay, out_order_no: str, appid: str) -> ScoreOrder:
    order = pay.score_orders.get(out_order_no)
    if order is None:
        raise PayError(404, "ORDER_NOT_EXIST", "查询单据不存在", tail=NOT_FOUND)
    if order.asked["appid"] != appid:
        raise param_error("/appid", "appid与创建订单时不一致", appid, tail=OTHER_APPID)
    score_life.refresh(pay, order)
    return order


def _opened(pay: Pay, request: Request, rule: Check) -> tuple[ScoreOrder, dict[str, Any]]:
    asked = request.shaped(rule)
    _check_service(pay, asked)
    return _known(pay, request.path["out_order_no"], asked["appid"]), asked


def _short_view(pay: Pay, order: ScoreOrder) -> dict[str, Any]:
    full = score_view(pay, order)
    return {name: full[name] for name in ("appid", "mchid", "out_order_no", "service_id", "order_id")}


def cancel(pay: Pay, request: Request) -> Answer:
    """From CREATED or confirmed; never once completed. The same cancel again is answered alike."""
    order, asked = _opened(pay, request, CANCEL)
    if order.state == "REVOKED" and order.cancel_reason == asked["reason"]:
        return 200, _short_view(pay, order) | {"reason": order.cancel_reason}
    if order.state != "CREATED" and (order.state, order.description) != ("DOING", "USER_CONFIRM"):
        raise invalid_request("当前订单状态不满足撤销条件", NOT_REVOCABLE)
    order.state, order.description, order.cancel_reason = "REVOKED", "", asked["reason"]
    return 200, _short_view(pay, order) | {"reason": order.cancel_reason}


def complete(pay: Pay, request: Request) -> Answer:
    """Ends the service: what is due is deducted a moment later; with nothing due the order is DONE."""
    order, asked = _opened(pay, request, COMPLETE)
    check_items(asked)
    _refuse_unless_confirmed(order)
    total = check_total(asked)
    check_real_times(asked, order.now_says("time_range"), pay.world.now())
    _check_ceiling(pay, order, total)
    order.final = {"post_payments": asked["post_payments"], "post_discounts": asked.get("post_discounts", [])}
    order.final["time_range"] = order.asked["time_range"] | asked.get("time_range", {})
    if "location" in asked:
        order.final["location"] = order.asked.get("location", {}) | asked["location"]
    score_life.begin_collection(pay, order, total)
    return 200, score_view(pay, order)


def _check_ceiling(pay: Pay, order: ScoreOrder, total: int) -> None:
    """先享: the service's ceiling; 先免: the deposit that was waived."""
    ceiling = pay.merchant.payscore_ceiling_fen
    if pay.settings.payscore_kind == "deposit_free":
        ceiling = int(order.asked["risk_fund"]["amount"])
    if total > ceiling:
        raise invalid_request("总金额超过此服务的服务风险金额", ABOVE_CEILING)


def modify(pay: Pay, request: Request) -> Answer:
    """Lower what is being collected; to nothing ends it."""
    order, asked = _opened(pay, request, MODIFY)
    check_items(asked)
    _refuse_unless_awaiting(order)
    total = check_total(asked)
    if order.total_fen is None or total >= order.total_fen:
        raise param_error("/total_amount", "修改后的总金额须小于原总金额", total)
    order.final |= {
        "post_payments": asked["post_payments"],
        "post_discounts": asked.get("post_discounts", []),
    }
    score_life.lower_collection(pay, order, total)
    return 200, score_view(pay, order)


def sync(pay: Pay, request: Request) -> Answer:
    """The person paid elsewhere: no more deductions, DONE with a detail of paid_type MCH."""
    order, asked = _opened(pay, request, SYNC)
    _refuse_unless_awaiting(order)
    paid_time = asked["detail"]["paid_time"]
    at = parse_compact(paid_time)
    if at is None or at > pay.world.now():
        raise param_error("/detail/paid_time", "收款成功时间不能晚于当前时间", paid_time)
    score_life.paid_elsewhere(order, compact(at) if len(paid_time) == 14 else paid_time)
    return 200, score_view(pay, order)


def collect(pay: Pay, request: Request) -> Answer:
    """The older call that asks for one more deduction at once."""
    order, _ = _opened(pay, request, COLLECT)
    _refuse_unless_awaiting(order)
    score_life.plan_deduction(pay, order, 0)
    return 200, _short_view(pay, order)


def _refuse_unless_confirmed(order: ScoreOrder) -> None:
    """Only DOING + USER_CONFIRM may be completed."""
    if (order.state, order.description) == ("DOING", "USER_CONFIRM"):
        return
    if order.state == "CREATED":
        raise invalid_request("当前订单状态不合法（用户未确认）", NOT_CONFIRMED)
    if order.state == "REVOKED":
        raise invalid_request("当前订单状态不合法（已取消）", ALREADY_REVOKED)
    if order.deducting:
        raise invalid_request("单据正在扣款中，请稍后重试", DEDUCTING)
    raise invalid_request("当前订单状态不合法", BAD_STATE)


def _refuse_unless_awaiting(order: ScoreOrder) -> None:
    """Only DOING + MCH_COMPLETE + USER_PAYING may be modified, synced or collected."""
    if order.state == "CREATED":
        raise invalid_request("当前订单状态不合法（用户未确认）", NOT_CONFIRMED)
    if order.state == "REVOKED":
        raise invalid_request("当前订单状态不合法（已取消）", ALREADY_REVOKED)
    if order.collection_state != "USER_PAYING":
        raise invalid_request("仅服务订单支付状态为待支付时，才可使用此能力", NOT_AWAITING_PAYMENT)
    if order.deducting:
        raise invalid_request("单据正在扣款中，请稍后重试", DEDUCTING)
