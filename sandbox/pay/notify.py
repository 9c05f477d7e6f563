"""Notices to the merchant: sealed, signed, sent, sent again on the fifteen-step schedule.

A notice stops when it is answered 200 or 204. Everything that can go wrong on the way is injected
with faults matching `notify:<event_type>`; every attempt is kept with what was answered.
"""

import copy
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from sandbox.pay.signing import SIGNTEST, Keys, dump, encrypt, request_id, wrong_signature
from sandbox.pay.state import Settings
from sandbox.pay.times import rfc3339
from sandbox.world import World

SCHEDULE_SECONDS = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600, 10800, 10800, 10800, 21600, 21600)
HELD_SECONDS = 60
STALE = timedelta(minutes=10)
FAULTS = (
    "drop",
    "delay",
    "duplicate",
    "reorder",
    "wrong_signature",
    "stale_timestamp",
    "wrong_amount",
    "signtest",
)


@dataclass
class Attempt:
    """One delivery as it went: `status` is None when no HTTP answer came."""

    at: datetime
    fault: str | None
    status: int | None = None
    answer: str = ""
    error: str = ""
    took_seconds: float = 0.0


@dataclass
class Notice:
    """One thing to be told to one address. `subject` is the number it is about."""

    id: str
    event_type: str
    summary: str
    original_type: str
    url: str
    plain: dict[str, Any]
    subject: str
    created_at: datetime
    attempts: list[Attempt] = field(default_factory=list)
    step: int = 0  # how many of the repeats have been planned
    accepted: bool = False
    given_up: bool = False
    next_at: datetime | None = None

    def told(self) -> dict[str, Any]:
        """How it stands, in the shape of the control endpoints."""
        last = self.attempts[-1] if self.attempts else None
        return {
            "id": self.id,
            "event_type": self.event_type,
            "subject": self.subject,
            "url": self.url,
            "status": last.status if last else None,
            "answer": last.answer if last else "",
            "error": last.error if last else "",
            "fault": last.fault if last else None,
            "accepted": self.accepted,
            "given_up": self.given_up,
            "next_at": rfc3339(self.next_at) if self.next_at else None,
            "attempts": [
                {
                    "at": rfc3339(a.at),
                    "status": a.status,
                    "answer": a.answer,
                    "error": a.error,
                    "fault": a.fault,
                    "took_seconds": round(a.took_seconds, 3),
                }
                for a in self.attempts
            ],
        }


