"""Order shipping, the memory: what became of each payment, and the four events about it.

After the last upload the person may confirm receipt; if they do not, WeChat does after some days.
Then the money is settled. The settlement event is sent twice: at shipping and at settlement.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.api.words import ApiError
from sandbox.callbacks import Pusher
from sandbox.chat import Chat
from sandbox.world import PaidOrder, World

EXPRESS = 1
AUTO_CONFIRM = {EXPRESS: timedelta(days=10)}
AUTO_CONFIRM_OTHER = timedelta(days=2)
REMIND_AFTER = timedelta(hours=48)
REMIND_ACCESS_EVERY = timedelta(days=1)
AUTOMATIC, MANUAL = 1, 2
# order_state of get_order
TO_SHIP, SHIPPED, CONFIRMED, COMPLETED, REFUNDED = 1, 2, 3, 4, 5


@dataclass
class Shipment:
    """What was uploaded for one payment, and how far it has come since."""

    logistics_type: int = 0
    delivery_mode: int = 0
    parcels: list[dict[str, Any]] = field(default_factory=list)
    uploaded_at: datetime | None = None
    finished: bool = False
    finish_count: int = 0  # 0, 1, or 2 after shipping again
    shipped_at: datetime | None = None
    reminded: bool = False  # notify_confirm_receive was used
    confirmed_at: datetime | None = None
    confirm_method: int = 0
    settled_at: datetime | None = None
    auto_confirm_at: datetime | None = None


class Shipping:
    """Shipments by transaction id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shipments: dict[str, Shipment] = {}
        self._integrated = False  # has anything ever been uploaded
        self._asked_at: datetime | None = None
        self.jump_path = ""
        world.paid_orders.listeners.append(self._paid)

    def of(self, order: PaidOrder) -> Shipment:
        return self._shipments.setdefault(order.transaction_id, Shipment())

    def payment(self, order: PaidOrder | None) -> PaidOrder:
        """A payment of the mini-program old enough for shipping to know it; 10060001."""
        lag = timedelta(seconds=self._world.tuning.shipping_lag_seconds)
        foreign = order is not None and order.appid not in ("", self._world.mini.appid)
        if order is None or foreign or self._world.now() < order.paid_at + lag:
            raise ApiError(10060001, "the payment does not exist")
        return order

    def state(self, order: PaidOrder) -> int:
        shipment = self.of(order)
        if order.refunded:
            return REFUNDED
        if shipment.settled_at is not None:
            return COMPLETED
        if shipment.confirmed_at is not None:
            return CONFIRMED
        return SHIPPED if shipment.finished else TO_SHIP

    # What happens ------------------------------------------------------------------------------------

    def _paid(self, order: PaidOrder) -> None:
        if order.appid not in ("", self._world.mini.appid):
            return
        now = self._world.now()
        if not self._integrated and (self._asked_at is None or now - self._asked_at >= REMIND_ACCESS_EVERY):
            self._asked_at = now
            self._event(order, "trade_manage_remind_access_api", msg="请尽快接入发货信息管理服务")

        async def remind() -> None:
            if self.state(order) == TO_SHIP:
                self._event(
                    order,
                    "trade_manage_remind_shipping",
                    **self._names(order),
                    pay_time=int(order.paid_at.timestamp()),
                    msg="订单已支付超过48小时，请尽快发货",
                )

        self._world.later(order.paid_at + REMIND_AFTER, remind)

    def uploaded(self, order: PaidOrder, shipment: Shipment, complete: bool) -> None:
        """After an upload: at completion tell the person, push the first settlement event, and let
        receipt be confirmed by itself some days later.
        """
        self._integrated = True
        if not complete:
            return
        world = self._world
        shipment.shipped_at = world.now()
        wait = AUTO_CONFIRM.get(shipment.logistics_type, AUTO_CONFIRM_OTHER)
        shipment.auto_confirm_at = deadline = world.now() + wait
        self._notice(order, "订单发货通知", "；".join(one["item_desc"] for one in shipment.parcels), shipment)
        self._event(
            order,
            "trade_manage_order_settlement",
            **self._names(order),
            pay_time=int(order.paid_at.timestamp()),
            shipped_time=int(shipment.shipped_at.timestamp()),
            estimated_settlement_time=int(deadline.timestamp()),
            confirm_receive_method="",
            confirm_receive_time="",
            settlement_time="",
        )

        async def by_itself() -> None:
            # Shipping again moves the date; then a later call of this kind is due.
            if shipment.auto_confirm_at == deadline and self.state(order) == SHIPPED:
                self.confirm(order, AUTOMATIC)

        world.later(deadline, by_itself)

    def remind_confirm(self, order: PaidOrder) -> None:
        self.of(order).reminded = True
        self._notice(order, "确认收货提醒", "您的包裹已签收，请确认收货", self.of(order))

    def confirm(self, order: PaidOrder, method: int) -> None:
        """Receipt is confirmed, by WeChat or by the person; the money is settled right after."""
        shipment, world = self.of(order), self._world
        shipment.confirmed_at, shipment.confirm_method = world.now(), method

        async def settle() -> None:
            if self.state(order) != CONFIRMED or shipment.confirmed_at is None or shipment.shipped_at is None:
                return
            shipment.settled_at = world.now()
            self._event(
                order,
                "trade_manage_order_settlement",
                **self._names(order),
                pay_time=int(order.paid_at.timestamp()),
                shipped_time=int(shipment.shipped_at.timestamp()),
                estimated_settlement_time="",
                confirm_receive_method=method,
                confirm_receive_time=int(shipment.confirmed_at.timestamp()),
                settlement_time=int(shipment.settled_at.timestamp()),
            )

        world.soon(settle)

    def _names(self, order: PaidOrder) -> dict[str, Any]:
        return {
            "transaction_id": order.transaction_id,
            "merchant_id": order.mchid,
            "merchant_trade_no": order.out_trade_no,
        }

    def _event(self, order: PaidOrder, event: str, **fields: Any) -> None:
        world = self._world
        world.room(Pusher).event_later(world.mini, order.openid, event, timedelta(0), **fields)

    def _notice(self, order: PaidOrder, title: str, content: str, shipment: Shipment) -> None:
        person = self._world.by_openid.get(order.openid)
        if person is not None:
            self._world.room(Chat).out(
                person, "notice", self._world.mini, title=title, content=content, parcels=shipment.parcels,
                transaction_id=order.transaction_id, pagepath=self.jump_path,
            )  # fmt: skip
