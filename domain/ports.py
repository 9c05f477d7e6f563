"""What we ask of the outside, as small Protocols with value types.

Each call may raise `OutsideFault` (it may pass: try again, same number) or `OutsideRefusal` (WeChat's
own code; it will say no again). None of them may be awaited inside a database transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from domain.money import Fen


@dataclass(frozen=True)
class OfficialUser:
    """What user/info tells of a follower; `unionid` is None where the account is not bound."""

    openid: str
    follows: bool
    unionid: str | None
    scene: str = ""
    subscribed_at: datetime | None = None


@dataclass(frozen=True)
class Card:
    """A mini-program card in the chat."""

    title: str
    page: str
    thumb_media_id: str = ""


@dataclass(frozen=True)
class Choice:
    """One tappable line of a choice message; a tap comes back as a text with this id."""

    id: str
    text: str


class OfficialAccount(Protocol):
    """The service account: chat, template messages, menu, scene codes."""

    async def user_info(self, openid: str) -> OfficialUser: ...
    async def send_text(self, openid: str, text: str) -> None: ...
    async def send_choices(self, openid: str, head: str, choices: Sequence[Choice], tail: str = "") -> None: ...
    async def send_card(self, openid: str, card: Card) -> None: ...
    async def send_template(
        self, openid: str, template_id: str, data: Mapping[str, str], page: str, client_msg_id: str
    ) -> str:
        """Returns WeChat's msgid. The same client_msg_id within ten minutes is sent once."""
        ...

    async def send_mass(self, openids: Sequence[str], text: str, client_msg_id: str) -> int:
        """Start a mass send to 2 to 10,000 followers; returns WeChat's id of the job. The same client_msg_id is
        one job, however often it is asked for. How it went is told by MASSSENDJOBFINISH.
        """
        ...

    async def mass_status(self, msg_id: int) -> str:
        """SENDING, SEND_SUCCESS, SEND_FAIL or DELETE."""
        ...

    async def create_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None: ...
    async def create_scene_code(self, scene: str, expire_seconds: int | None) -> str:
        """Returns the address of the picture; None = permanent."""
        ...


@dataclass(frozen=True)
class MiniLogin:
    openid: str
    unionid: str | None
    session_key: str = field(repr=False)


@dataclass(frozen=True)
class ContentVerdict:
    """suggest: pass | review | risky; label as WeChat numbers them (100 = normal)."""

    suggest: str
    label: int
    trace_id: str


@dataclass(frozen=True)
class ShippedParcel:
    """`company` is WeChat's delivery id (SF, ZTO, …); receiver_contact is masked, last 4 digits clear."""

    waybill: str
    company: str
    description: str
    receiver_contact: str = ""


class MiniProgram(Protocol):
    """The mini-program's server side."""

    async def login(self, code: str) -> MiniLogin: ...
    async def phone_number(self, code: str, openid: str) -> str: ...
    async def paid_unionid(self, openid: str, transaction_id: str) -> str | None: ...
    async def send_subscribe(self, openid: str, template_id: str, data: Mapping[str, str], page: str) -> None: ...
    async def check_text(self, openid: str, text: str, scene: int) -> ContentVerdict: ...
    async def upload_shipping(
        self,
        transaction_id: str,
        payer_openid: str,
        parcels: Sequence[ShippedParcel],
        at: datetime,
        complete: bool,
    ) -> None:
        """What WeChat calls already shipped or unchanged counts as done."""
        ...

    async def confirm_receive(self, transaction_id: str, received_at: datetime) -> None: ...
    async def scene_code(self, scene: str, page: str) -> bytes: ...


@dataclass(frozen=True)
class Prepay:
    """One JSAPI order as WeChat Pay wants it."""

    out_trade_no: str
    description: str
    amount_fen: Fen
    openid: str
    expires_at: datetime | None = None


@dataclass(frozen=True)
class PayParams:
    """What wx.requestPayment takes."""

    timeStamp: str  # noqa: N815 - WeChat's own spelling, handed through to the client.
    nonceStr: str  # noqa: N815 - WeChat's own spelling.
    package: str
    signType: str  # noqa: N815 - WeChat's own spelling.
    paySign: str  # noqa: N815 - WeChat's own spelling.


@dataclass(frozen=True)
class PaymentFact:
    """What WeChat says of one order. state: SUCCESS | REFUND | NOTPAY | CLOSED | NOT_FOUND."""

    out_trade_no: str
    state: str
    transaction_id: str = ""
    total_fen: Fen = 0
    openid: str = ""
    paid_at: datetime | None = None
    appid: str = ""  # the account under which the payer has this openid