class Notices:
    """The log of notices and the only one who sends them."""

    def __init__(self, world: World, keys: Keys, settings: Settings) -> None:
        self.log: dict[str, Notice] = {}
        self._world = world
        self._keys = keys
        self._settings = settings
        self._held: list[Notice] = []
        self._deliveries = 0
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def write(
        self, event_type: str, summary: str, original_type: str, url: str, plain: dict[str, Any], subject: str
    ) -> Notice:
        """Log a notice without sending it; the caller delivers it now or `soon`."""
        notice = Notice(str(uuid.uuid4()), event_type, summary, original_type, url, plain, subject, self._world.now())
        self.log[notice.id] = notice
        return notice

    def soon(self, notice: Notice, *, after: timedelta = timedelta(0)) -> None:
        async def work() -> None:
            await self.deliver(notice)

        notice.next_at = self._world.now() + after
        self._world.soon(work, after=after)

    async def deliver(self, notice: Notice) -> None:
        """One turn of the schedule, with whatever fault is injected for it."""
        if notice.accepted or not self._keys.merchant.api_v3_key:
            return
        notice.next_at = None
        fault = self._world.take_fault(f"notify:{notice.event_type}", *FAULTS)
        kind = fault.kind if fault else None
        if fault is not None and kind == "delay":
            notice.attempts.append(Attempt(self._world.now(), kind, error="delayed"))
            self.soon(notice, after=timedelta(seconds=fault.seconds))
            return
        if kind == "reorder":
            notice.attempts.append(Attempt(self._world.now(), kind, error="held until another is sent"))
            self._held.append(notice)
            self.soon(notice, after=timedelta(seconds=HELD_SECONDS))
            return
        if kind == "drop":
            notice.attempts.append(Attempt(self._world.now(), kind, error="lost on the way"))
        else:
            await self._send(notice, kind)
        self._plan_next(notice)
        self._release_held(notice)

    async def again(self, notice: Notice) -> None:
        """Send it once more, outside the schedule, accepted or not."""
        await self._post(notice, None)

    async def _send(self, notice: Notice, kind: str | None) -> None:
        self._deliveries += 1
        every = self._settings.signtest_every
        if kind == "signtest" or (every and self._deliveries % every == 0):
            await self._post(notice, "signtest")
            kind = None if kind == "signtest" else kind
        await self._post(notice, kind)
        if kind == "duplicate":
            await self._post(notice, kind)

    def _plan_next(self, notice: Notice) -> None:
        if notice.accepted:
            return
        if notice.step >= len(SCHEDULE_SECONDS):
            notice.given_up = True
            return
        wait = SCHEDULE_SECONDS[notice.step] * self._world.tuning.pay_schedule_scale
        notice.step += 1
        self.soon(notice, after=timedelta(seconds=wait))

    def _release_held(self, sent: Notice) -> None:
        waiting = [n for n in self._held if n is not sent]
        self._held.clear()
        for notice in waiting:
            self.soon(notice)

    async def _post(self, notice: Notice, kind: str | None) -> None:
        attempt = Attempt(self._world.now(), kind)
        notice.attempts.append(attempt)
        body = self._sealed(notice, kind)
        headers = self._headers(body, kind)
        limit = aiohttp.ClientTimeout(total=self._world.tuning.callback_timeout_seconds)
        if self._session is None:
            self._session = aiohttp.ClientSession()
        began = time.monotonic()
        try:
            async with self._session.post(
                notice.url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                attempt.answer = (await answer.text(errors="replace"))[:500]
                attempt.status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as trouble:
            attempt.error = f"{type(trouble).__name__}: {trouble}"
        attempt.took_seconds = time.monotonic() - began
        if attempt.status in {200, 204} and kind != "signtest":
            notice.accepted = True
            notice.next_at = None

    def _sealed(self, notice: Notice, kind: str | None) -> bytes:
        plain = _with_other_amount(notice.plain) if kind == "wrong_amount" else notice.plain
        resource = encrypt(self._keys.merchant.api_v3_key, dump(plain), notice.original_type)
        return dump(
            {
                "id": notice.id,
                "create_time": rfc3339(notice.created_at),
                "resource_type": "encrypt-resource",
                "event_type": notice.event_type,
                "summary": notice.summary,
                "resource": {"original_type": notice.original_type, **resource},
            }
        )

    def _headers(self, body: bytes, kind: str | None) -> dict[str, str]:
        at = self._world.now() - STALE if kind == "stale_timestamp" else self._world.now()
        false: str | None = None
        if kind == "wrong_signature":
            false = wrong_signature()
        if kind == "signtest":
            false = SIGNTEST + wrong_signature()
        serial = self._keys.serial_for(None, self._settings.sign_with)
        assert serial is not None
        return {
            "Content-Type": "application/json",
            "Accept": "*/*",
            "User-Agent": "Mozilla/4.0",
            "Request-ID": request_id(0),
            **self._keys.headers(body, at, serial, signature=false),
        }


def _with_other_amount(plain: dict[str, Any]) -> dict[str, Any]:
    """The same story told with one fen more, in every place where this kind of notice has money."""
    other = copy.deepcopy(plain)
    for name in ("total", "payer_total", "refund"):
        if name in other.get("amount", {}):
            other["amount"][name] += 1
    if "total_amount" in other:
        was = other["total_amount"]
        other["total_amount"] = str(int(was) + 1) if isinstance(was, str) else was + 1
    for name in ("total_amount", "paid_amount"):
        if name in other.get("collection", {}):
            other["collection"][name] += 1
    if "risk_fund" in other and "collection" not in other:
        other["risk_fund"]["amount"] += 1
    return other
