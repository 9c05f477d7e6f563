"""Logistics (微信物流): merchant waybills of a bound courier, and tracking of any waybill."""

import base64
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.couriers import BOUND, CANCELLED, COURIERS, Parcel, Parcels, need_courier
from sandbox.api.words import ApiError
from sandbox.world import World

ADDRESS = ("name", "province", "city", "area", "address")
SERVICES = [{"service_type": 0, "service_name": "标准快递"}, {"service_type": 1, "service_name": "特快"}]


async def _delivery_list(ask: Ask) -> dict[str, Any]:
    listed = [{"delivery_id": i, "delivery_name": n} for i, n in COURIERS.items()]
    return {**OK, "delivery_list": listed, "count": len(listed)}


async def _all_couriers(ask: Ask) -> dict[str, Any]:
    data = [
        {
            "delivery_id": i,
            "delivery_name": n,
            "can_use_cash": 1,
            "can_get_quota": 1,
            "service_type": SERVICES,
        }
        for i, n in COURIERS.items()
    ]
    return {"count": len(data), "data": data}


async def _all_accounts(ask: Ask) -> dict[str, Any]:
    listed = [
        {"biz_id": biz, "delivery_id": i, "status_code": 0, "alias": COURIERS[i], "service_type": SERVICES}
        for i, biz in BOUND.items()
    ]
    return {"count": len(listed), "list": listed}


# Merchant waybills ------------------------------------------------------------------------------------


def address(ask: Ask, within: dict[str, Any], who: str) -> dict[str, Any]:
    """A complete address with a way to call; 40097 naming what is missing."""
    given = ask.object(who, within=within)
    for field in ADDRESS:
        ask.text(field, within=given)
    if not ask.text_or("mobile", within=given) and not ask.text_or("tel", within=given):
        raise ApiError(40097, f"{who} needs mobile or tel")
    return given


async def _order_add(ask: Ask) -> dict[str, Any]:
    parcels, body = ask.world.room(Parcels), ask.body
    source = ask.number("add_source")
    if source not in (0, 2):
        raise ApiError(40097, "add_source must be 0 or 2")
    order_id = ask.text("order_id")
    openid = ""
    if source == 0:
        ask.person("openid")
        openid = ask.text("openid")
    delivery_id, biz_id = need_courier(ask.text("delivery_id")), ask.text("biz_id")
    if BOUND.get(delivery_id) != biz_id:
        raise ApiError(9300525, "biz id not bind")
    address(ask, body, "sender")
    address(ask, body, "receiver")
    cargo = ask.object("cargo")
    if ask.number("count", within=cargo) < 1:
        raise ApiError(40097, "cargo.count")
    for measure in ("weight", "space_x", "space_y", "space_z"):
        value = cargo.get(measure)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ApiError(40097, f"cargo.{measure}")
    goods = ask.array("detail_list", within=cargo)
    for one in goods:
        if not isinstance(one, dict):
            raise ApiError(47001)
        ask.text("name", within=one)
        ask.number("count", within=one)
    shop = ask.object("shop")
    ask.text("wxa_path", within=shop)
    insured = ask.object("insured")
    if ask.number("use_insured", within=insured) not in (0, 1):
        raise ApiError(40097, "insured.use_insured")
    service = ask.object("service")
    wanted = {"service_type": ask.number("service_type", within=service),
              "service_name": ask.text("service_name", within=service)}  # fmt: skip
    sandboxed = delivery_id == "TEST"
    if not sandboxed and wanted not in SERVICES:
        raise ApiError(40097, "service is not one of this courier's")
    if (known := parcels.orders.get(order_id)) is not None and not known.cancelled:
        raise ApiError(
            9300501, "delivery logic fail", delivery_resultcode=10002,
            delivery_resultmsg="order_id already exists", waybill_data=[],
        )  # fmt: skip
    parcel = parcels.know(Parcel(parcels.new_waybill(delivery_id), delivery_id, "order", openid, order_id, goods))
    parcels.orders[order_id] = parcel
    return {
        **OK,
        "order_id": order_id,
        "waybill_id": parcel.waybill_id,
        "waybill_data": _waybill_data(parcel),
        "delivery_resultcode": 0,
        "delivery_resultmsg": "ok",
    }


def _waybill_data(parcel: Parcel) -> list[dict[str, str]]:
    return [
        {"key": f"{parcel.delivery_id}_bagAddr", "value": "上海"},
        {"key": f"{parcel.delivery_id}_mark", "value": parcel.waybill_id[-4:]},
    ]


