"""`/sandbox/pay/…` and `/sandbox/payscore/…`: what people decide on their phones.

Plain JSON without signatures. A refusal on the phone is 409 {"ok": false, "reason", "errMsg"}.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.pay import cashier, permissions, score_life
from sandbox.pay.desk import Pay
from sandbox.pay.errors import CannotPay
from sandbox.pay.notify import Notice
from sandbox.pay.signing import v2_signature
from sandbox.pay.state import ScoreOrder
from sandbox.world import Person

Told = dict[str, Any]
Control = Callable[[Pay, web.Request, Told], Awaitable[Told]]


def controlled(pay: Pay, handler: Control) -> Callable[[web.Request], Awaitable[web.Response]]:
    """JSON in, JSON out; an empty body is an empty object."""

    async def serve(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            given = json.loads(raw) if raw else {}
            if not isinstance(given, dict):
                raise ValueError("the body must be an object")
            told = await handler(pay, request, given)
        except CannotPay as refusal:
            told = {"ok": False, "reason": refusal.reason, "errMsg": refusal.message}
            return web.json_response(told, status=refusal.status)
        except ValueError as wrong:
            return web.json_response({"ok": False, "reason": "bad_request", "errMsg": str(wrong)}, status=400)
        return web.json_response(told)

    return serve


async def first_delivery(pay: Pay, notice: Notice | None) -> Told | None:
    if notice is None:
        return None
    await pay.notices.deliver(notice)
    return notice.told()


# What lies open on a phone -----------------------------------------------------------------------


async def sheets(pay: Pay, request: web.Request, given: Told) -> Told:
    """GET /sandbox/pay/sheets?person=ID"""
    person_id = request.query.get("person")
    if person_id:
        pay.need_person(person_id)
    return {"items": cashier.open_orders(pay, person_id) + _open_packages(pay, person_id)}


def _open_packages(pay: Pay, person_id: str | None) -> list[Told]:
    """A package names nobody until a phone opens it, so before that everybody could be shown it."""
    items: list[Told] = []
    for order in pay.score_orders.values():
        score_life.refresh(pay, order)
        if not order.packages or (order.shown_to and person_id and order.shown_to != person_id):
            continue
        package = next(reversed(order.packages))
        try:
            score_life.check_confirmable(pay, order, package)
        except CannotPay:
            continue
        if package in order.dismissed:
            continue
        items.append(
            {
                "kind": "payscore",
                "package": package,
                "out_order_no": order.out_order_no,
                "introduction": order.asked["service_introduction"],
                "risk_fen": order.asked["risk_fund"]["amount"],
                "person": order.shown_to or None,
            }
        )
    return items


# Orders ------------------------------------------------------------------------------------------


async def order_begin(pay: Pay, request: web.Request, given: Told) -> Told:
    """The person is at the password: from here a close by the merchant comes too late."""
    order = cashier.begin(pay, request.match_info["prepay_id"])
    return {"ok": True, "out_trade_no": order.out_trade_no}


async def order_confirm(pay: Pay, request: web.Request, given: Told) -> Told:
    """The person pays; optional `coupon_fen` is paid by WeChat in the person's place."""
    prepay_id = request.match_info["prepay_id"]
    cashier.order_of(pay, prepay_id)
    cashier.check_sheet(pay, prepay_id, given)
    order, notice = cashier.settle(pay, prepay_id, int(given.get("coupon_fen", 0)))
    assert order.payment is not None
    return {
        "ok": True,
        "errMsg": "requestPayment:ok",
        "out_trade_no": order.out_trade_no,
        "transaction_id": order.payment.transaction_id,
        "notice": await first_delivery(pay, notice),
    }


async def order_refuse(pay: Pay, request: web.Request, given: Told) -> Told:
    order = cashier.dismiss(pay, request.match_info["prepay_id"])
    return {
        "ok": True,
        "errMsg": "requestPayment:fail cancel",
        "out_trade_no": order.out_trade_no,
        "notice": None,
    }


# Pay Score ---------------------------------------------------------------------------------------


def _who(pay: Pay, order: ScoreOrder, given: Told, request: web.Request) -> Person:
    """The confirming person: named, or whose phone opened it, or who used the mini-program last."""
    named = given.get("person") or request.query.get("person") or order.shown_to
    if named:
        return pay.need_person(str(named))
    people = list(pay.world.people.values())
    seen = [(p.last_visit_at, p.id, p) for p in people if p.last_visit_at is not None]
    if seen:
        return max(seen)[2]
    if len(people) == 1:
        return people[0]
    raise CannotPay("who", 'say who confirms: {"person": ID}', status=400)


def _check_openview(pay: Pay, package: str, given: Told) -> None:
    """The older signed shape of wx.openBusinessView, verified when given or when the setting asks."""
    extra = given.get("extraData")
    if extra is None and not pay.settings.openview_signed:
        return
    if not isinstance(extra, dict) or extra.get("package") != package:
        raise CannotPay("bad_parameters", "extraData with this package is required")
    if set(extra) == {"package"} and not pay.settings.openview_signed:
        return
    signed = {str(k): str(v) for k, v in extra.items()}
    right = v2_signature(pay.merchant.api_v2_key, signed)
    if extra.get("sign_type") != "HMAC-SHA256" or extra.get("mch_id") != pay.merchant.mchid:
        raise CannotPay("bad_parameters", "mch_id or sign_type is wrong")
    if extra.get("sign") != right:
        raise CannotPay("bad_sign", "openBusinessView:fail 签名错误")


async def score_open(pay: Pay, request: web.Request, given: Told) -> Told:
    """A phone opens the confirm page: from now on the package is that person's."""
    package = request.match_info["package"]
    order = score_life.order_of(pay, package)
    score_life.check_confirmable(pay, order, package)
    _check_openview(pay, package, given)
    order.shown_to = _who(pay, order, given, request).id
    return {"ok": True, "out_order_no": order.out_order_no, "person": order.shown_to}


async def score_confirm(pay: Pay, request: web.Request, given: Told) -> Told:
    package = request.match_info["package"]
    order = score_life.order_of(pay, package)
    _check_openview(pay, package, given)
    person = _who(pay, order, given, request)
    order, notice = score_life.confirm(pay, package, person)
    return {
        "ok": True,
        "out_order_no": order.out_order_no,
        "query_id": order.query_id,
        "person": person.id,
        "notice": await first_delivery(pay, notice),
    }


async def score_refuse(pay: Pay, request: web.Request, given: Told) -> Told:
    """The person does not want it: the order stays CREATED and no notice is sent."""
    package = request.match_info["package"]
    order = score_life.order_of(pay, package)
    order.dismissed.add(package)
    return {"ok": True, "out_order_no": order.out_order_no, "reason": given.get("reason", ""), "notice": None}


async def score_pay(pay: Pay, request: web.Request, given: Told) -> Told:
    order = pay.score_orders.get(request.match_info["out_order_no"])
    if order is None:
        raise CannotPay("no_such_order", "no Pay Score order has this number", status=404)
    notice = score_life.pay_actively(pay, order)
    assert order.payment is not None
    return {
        "ok": True,
        "out_order_no": order.out_order_no,
        "transaction_id": order.payment.transaction_id,
        "notice": await first_delivery(pay, notice),
    }


async def permission_grant(pay: Pay, request: web.Request, given: Told) -> Told:
    person = pay.need_person(str(given.get("person", "")))
    notice = permissions.grant(pay, request.match_info["authorization_code"], person)
    return {"ok": True, "notice": await first_delivery(pay, notice)}
