"""Taking due messages: claimed under a lease, asked of the gate under their members' locks, marked `sending`.

A message is `planned`; leased while a worker holds it; marked `sending` before its call. One that is
found `sending` after a crash may have gone out: a promotion becomes `unknown` and is not said again, a
service message is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.queryset import QuerySet

from domain.care import LADDER, PROMOTION, CareState, Channel, MessageClass, edition_of
from domain.care_gate import Act, Verdict, gate, retry_after
from domain.errors import Deposed
from models import CareMessage, Member, sql
from services import care
from services.care_channels import ALL, Letter, standing_still
from services.care_facts import Read, facts, read
from services.care_subjects import Look, look_many
from services.path_conditions import unfollowed
from services.shop import Shop
from services.transaction import transaction

LEASE = timedelta(minutes=5)
LOST = "lost_outcome"
log = structlog.get_logger()


@dataclass(frozen=True)
class Claim:
    """A message that is ours to look at until `lease`."""

    message_id: int
    lease: datetime


@dataclass(frozen=True)
class Ready:
    """A message the gate let through, marked `sending` until `lease`."""

    message: CareMessage
    lease: datetime
    letter: Letter
    silently: str  # why only the inbox may be used; "" = every channel


async def claim(shop: Shop, count: int, *, lease: timedelta = LEASE) -> list[Claim]:
    """Lease the most important messages that are due; what another worker is taking is left to it."""
    until = shop.now() + lease
    rows = await sql.run("care_claim", now=shop.now(), lease_until=until, count=count)
    return [Claim(r["id"], until) for r in sorted(rows, key=lambda r: (-r["priority"], str(r["send_at"]), r["id"]))]


async def release(claims: Iterable[Claim]) -> None:
    """Nobody's again: claimed, and not to be looked at now."""
    by_lease: dict[datetime, list[int]] = defaultdict(list)
    for one in claims:
        by_lease[one.lease].append(one.message_id)
    for lease, ids in by_lease.items():
        await CareMessage.filter(id__in=ids, state=CareState.PLANNED, lease_until=lease).update(lease_until=None)


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


async def take(shop: Shop, claims: Sequence[Claim], rests: dict[str, datetime | None]) -> list[Ready]:
    """Ask the gate about claimed messages and mark those that may go out, in the order given.

    `rests` is brought up to date with what stands still. A message that breaks is set back alone.
    """
    try:
        return await _take(shop, claims, rests)
    except Deposed:
        raise
    except Exception:
        if len(claims) > 1:
            return [ready for one in claims for ready in await take(shop, [one], rests)]
        log.exception("care.broken", message=claims[0].message_id)
        await _set_back(shop, claims[0])
        return []


async def _take(shop: Shop, claims: Sequence[Claim], rests: dict[str, datetime | None]) -> list[Ready]:
    """Everything is looked at again under the members' locks, so that two workers never share one cap."""
    leases = {one.message_id: one.lease for one in claims}
    async with transaction():
        locked = {row["id"] for row in await sql.run("care_lock", ids=list(leases))}
        found = {m.id: m for m in await CareMessage.filter(id__in=list(locked))} if locked else {}
        messages = [m for i in leases if (m := found.get(i)) is not None and m.lease_until == leases[i]]
        ready = await _ask(shop, messages, rests) if messages else []
    if busy := [one for one in claims if one.message_id not in locked]:
        await release(busy)
    return ready


async def _ask(shop: Shop, messages: list[CareMessage], rests: dict[str, datetime | None]) -> list[Ready]:
    now = shop.now()
    rests.clear()
    rests.update(await standing_still())
    members = {m.id: m for m in await Member.filter(id__in=list({m.member_id for m in messages}))}
    about = await read(shop, [m.id for m in messages])
    looks = await look_many(shop, [(message, members[message.member_id]) for message in messages])
    promoted: dict[int, list[datetime]] = defaultdict(list)
    left: list[dict[str, Any]] = []
    through: list[tuple[CareMessage, Verdict, Look]] = []
    for message, seen in zip(messages, looks, strict=True):
        member = members[message.member_id]
        if message.edition and seen.anchor_at is not None and edition_of(seen.anchor_at) != message.edition:
            # The thing moved and nobody planned it anew: it is done here, and this message set aside.
            assert seen.event is not None, "only a path's message has an anchor"
            await care.start(shop, member.id, seen.event, message.occurrence, seen.anchor_at)
            continue
        asked = facts(
            shop, message, member, seen, about[message.id], halted=ALL in rests, promoted_now=promoted[member.id]
        )
        verdict = gate(asked, shop.rules.care)
        if verdict.act is not Act.SEND:
            left.append(_left(message, verdict))
            continue
        if message.message_class == PROMOTION:
            promoted[member.id].append(now)
        through.append((message, verdict, seen))
    if left:
        await sql.run("care_leave", rows=left, now=now)
    return await _mark(shop, [(m, v, s, members[m.member_id], about[m.id]) for m, v, s in through], rests)