def _order(ask: Ask) -> Parcel:
    parcel = ask.world.room(Parcels).orders.get(ask.text("order_id"))
    if parcel is None or parcel.delivery_id != ask.text("delivery_id"):
        raise ApiError(931023, "waybill not exist")
    if parcel.openid and ask.text("openid", 40003) != parcel.openid:
        raise ApiError(40003)
    if ask.text_or("waybill_id", parcel.waybill_id) != parcel.waybill_id:
        raise ApiError(931023, "waybill not exist")
    return parcel


async def _order_get(ask: Ask) -> dict[str, Any]:
    parcel = _order(ask)
    return {
        **OK,
        "order_id": parcel.order_id,
        "delivery_id": parcel.delivery_id,
        "waybill_id": parcel.waybill_id,
        "order_status": 1 if parcel.cancelled else 0,
        "print_html": base64.b64encode(f"<html>{parcel.waybill_id}</html>".encode()).decode(),
        "waybill_data": _waybill_data(parcel),
    }


async def _order_cancel(ask: Ask) -> dict[str, Any]:
    parcel = _order(ask)
    if parcel.actions and not parcel.cancelled:
        raise ApiError(
            9300501, "delivery logic fail", delivery_resultcode=10003, delivery_resultmsg="already picked up"
        )
    if not parcel.cancelled:
        parcel.cancelled = True
        ask.world.room(Parcels).report(parcel, CANCELLED, "订单已取消")
    return {**OK, "delivery_resultcode": 0, "delivery_resultmsg": "ok"}


async def _path_get(ask: Ask) -> dict[str, Any]:
    ask.text("waybill_id")
    parcel = _order(ask)
    return {
        "openid": parcel.openid,
        "delivery_id": parcel.delivery_id,
        "waybill_id": parcel.waybill_id,
        "path_item_num": len(parcel.actions),
        "path_item_list": parcel.actions,
    }


# Tracking of any waybill ------------------------------------------------------------------------------


def _goods(ask: Ask) -> list[dict[str, Any]]:
    goods = ask.array("detail_list", within=ask.object("goods_info"))
    if not goods:
        raise ApiError(40097, "goods_info.detail_list is empty")
    for one in goods:
        if not isinstance(one, dict):
            raise ApiError(47001)
        ask.text("goods_name", within=one)
        ask.text("goods_img_url", within=one)
    return goods


async def _trace(ask: Ask) -> dict[str, Any]:
    ask.person("openid")
    ask.text("receiver_phone")
    ask.text("trans_id")
    waybill, delivery_id, goods = ask.text("waybill_id"), ask.text_or("delivery_id"), _goods(ask)
    if delivery_id:
        need_courier(delivery_id)
    if delivery_id == "SF" and not ask.text_or("sender_phone") and len(ask.text("receiver_phone")) < 4:
        raise ApiError(40097, "SF needs a phone number")
    parcels = ask.world.room(Parcels)
    parcel = parcels.know(Parcel(waybill, delivery_id or _guess(waybill), "trace", ask.text("openid")))
    parcel.goods = goods
    return {**OK, "waybill_token": parcels.token(parcel)}


def _guess(waybill: str) -> str:
    return next((courier for courier in COURIERS if waybill.upper().startswith(courier)), "ZTO")


def _by_token(ask: Ask) -> Parcel:
    parcel = ask.world.room(Parcels).tokens.get(ask.text("waybill_token"))
    if parcel is None:
        raise ApiError(931023, "waybill not exist")
    return parcel


async def _query_trace(ask: Ask) -> dict[str, Any]:
    parcel = _by_token(ask)
    return {
        **OK,
        "waybill_info": {"status": parcel.status, "waybill_id": parcel.waybill_id},
        "shop_info": {"goods_info": {"detail_list": parcel.goods}},
        "delivery_info": {"delivery_id": parcel.delivery_id, "delivery_name": COURIERS[parcel.delivery_id]},
    }


async def _update_goods(ask: Ask) -> dict[str, Any]:
    parcel = _by_token(ask)
    parcel.goods = _goods(ask)
    return OK


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, MINI)
    open_msg = "/cgi-bin/express/delivery/open_msg"
    family.post(f"{open_msg}/get_delivery_list", _delivery_list)
    family.post(f"{open_msg}/trace_waybill", _trace)
    family.post(f"{open_msg}/query_trace", _query_trace)
    family.post(f"{open_msg}/update_waybill_goods", _update_goods)
    business = "/cgi-bin/express/business"
    family.get(f"{business}/delivery/getall", _all_couriers)
    family.get(f"{business}/account/getall", _all_accounts)
    family.post(f"{business}/order/add", _order_add)
    family.post(f"{business}/order/get", _order_get)
    family.post(f"{business}/order/cancel", _order_cancel)
    family.post(f"{business}/path/get", _path_get)
