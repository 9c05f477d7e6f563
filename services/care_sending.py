"""Sending what is due: claim, ask the gate, mark, call WeChat, record; each message by itself.

A message is `planned`, leased while a worker looks at it, and marked `sending` before the call. One
that is found `sending` after a crash may have gone out: a promotion becomes `unknown` and is not said
again, a service message is.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from tortoise.queryset import QuerySet

from domain.campaign import campaign_step
from domain.care import BY_NAME, CareState, Channel, MessageClass, Step, edition_of
from domain.care_gate import Act, Verdict, gate, retry_after, surely_not_sent
from domain.care_words import Words, words
from domain.errors import OutsideFault, WrongState
from models import CareMessage, InboxNote, Member, sql
from services import campaigns, care
from services.care_channels import Letter, Resting, Unfollowed, burst, halted, rest_after_burst, through
from services.care_facts import gather, unfollowed
from services.care_subjects import look
from services.members import openid_of
from services.shop import Shop
from services.transaction import transaction

LEASE = timedelta(minutes=5)
BATCH = 50
LOST = "lost_outcome"
log = structlog.get_logger()


@dataclass(frozen=True)
class _Done:
    """What became of one message: whether it went out, and whether WeChat failed on the way."""

    sent: bool = False
    fault: bool = False


async def send_due(shop: Shop, *, limit: int = 1000) -> int:
    """Send what is due, the most important first; how many went out.

    Stands still with the kill switch, and for a while after a burst of faults: what fails for one
    member after another will fail for the next one too.
    """
    await recover(shop)
    sent = looked = faults = 0
    while looked < limit and await halted() is None and not await burst(shop):
        lease = shop.now() + LEASE
        claimed = await sql.run("care_claim", now=shop.now(), lease_until=lease, count=BATCH)
        if not claimed:
            break
        looked += len(claimed)
        for row in sorted(claimed, key=lambda r: (-r["priority"], str(r["send_at"]), r["id"])):
            done = await _try(shop, row["id"], lease)
            sent += done.sent
            faults = faults + 1 if done.fault else 0 if done.sent else faults
            if faults >= shop.rules.care.faults_in_a_row_max:
                await rest_after_burst(shop)
                await _pause_campaigns(shop, [r["id"] for r in claimed])
                # The rest of the batch is nobody's again.
                await CareMessage.filter(
                    id__in=[r["id"] for r in claimed], state=CareState.PLANNED, lease_until=lease
                ).update(lease_until=None)
                return sent
    return sent


async def _pause_campaigns(shop: Shop, message_ids: list[int]) -> None:
    """What fails again and again is looked at by a person before it goes on."""
    mine = CareMessage.filter(id__in=message_ids, path="campaign").distinct()
    for occurrence in await mine.values_list("occurrence", flat=True):
        with suppress(WrongState):
            await campaigns.pause(shop, int(str(occurrence).partition(":")[2]), "job:send_care", "many faults in a row")


async def _try(shop: Shop, message_id: int, lease: datetime) -> _Done:
    """One message. Whatever breaks, the others go on; what it was is in the log."""
    try:
        ready = await _pass_gate(shop, message_id, lease)
        return await _deliver(shop, ready) if ready is not None else _Done()
    except Exception:
        log.exception("care.broken", message=message_id)
        await _set_back(shop, message_id, lease)
        return _Done()


async def recover(shop: Shop) -> int:
    """Take up messages whose worker died during the call; how many."""
    now = shop.now()
    lost = CareMessage.filter(state=CareState.SENDING, lease_until__lte=now)
    promotions = await lost.filter(message_class=MessageClass.PROMOTION).update(
        state=CareState.UNKNOWN, reason=LOST, lease_until=None, updated_at=now
    )
    poison = await lost.filter(message_class=MessageClass.SERVICE, attempts__gte=shop.rules.care.attempts_max).update(
        state=CareState.FAILED, reason=LOST, lease_until=None, updated_at=now
    )
    again = await lost.filter(message_class=MessageClass.SERVICE).update(
        state=CareState.PLANNED, reason=LOST, lease_until=None, sent_at=None, updated_at=now
    )
    if promotions or poison or again:
        log.warning("care.recovered", unknown=promotions, failed=poison, again=again)
    return promotions + poison + again


@dataclass(frozen=True)
class _Ready:
    """A message the gate let through, marked `sending`."""

    message: CareMessage
    letter: Letter
    silently: str  # why only the inbox may be used; "" = every channel


async def _pass_gate(shop: Shop, message_id: int, lease: datetime) -> _Ready | None:
    """Everything is looked at again under the member's lock, so that two workers never share one cap."""
    now = shop.now()
    async with transaction():
        message = await _leased(message_id, lease).first()
        if message is None:
            return None
        member = await Member.filter(id=message.member_id).select_for_update().get()
        seen = await look(shop, message, member)
        if message.edition and seen.anchor_at is not None and edition_of(seen.anchor_at) != message.edition:
            # The thing moved and nobody planned it anew: it is done here, and this message set aside.
            await care.start(shop, member.id, message.path, message.occurrence, seen.anchor_at)
            return None
        openid = await openid_of(member.id, shop.accounts.official_appid)
        facts = await gather(shop, message, member, seen, openid)
        verdict = gate(facts, shop.rules.care)
        if verdict.act is not Act.SEND:
            await _leave(shop, message, verdict, lease)
            return None
        letter = Letter(
            message_id=message.id,
            member_id=member.id,
            step=_step(message),
            words=words(message.step, seen.facts),
            official_openid=openid,
            mini_openid=await openid_of(member.id, shop.accounts.mini_appid),
            unfollowed=unfollowed(member),
        )
        message.attempts += 1
        marked = await _leased(message.id, lease).update(
            state=CareState.SENDING, attempts=message.attempts, sent_at=now, reason="", updated_at=now
        )
        if not marked:
            return None
        return _Ready(message, letter, verdict.reason if verdict.silently else "")


