"""Couriers, and every parcel WeChat has heard of with what its courier reported."""

import secrets
from dataclasses import dataclass, field
from typing import Any

from sandbox.api.words import ApiError
from sandbox.world import World

COURIERS = {
    "SF": "顺丰速运",
    "ZTO": "中通快递",
    "YTO": "圆通速递",
    "STO": "申通快递",
    "YUNDA": "韵达快递",
    "JTSD": "极兔速递",
    "EMS": "邮政快递",
    "JDL": "京东物流",
    "DB": "德邦快递",
    "TEST": "测试快递",
}
# The courier accounts this shop has bound: delivery_id -> biz_id.
BOUND = {"SF": "SF_7550001234", "JDL": "JDL_010K123456", "TEST": "test_biz_id"}
PICKED, PICKUP_FAILED, ASSIGNED = 100001, 100002, 100003
MOVING, DELIVERING, SIGNED, NOT_SIGNED = 200001, 300002, 300003, 300004
CANCELLED, STUCK = 400001, 400002
# What a courier may report -> the status query_trace and return/get show for it.
ACTIONS = {
    PICKED: 1,
    PICKUP_FAILED: 7,
    ASSIGNED: 0,
    MOVING: 2,
    DELIVERING: 3,
    SIGNED: 4,
    NOT_SIGNED: 8,
    CANCELLED: 11,
    STUCK: 5,
}


@dataclass
class Parcel:
    """One waybill. `source` says how WeChat came to know it: order, trace, upload or return."""

    waybill_id: str
    delivery_id: str
    source: str
    openid: str = ""
    order_id: str = ""
    goods: list[dict[str, Any]] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    cancelled: bool = False
    version: int = 0

    @property
    def status(self) -> int:
        """0 placed, 1 picked up, 2 on its way, 3 out for delivery, 4 signed, 5 trouble, 7, 8, 11."""
        return ACTIONS[self.actions[-1]["action_type"]] if self.actions else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "waybill_id": self.waybill_id,
            "delivery_id": self.delivery_id,
            "source": self.source,
            "openid": self.openid,
            "order_id": self.order_id,
            "status": self.status,
            "cancelled": self.cancelled,
            "actions": self.actions,
        }


class Parcels:
    """Parcels by waybill number; orders and tracking tokens lead to them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_waybill: dict[str, Parcel] = {}
        self.orders: dict[str, Parcel] = {}
        self.tokens: dict[str, Parcel] = {}

    def new_waybill(self, delivery_id: str) -> str:
        return f"{delivery_id}{10**12 + self._world.number() * 1009}"

    def know(self, parcel: Parcel) -> Parcel:
        """The parcel of that waybill: the one known already, or this one from now on."""
        return self.by_waybill.setdefault(parcel.waybill_id, parcel)

    def token(self, parcel: Parcel) -> str:
        """The token the tracking plugin shows a waybill by; the same waybill keeps its own."""
        known = next((t for t, p in self.tokens.items() if p is parcel), None)
        if known is None:
            known = secrets.token_urlsafe(48)
            self.tokens[known] = parcel
        return known

    def report(self, parcel: Parcel, action_type: int, message: str) -> dict[str, Any]:
        """The courier says what happened to a parcel."""
        action = {
            "action_time": int(self._world.now().timestamp()),
            "action_type": action_type,
            "action_msg": message,
        }
        parcel.actions.append(action)
        parcel.version += 1
        return action


def need_courier(delivery_id: str) -> str:
    if delivery_id not in COURIERS:
        raise ApiError(40097, "unknown delivery_id")
    return delivery_id