@dataclass(frozen=True)
class RefundOrder:
    out_refund_no: str
    transaction_id: str
    refund_fen: Fen
    total_fen: Fen
    reason: str


@dataclass(frozen=True)
class RefundFact:
    """status: PROCESSING | SUCCESS | CLOSED | ABNORMAL | NOT_FOUND."""

    out_refund_no: str
    status: str
    refund_id: str = ""
    refund_fen: Fen = 0
    done_at: datetime | None = None


@dataclass(frozen=True)
class Notice:
    """A verified and decrypted WeChat Pay notice. `resource` is the plaintext entity."""

    id: str
    event_type: str
    resource: Mapping[str, Any]


class NoticeRefused(Exception):
    """A notice whose signature, key or age is wrong; nothing of it was read."""


class Pay(Protocol):
    """WeChat Pay v3."""

    async def prepay(self, order: Prepay) -> str:
        """Returns the prepay_id; the same order may be asked again."""
        ...

    def pay_params(self, prepay_id: str) -> PayParams: ...
    async def query(self, out_trade_no: str) -> PaymentFact: ...
    async def close(self, out_trade_no: str) -> None: ...
    async def refund(self, order: RefundOrder) -> RefundFact: ...
    async def query_refund(self, out_refund_no: str) -> RefundFact: ...
    async def trade_bill(self, day: date) -> str:
        """The day's bill as WeChat's CSV text; empty where there was none."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify first, decrypt second. Raises NoticeRefused."""
        ...

    def payment_told(self, notice: Notice) -> PaymentFact:
        """What a TRANSACTION.SUCCESS notice says, as a query would say it."""
        ...

    def refund_told(self, notice: Notice) -> RefundFact:
        """What a REFUND.* notice says, as a query would say it."""
        ...


@dataclass(frozen=True)
class ScoreLine:
    name: str
    amount_fen: Fen
    description: str = ""


@dataclass(frozen=True)
class ScoreOrder:
    """One Pay Score order to open. risk_fen is the highest sum that can ever be charged."""

    out_order_no: str
    introduction: str
    lines: Sequence[ScoreLine]
    risk_fen: Fen
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ScoreFact:
    """What WeChat says of a Pay Score order: the three states read together.

    state: CREATED | DOING | DONE | REVOKED | EXPIRED | NOT_FOUND;
    description: USER_CONFIRM | MCH_COMPLETE | ""; collection: USER_PAYING | USER_PAID | "".
    risk_fen is 0 where WeChat did not repeat it.
    """

    out_order_no: str
    state: str
    description: str = ""
    collection: str = ""
    total_fen: Fen = 0
    order_id: str = ""
    transaction_id: str = ""
    package: str = ""
    openid: str = ""
    paid_at: datetime | None = None
    risk_fen: Fen = 0


class PayScore(Protocol):
    """WeChat Pay Score: try first, pay later."""

    async def create(self, order: ScoreOrder) -> ScoreFact:
        """The fact carries the `package` for the member's confirmation."""
        ...

    async def query(self, out_order_no: str) -> ScoreFact: ...
    async def cancel(self, out_order_no: str, reason: str) -> None: ...
    async def complete(
        self,
        out_order_no: str,
        lines: Sequence[ScoreLine],
        total_fen: Fen,
        starts_at: datetime,
        ends_at: datetime,
    ) -> ScoreFact: ...
    async def modify(self, out_order_no: str, lines: Sequence[ScoreLine], total_fen: Fen, reason: str) -> ScoreFact: ...
    def score_told(self, notice: Notice) -> ScoreFact:
        """What a PAYSCORE.USER_CONFIRM or USER_PAID notice says, as a query would say it."""
        ...


@dataclass(frozen=True)
class Address:
    """A postal address; personal data: encrypted at rest, never logged."""

    name: str = field(repr=False)
    phone: str = field(repr=False)
    province: str
    city: str
    area: str
    detail: str = field(repr=False)


@dataclass(frozen=True)
class ReturnOrder:
    shop_order_id: str
    openid: str
    sender: Address
    receiver: Address
    goods: Sequence[str]
    worth_fen: Fen
    page: str


@dataclass(frozen=True)
class ReturnFact:
    """status: open | booked | entered; order_status: waiting | picked | signed | cancelled."""

    return_id: str
    status: str
    waybill: str = ""
    company: str = ""
    order_status: str = "waiting"


@dataclass(frozen=True)
class WaybillOrder:
    """A parcel to be carried under the shop's own contract; what happens to it is pushed to us."""

    order_id: str
    openid: str
    company: str  # WeChat's delivery id: SF, JDL, …
    sender: Address
    receiver: Address
    goods: Sequence[str]
    page: str


