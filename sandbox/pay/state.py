"""What WeChat Pay remembers: orders, payments, refunds, Pay Score orders, and what may be turned.

Plain rows without rules; the rules stand in `orders`, `refunds`, `score_*`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class Settings:
    """Turned by `POST /sandbox/pay/settings`; seconds are of the world's clock."""

    merchant_balance_fen: int | None = None  # None: never short of money
    refund_delay_seconds: float = 5.0
    deduction_failures: int = 0  # so many of the next automatic deductions fail
    deduction_delay_seconds: float = 2.0  # from complete to the first deduction
    deduction_retry_seconds: float = 3600.0
    package_seconds: float = 300.0  # life of a Pay Score package; the documents say 5 min and 1 h
    max_open_score_orders: int = 3
    payscore_kind: str = "use_first"  # use_first (先享) | deposit_free (先免)
    no_confirm_allowed: bool = False  # the special permission 免确认
    openview_signed: bool = False  # the older confirm call, signed with the APIv2 key, is required
    score_total_as_text: bool = False  # total_amount as a string in Pay Score notices
    signtest_every: int = 0  # every n-th delivery is preceded by a signature probe
    sign_with: str = "public_key"  # public_key | certificate, when the request names no serial
    certificates_open: bool = True  # False: a pure public-key merchant
    orders_per_second: int = 500


@dataclass
class Payment:
    """Money that moved from a person to the merchant. `kind` is JSAPI, or AUTH for deductions.

    `out_trade_no` is the merchant number of the bill: the order's own, the Pay Score order's when
    the person paid actively, one of WeChat's making for an automatic deduction.
    """

    transaction_id: str
    kind: str
    out_trade_no: str
    appid: str
    openid: str
    total_fen: int
    coupon_fen: int
    description: str
    attach: str
    bank_type: str
    created_at: datetime
    paid_at: datetime
    refunds: list["Refund"] = field(default_factory=list)

    @property
    def payer_fen(self) -> int:
        return self.total_fen - self.coupon_fen

    @property
    def refunded_fen(self) -> int:
        """Given back or on its way; a closed refund gives nothing."""
        return sum(r.refund_fen for r in self.refunds if r.status != "CLOSED")


@dataclass
class Refund:
    """One refund; `status` PROCESSING, SUCCESS, ABNORMAL or CLOSED."""

    out_refund_no: str
    refund_id: str
    payment: Payment
    asked: dict[str, Any]
    refund_fen: int
    payer_fen: int
    notify_url: str
    created_at: datetime
    status: str = "PROCESSING"
    finished_at: datetime | None = None


@dataclass
class Order:
    """A JSAPI order; `asked` is the body it was first made with. `state` NOTPAY, SUCCESS, CLOSED."""

    asked: dict[str, Any]
    created_at: datetime
    expires_at: datetime
    prepays: dict[str, datetime] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    state: str = "NOTPAY"
    paying: bool = False  # the person is at the password: a close comes too late
    payment: Payment | None = None

    @property
    def out_trade_no(self) -> str:
        return str(self.asked["out_trade_no"])

    @property
    def total_fen(self) -> int:
        return int(self.asked["amount"]["total"])

    @property
    def openid(self) -> str:
        return str(self.asked["payer"]["openid"])


@dataclass
class ScoreOrder:
    """A Pay Score order. `asked` is the create body, `final` what complete or modify replaced in it."""

    asked: dict[str, Any]
    order_id: str
    created_at: datetime
    state: str = "CREATED"
    description: str = ""  # USER_CONFIRM | MCH_COMPLETE
    packages: dict[str, datetime] = field(default_factory=dict)
    dismissed: set[str] = field(default_factory=set)
    shown_to: str = ""  # the person whose phone opened the confirm page
    openid: str = ""
    query_id: str = ""
    final: dict[str, Any] = field(default_factory=dict)
    total_fen: int | None = None
    collection_state: str = ""  # USER_PAYING | USER_PAID, nothing while there is nothing to collect
    details: list[dict[str, Any]] = field(default_factory=list)
    payment: Payment | None = None
    deducting: bool = False  # the first deduction after complete is under way
    plans: int = 0  # deductions planned so far; only the newest plan counts
    failed_deductions: int = 0
    cancel_reason: str = ""

    @property
    def out_order_no(self) -> str:
        return str(self.asked["out_order_no"])

    def now_says(self, name: str) -> Any:
        """A field as it stands: from complete or modify if given there, else from create."""
        return self.final.get(name, self.asked.get(name))


@dataclass
class Permission:
    """A person's standing authorisation of a service (免确认模式)."""

    authorization_code: str
    asked: dict[str, Any]
    token: str
    created_at: datetime
    openid: str = ""
    state: str = "UNAVAILABLE"  # AVAILABLE once granted
    granted_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass
class BillFile:
    """A statement waiting to be downloaded through its token."""

    content: bytes
    until: datetime


@dataclass
class PlannedRefusal:
    """An error the next `times` proven requests under the path prefix `match` get instead of an answer."""

    match: str
    status: int
    code: str
    message: str
    tail: int
    times: int
