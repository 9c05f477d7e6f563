"""Events on their way through: accepted in groups, worked once, answered inside WeChat's five seconds."""

import asyncio
import contextvars
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from bot import on_event, replies
from bot.router import speak
from bot.second_opinion import SecondOpinion
from bot.turn import SURE, Say, Turn
from bot.understand import Understander
from bot.wire import ready
from domain.care_words import page_link
from domain.desk import COMPLAINT
from domain.ports import Helper
from services import conversations, turns
from services.batch import Grouped
from services.conversations import Accepted, Event, Finished
from services.glance import Glances
from services.shop import Shop
from services.turns import TALKING, Line, Talk

log = structlog.get_logger()
TURN_ASKED_SECONDS = 0.05
"""How often a line asks for a turn that another process has."""


@dataclass
class _Pending:
    """An event being worked: how many deliveries wait, whether it is stored, and whether its outcome is decided."""

    waiting: int = 0
    stored: bool = False
    decided: bool = False
    late: bool = False
    task: "asyncio.Task[str] | None" = field(default=None, repr=False)

    def decide(self) -> bool:
        """Right before the commit: whether the reply comes too late. From here on nobody stops waiting for it."""
        self.decided, self.late = True, not self.waiting
        return self.late


class NotStored(Exception):
    """The database did not take the event in time: WeChat is to deliver it again."""