def _step(message: CareMessage) -> Step:
    """The step a message belongs to; a campaign's is made from its row."""
    if message.path == "campaign":
        return campaign_step(message.step, message.priority)
    return BY_NAME[message.step]


def _leased(message_id: int, lease: datetime) -> QuerySet[CareMessage]:
    """The message while it is planned and ours to look at."""
    return CareMessage.filter(id=message_id, state=CareState.PLANNED, lease_until=lease)


async def _leave(shop: Shop, message: CareMessage, verdict: Verdict, lease: datetime) -> None:
    """Not now, or not at all: the reason stays with the message."""
    waits = verdict.act is Act.WAIT
    state = CareState.PLANNED if waits else CareState.SKIPPED
    changes = {"send_at": verdict.until} if waits else {}
    await _leased(message.id, lease).update(
        state=state, reason=verdict.reason, lease_until=None, updated_at=shop.now(), **changes
    )
    log.info(
        "care.waits" if waits else "care.skipped",
        message=message.id, member=message.member_id, step=message.step, reason=verdict.reason,
    )  # fmt: skip


# The call and its outcome ----------------------------------------------------------------------------


async def _deliver(shop: Shop, ready: _Ready) -> _Done:
    """Try the channels in order, outside of any transaction."""
    message, service = ready.message, ready.letter.step.message_class is MessageClass.SERVICE
    tried = [list(pair) for pair in message.tried]
    gone = fault_met = False
    for channel in (Channel.WINDOW, Channel.CREDIT, Channel.TEMPLATE):
        if ready.silently:
            tried.append([channel.value, ready.silently])
            continue
        if gone and channel is Channel.TEMPLATE:
            tried.append([channel.value, "does_not_follow"])
            continue
        try:
            passed = await through(shop, channel, ready.letter)
        except Resting as rest:
            tried.append([channel.value, "quota"])
            if rest.until < message.useful_until:
                await _try_later(shop, message, rest.until, "quota", tried, attempts=message.attempts - 1)
                return _Done()
            continue
        except Unfollowed:
            tried.append([channel.value, "does_not_follow"])
            if not service:
                await _record(shop, message, CareState.SKIPPED, "unfollowed", tried)
                return _Done()
            gone = True
            continue
        except OutsideFault as fault:
            tried.append([channel.value, f"fault {fault.kind}".strip()])
            if await _after_fault(shop, ready, fault, tried):
                return _Done(fault=True)
            fault_met = True
            break
        if passed is None:
            await _record(shop, message, CareState.SENT, "", tried, channel=channel)
            return _Done(sent=True)
        tried.append([channel.value, passed])
    await _record(shop, message, CareState.SENT, "", tried, channel=Channel.INBOX, note=ready.letter.words)
    return _Done(sent=True, fault=fault_met)