class Logistics(Protocol):
    """WeChat's waybills, return component and traces."""

    async def order_waybill(self, order: WaybillOrder) -> str:
        """Orders the label; returns the waybill. The same order_id gives the same waybill."""
        ...

    async def add_return(self, order: ReturnOrder) -> str: ...
    async def get_return(self, return_id: str) -> ReturnFact: ...
    async def trace(
        self,
        openid: str,
        receiver_phone: str,
        company: str,
        waybill: str,
        goods: Sequence[str],
        transaction_id: str,
    ) -> str:
        """Registers a waybill for tracking; returns the token of the tracking plugin."""
        ...


@dataclass(frozen=True)
class WecomCustomer:
    """A customer as WeCom tells of them. `unionid` is None for another company's staff, and where none is bound."""

    external_userid: str
    unionid: str | None
    userids: Sequence[str]  # the staff who have them as a contact


@dataclass(frozen=True)
class LaidTask:
    """A task WeCom has taken; `refused` are the customers it will not let it reach."""

    msg_id: str
    refused: Sequence[str]


@dataclass(frozen=True)
class HandSent:
    """How a task stands with one customer. status: 0 not sent, 1 sent, 2 not a contact any more, 3 has had too many."""

    external_userid: str
    status: int
    sent_at: datetime | None = None


class Wecom(Protocol):
    """企业微信, its part 客户联系: the staff's contacts, and tasks they confirm by hand."""

    async def follow_users(self) -> Sequence[str]:
        """The userids of the staff who may have customers."""
        ...

    async def customer(self, external_userid: str) -> WecomCustomer:
        """Raises OutsideRefusal 84061 where nobody of the staff has them as a contact (any more)."""
        ...

    async def customers_of(self, userids: Sequence[str], cursor: str) -> tuple[Sequence[WecomCustomer], str]:
        """A page of the customers of up to 100 of the staff, one for each pair; and the next page's cursor, or ""."""
        ...

    async def lay_task(self, userid: str, external_userids: Sequence[str], text: str) -> LaidTask:
        """Lay a task before one person. WeCom knows no id of ours: asked twice, it is two tasks."""
        ...

    async def how_sent(self, msg_id: str, userid: str) -> Sequence[HandSent]: ...
    async def stop_task(self, msg_id: str) -> None:
        """What she has not sent by now she cannot send any more."""
        ...


@dataclass(frozen=True)
class Wechat:
    """Every gateway, handed in by app.py."""

    official: OfficialAccount
    mini: MiniProgram
    pay: Pay
    score: PayScore
    logistics: Logistics
    wecom: Wecom | None = None  # where it is set up


class Helper(Protocol):
    """A language model that may be asked which wish an unclear line is. It only chooses among names."""

    async def wish_of(self, text: str, wishes: Mapping[str, str]) -> tuple[str, float]:
        """One of `wishes` (name → meaning) and how sure it is, 0..1. Raises OutsideFault within its time limit."""
        ...


class Keywords(Protocol):
    """Finds the words that a text is about."""

    async def of(self, texts: Sequence[str]) -> list[list[str]]:
        """The words of each text, what says most first. Raises OutsideFault."""
        ...


class Webhooks(Protocol):
    """Tells other systems, at addresses the staff gave."""

    def refusal(self, url: str) -> str:
        """Why nothing is ever sent to this address; empty where it may be."""
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of the answer, whatever it is. Raises OutsideFault without one."""
        ...


class SealBroken(Exception):
    """A sealed text that is damaged, belongs to another column, or whose key we no longer have."""


class Sealer(Protocol):
    """Seals personal data at rest (AES-GCM) and makes blind indexes for look-up."""

    def seal(self, text: str, aad: str) -> str:
        """`aad` names the column (`member/phone`): a sealed text opens only where it was put."""
        ...

    def open(self, sealed: str, aad: str) -> str:
        """Raises SealBroken, which quotes nothing of what it was given."""
        ...

    def is_current(self, sealed: str) -> bool:
        """Whether the current key sealed it; the others wait to be sealed again."""
        ...

    def index(self, text: str) -> str:
        """A keyed hash: equal texts have equal indexes, and nothing else can be read from it."""
        ...


class Handed(Protocol):
    """One due message taken from the belt: `done` only after its outcome is written."""

    @property
    def message_id(self) -> int: ...
    @property
    def lease(self) -> datetime: ...
    async def done(self) -> None: ...


class Belt(Protocol):
    """Carries due messages from the relay to senders on other hosts. The rows stay the truth."""

    async def put(self, message_id: int, lease: datetime) -> None: ...
    async def waiting(self) -> int: ...
    async def take(self, count: int, patience_seconds: float) -> list[Handed]: ...
    async def given_up(self) -> list[tuple[int, datetime]]: ...
