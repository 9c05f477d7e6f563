"""Everything the sandbox knows: accounts, people, what was called, what is injected, what is due.

One `World` is one WeChat. The families of endpoints (`api/`, `pay/`) keep their own state in small
objects of their own and reach what is shared through the `World` they are given.
"""

import asyncio
import heapq
import itertools
import random
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from sandbox.clock import SharedClock

CALLS_KEPT = 20_000
T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """An official account or a mini-program as WeChat's console shows it; or a corporation in WeCom, whose appid is
    its corpid.
    """

    kind: str  # "official", "mini" or "corp"
    appid: str
    secret: str
    gh_id: str
    token: str
    aes_key: str
    callback_url: str
    mode: str = "safe"  # plain | compatible | safe
    format: str = "xml"  # xml | json


@dataclass(frozen=True)
class Merchant:
    """A WeChat Pay v3 merchant and the platform's keys towards it (all PEM texts)."""

    mchid: str
    merchant_serial: str
    merchant_public_pem: str
    platform_private_pem: str
    platform_public_pem: str
    public_key_id: str
    platform_serial: str
    platform_certificate_pem: str
    api_v3_key: str
    api_v2_key: str
    payscore_service_id: str
    payscore_ceiling_fen: int = 3_000_000


@dataclass
class Tuning:
    """What tests and demos may turn: real seconds a callback may take, how often it is repeated, …"""

    callback_timeout_seconds: float = 5.0
    callback_deliveries: int = 3
    pay_schedule_scale: float = 1.0  # multiplies the fifteen steps of the payment notice schedule
    allowed_ips: tuple[str, ...] = ("127.0.0.1", "::1")
    shipping_lag_seconds: float = 0.0  # shop seconds before a fresh payment is known to shipping
    media_check_seconds: float = 5.0  # shop seconds until the result of media_check_async is pushed


@dataclass
class Person:
    """Somebody with WeChat on their phone."""

    id: str
    name: str
    unionid: str
    phone: str
    openids: dict[str, str]  # appid -> openid
    follows: bool = False
    subscribed_at: datetime | None = None
    subscribe_scene: str = "ADD_SCENE_SEARCH"
    qr_scene_str: str = ""
    blacklisted: bool = False
    messages_off: bool = False
    last_visit_at: datetime | None = None  # last use of the mini-program
    payscore_accepts: bool = True
    wallet_fen: int = 10_000_000
    qr_scene: int = 0  # the number of the QR code that brought them, 0 for text scenes
    remark: str = ""  # the account's own note on a follower
    risk_rank: int = 0  # 0 (harmless) to 4, as getuserriskrank tells it


@dataclass
class Fault:
    """Something that goes wrong on purpose, a number of times, on matching endpoints.

    `match` is a prefix of the request path, or `callback:` / `notify:` followed by an event name or
    nothing. Kinds for endpoints: delay, delay_after (worked, answer late), drop, drop_after
    (worked, answer lost), status, errcode.
    Kinds for callbacks and notices: delay, drop, duplicate, reorder, wrong_signature,
    stale_timestamp, wrong_amount.
    """

    match: str
    kind: str
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    errcode: int = -1
    chance: float = 1.0
    id: int = 0


@dataclass
class Call:
    """One request the application made."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int  # 0 when no answer reached the application
    reply: Any
    n: int = 0  # rises by one with every call


@dataclass
class PaidOrder:
    """One payment that went through, as the shipping endpoints (发货信息管理) know it."""

    transaction_id: str
    mchid: str
    out_trade_no: str
    description: str
    paid_fen: int
    openid: str  # the payer's, towards `appid`
    created_at: datetime
    paid_at: datetime
    appid: str = ""
    refunded_fen: int = 0

    @property
    def refunded(self) -> bool:
        """Nothing is left of the payment, so nothing may be shipped for it."""
        return self.paid_fen > 0 and self.refunded_fen >= self.paid_fen


class PaidOrders(dict[str, PaidOrder]):
    """Payments by transaction id. Storing one tells the listeners; `by_number` finds the other key."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners: list[Callable[[PaidOrder], None]] = []
        self._by_number: dict[tuple[str, str], str] = {}

    def __setitem__(self, transaction_id: str, order: PaidOrder) -> None:
        fresh = transaction_id not in self
        super().__setitem__(transaction_id, order)
        self._by_number[order.mchid, order.out_trade_no] = transaction_id
        if fresh:
            for listener in self.listeners:
                listener(order)

    def by_number(self, mchid: str, out_trade_no: str) -> PaidOrder | None:
        transaction_id = self._by_number.get((mchid, out_trade_no))
        return None if transaction_id is None else self.get(transaction_id)


