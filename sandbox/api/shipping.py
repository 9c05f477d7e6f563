"""Order shipping (发货信息管理), the rules: what upload_shipping_info takes and when it refuses.

A payment stays frozen until its shipping is complete and its receipt confirmed. A completed shipment
may be shipped again once.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.couriers import COURIERS, Parcel, Parcels
from sandbox.api.ledger import EXPRESS, Shipment, Shipping
from sandbox.api.words import ApiError
from sandbox.world import PaidOrder, World

UNIFIED, SPLIT = 1, 2
PARCELS_MAX, DESC_MAX, COMPANY_MAX, TRACKING_MAX = 15, 120, 128, 128
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)")
_MASKED = re.compile(r"[\d+\-]*\*+[\d\-*]*\d{4}")


@dataclass
class Upload:
    """One checked upload."""

    logistics_type: int
    delivery_mode: int
    complete: bool
    at: datetime
    parcels: list[dict[str, Any]] = field(default_factory=list)


def order_of(ask: Ask, key: dict[str, Any]) -> PaidOrder:
    """The payment an order_key names; 10060001 when shipping has not heard of it (yet)."""
    number_type = key.get("order_number_type")
    if number_type not in (1, 2) or isinstance(number_type, bool):
        raise ApiError(268485194, "order_number_type is invalid")
    if number_type == 2:
        transaction_id = ask.text("transaction_id", 268485195, within=key)
        return ask.world.room(Shipping).payment(ask.world.paid_orders.get(transaction_id))
    mchid, number = ask.text("mchid", 268485196, within=key), ask.text("out_trade_no", 268485197, within=key)
    return ask.world.room(Shipping).payment(ask.world.paid_orders.by_number(mchid, number))


def _upload(ask: Ask) -> Upload:
    """The request's own correctness, before any look at the payment."""
    kind = _choice(ask, "logistics_type", (1, 2, 3, 4), 10060005)
    mode = _choice(ask, "delivery_mode", (UNIFIED, SPLIT), 268485224)
    if mode == SPLIT and kind != EXPRESS:
        raise ApiError(10060006, "split delivery is for express only")
    complete = True
    if mode == SPLIT:
        if "is_all_delivered" not in ask.body:
            raise ApiError(10060007, "is_all_delivered is missing")
        complete = ask.body["is_all_delivered"]
        if not isinstance(complete, bool):
            raise ApiError(47001, "data format error: is_all_delivered")
    entries = ask.array("shipping_list", 10060014)
    if len(entries) > PARCELS_MAX:
        raise ApiError(10060024, "shipping_list is too long")
    if mode == UNIFIED and len(entries) != 1:
        raise ApiError(268485228, "unified delivery needs exactly one entry")
    if not entries:
        raise ApiError(10060014, "shipping_list is empty")
    return Upload(kind, mode, complete, _stamp(ask), [_entry(ask, one, kind) for one in entries])


def _choice(ask: Ask, key: str, allowed: tuple[int, ...], code: int) -> int:
    value = ask.number(key, code)
    if value not in allowed:
        raise ApiError(code, f"{key} is invalid")
    return value


