"""`/sandbox/pay/…` for whoever drives the sandbox: outcomes, settings, and everything that happened."""

from dataclasses import asdict, fields
from typing import Any

from aiohttp import web

from sandbox.pay import permissions, refunds, score_life
from sandbox.pay.control import Told, first_delivery
from sandbox.pay.desk import Pay
from sandbox.pay.errors import CannotPay
from sandbox.pay.orders import order_view, refresh
from sandbox.pay.score_view import score_view
from sandbox.pay.state import PlannedRefusal, Settings
from sandbox.pay.times import rfc3339


async def refund_set(pay: Pay, request: web.Request, given: Told) -> Told:
    refund = pay.refunds.get(request.match_info["out_refund_no"])
    if refund is None:
        raise CannotPay("no_such_refund", "no refund has this number", status=404)
    if given.get("status") not in refunds.EVENTS:
        raise ValueError(f"status must be one of {', '.join(refunds.EVENTS)}")
    notice = refunds.finish(pay, refund, given["status"])
    return {"ok": True, "status": refund.status, "notice": await first_delivery(pay, notice)}


async def notice_again(pay: Pay, request: web.Request, given: Told) -> Told:
    notice = pay.notices.log.get(request.match_info["id"])
    if notice is None:
        raise CannotPay("no_such_notice", "no notice has this id", status=404)
    await pay.notices.again(notice)
    return {"ok": True, "notice": notice.told()}


async def settings(pay: Pay, request: web.Request, given: Told) -> Told:
    """Turn what is given; answers all settings."""
    known = {f.name: f for f in fields(Settings)}
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"unknown setting {name!r}; known: {', '.join(known)}")
        _check_setting(name, getattr(Settings(), name), value)
    for name, value in given.items():
        setattr(pay.settings, name, value)
    return {"ok": True, "settings": asdict(pay.settings)}


def _check_setting(name: str, default: Any, value: Any) -> None:
    choices = {
        "payscore_kind": ("use_first", "deposit_free"),
        "sign_with": ("public_key", "certificate"),
    }.get(name)
    if choices is not None:
        right = value in choices
    elif isinstance(default, bool):
        right = isinstance(value, bool)
    elif default is None:
        right = value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
    else:
        right = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        right = right and (isinstance(default, float) or isinstance(value, int))
    if not right:
        raise ValueError(f"{value!r} is no value for {name}")


async def refusal_plan(pay: Pay, request: web.Request, given: Told) -> Told:
    """Refuse the next requests under a path with any of WeChat's errors, properly signed.

    {match, code, status=400, message="", tail=0, times=1}
    """
    match, code = given.get("match"), given.get("code")
    if not isinstance(match, str) or not match.startswith("/v3/") or not isinstance(code, str):
        raise ValueError("match (a path prefix under /v3/) and code are required")
    planned = PlannedRefusal(
        match=match,
        status=int(given.get("status", 400)),
        code=code,
        message=str(given.get("message", code)),
        tail=int(given.get("tail", 0)),
        times=int(given.get("times", 1)),
    )
    pay.refusals.append(planned)
    return {"ok": True, "refusal": asdict(planned)}


async def rotate(pay: Pay, request: web.Request, given: Told) -> Told:
    """A new platform certificate, used from now on wherever certificates are used."""
    fresh = pay.keys.rotate(pay.world.now())
    return {"ok": True, "serial": fresh.serial, "certificate_pem": fresh.pem}


async def state(pay: Pay, request: web.Request, given: Told) -> Told:
    """GET /sandbox/pay/state: everything, as the sandbox sees it."""
    for order in pay.orders.values():
        refresh(order, pay.world.now())
    for score_order in pay.score_orders.values():
        score_life.refresh(pay, score_order)
    return {
        "settings": asdict(pay.settings),
        "orders": [
            order_view(pay, o)
            | {
                "description": o.asked["description"],
                "total_fen": o.total_fen,
                "openid": o.openid,
                "created_at": rfc3339(o.created_at),
                "expires_at": rfc3339(o.expires_at),
                "prepay_ids": list(o.prepays),
            }
            for o in pay.orders.values()
        ],
        "refunds": [refunds.refund_view(r) for r in pay.refunds.values()],
        "payscore_orders": [
            score_view(pay, o) | {"packages": list(o.packages), "failed_deductions": o.failed_deductions}
            for o in pay.score_orders.values()
        ],
        "payments": [
            {
                "transaction_id": p.transaction_id,
                "kind": p.kind,
                "out_trade_no": p.out_trade_no,
                "openid": p.openid,
                "total_fen": p.total_fen,
                "refunded_fen": p.refunded_fen,
                "paid_at": rfc3339(p.paid_at),
            }
            for p in pay.payments.values()
        ],
        "permissions": [permissions.view(pay, p) for p in pay.permissions.values()],
        "notices": [n.told() for n in pay.notices.log.values()],
    }
