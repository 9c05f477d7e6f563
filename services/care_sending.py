"""Sending what is due: claim, ask the gate, mark, call WeChat, record; each message by itself.

A message is `planned`, leased while a worker looks at it, and marked `sending` before the call. One
that is found `sending` after a crash may have gone out: a promotion becomes `unknown` and is not said
again, a service message is.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from tortoise.queryset import QuerySet

from domain.care import BY_NAME, CareState, Channel, MessageClass, edition_of
from domain.care_gate import WEEK, Act, Facts, Verdict, gate, held_out, retry_after, surely_not_sent
from domain.care_words import Words, words
from domain.clock import day_end, day_of
from domain.errors import OutsideFault
from domain.membership import Purpose
from models import CareMessage, Conversation, InboxNote, Member, sql
from services import care, consents
from services.care_channels import Letter, Resting, Unfollowed, halted, through
from services.care_subjects import Look, look
from services.members import openid_of
from services.shop import Shop
from services.transaction import transaction

LEASE = timedelta(minutes=5)
BATCH = 50
LOST = "lost_outcome"
log = structlog.get_logger()


async def send_due(shop: Shop, *, limit: int = 1000) -> int:
    """Send what is due, the most important first; how many went out. Stands still with the kill switch."""
    await recover(shop)
    sent = looked = 0
    while looked < limit and await halted() is None:
        lease = shop.now() + LEASE
        claimed = await sql.run("care_claim", now=shop.now(), lease_until=lease, count=BATCH)
        if not claimed:
            break
        looked += len(claimed)
        for row in sorted(claimed, key=lambda r: (-r["priority"], str(r["send_at"]), r["id"])):
            try:
                sent += await _send(shop, row["id"], lease)
            except Exception:
                # One bad message must not stop the others; what it was is in the log.
                log.exception("care.broken", message=row["id"])
                await _set_back(shop, row["id"], lease)
    return sent


async def recover(shop: Shop) -> int:
    """Take up messages whose worker died during the call; how many."""
    now = shop.now()
    lost = CareMessage.filter(state=CareState.SENDING, lease_until__lte=now)
    promotions = await lost.filter(message_class=MessageClass.PROMOTION).update(
        state=CareState.UNKNOWN, reason=LOST, lease_until=None, updated_at=now
    )
    poison = await lost.filter(
        message_class=MessageClass.SERVICE, attempts__gte=shop.rules.care.attempts_max
    ).update(state=CareState.FAILED, reason=LOST, lease_until=None, updated_at=now)
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


async def _send(shop: Shop, message_id: int, lease: datetime) -> bool:
    ready = await _pass_gate(shop, message_id, lease)
    return ready is not None and await _deliver(shop, ready)


async def _pass_gate(shop: Shop, message_id: int, lease: datetime) -> _Ready | None:
    """Everything is looked at again under the member's lock, so that two workers never share one cap."""
    now = shop.now()
    async with transaction():
        message = await _leased(message_id, lease).first()
        if message is None:
            return None
        member = await Member.filter(id=message.member_id).select_for_update().get()
        seen = await look(shop, message, member)
        if message.edition and seen.anchor_at and edition_of(seen.anchor_at) != message.edition:
            # The thing moved and nobody planned it anew: it is done here, and this message set aside.
            await care.start(shop, member.id, message.path, message.occurrence, seen.anchor_at)
            return None
        openid = await openid_of(member.id, shop.accounts.official_appid)
        facts = await _facts(shop, message, member, seen, openid)
        verdict = gate(facts, shop.rules.care)
        if verdict.act is not Act.SEND:
            await _leave(shop, message, verdict, lease)
            return None
        letter = Letter(
            message_id=message.id,
            member_id=member.id,
            step=BY_NAME[message.step],
            words=words(message.step, seen.facts),
            official_openid=openid,
            mini_openid=await openid_of(member.id, shop.accounts.mini_appid),
            unfollowed=_unfollowed(member),
        )
        message.attempts += 1
        marked = await _leased(message.id, lease).update(
            state=CareState.SENDING, attempts=message.attempts, sent_at=now, reason="", updated_at=now
        )
        if not marked:
            return None
        return _Ready(message, letter, verdict.reason if verdict.silently else "")


