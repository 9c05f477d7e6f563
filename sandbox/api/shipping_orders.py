"""Order shipping, the questions: get_order, get_order_list, the reminder to confirm, the settings."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.ledger import EXPRESS, SHIPPED, TO_SHIP, Shipping
from sandbox.api.words import ApiError
from sandbox.world import PaidOrder, World

PAGE_MAX = 100
STATES = range(1, 7)


def _asked(ask: Ask) -> PaidOrder:
    """The payment named by transaction_id, or by merchant_id and merchant_trade_no."""
    orders, shipping = ask.world.paid_orders, ask.world.room(Shipping)
    transaction_id = ask.text_or("transaction_id")
    if transaction_id:
        return shipping.payment(orders.get(transaction_id))
    mchid, number = ask.text("merchant_id", 268485196), ask.text("merchant_trade_no", 268485197)
    return shipping.payment(orders.by_number(mchid, number))


def _order(ask: Ask, order: PaidOrder) -> dict[str, Any]:
    shipping = ask.world.room(Shipping)
    shipment = shipping.of(order)
    entries = [
        {
            "tracking_no": p["tracking_no"],
            "express_company": p["express_company"],
            "goods_desc": p["item_desc"],
            "upload_time": _unix(shipment.uploaded_at),
            "contact": p.get("contact", {}),
        }
        for p in shipment.parcels
    ]
    return {
        "transaction_id": order.transaction_id,
        "merchant_id": order.mchid,
        "sub_merchant_id": "",
        "merchant_trade_no": order.out_trade_no,
        "description": order.description,
        "paid_amount": order.paid_fen,
        "openid": order.openid,
        "trade_create_time": _unix(order.created_at),
        "pay_time": _unix(order.paid_at),
        "order_state": shipping.state(order),
        "in_complaint": False,
        "shipping": {
            "delivery_mode": shipment.delivery_mode,
            "logistics_type": shipment.logistics_type,
            "finish_shipping": shipment.finished,
            "finish_shipping_count": shipment.finish_count,
            "goods_desc": entries[-1]["goods_desc"] if entries else "",
            "shipping_list": entries,
        },
    }


def _unix(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp())


async def _get(ask: Ask) -> dict[str, Any]:
    return {**OK, "order": _order(ask, _asked(ask))}


async def _list(ask: Ask) -> dict[str, Any]:
    shipping, body = ask.world.room(Shipping), ask.body
    span = ask.object("pay_time_range") if "pay_time_range" in body else {}
    begin = ask.number("begin_time", within=span) if "begin_time" in span else 0
    end = ask.number("end_time", within=span) if "end_time" in span else 2**53
    state = ask.number("order_state") if "order_state" in body else 0
    if state and state not in STATES:
        raise ApiError(10060014, "order_state is invalid")
    openid, last = ask.text_or("openid"), ask.text_or("last_index")
    size = ask.number("page_size") if "page_size" in body else PAGE_MAX
    if not 1 <= size <= PAGE_MAX:
        raise ApiError(10060014, "page_size is invalid")
    if last and not last.isdigit():
        raise ApiError(10060014, "last_index is invalid")
    mini = ("", ask.account.appid)
    found = [
        order
        for order in ask.world.paid_orders.values()
        if begin <= order.paid_at.timestamp() <= end
        and order.appid in mini
        and (not openid or order.openid == openid)
        and (not state or shipping.state(order) == state)
    ]
    start = int(last or 0)
    page = found[start : start + size]
    return {
        **OK,
        "order_list": [_order(ask, order) for order in page],
        "last_index": str(start + len(page)),
        "has_more": start + len(page) < len(found),
    }


async def _remind(ask: Ask) -> dict[str, Any]:
    order, shipping = _asked(ask), ask.world.room(Shipping)
    shipment = shipping.of(order)
    received = datetime.fromtimestamp(ask.number("received_time", 10060014), UTC)
    if shipping.state(order) == TO_SHIP or shipment.shipped_at is None:
        raise ApiError(10060028, "the order is not shipped")
    if shipment.logistics_type != EXPRESS:
        raise ApiError(10060032, "only express orders can be reminded")
    if received.timestamp() < int(shipment.shipped_at.timestamp()):
        raise ApiError(10060029, "received_time is before shipping")
    if shipment.reminded:
        raise ApiError(10060030, "the person has been reminded already")
    if shipping.state(order) != SHIPPED:
        raise ApiError(10060004, "the order is not awaiting confirmation")
    shipping.remind_confirm(order)
    return OK


async def _jump_path(ask: Ask) -> dict[str, Any]:
    path = ask.text("path", 10060014)
    ask.world.room(Shipping).jump_path = path
    return OK


async def _managed(ask: Ask) -> dict[str, Any]:
    if ask.text("appid", 41002) != ask.account.appid:
        raise ApiError(40013)
    return {**OK, "is_trade_managed": True}


async def _completed(ask: Ask) -> dict[str, Any]:
    if ask.text("appid", 41002) != ask.account.appid:
        raise ApiError(40013)
    return {**OK, "completed": True}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, MINI)
    family.post("/wxa/sec/order/get_order", _get)
    family.post("/wxa/sec/order/get_order_list", _list)
    family.post("/wxa/sec/order/notify_confirm_receive", _remind)
    family.post("/wxa/sec/order/set_msg_jump_path", _jump_path)
    family.post("/wxa/sec/order/is_trade_managed", _managed)
    family.post("/wxa/sec/order/is_trade_management_confirmation_completed", _completed)
