"""`/sandbox/pay/till/…`: somebody pays at a shop's till, and the till gives money back.

The till is the merchant's own machine: it orders under numbers of its own and names the address WeChat tells.
"""

from aiohttp import web

from sandbox.pay import cashier, orders, refunds
from sandbox.pay.control import Told, first_delivery
from sandbox.pay.desk import Pay
from sandbox.pay.errors import CannotPay
from sandbox.pay.state import Order


async def sale(pay: Pay, request: web.Request, given: Told) -> Told:
    """{person, amount_fen, notify_url, account=mini}: ordered and paid in one go."""
    person = pay.need_person(str(given.get("person", "")))
    account = pay.world.official if given.get("account") == "official" else pay.world.mini
    now = pay.world.now()
    asked = {
        "appid": account.appid,
        "mchid": pay.merchant.mchid,
        "description": "门店收银",
        "out_trade_no": pay.number("TILL", 24),
        "notify_url": str(given.get("notify_url", "")),
        "amount": {"total": int(given.get("amount_fen", 0)), "currency": "CNY"},
        "payer": {"openid": person.openids[account.appid]},
    }
    orders.ORDER(asked, "")
    order, prepay_id = Order(asked, now, now + orders.ORDER_LIFE), pay.number("wx", 36)
    pay.orders[order.out_trade_no] = pay.by_prepay[prepay_id] = order
    order.prepays[prepay_id] = now
    paid, notice = cashier.settle(pay, prepay_id)
    assert paid.payment is not None
    return {"ok": True, "out_trade_no": order.out_trade_no, "notice": await first_delivery(pay, notice)}


async def refund(pay: Pay, request: web.Request, given: Told) -> Told:
    """{amount_fen}: given back at the till, told to the sale's address."""
    order = pay.orders.get(request.match_info["out_trade_no"])
    if order is None or order.payment is None:
        raise CannotPay("no_such_order", "nothing was paid under this number", status=404)
    asked = {
        "out_trade_no": order.out_trade_no,
        "out_refund_no": pay.number("TILLBACK", 28),
        "notify_url": order.asked["notify_url"],
        "amount": {"refund": int(given.get("amount_fen", 0)), "total": order.total_fen, "currency": "CNY"},
    }
    made = refunds.place(pay, asked)
    return {"ok": True, "out_refund_no": made.out_refund_no}