def _leased(message_id: int, lease: datetime) -> QuerySet[CareMessage]:
    """The message while it is planned and ours to look at."""
    return CareMessage.filter(id=message_id, state=CareState.PLANNED, lease_until=lease)


def _unfollowed(member: Member) -> bool:
    """Followed once (WeChat told us of a follow or unfollow), and does no longer."""
    return not member.follows and member.follow_told_at is not None


async def _facts(shop: Shop, message: CareMessage, member: Member, seen: Look, openid: str | None) -> Facts:
    """Everything the gate asks about. What only promotions need is only read for them."""
    now = shop.now()
    promotion = message.message_class == MessageClass.PROMOTION
    talk = await Conversation.filter(openid=openid).first() if openid else None
    promoted: list[datetime] = []
    outranked = False
    if promotion:
        others = CareMessage.filter(member_id=member.id, message_class=MessageClass.PROMOTION).exclude(
            id=message.id
        )
        for sent_at in await others.filter(
            state__in=[CareState.SENT, CareState.SENDING, CareState.UNKNOWN], sent_at__gt=now - WEEK
        ).values_list("sent_at", flat=True):
            assert isinstance(sent_at, datetime), "the filter leaves no empty ones"
            promoted.append(sent_at)
        outranked = await others.filter(
            state=CareState.PLANNED, priority__gt=message.priority, send_at__lt=day_end(day_of(now))
        ).exists()
    return Facts(
        now=now,
        message_class=MessageClass(message.message_class),
        send_at=message.send_at,
        useful_until=message.useful_until,
        halted=await halted() is not None,
        chat_owner=talk.owner if talk else "bot",
        member_gone=member.merged_into_id is not None,
        unfollowed=_unfollowed(member),
        consented=promotion and await consents.consented(member.id, Purpose.PROMOTION.value),
        exit_reason=seen.exit_reason,
        promoted_at=promoted,
        outranked=outranked,
        held_out=promotion and held_out(member.id, shop.rules.care),
    )


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


async def _deliver(shop: Shop, ready: _Ready) -> bool:
    """Try the channels in order, outside of any transaction; True when the message went out."""
    message, service = ready.message, ready.letter.step.message_class is MessageClass.SERVICE
    tried = [list(pair) for pair in message.tried]
    unfollowed = False
    for channel in (Channel.WINDOW, Channel.CREDIT, Channel.TEMPLATE):
        if ready.silently:
            tried.append([channel.value, ready.silently])
            continue
        if unfollowed and channel is Channel.TEMPLATE:
            tried.append([channel.value, "does_not_follow"])
            continue
        try:
            passed = await through(shop, channel, ready.letter)
        except Resting as rest:
            tried.append([channel.value, "quota"])
            if rest.until < message.useful_until:
                await _try_later(shop, message, rest.until, "quota", tried, attempts=message.attempts - 1)
                return False
            continue
        except Unfollowed:
            tried.append([channel.value, "does_not_follow"])
            if not service:
                await _record(shop, message, CareState.SKIPPED, "unfollowed", tried)
                return False
            unfollowed = True
            continue
        except OutsideFault as fault:
            tried.append([channel.value, f"fault {fault.kind}".strip()])
            if await _after_fault(shop, ready, fault, tried):
                return False
            break
        if passed is None:
            await _record(shop, message, CareState.SENT, "", tried, channel=channel)
            return True
        tried.append([channel.value, passed])
    await _record(shop, message, CareState.SENT, "", tried, channel=Channel.INBOX, note=ready.letter.words)
    return True


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
