"""Every address of the payment half, on one screen."""

from collections.abc import AsyncIterator

from aiohttp import web

from sandbox.pay import bills, certificates, console, control, orders, permissions, refunds, score_orders, till
from sandbox.pay.desk import PAY, Pay
from sandbox.pay.door import nothing_here, signed, unsigned_path
from sandbox.world import World

ORDER = "/v3/pay/transactions"
NUMBERED = f"{ORDER}/out-trade-no/{{out_trade_no}}"
REFUND = "/v3/refund/domestic/refunds"
SCORE = "/v3/payscore/serviceorder"
PERMISSION = "/v3/payscore/permissions"

SIGNED = (
    ("POST", f"{ORDER}/jsapi", orders.create),
    ("GET", f"{ORDER}/id/{{transaction_id}}", orders.by_transaction),
    ("GET", NUMBERED, orders.by_number),
    ("POST", f"{NUMBERED}/close", orders.close),
    ("POST", REFUND, refunds.create),
    ("GET", f"{REFUND}/{{out_refund_no}}", refunds.query),
    ("POST", f"{REFUND}/{{refund_id}}/apply-abnormal-refund", refunds.apply_abnormal),
    ("GET", "/v3/certificates", certificates.listing),
    ("GET", "/v3/bill/tradebill", bills.trade),
    ("GET", "/v3/bill/fundflowbill", bills.fund_flow),
    ("POST", SCORE, score_orders.create),
    ("GET", SCORE, score_orders.query),
    ("POST", f"{SCORE}/{{out_order_no}}/cancel", score_orders.cancel),
    ("POST", f"{SCORE}/{{out_order_no}}/modify", score_orders.modify),
    ("POST", f"{SCORE}/{{out_order_no}}/complete", score_orders.complete),
    ("POST", f"{SCORE}/{{out_order_no}}/sync", score_orders.sync),
    ("POST", f"{SCORE}/{{out_order_no}}/pay", score_orders.collect),
    ("POST", PERMISSION, permissions.apply),
    ("GET", f"{PERMISSION}/authorization-code/{{authorization_code}}", permissions.by_code),
    ("POST", f"{PERMISSION}/authorization-code/{{authorization_code}}/terminate", permissions.end_by_code),
    ("GET", f"{PERMISSION}/openid/{{openid}}", permissions.by_openid),
    ("POST", f"{PERMISSION}/openid/{{openid}}/terminate", permissions.end_by_openid),
)
CONTROL = (
    ("GET", "/sandbox/pay/sheets", control.sheets),
    ("POST", "/sandbox/pay/orders/{prepay_id}/begin", control.order_begin),
    ("POST", "/sandbox/pay/orders/{prepay_id}/confirm", control.order_confirm),
    ("POST", "/sandbox/pay/orders/{prepay_id}/refuse", control.order_refuse),
    ("POST", "/sandbox/payscore/orders/{out_order_no}/pay", control.score_pay),
    ("POST", "/sandbox/payscore/permissions/{authorization_code}/grant", control.permission_grant),
    ("POST", "/sandbox/payscore/{package}/open", control.score_open),
    ("POST", "/sandbox/payscore/{package}/confirm", control.score_confirm),
    ("POST", "/sandbox/payscore/{package}/refuse", control.score_refuse),
    ("POST", "/sandbox/pay/till", till.sale),
    ("POST", "/sandbox/pay/till/{out_trade_no}/refund", till.refund),
    ("POST", "/sandbox/pay/refunds/{out_refund_no}", console.refund_set),
    ("GET", "/sandbox/pay/state", console.state),
    ("POST", "/sandbox/pay/settings", console.settings),
    ("POST", "/sandbox/pay/refusals", console.refusal_plan),
    ("POST", "/sandbox/pay/rotate", console.rotate),
    ("POST", "/sandbox/pay/notices/{id}/again", console.notice_again),
)


def add_pay_routes(app: web.Application, world: World) -> None:
    """Open WeChat Pay for `world`: its state is `app[PAY]`, also `world.room(Pay)`."""
    pay = world.room(Pay)
    app[PAY] = pay
    for method, path, handler in SIGNED:
        app.router.add_route(method, path, signed(pay, handler))
    app.router.add_route("GET", "/v3/billdownload/file", unsigned_path(pay, bills.download))
    for method, path, control_handler in CONTROL:
        app.router.add_route(method, path, control.controlled(pay, control_handler))
    app.router.add_route("*", "/v3/{rest:.*}", signed(pay, nothing_here))

    async def life(_: web.Application) -> AsyncIterator[None]:
        yield
        await pay.notices.close()

    app.cleanup_ctx.append(life)