def _stamp(ask: Ask) -> datetime:
    text = ask.text("upload_time", 268485216)
    if not _STAMP.fullmatch(text):
        raise ApiError(268485216, "upload_time must be like 2022-12-15T13:29:35.120+08:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(268485216, "upload_time is no time") from error


def _entry(ask: Ask, entry: Any, kind: int) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise ApiError(47001, "data format error: shipping_list")
    desc = ask.text("item_desc", 10060008, within=entry)
    if len(desc) > DESC_MAX:
        raise ApiError(10060009, "item_desc is too long")
    if kind != EXPRESS:
        if entry.get("tracking_no") or entry.get("express_company"):
            raise ApiError(10060014, "only express has tracking numbers")
        return {"tracking_no": "", "express_company": "", "item_desc": desc}
    tracking = ask.text("tracking_no", 268485226, within=entry)
    company = ask.text("express_company", 268485227, within=entry)
    if len(company) > COMPANY_MAX:
        raise ApiError(10060025, "express_company is too long")
    if len(tracking) > TRACKING_MAX:
        raise ApiError(10060026, "tracking_no is too long")
    if company not in COURIERS:
        raise ApiError(10060014, "express_company is not in get_delivery_list")
    kept: dict[str, Any] = {"tracking_no": tracking, "express_company": company, "item_desc": desc}
    contact = ask.object("contact", within=entry) if "contact" in entry else {}
    phones = {k: ask.text_or(k, within=contact) for k in ("consignor_contact", "receiver_contact")}
    phones = {k: phone for k, phone in phones.items() if phone}
    if company == "SF" and not phones:
        raise ApiError(10060014, "SF needs contact.consignor_contact or contact.receiver_contact")
    for name, phone in phones.items():
        if not _MASKED.fullmatch(phone):
            raise ApiError(10060014, f"contact.{name} must be masked but for its last four digits")
    if phones:
        kept["contact"] = phones
    return kept


def _unchanged(shipment: Shipment, upload: Upload) -> bool:
    """Would this upload leave everything as it is?"""
    same_way = (shipment.delivery_mode, shipment.logistics_type) == (
        upload.delivery_mode,
        upload.logistics_type,
    )
    if not same_way or shipment.finished != upload.complete:
        return False
    if upload.delivery_mode == UNIFIED:
        return upload.parcels == shipment.parcels
    return all(one in shipment.parcels for one in upload.parcels)


def _apply(shipment: Shipment, upload: Upload) -> None:
    """What an upload changes; 10060023, 268485216, 10060003 or 10060002 when it may not."""
    if _unchanged(shipment, upload):
        raise ApiError(10060023, "nothing changed")
    if shipment.uploaded_at is not None and upload.at <= shipment.uploaded_at:
        raise ApiError(268485216, "upload_time must be later than the last one")
    same_mode = shipment.delivery_mode == upload.delivery_mode
    if shipment.finish_count >= 2:
        raise ApiError(10060003, "the order has been shipped again already")
    if shipment.finished and same_mode and not upload.complete:
        raise ApiError(10060002, "the order is shipped already")
    kept: list[dict[str, Any]] = []
    if upload.delivery_mode == SPLIT and same_mode and not shipment.finished:
        fresh = {one["tracking_no"] for one in upload.parcels}
        kept = [one for one in shipment.parcels if one["tracking_no"] not in fresh]
    if len(kept) + len(upload.parcels) > PARCELS_MAX:
        raise ApiError(10060024, "shipping_list is too long")
    shipment.parcels = kept + upload.parcels
    shipment.logistics_type, shipment.delivery_mode = upload.logistics_type, upload.delivery_mode
    shipment.uploaded_at = upload.at
    shipment.finished = upload.complete
    if upload.complete:
        shipment.finish_count += 1


async def _upload_shipping_info(ask: Ask) -> dict[str, Any]:
    key = ask.object("order_key", 10060014)
    upload = _upload(ask)
    openid = ask.text("openid", 10060014, within=ask.object("payer", 10060014))
    shipping = ask.world.room(Shipping)
    order = order_of(ask, key)
    if order.openid != openid:
        raise ApiError(10060031, "openid is not the payer's")
    shipment = shipping.of(order)
    if order.refunded or shipment.settled_at is not None or shipment.confirmed_at is not None:
        raise ApiError(10060004, "the order is not in a state to be shipped")
    _apply(shipment, upload)
    parcels = ask.world.room(Parcels)
    for one in upload.parcels:
        if one["tracking_no"]:
            parcels.know(Parcel(one["tracking_no"], one["express_company"], "upload", openid, order.out_trade_no))
    shipping.uploaded(order, shipment, upload.complete)
    return OK


def add_routes(app: web.Application, world: World) -> None:
    world.room(Shipping)  # It listens to payments from the first one on.
    Family(app, world, MINI).post("/wxa/sec/order/upload_shipping_info", _upload_shipping_info)