class Reception:
    """One per web process. Repeats of an event that is being worked wait for the same answer."""

    def __init__(self, shop: Shop, understander: Understander, helper: Helper | None = None) -> None:
        self.shop, self.understander = shop, understander
        self._second_opinion = SecondOpinion(helper, understander)
        self._glances = Glances(shop)
        # Events and outcomes are written by turns, so that both come in larger groups when there is a rush.
        turn = asyncio.Lock()
        self._accept: Grouped[Event, Accepted] = Grouped(
            lambda events: conversations.accept_many(shop, events), turn=turn
        )
        self._finish: Grouped[Finished, str] = Grouped(lambda done: conversations.finish_many(shop, done), turn=turn)
        self._pending: dict[tuple[str, str], _Pending] = {}
        # One follower's lines are worked in turn, so that a form never loses a slot.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def answer(self, event: Event, within_seconds: float) -> str:
        """The reply's text, "" where nothing is to be said or the answer follows by a pushed message.

        Raises NotStored when the event could not be stored in time.
        """
        name = (event.source, event.key)
        pending = self._pending.get(name)
        if pending is None:
            pending = self._pending[name] = _Pending()
            # A fresh context: the work outlives this request and must not inherit anything of it.
            pending.task = asyncio.create_task(self._work(event, pending), context=contextvars.Context())
            pending.task.add_done_callback(lambda _: self._pending.pop(name, None))
        task = pending.task
        assert task is not None, "a pending event always has its task"
        pending.waiting += 1
        try:
            # Waiting, unlike awaiting, leaves the work alone when the time is over or the caller is gone.
            await asyncio.wait((task,), timeout=within_seconds)
            if not task.done() and pending.decided:
                # The reply is being committed as one that is waited for, so it is waited for. Should that take
                # too long for WeChat, it delivers the event again and gets the stored reply.
                await asyncio.wait((task,))
        finally:
            pending.waiting -= 1
        if task.done():
            return task.result()
        if pending.stored:
            return ""
        raise NotStored

    async def _work(self, event: Event, pending: _Pending) -> str:
        if event.kind not in TALKING:
            return await self._work_alone(event, pending)
        async with self._in_turn(event.openid):
            return await self._work_alone(event, pending)

    @asynccontextmanager
    async def _in_turn(self, openid: str) -> AsyncIterator[None]:
        """Wait for this process's other lines of the follower: cheaper than asking the database for the turn."""
        lock = self._turns[openid]
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._turns.pop(openid, None)

    async def _work_alone(self, event: Event, pending: _Pending) -> str:
        accepted = await self._accept.submit(event)
        pending.stored = True
        if not accepted.fresh:
            return accepted.reply or ""
        reply = await self._finish.submit(await self._handle(event, accepted, pending.decide))
        if pending.late and reply:
            await conversations.push_now(self.shop, accepted.event_id)
        return reply

    async def _turn(self, event: Event, accepted: Accepted) -> Talk:
        """Where the talk stands, once it is this event's turn."""
        talk = accepted.talk
        while talk is None:
            # Another process works another line of this follower: for milliseconds, or until its turn has run out.
            await asyncio.sleep(TURN_ASKED_SECONDS)
            talk = await turns.take(self.shop, Line(accepted.event_id, event.openid, accepted.member_id))
        return talk

    async def _handle(self, event: Event, accepted: Accepted, late: Callable[[], bool]) -> Finished:
        failure = reply = ""
        after: Talk | None = None
        lines: tuple[tuple[str, str, str], ...] = ()
        card: tuple[str, str] | None = None
        talk = await self._turn(event, accepted)
        # From the hand-off to the hand-back the bot says nothing, whatever comes.
        silent = event.source == "official" and talk.owner != "bot"
        heard = False
        try:
            wish = on_event.wish_of_click(event)
            if silent:
                await on_event.handle(self.shop, event, accepted)
                lines = on_event.thread_lines(event, wish)
                if talk.owner == "desk" and event.kind == "text" and self._complains(event):
                    lines = tuple((side, shown, COMPLAINT) for side, shown, _ in lines)
                heard = bool(lines)
            elif accepted.member_id is not None and (event.kind == "text" or wish is not None):
                reply, after, lines, card = await self._converse(event, accepted.member_id, talk, wish)
            else:
                reply = await on_event.handle(self.shop, event, accepted)
                lines = on_event.thread_lines(event, wish)
        except Exception as fault:
            log.exception("bot.failed", event_id=accepted.event_id, kind=event.kind)
            failure = f"{type(fault).__name__}: {fault}"
            reply = replies.BROKEN if event.source == "official" and event.kind == "text" and not silent else ""
        return Finished(
            accepted.event_id, reply, event.openid, accepted.member_id, event.kind in TALKING, after, lines,
            failure, heard, card, late,
        )  # fmt: skip

    def _complains(self, event: Event) -> bool:
        """Who asked for a person and then complains is not to wait like the others: read, and not answered."""
        heard = self.understander.understand(str(event.payload.get("Content") or ""), self.shop.now())
        return heard.intent == COMPLAINT and heard.confidence >= SURE

    async def _converse(
        self, event: Event, member_id: int, talk: Talk, wish: str | None
    ) -> tuple[str, Talk, tuple[tuple[str, str, str], ...], tuple[str, str] | None]:
        text = str(event.payload.get("Content") or "")
        now = self.shop.now()
        form = talk.form or {}
        if wish is not None:
            # A menu click is a wish said quite clearly.
            heard = on_event.as_understood(wish)
        else:
            expecting = str(form.get("asked") or "") or None
            heard = self.understander.understand(text, now, expecting=expecting)
            heard = await self._second_opinion.on(heard, text, now, expecting)
        turn = Turn(self.shop, self._glances, event.openid, member_id, text, heard, None, now)
        said, after = await speak(turn, talk)
        reply = self._as_sent(said)
        [(side, shown, _)] = on_event.thread_lines(event, wish)
        lines = [(side, shown, heard.intent)]
        if reply:
            lines.append(("bot", reply, ""))
        card = (said.label, said.page) if said.page and self.shop.accounts.card_picture else None
        return reply, after, tuple(lines), card

    def _as_sent(self, said: Say) -> str:
        """The words as WeChat takes them: no sensitive one, not too long, and the page a tap opens."""
        if self.shop.blocklist.holds(said.text):
            log.error("bot.blocked_word", outcome=said.outcome)
            return replies.SAFE
        accounts = self.shop.accounts
        as_link = bool(said.page) and not accounts.card_picture
        return ready(said.text, page_link(said.page, said.label, accounts.mini_appid) if as_link else "")

    async def sweep(self) -> int:
        """Work what a dead process left behind; the answer goes out as a pushed message."""
        orphans = await conversations.orphans(self.shop)
        for event_id, event in orphans:
            async with self._in_turn(event.openid):
                member_id = await conversations.member_id_of(event)
                talk = None if event.kind in TALKING else await turns.talk_of(event.openid)
                accepted = Accepted(event_id, True, None, member_id, False, talk)
                if await self._finish.submit(await self._handle(event, accepted, lambda: True)):
                    await conversations.push_now(self.shop, event_id)
        return len(orphans)
