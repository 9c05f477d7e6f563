"""Who an audience means, and what the gate says to each of them: asked by dry run and planning alike."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.audience import Audience, audience_from
from domain.broadcast import Way, month_of
from domain.campaign import Variant, send_time, variant_of
from domain.care import PROMOTION, CareState
from domain.care_gate import WEEK, Act, Facts, gate, held_out
from domain.clock import day_end, day_of
from domain.errors import NotFound
from domain.stage import Stage
from models import Campaign, sql
from services.audiences import conditions
from services.shop import Shop

PAGE = 10_000
"""Members looked at in one statement and planned in one transaction."""


def occurrence(campaign: Campaign) -> str:
    """How care messages and the audit log name a campaign."""
    return f"campaign:{campaign.id}"


def audience_of(campaign: Campaign) -> Audience:
    return audience_from(campaign.audience)


def variants_of(campaign: Campaign) -> list[Variant]:
    return [Variant(**kept) for kept in campaign.variants]  # type: ignore[arg-type]  # Written by _columns.


async def get(campaign_id: int, *, lock: bool = False) -> Campaign:
    """Raises NotFound."""
    rows = Campaign.filter(id=campaign_id)
    row = await (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise NotFound("campaign")
    return row


@dataclass(frozen=True)
class Judged:
    """One member of the audience: when the message leaves, or the rule that passes them over."""

    member_id: int
    send_at: datetime
    variant: str
    rule: str = ""  # "" = gets it


@dataclass(frozen=True)
class _Read:
    """A page of the audience as the database knows it."""

    people: list[dict[str, Any]]
    sent: dict[int, list[datetime]]
    planned: dict[int, list[datetime]]
    spent: set[int]
    after: int  # the id to go on from, 0: that was the last page


async def page(shop: Shop, campaign: Campaign, now: datetime, after: int, count: int) -> tuple[list[Judged], int]:
    """The next members of the audience, judged; and the id to go on from (0: that was the last page)."""
    found = await _read(shop, campaign, now, after, count)
    return _judge(shop, campaign, now, found), found.after


async def pages(
    shop: Shop, campaign: Campaign, now: datetime, after: int = 0
) -> AsyncGenerator[tuple[list[Judged], int], None]:
    """All pages from there on. The database reads one while the one before it is judged, and that one is judged
    while the caller is busy with its own. Close it when leaving early.
    """

    async def judged(reading: asyncio.Task[_Read]) -> tuple[list[Judged], int, asyncio.Task[_Read] | None]:
        found = await reading
        ahead = asyncio.create_task(_read(shop, campaign, now, found.after, PAGE)) if found.after else None
        await asyncio.sleep(0)  # The question is on its way before anything is reckoned here.
        return _judge(shop, campaign, now, found), found.after, ahead

    first = asyncio.create_task(_read(shop, campaign, now, after, PAGE))
    reading: asyncio.Task[_Read] | None = first
    coming = asyncio.create_task(judged(first))
    try:
        while True:
            ready, after, reading = await coming
            if reading is not None:
                coming = asyncio.create_task(judged(reading))
            yield ready, after
            if reading is None:
                return
    finally:
        for task in (coming, reading):
            if task is not None:
                task.cancel()


async def _read(shop: Shop, campaign: Campaign, now: datetime, after: int, count: int) -> _Read:
    audience = audience_of(campaign)
    # Who has just joined is in observation without a row; every other stage has an index of its own.
    by_stage = len(set(audience.stages)) == 1 and Stage.OBSERVATION not in audience.stages
    statement = "campaign_audience_of_stage" if by_stage else "campaign_audience"
    people = await sql.run(statement, after=after, count=count, **conditions(audience, now))
    sent, planned = await _promotions(shop, campaign, [row["id"] for row in people], now)
    mass = campaign.way is Way.MASS
    spent = await _places_spent(shop, campaign, [row["id"] for row in people]) if mass else set()
    return _Read(people, sent, planned, spent, int(people[-1]["id"]) if len(people) == count else 0)


def _judge(shop: Shop, campaign: Campaign, now: datetime, found: _Read) -> list[Judged]:
    mass = campaign.way is Way.MASS
    variants, start_at = variants_of(campaign), max(campaign.start_at, now)
    judged = []
    for row in found.people:
        member_id = int(row["id"])
        send_at = send_time(campaign.id, member_id, start_at, campaign.spread_minutes)
        facts = Facts(
            now=send_at,
            message_class=PROMOTION,
            send_at=send_at,
            useful_until=campaign.useful_until,
            # A person's chat may be over by then: it is asked about at the instant of sending.
            # A mass send reaches followers only; the other channels, whoever has not left.
            unfollowed=not row["follows"] and (mass or row["follow_told_at"] is not None),
            consented=bool(row["consented"]),
            topic_off=row["wanted"] is not None and not row["wanted"],
            promoted_at=found.sent.get(member_id, ()),
            places_spent=member_id in found.spent,
            outranked=any(at < day_end(day_of(send_at)) for at in found.planned.get(member_id, ())),
            held_out=held_out(member_id, shop.rules.care),
        )
        verdict = gate(facts, shop.rules.care)
        judged.append(
            Judged(
                member_id,
                verdict.until if verdict.act is Act.WAIT and verdict.until else send_at,
                variant_of(campaign.id, member_id, variants).name,
                verdict.reason if verdict.act is Act.SKIP else "",
            )
        )
    return judged


async def _places_spent(shop: Shop, campaign: Campaign, members: Sequence[int]) -> set[int]:
    """Those who get no broadcast any more in the month of this one."""
    rows = await sql.run("mass_places", members=list(members), month=month_of(campaign.start_at))
    return {int(row["member_id"]) for row in rows if row["taken"] >= shop.rules.campaign.broadcasts_a_month}


async def _promotions(
    shop: Shop, campaign: Campaign, members: Sequence[int], now: datetime
) -> tuple[dict[int, list[datetime]], dict[int, list[datetime]]]:
    """Of each member: when promotions went out lately, and when more important ones are planned for."""
    sent: dict[int, list[datetime]] = defaultdict(list)
    planned: dict[int, list[datetime]] = defaultdict(list)
    rows = await sql.run(
        "campaign_promoted", members=list(members), occurrence=occurrence(campaign), since=now - WEEK,
        priority=campaign.priority,
    )  # fmt: skip
    for row in rows:
        into, name = (planned, "send_at") if row["state"] == CareState.PLANNED else (sent, "sent_at")
        instant = sql.instant(row[name])
        if instant is not None:
            into[row["member_id"]].append(instant)
    return sent, planned


@dataclass(frozen=True)
class DryRun:
    """What a launch would do now; nothing is written."""

    audience: int
    receivers: int
    passed_over: dict[str, int] = field(default_factory=dict)


async def dry_run(shop: Shop, campaign_id: int) -> DryRun:
    """Count who would get it, and who would not by which rule. Raises NotFound."""
    return await tried(shop, await get(campaign_id))


async def tried(shop: Shop, campaign: Campaign) -> DryRun:
    """The same of a campaign that need not be written anywhere."""
    count = Counter[str]()
    async for judged, _ in pages(shop, campaign, shop.now()):
        count.update(one.rule for one in judged)
    receivers = count.pop("", 0)
    return DryRun(receivers + count.total(), receivers, dict(count))


async def people(shop: Shop, campaign_id: int, after: int, limit: int) -> tuple[list[Judged], int]:
    """A page of the dry run, person by person, and where the next one begins (0: nowhere)."""
    return await page(shop, await get(campaign_id), shop.now(), after, limit)
