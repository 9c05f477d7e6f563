"""/sandbox/…: carriers, returns, receipts, templates, the word list – the outside of a shop's day."""

from typing import Any

from aiohttp import web

from sandbox.api.couriers import ACTIONS, COURIERS, Parcels
from sandbox.api.ledger import MANUAL, SHIPPED, Shipping
from sandbox.api.links import Links
from sandbox.api.returns import BOOKED, EMPTY, SELF_ENTERED, Return, Returns
from sandbox.api.security import LABELS, Moderation
from sandbox.api.templates import KINDS, Key, Template, Templates
from sandbox.callbacks import Pusher
from sandbox.control_input import Control, Fields, bad, fields_of, person_of
from sandbox.world import World

Route = tuple[str, str, Control]
_MESSAGES = {
    100001: "快递员已成功取件",
    100002: "揽件失败",
    100003: "已分配快递员",
    200001: "快件运输中",
    300002: "快递员正在派送",
    300003: "已签收",
    300004: "签收失败",
    400001: "订单已取消",
    400002: "快件滞留",
}


class Shop:
    """The handlers about parcels, returns and the accounts' shared tables."""

    def __init__(self, world: World) -> None:
        self._world = world

    # Parcels -----------------------------------------------------------------------------------------

    async def parcels(self, request: web.Request) -> Any:
        return {"parcels": [p.as_json() for p in self._world.room(Parcels).by_waybill.values()]}

    async def carrier(self, request: web.Request) -> Any:
        """The courier reports on a waybill. Only waybills of order/add are pushed, as in WeChat."""
        world, given = self._world, await fields_of(request)
        given.only("action_type", "action_msg")
        parcels, waybill = world.room(Parcels), request.match_info["waybill"]
        parcel = parcels.by_waybill.get(waybill)
        if parcel is None:
            bad(f"WeChat has never heard of the waybill {waybill!r}", 404)
        kind = given.number("action_type")
        if kind not in ACTIONS:
            bad(f"action_type must be one of {', '.join(map(str, ACTIONS))}")
        action = parcels.report(parcel, kind, given.text("action_msg", _MESSAGES[kind]))
        deliveries: list[dict[str, Any]] = []
        if parcel.source == "order":
            deliveries = await world.room(Pusher).event(
                world.mini,
                parcel.openid or "",
                "add_express_path",
                DeliveryID=parcel.delivery_id,
                WayBillId=parcel.waybill_id,
                OrderId=parcel.order_id,
                Version=parcel.version,
                Count=1,
                Actions=[
                    {
                        "ActionTime": action["action_time"],
                        "ActionType": kind,
                        "ActionMsg": action["action_msg"],
                    }
                ],
            )
        return {"deliveries": deliveries, "parcel": parcel.as_json(), "pushed": parcel.source == "order"}

    async def returns(self, request: web.Request) -> Any:
        return {"returns": [r.as_json() for r in self._world.room(Returns).by_id.values()]}

    async def fill_return(self, request: web.Request) -> Any:
        """The person books a pickup (status 1) or enters a waybill (status 2); then its courier may move."""
        given = await fields_of(request)
        given.only("status", "delivery_id", "waybill_id", "action_type", "action_msg")
        returns, parcels = self._world.room(Returns), self._world.room(Parcels)
        found = returns.by_id.get(request.match_info["return"])
        if found is None or not found.bound:
            bad("no such return", 404)
        if not given.has("status") and not given.has("action_type"):
            bad("give status or action_type")
        if given.has("status"):
            self._fill(returns, found, given)
        if given.has("action_type"):
            kind = given.number("action_type")
            if kind not in ACTIONS:
                bad(f"action_type must be one of {', '.join(map(str, ACTIONS))}")
            if found.status == EMPTY:
                bad("the return has no waybill yet")
            parcel = parcels.by_waybill[found.waybill_id]
            parcels.report(parcel, kind, given.text("action_msg", _MESSAGES[kind]))
        parcel_view = parcels.by_waybill[found.waybill_id].as_json() if found.waybill_id else None
        return {"deliveries": [], "return": found.as_json(), "parcel": parcel_view}

    def _fill(self, returns: Returns, found: Return, given: Fields) -> None:
        status = given.number("status")
        if status not in (BOOKED, SELF_ENTERED):
            bad("status must be 1 (pickup booked) or 2 (own waybill)")
        courier = given.text("delivery_id", "SF")
        if courier not in COURIERS:
            bad(f"delivery_id must be one of {', '.join(COURIERS)}")
        waybill = given.text("waybill_id", "")
        if status == SELF_ENTERED and not waybill:
            bad("a person who sends the parcel themselves enters a waybill_id")
        returns.fill(found, status, courier, waybill)

    async def confirm_receive(self, request: web.Request) -> Any:
        """The person confirms receipt in the mini-program."""
        world, given = self._world, await fields_of(request)
        person = person_of(world, request)
        given.only("transaction_id")
        order = world.paid_orders.get(given.text("transaction_id"))
        if order is None or order.openid != person.openids[world.mini.appid]:
            bad("the person has no such payment", 404)
        shipping = world.room(Shipping)
        if shipping.state(order) != SHIPPED:
            bad("the order is not awaiting confirmation")
        shipping.confirm(order, MANUAL)
        return {"deliveries": []}

    async def orders(self, request: web.Request) -> Any:
        """Every payment shipping knows, with its order_state."""
        shipping = self._world.room(Shipping)
        return {
            "orders": [
                {**vars(order), "order_state": shipping.state(order), "parcels": shipping.of(order).parcels}
                for order in self._world.paid_orders.values()
            ]
        }

    # Tables ------------------------------------------------------------------------------------------

    async def templates(self, request: web.Request) -> Any:
        return {"templates": [t.as_json() for t in self._world.room(Templates).by_id.values()]}

    async def define_template(self, request: web.Request) -> Any:
        """Add a template to an account's list, or replace one: {id, kind, title, keys}."""
        given = await fields_of(request)
        given.only("id", "kind", "title", "keys", "slug")
        kind = given.choice("kind", tuple(KINDS))
        listed = given.values.get("keys")
        if not isinstance(listed, list) or not listed:
            bad('keys must be a list such as [{"name": "thing1", "label": "门店"}]')
        keys: list[Key] = []
        for one in listed:
            if not isinstance(one, dict):
                bad("every key is an object with name and label")
            key = Fields(one)
            key.only("name", "label", "choices")
            keys.append(Key(key.text("name"), key.text("label"), tuple(key.texts("choices", []))))
        template = Template(given.text("id"), kind, given.text("title"), tuple(keys), given.text("slug", ""))
        try:
            return self._world.room(Templates).define(template).as_json()
        except ValueError as error:
            bad(str(error))

    async def moderation(self, request: web.Request) -> Any:
        """Add a word to the content check: {word, label, suggest}."""
        given = await fields_of(request)
        given.only("word", "label", "suggest")
        word, label = given.text("word"), given.number("label", 21000)
        if not word:
            bad("word is empty")
        if label not in LABELS:
            bad(f"label must be one of {', '.join(map(str, sorted(LABELS)))}")
        suggest = given.choice("suggest", ("pass", "review", "risky"), "risky")
        self._world.room(Moderation).words[word] = (label, suggest)
        return {"word": word, "label": label, "suggest": suggest}

    async def links(self, request: web.Request) -> Any:
        links = self._world.room(Links)
        return {"codes": links.codes, "links": links.links}


def routes(world: World) -> list[Route]:
    """Every address of this file."""
    shop = Shop(world)
    return [
        ("GET", "parcels", shop.parcels),
        ("POST", "carrier/{waybill}", shop.carrier),
        ("GET", "parcels/return", shop.returns),
        ("POST", "parcels/return/{return}", shop.fill_return),
        ("POST", "people/{person:p[0-9]+}/confirm-receive", shop.confirm_receive),
        ("GET", "orders", shop.orders),
        ("GET", "templates", shop.templates),
        ("POST", "templates", shop.define_template),
        ("POST", "moderation", shop.moderation),
        ("GET", "links", shop.links),
    ]