@dataclass(order=True)
class _Due:
    at: datetime
    order: int
    work: Callable[[], Awaitable[None]] = field(compare=False)


class World:
    def __init__(
        self,
        *,
        official: Account,
        mini: Account,
        merchant: Merchant,
        clock: SharedClock,
        corp: Account | None = None,
        seed: int = 1,
        tuning: Tuning | None = None,
        first_number: int = 1,
    ) -> None:
        self.official = official
        self.mini = mini
        self.merchant = merchant
        self.corp = corp
        self.clock = clock
        self.rng = random.Random(seed)
        self.tuning = tuning or Tuning()
        self.people: dict[str, Person] = {}
        self.by_openid: dict[str, Person] = {}
        self.faults: list[Fault] = []
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.calls_seen = 0
        self.paid_orders = PaidOrders()
        self._rooms: dict[type[Any], Any] = {}
        self._counter = itertools.count(first_number)
        self._due: list[_Due] = []
        self._running: set[asyncio.Task[None]] = set()

    def now(self) -> datetime:
        return self.clock.now()

    def account(self, appid: str) -> Account | None:
        return next((a for a in (self.official, self.mini) if a.appid == appid), None)

    def number(self) -> int:
        """A number never given out before in this world."""
        return next(self._counter)

    def room(self, kind: Callable[["World"], T]) -> T:
        """The one object of class `kind` in this world: where a family keeps what it alone knows."""
        key = cast(type[Any], kind)
        if key not in self._rooms:
            self._rooms[key] = kind(self)
        return cast(T, self._rooms[key])

    def record(self, call: Call) -> Call:
        """Remember one call of the application; the last 20,000 are kept."""
        self.calls_seen += 1
        call.n = self.calls_seen
        self.calls.append(call)
        return call

    # People ------------------------------------------------------------------------------------

    def add_person(self, name: str, phone: str = "", *, openid: str | None = None) -> Person:
        n = self.number()
        person = Person(
            id=f"p{n}",
            name=name,
            unionid=f"oUnion{n % 10**6:06d}{secrets.token_hex(8)}",
            phone=phone or f"138{n:08d}",
            openids={
                self.official.appid: openid or f"oOff{n % 10**6:06d}{secrets.token_hex(9)}",
                self.mini.appid: f"oMini{n % 10**6:06d}{secrets.token_hex(8)}a",
            },
        )
        self.people[person.id] = person
        for one in person.openids.values():
            self.by_openid[one] = person
        return person

    # Faults ------------------------------------------------------------------------------------

    def inject(self, fault: Fault) -> Fault:
        fault.id = self.number()
        self.faults.append(fault)
        return fault

    def take_fault(self, what: str, *kinds: str) -> Fault | None:
        """The first injected fault that matches, used up by one; None in quiet times."""
        for fault in self.faults:
            if fault.times <= 0 or not what.startswith(fault.match):
                continue
            if kinds and fault.kind not in kinds:
                continue
            if fault.chance < 1.0 and self.rng.random() >= fault.chance:
                continue
            fault.times -= 1
            return fault
        return None

    # Time --------------------------------------------------------------------------------------

    def later(self, at: datetime, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` once the shared clock has reached `at`."""
        heapq.heappush(self._due, _Due(at.astimezone(UTC), self.number(), work))

    def soon(self, work: Callable[[], Awaitable[None]], *, after: timedelta = timedelta(0)) -> None:
        self.later(self.now() + after, work)

    def start_due(self) -> int:
        """Start everything that has fallen due; returns how many were started."""
        started = 0
        while self._due and self._due[0].at <= self.now():
            work = heapq.heappop(self._due).work
            task: asyncio.Task[None] = asyncio.ensure_future(_run(work))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            started += 1
        return started

    async def settle(self) -> None:
        """Run everything due, and what that makes due, until nothing is left for this instant."""
        while self.start_due() or self._running:
            running = list(self._running)
            if running:
                await asyncio.wait(running)

    async def tick_forever(self, every_seconds: float = 0.02) -> None:
        """The sandbox's own heartbeat; cancelled when the server stops."""
        while True:
            self.start_due()
            await asyncio.sleep(every_seconds)

    def snapshot(self) -> dict[str, Any]:
        return {
            "now": self.now().isoformat(),
            "people": [asdict(p) for p in self.people.values()],
            "faults": [asdict(f) for f in self.faults if f.times > 0],
            "calls": self.calls_seen,
            "due": len(self._due),
        }


async def _run(work: Callable[[], Awaitable[None]]) -> None:
    await work()
