"""The return component (退货组件): a return id, on which the person books a pickup or enters a waybill.

There is no push: an application that wants to know asks return/get.
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.couriers import COURIERS, Parcel, Parcels
from sandbox.api.express import ADDRESS, address
from sandbox.api.words import ApiError
from sandbox.chat import Chat
from sandbox.world import World

EMPTY, BOOKED, SELF_ENTERED = 0, 1, 2


@dataclass
class Return:
    """One return id. `status` 0: the person has not answered, 1: pickup booked, 2: own waybill."""

    id: str
    shop_order_id: str
    openid: str
    order_path: str
    status: int = EMPTY
    waybill_id: str = ""
    delivery_id: str = ""
    bound: bool = True

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


class Returns:
    """Returns by id and by the shop's own number, which is good for one return."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_id: dict[str, Return] = {}
        self.by_order: dict[str, Return] = {}

    def open(self, shop_order_id: str, openid: str, order_path: str) -> Return:
        if shop_order_id in self.by_order:
            raise ApiError(9300522, "shop_order_id already exists")
        made = Return(str(3_935_761_508_265_000_000 + self._world.number()), shop_order_id, openid, order_path)
        self.by_id[made.id] = self.by_order[shop_order_id] = made
        return made

    def fill(self, one: Return, status: int, delivery_id: str, waybill_id: str) -> Parcel:
        """The person books a pickup (1) or enters the number of a parcel they sent themselves (2)."""
        parcels = self._world.room(Parcels)
        waybill = waybill_id or parcels.new_waybill(delivery_id)
        one.status, one.delivery_id, one.waybill_id = status, delivery_id, waybill
        return parcels.know(Parcel(waybill, delivery_id, "return", one.openid, one.shop_order_id))


async def _add(ask: Ask) -> dict[str, Any]:
    order_id = ask.text("shop_order_id", 40097)
    biz = ask.object("biz_addr", 40097)
    address(ask, ask.body, "biz_addr")
    if "user_addr" in ask.body:
        given = ask.object("user_addr")
        for field in ADDRESS:
            ask.text_or(field, within=given)
    person, path = ask.person("openid"), ask.text("order_path")
    goods = ask.array("goods_list")
    if not goods:
        raise ApiError(40097, "goods_list is empty")
    for one in goods:
        if not isinstance(one, dict):
            raise ApiError(47001)
        ask.text("name", within=one)
        ask.text("url", within=one)
    if ask.number("order_price") < 0:
        raise ApiError(40097, "order_price")
    made = ask.world.room(Returns).open(order_id, ask.text("openid"), path)
    ask.world.room(Chat).out(
        person, "notice", ask.account, title="退货提醒", content="商家已同意退货，请选择退货方式",
        return_id=made.id, receiver=biz["name"],
    )  # fmt: skip
    return {"errcode": 0, "errmsg": "OK", "return_id": made.id}


def _need(ask: Ask) -> Return:
    found = ask.world.room(Returns).by_id.get(ask.text("return_id", 40097))
    if found is None or not found.bound:
        raise ApiError(40097, "return_id does not exist")
    return found


async def _get(ask: Ask) -> dict[str, Any]:
    found = _need(ask)
    # The table of the page says number, its sample shows a text.
    status: int | str = found.status if ask.world.rng.random() < 0.5 else str(found.status)
    if found.status == EMPTY:
        return {"errcode": 0, "errmsg": "OK", "status": status, "waybill_id": "", "order_status": 0,
                "delivery_name": "", "delivery_id": ""}  # fmt: skip
    parcel = ask.world.room(Parcels).by_waybill[found.waybill_id]
    return {
        "errcode": 0,
        "errmsg": "OK",
        "status": status,
        "waybill_id": found.waybill_id,
        "order_status": parcel.status,
        "delivery_name": COURIERS[found.delivery_id],
        "delivery_id": found.delivery_id,
    }


async def _unbind(ask: Ask) -> dict[str, Any]:
    found = _need(ask)
    if found.status == BOOKED:
        raise ApiError(40097, "a pickup is booked, so the return cannot be unbound")
    found.bound = False
    return OK


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, MINI)
    family.post("/cgi-bin/express/delivery/return/add", _add)
    family.post("/cgi-bin/express/delivery/return/get", _get)
    family.post("/cgi-bin/express/delivery/return/unbind", _unbind)