def _left(message: CareMessage, verdict: Verdict) -> dict[str, Any]:
    """Not now, or not at all: the reason stays with the message."""
    waits = verdict.act is Act.WAIT
    log.info(
        "care.waits" if waits else "care.skipped",
        message=message.id, member=message.member_id, step=message.step, reason=verdict.reason,
    )  # fmt: skip
    return {
        "id": message.id,
        "state": CareState.PLANNED if waits else CareState.SKIPPED,
        "reason": verdict.reason,
        "send_at": verdict.until if waits else None,
    }


async def _mark(
    shop: Shop, through: list[tuple[CareMessage, Verdict, Look, Member, Read]], rests: dict[str, datetime | None]
) -> list[Ready]:
    """Mark them `sending`, and take what each needs of its member's window in the same transaction."""
    if not through:
        return []
    now = shop.now()
    lease = now + LEASE
    ready: list[Ready] = []
    for message, verdict, seen, member, about in through:
        assert seen.step is not None, "the gate stops what has no words"
        assert seen.words is not None, "the gate stops what has no words"
        letter = Letter(
            message_id=message.id,
            member_id=member.id,
            step=seen.step,
            words=seen.words,
            official_openid=about.official_openid,
            mini_openid=about.mini_openid,
            unfollowed=unfollowed(member),
            rests=rests,
        )
        message.attempts += 1
        ready.append(Ready(message, lease, letter, verdict.reason if verdict.silently else ""))
    await sql.run("care_mark", ids=[one.message.id for one in ready], now=now, lease_until=lease)
    return await _with_windows(shop, ready)


async def _with_windows(shop: Shop, ready: list[Ready]) -> list[Ready]:
    """Each takes one message of its member's window, in order; of one member's several, one after the other."""
    wanting = [n for n, one in enumerate(ready) if _may_use_window(one)]
    while wanting:
        later: list[int] = []
        asked: dict[str, int] = {}
        for n in wanting:
            openid = ready[n].letter.official_openid or ""
            if asked.setdefault(openid, n) != n:
                later.append(n)
        taken = await care.take_windows(shop, asked)
        for openid, n in asked.items():
            ready[n] = replace(ready[n], letter=replace(ready[n].letter, window=taken.get(openid)))
        wanting = later
    return ready


def _may_use_window(one: Ready) -> bool:
    letter = one.letter
    wanted = Channel.WINDOW in (letter.step.channels or LADDER)
    return wanted and not one.silently and letter.official_openid is not None and not letter.unfollowed


def _leased(one: Claim) -> QuerySet[CareMessage]:
    """The message while it is planned and ours to look at."""
    return CareMessage.filter(id=one.message_id, state=CareState.PLANNED, lease_until=one.lease)


async def set_aside(shop: Shop, one: Claim, reason: str) -> bool:
    """Delivered again and again, and nobody lived to look at it: for a person. False when it is done by now."""
    return bool(
        await _leased(one).update(state=CareState.FAILED, reason=reason, lease_until=None, updated_at=shop.now())
    )


async def _set_back(shop: Shop, one: Claim) -> None:
    """A message that broke before its call is tried again later, and set aside when it keeps breaking.

    One that broke after its call stays `sending`: the recovery decides about it as after a crash.
    """
    message = await _leased(one).first()
    if message is None:
        return
    attempts = message.attempts + 1
    poison = attempts >= shop.rules.care.attempts_max
    await _leased(one).update(
        state=CareState.FAILED if poison else CareState.PLANNED,
        reason="broken",
        attempts=attempts,
        send_at=shop.now() + retry_after(attempts, shop.rules.care),
        lease_until=None,
        updated_at=shop.now(),
    )