async def _after_fault(shop: Shop, ready: _Ready, fault: OutsideFault, tried: list[list[str]]) -> bool:
    """Settle what a fault means; False when the inbox is to take over.

    A promotion that may have gone out is not said again. Otherwise it is tried later, while it is of
    use and not tried too often; then a promotion is set aside, and a service message goes to the inbox.
    """
    message, rules = ready.message, shop.rules.care
    promotion = ready.letter.step.message_class is MessageClass.PROMOTION
    if promotion and not surely_not_sent(fault.kind):
        await _record(shop, message, CareState.UNKNOWN, f"fault {fault.kind}", tried)
        return True
    again_at = shop.now() + retry_after(message.attempts, rules)
    if message.attempts < rules.attempts_max and again_at < message.useful_until:
        await _try_later(shop, message, again_at, f"fault {fault.kind}", tried, attempts=message.attempts)
        return True
    if promotion:
        await _record(shop, message, CareState.FAILED, f"fault {fault.kind}", tried)
        return True
    return False


async def _try_later(
    shop: Shop, message: CareMessage, at: datetime, reason: str, tried: list[list[str]], *, attempts: int
) -> None:
    await CareMessage.filter(id=message.id, state=CareState.SENDING, lease_until=message.lease_until).update(
        state=CareState.PLANNED, send_at=at, reason=reason[:64], tried=tried, attempts=attempts,
        lease_until=None, sent_at=None, updated_at=shop.now(),
    )  # fmt: skip
    log.info("care.again", message=message.id, member=message.member_id, step=message.step, reason=reason)


async def _record(
    shop: Shop,
    message: CareMessage,
    state: CareState,
    reason: str,
    tried: list[list[str]],
    *,
    channel: Channel | None = None,
    note: Words | None = None,
) -> None:
    """Write the outcome, and the inbox note with it: both or neither."""
    now = shop.now()
    keeps_instant = state in (CareState.SENT, CareState.UNKNOWN)
    async with transaction():
        ours = await CareMessage.filter(
            id=message.id, state=CareState.SENDING, lease_until=message.lease_until
        ).update(
            state=state, reason=reason[:64], tried=tried, channel=channel.value if channel else "",
            lease_until=None, updated_at=now, **({} if keeps_instant else {"sent_at": None}),
        )  # fmt: skip
        if ours and note is not None:
            await InboxNote.create(
                member_id=message.member_id,
                title=note.title,
                text=note.text,
                page=note.page,
                created_at=now,
            )
    log.info(
        f"care.{state.value}",
        message=message.id, member=message.member_id, step=message.step,
        channel=channel.value if channel else "", reason=reason,
    )  # fmt: skip


async def _set_back(shop: Shop, message_id: int, lease: datetime) -> None:
    """A message that broke before its call is tried again later, and set aside when it keeps breaking.

    One that broke after its call stays `sending`: the recovery decides about it as after a crash.
    """
    message = await _leased(message_id, lease).first()
    if message is None:
        return
    attempts = message.attempts + 1
    poison = attempts >= shop.rules.care.attempts_max
    await _leased(message_id, lease).update(
        state=CareState.FAILED if poison else CareState.PLANNED,
        reason="broken",
        attempts=attempts,
        send_at=shop.now() + retry_after(attempts, shop.rules.care),
        lease_until=None,
        updated_at=shop.now(),
    )
