"""The pusher: carries messages and events to the application's callback, as WeChat does.

A push is repeated on a timeout, a broken connection or a 5xx, with the same CreateTime and MsgId but
a new nonce and timestamp. The reply is verified and shown in the person's chat.
"""

import asyncio
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from sandbox import crypt, wire
from sandbox.chat import FAULT_TEXT, Chat
from sandbox.world import Account, Person, World

STALE = timedelta(days=1)
REPLY_LIMIT = 64 * 1024


@dataclass
class Delivery:
    """One HTTP request to the callback. `status` 0 means that no answer came."""

    status: int
    ms: int
    reply: dict[str, Any] | None = None
    note: str = ""
    body: bytes = b""

    def as_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"status": self.status, "ms": self.ms, "reply": self.reply}
        return {**shown, "note": self.note} if self.note else shown


@dataclass
class Job:
    """One thing that happened, to be told to one account; repeated deliveries carry the same fields."""

    kind: str  # "official" or "mini"
    name: str  # the Event, or the MsgType of a message
    openid: str
    fields: wire.Fields
    person: Person | None


class Pusher:
    """Pushes for both accounts of one world. `world.room(Pusher)` is the one everybody uses."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._session: aiohttp.ClientSession | None = None
        self._held: dict[str, list[Job]] = {}

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    # What happened ---------------------------------------------------------------------------------

    async def message(self, account: Account, person: Person, msg_type: str, **fields: Any) -> list[dict[str, Any]]:
        """Push something the person wrote; answers the deliveries once the reply is in."""
        msg_id = 24_000_000_000_000_000 + self._world.number()
        return await self._push(account, person.openids[account.appid], msg_type, {**fields, "MsgId": msg_id}, person)

    async def event(self, account: Account, openid: str, event: str, /, **fields: Any) -> list[dict[str, Any]]:
        """Push an event. Events carry no MsgId."""
        person = self._world.by_openid.get(openid)
        return await self._push(account, openid, "event", {"Event": event, **fields}, person)

    def event_later(self, account: Account, openid: str, event: str, after: timedelta, **fields: Any) -> None:
        """Push an event once the shared clock has moved on by `after`."""

        async def work() -> None:
            await self.event(account, openid, event, **fields)

        self._world.soon(work, after=after)

    async def _push(
        self, account: Account, openid: str, msg_type: str, fields: wire.Fields, person: Person | None
    ) -> list[dict[str, Any]]:
        account = self._current(account.kind)
        head = {
            "ToUserName": account.gh_id,
            "FromUserName": openid,
            "CreateTime": int(self._world.now().timestamp()),
            "MsgType": msg_type,
        }
        job = Job(account.kind, str(fields.get("Event", msg_type)), openid, {**head, **fields}, person)
        if not account.callback_url:
            return []
        return [one.as_json() for one in await self._with_faults(job)]

    def _current(self, kind: str) -> Account:
        return self._world.official if kind == "official" else self._world.mini

    # Faults ----------------------------------------------------------------------------------------

    async def _with_faults(self, job: Job) -> list[Delivery]:
        where = f"callback:{job.name}"
        if self._world.take_fault(where, "drop"):
            return [Delivery(0, 0, note="dropped")]
        if fault := self._world.take_fault(where, "delay"):

            async def work() -> None:
                await self._deliver(job)

            self._world.soon(work, after=timedelta(seconds=fault.seconds))
            return [Delivery(0, 0, note="delayed")]
        if self._world.take_fault(where, "reorder"):
            self._held.setdefault(job.kind, []).append(job)
            return [Delivery(0, 0, note="held")]
        done: list[Delivery] = []
        if self._world.take_fault(where, "wrong_signature"):
            done.append(await self._post(job, wrong_signature=True))
        if self._world.take_fault(where, "stale_timestamp"):
            done.append(await self._post(job, stale=True))
        if self._world.take_fault(where, "duplicate"):
            both = await asyncio.gather(self._attempts(job), self._attempts(job))
            done += await self._finish(job, [*both[0], *both[1]])
        else:
            done += await self._deliver(job)
        await self.release(job.kind)
        return done

    async def release(self, kind: str) -> int:
        """Deliver what a `reorder` fault held back; returns how many pushes that were."""
        held = self._held.pop(kind, [])
        for job in held:
            await self._deliver(job)
        return len(held)

    # The wire --------------------------------------------------------------------------------------

    async def _deliver(self, job: Job) -> list[Delivery]:
        return await self._finish(job, await self._attempts(job))

    async def _attempts(self, job: Job) -> list[Delivery]:
        done: list[Delivery] = []
        for _ in range(max(1, self._world.tuning.callback_deliveries)):
            done.append(await self._post(job))
            if 0 < done[-1].status < 500:
                break
        return done

    async def _finish(self, job: Job, done: list[Delivery]) -> list[Delivery]:
        """Read the first answer that has something to say and show it to the person."""
        shown = False
        for one in done:
            if one.status != 200:
                continue
            try:
                one.reply = self._read(job, one.body)
            except wire.BadReply as bad:
                one.reply = {"malformed": str(bad)}
            if one.reply is not None and not shown:
                shown = True
                self._show(job, one.reply)
        if all(one.status != 200 for one in done):
            self._show(job, {"malformed": "no answer"})
        return done

    def _read(self, job: Job, body: bytes) -> dict[str, Any] | None:
        account = self._current(job.kind)
        fields = wire.open_reply(account, body)
        return None if fields is None else wire.check_reply(account, job.openid, fields)

    def _show(self, job: Job, reply: dict[str, Any]) -> None:
        if job.person is None or job.name == "unsubscribe":
            return
        account, chat = self._current(job.kind), self._world.room(Chat)
        if "malformed" not in reply:
            chat.out(job.person, "passive", account, **reply)
        elif "Event" not in job.fields or job.name == "CLICK":
            chat.out(job.person, "notice", account, content=FAULT_TEXT, reason=reply["malformed"])

    async def _post(self, job: Job, *, wrong_signature: bool = False, stale: bool = False) -> Delivery:
        account = self._current(job.kind)
        when = self._world.now() - (STALE if stale else timedelta(0))
        stamp, nonce = str(int(when.timestamp())), str(secrets.randbelow(9 * 10**8) + 10**8)
        token = account.token + ("x" if wrong_signature else "")
        query = {
            "signature": crypt.signature(token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": job.openid,
        }
        encrypted = None
        if account.mode != "plain":
            clear = wire.render(account, job.fields).encode()
            encrypted = crypt.encrypt(account.aes_key, account.appid, clear)
            query["encrypt_type"] = "aes"
            query["msg_signature"] = crypt.signature(token, stamp, nonce, encrypted)
        note = "wrong_signature" if wrong_signature else "stale_timestamp" if stale else ""
        body = wire.envelope(account, job.fields, encrypted).encode()
        started = time.monotonic()
        try:
            status, answer = await self._exchange(account, query, body)
        except TimeoutError:
            status, answer, note = 0, b"", note or "timeout"
        except (aiohttp.ClientError, OSError):
            status, answer, note = 0, b"", note or "unreachable"
        return Delivery(status, round((time.monotonic() - started) * 1000), note=note, body=answer)

    async def _exchange(self, account: Account, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        kind = "application/json" if account.format == "json" else "text/xml"
        async with self.session().post(
            account.callback_url,
            params=query,
            data=body,
            headers={"Content-Type": kind, "User-Agent": "Mozilla/4.0"},
            timeout=aiohttp.ClientTimeout(total=self._world.tuning.callback_timeout_seconds),
            allow_redirects=False,
        ) as response:
            return response.status, await response.content.read(REPLY_LIMIT)

    def session(self) -> aiohttp.ClientSession:
        """The one session all pushes of this world go out by."""
        if self._session is None or self._session.closed:
            # Forced closing: a server that shut down between two pushes must not cost one of them.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True, limit=0))
        return self._session

    async def verify_url(self, account: Account) -> dict[str, Any]:
        """The console's URL check: a signed GET whose `echostr` must come back, byte for byte."""
        account = self._current(account.kind)
        stamp, nonce = str(int(self._world.now().timestamp())), str(secrets.randbelow(10**9))
        echo = str(secrets.randbelow(9 * 10**18) + 10**18)
        query = {
            "signature": crypt.signature(account.token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "echostr": echo,
        }
        timeout = aiohttp.ClientTimeout(total=self._world.tuning.callback_timeout_seconds)
        try:
            async with self.session().get(account.callback_url, params=query, timeout=timeout) as response:
                answer = await response.content.read(REPLY_LIMIT)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return {"ok": False, "status": 0, "reason": type(error).__name__}
        ok = status == 200 and answer == echo.encode()
        return {"ok": ok, "status": status, "reason": "" if ok else "the answer is not the echostr"}
