"""Sending what is due: messages are claimed and marked by `care_claims`, called here, and recorded one by one.

A sender feels its way: one call at a time until WeChat answers, then more and more at once; a fault halves
them. Any number of senders may work side by side, in any number of processes.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from domain.care import LADDER, CareState, Channel, MessageClass
from domain.care_gate import retry_after, surely_not_sent
from domain.care_words import Words
from domain.errors import OutsideFault, WrongState
from models import InboxNote, sql
from services import campaigns, care, wecom_letters
from services.batch import Grouped
from services.care_channels import Resting, Unfollowed, burst, halted, rest_after_burst, through
from services.care_claims import LEASE, Claim, Ready, claim, recover, release, take
from services.care_rate import allowed
from services.shop import Shop
from services.transaction import transaction
from services.wecom_letters import Hand

__all__ = ["LEASE", "Sender", "recover", "send_due"]
BATCH = 500
"""Messages claimed at once: more would only wait under their lease."""
Settled = Callable[[int], Awaitable[None]]
log = structlog.get_logger()


async def send_due(
    shop: Shop, *, limit: int = 1000, sender: "Sender | None" = None, stop: asyncio.Event | None = None
) -> int:
    """Send what is due, the most important first; how many went out. A job.

    Stands still with the kill switch, and for a while after a burst of faults: what fails for one
    member after another will fail for the next one too. `stop` ends it between two batches.
    """
    await recover(shop)
    sender, looked = sender or Sender(shop), 0
    before = sender.sent
    while looked < limit and not (stop and stop.is_set()) and await may_send(shop):
        claims = await claim(shop, min(BATCH, limit - looked))
        if not claims:
            break
        looked += len(claims)
        await sender.send(claims)
    return sender.sent - before


async def may_send(shop: Shop) -> bool:
    """Whether neither the kill switch nor a burst of faults stops all sending."""
    return await halted() is None and not await burst(shop)


@dataclass(frozen=True)
class _Outcome:
    """What became of one message."""

    ready: Ready
    state: CareState
    reason: str
    tried: list[list[str]]
    channel: Channel | None = None
    note: Words | None = None  # for the inbox, written with the outcome
    hand: Hand | None = None  # who is to send it, written with the outcome
    again_at: datetime | None = None  # with PLANNED: when it is tried again
    attempts: int | None = None  # where it is not the number of calls begun
    fault: bool = False  # WeChat failed on the way


class Sender:
    """Sends claimed messages; `sent` counts those that went out. One for one task."""

    def __init__(self, shop: Shop) -> None:
        self.sent = 0
        self._shop = shop
        self._at_once = 1
        self._faults: list[Ready] = []  # in a row, over all that is sent
        self._rests: dict[str, datetime | None] = {}
        self._outcomes: Grouped[_Outcome, bool] = Grouped(self._write)

    async def send(self, claims: Sequence[Claim], settled: Settled | None = None) -> None:
        """Send them and record each outcome. After a burst of faults the rest is nobody's again.

        `settled` is told of each claim once nothing is left to do about it; not of one whose outcome could
        not be written.
        """
        waiting, under_way = deque(claims), set[asyncio.Task[_Outcome | None]]()
        try:
            while waiting or under_way:
                room = self._at_once - len(under_way)
                # Few at a time would ask the gate for each alone.
                if waiting and (room >= self._at_once / 2):
                    chunk = [waiting.popleft() for _ in range(min(room, len(waiting)))]
                    await allowed(self._shop, len(chunk))
                    let_through = await take(self._shop, chunk, self._rests)
                    under_way |= {asyncio.create_task(self._try(ready, settled)) for ready in let_through}
                    await _tell_settled(settled, {c.message_id for c in chunk} - {r.message.id for r in let_through})
                    continue
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._learn(task.result())
                if len(self._faults) >= self._shop.rules.care.faults_in_a_row_max:
                    await self._burst(waiting)
                    await _tell_settled(settled, {one.message_id for one in waiting})
                    waiting.clear()
        finally:
            for task in under_way:
                task.cancel()

    @property
    def at_once(self) -> int:
        """How many calls it dares to make side by side now."""
        return self._at_once

    def _learn(self, outcome: _Outcome | None) -> None:
        if outcome is None:
            return
        out = outcome.state is CareState.SENT
        self.sent += out
        if outcome.fault:
            self._faults.append(outcome.ready)
            self._at_once = max(1, self._at_once // 2)
        else:
            self._at_once = min(self._at_once + 1, self._shop.rules.care.calls_at_once_max)
            if out:
                self._faults.clear()

    async def _burst(self, waiting: deque[Claim]) -> None:
        """What fails again and again is looked at by a person before it goes on."""
        await rest_after_burst(self._shop)
        met = {one.message.occurrence for one in self._faults if one.message.path == "campaign"}
        for occurrence in sorted(met):
            with suppress(WrongState):
                campaign_id = int(occurrence.partition(":")[2])
                await campaigns.pause(self._shop, campaign_id, "job:send_care", "many faults in a row")
        self._faults.clear()
        await release(waiting)

    async def _try(self, ready: Ready, settled: Settled | None) -> _Outcome | None:
        """One message. Whatever breaks, the others go on; what it was is in the log."""
        try:
            outcome = await self._deliver(ready)
            await self._outcomes.submit(outcome)
            await _tell_settled(settled, {ready.message.id})
        except Exception:
            log.exception("care.broken", message=ready.message.id)
            return None
        return outcome

    async def _deliver(self, ready: Ready) -> _Outcome:
        """Try the channels in order, outside of any transaction."""
        message, service = ready.message, ready.letter.step.message_class is MessageClass.SERVICE
        tried = [list(pair) for pair in message.tried]
        gone = fault_met = False
        for channel in ready.letter.step.channels or LADDER:
            if ready.silently:
                tried.append([channel.value, ready.silently])
                continue
            if channel is Channel.STYLIST:
                if any(passed == channel for passed, _ in message.tried):
                    continue
                hand = await wecom_letters.hand_of(self._shop, ready.letter, message.useful_until)
                if isinstance(hand, Hand):
                    if ready.letter.window is not None:
                        await care.give_back(ready.letter.window)
                    # Until she has sent it, or WeCom tells that she will not, it may be said at any time.
                    return _Outcome(ready, CareState.SENDING, "with_stylist", tried, channel, hand=hand)
                tried.append([channel.value, hand])
                continue
            if gone and channel is Channel.TEMPLATE:
                tried.append([channel.value, "does_not_follow"])
                continue
            try:
                passed = await through(self._shop, channel, ready.letter)
            except Resting as rest:
                tried.append([channel.value, "quota"])
                if rest.until < message.useful_until:
                    # That was no attempt.
                    return _Outcome(
                        ready, CareState.PLANNED, "quota", tried, again_at=rest.until, attempts=message.attempts - 1
                    )
                continue
            except Unfollowed:
                tried.append([channel.value, "does_not_follow"])
                if not service:
                    return _Outcome(ready, CareState.SKIPPED, "unfollowed", tried)
                gone = True
                continue
            except OutsideFault as fault:
                tried.append([channel.value, f"fault {fault.kind}".strip()])
                settled = self._after_fault(ready, fault, tried)
                if settled is not None:
                    return settled
                fault_met = True
                break
            if passed is None:
                return _Outcome(ready, CareState.SENT, "", tried, channel)
            tried.append([channel.value, passed])
        return _Outcome(ready, CareState.SENT, "", tried, Channel.INBOX, note=ready.letter.words, fault=fault_met)

    def _after_fault(self, ready: Ready, fault: OutsideFault, tried: list[list[str]]) -> _Outcome | None:
        """Settle what a fault means; None when the inbox is to take over.

        A promotion that may have gone out is not said again. Otherwise it is tried later, while it is of
        use and not tried too often; then a promotion is set aside, and a service message goes to the inbox.
        """
        message, rules, reason = ready.message, self._shop.rules.care, f"fault {fault.kind}"
        promotion = ready.letter.step.message_class is MessageClass.PROMOTION
        if promotion and not surely_not_sent(fault.kind):
            return _Outcome(ready, CareState.UNKNOWN, reason, tried, fault=True)
        again_at = self._shop.now() + retry_after(message.attempts, rules)
        if message.attempts < rules.attempts_max and again_at < message.useful_until:
            return _Outcome(ready, CareState.PLANNED, reason, tried, again_at=again_at, fault=True)
        return _Outcome(ready, CareState.FAILED, reason, tried, fault=True) if promotion else None

    async def _write(self, outcomes: Sequence[_Outcome]) -> list[bool]:
        """Write outcomes, with their inbox notes and letters by hand: all or nothing. Which of them were still ours."""
        now = self._shop.now()
        async with transaction():
            rows = await sql.run("care_record", rows=[_row(one) for one in outcomes], now=now)
            ours = {row["id"] for row in rows}
            await sql.insert_many(
                InboxNote,
                [
                    {"member_id": one.ready.message.member_id, "title": one.note.title, "text": one.note.text,
                     "page": one.note.page, "created_at": now}
                    for one in outcomes
                    if one.note is not None and one.ready.message.id in ours
                ],
            )  # fmt: skip
            handed = [
                (one.ready.message.id, one.ready.message.member_id, one.hand)
                for one in outcomes
                if one.hand is not None and one.ready.message.id in ours
            ]
            await wecom_letters.hand_over(self._shop, handed)
        for one in outcomes:
            _tell(one)
        return [one.ready.message.id in ours for one in outcomes]


async def _tell_settled(settled: Settled | None, message_ids: set[int]) -> None:
    if settled is not None:
        for message_id in message_ids:
            await settled(message_id)


def _row(one: _Outcome) -> dict[str, Any]:
    message = one.ready.message
    return {
        "id": message.id,
        "lease": one.ready.lease,
        "state": one.state,
        "reason": one.reason[:64],
        "channel": one.channel.value if one.channel else "",
        "tried": one.tried,
        "attempts": message.attempts if one.attempts is None else one.attempts,
        "send_at": one.again_at,
        "may_be_seen": one.state in (CareState.SENT, CareState.UNKNOWN, CareState.SENDING),
    }


def _tell(one: _Outcome) -> None:
    message = one.ready.message
    event = "care.again" if one.state is CareState.PLANNED else f"care.{one.state.value}"
    log.info(
        event,
        message=message.id, member=message.member_id, step=message.step,
        channel=one.channel.value if one.channel else "", reason=one.reason,
    )  # fmt: skip
