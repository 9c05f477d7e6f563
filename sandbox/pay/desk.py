"""The `Pay` object: one merchant's WeChat Pay, as everything under `pay/` shares it."""

from collections import deque
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.pay.errors import CannotPay
from sandbox.pay.notify import Notices
from sandbox.pay.signing import Keys
from sandbox.pay.state import (
    BillFile,
    Order,
    Payment,
    Permission,
    PlannedRefusal,
    Refund,
    ScoreOrder,
    Settings,
)
from sandbox.pay.times import SHANGHAI
from sandbox.world import PaidOrder, Person, World

BANK_TYPE = "OTHERS"


class Pay:
    """State and the few things orders, refunds and Pay Score do alike."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.merchant = world.merchant
        self.settings = Settings()
        self.keys = Keys(world.merchant)
        self.notices = Notices(world, self.keys, self.settings)
        self.orders: dict[str, Order] = {}  # by out_trade_no
        self.by_prepay: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}  # by transaction_id
        self.refunds: dict[str, Refund] = {}  # by out_refund_no
        self.score_orders: dict[str, ScoreOrder] = {}  # by out_order_no
        self.by_package: dict[str, ScoreOrder] = {}
        self.permissions: dict[str, Permission] = {}  # by authorization_code
        self.refusals: list[PlannedRefusal] = []
        self.recent_orders: deque[float] = deque()  # real seconds, for the limit per second
        self.bills: dict[str, BillFile] = {}  # by download token

    def scaled(self, seconds: float) -> timedelta:
        """WeChat's own delays shrink with the schedule of its notices."""
        return timedelta(seconds=seconds * self.world.tuning.pay_schedule_scale)

    def number(self, prefix: str, length: int) -> str:
        """A fresh number in WeChat's manner: prefix, Shanghai day, counter, `length` characters."""
        day = self.world.now().astimezone(SHANGHAI).strftime("%Y%m%d")
        return f"{prefix}{day}{self.world.number():0{length - len(prefix) - 8}d}"

    def person_of(self, appid: str, openid: str) -> Person | None:
        """Whoever has this openid towards this appid; an openid of another appid finds nobody."""
        person = self.world.by_openid.get(openid)
        return person if person is not None and person.openids.get(appid) == openid else None

    def take_money(self, payment: Payment) -> None:
        """Book a payment on both sides and tell the world's list of paid orders."""
        person = self.person_of(payment.appid, payment.openid)
        if person is not None:
            person.wallet_fen = max(0, person.wallet_fen - payment.payer_fen)
        if self.settings.merchant_balance_fen is not None:
            self.settings.merchant_balance_fen += payment.total_fen
        self.payments[payment.transaction_id] = payment
        self.world.paid_orders[payment.transaction_id] = PaidOrder(
            transaction_id=payment.transaction_id,
            mchid=self.merchant.mchid,
            out_trade_no=payment.out_trade_no,
            description=payment.description,
            paid_fen=payment.total_fen,
            openid=payment.openid,
            created_at=payment.created_at,
            paid_at=payment.paid_at,
            appid=payment.appid,
        )

    def need_person(self, person_id: str) -> Person:
        person = self.world.people.get(person_id)
        if person is None:
            raise CannotPay("no_such_person", f"nobody here is called {person_id!r}", status=404)
        return person


PAY: web.AppKey[Pay] = web.AppKey("pay", Pay)
Asked = dict[str, Any]
