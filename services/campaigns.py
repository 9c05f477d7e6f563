"""Campaigns from draft to done: tried dry, launched by two persons, planned by sets, stopped at once.

Who gets a message is decided by the same gate that is asked again at the instant of sending
(`domain/care_gate`); planning only writes rows, `care_sending` sends them.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.audience import Audience
from domain.blocklist import OTHER_LABEL
from domain.broadcast import Way, month_of, require_one_month
from domain.campaign import CAMPAIGN_LIFE, CampaignState, Goal, Variant, require_sound
from domain.care import CareState, Channel, MessageClass, require_ladder
from domain.claim import claims_in
from domain.errors import ClaimUnproved, ContentRefused, Invalid, TooMany, WrongState
from models import Approval, Campaign, CareMessage, sql
from models.base import move
from services import approvals, audit, segments
from services.campaign_audience import DryRun, Judged, dry_run, get, occurrence, pages, variants_of
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Campaign", "Draft", "draft", "kill", "launch", "listed", "pause", "plan_launched", "redraft", "resume"]
log = structlog.get_logger()


@dataclass(frozen=True)
class Draft:
    """All that a campaign says, to whom and when: an audience of its own, or a segment's newest version."""

    name: str
    goal: Goal
    audience: Audience | None
    variants: tuple[Variant, ...]
    start_at: datetime
    useful_until: datetime
    priority: int = 50
    spread_minutes: int | None = None
    stop_when_bought: bool = False
    stop_when_returned: bool = True
    segment_id: int | None = None
    way: Way = Way.LADDER
    channels: tuple[Channel, ...] = ()


async def columns(shop: Shop, draft: Draft) -> dict[str, Any]:
    """Raises Invalid, NotFound."""
    require_sound(draft.variants, draft.start_at, draft.useful_until)
    if draft.way is Way.MASS:
        require_one_month(draft.start_at, draft.useful_until)
    require_ladder(draft.channels, MessageClass.PROMOTION)
    if draft.channels and draft.way is Way.MASS:
        raise Invalid("channels", "a mass send has no others")
    if (draft.audience is None) is (draft.segment_id is None):
        raise Invalid("audience", "give either an audience or a segment")
    named = await segments.in_force(draft.segment_id) if draft.segment_id is not None else None
    audience = named.audience if named is not None else draft.audience
    assert audience is not None, "one of the two was given"
    spread = shop.rules.campaign.spread_minutes if draft.spread_minutes is None else draft.spread_minutes
    if draft.way is Way.MASS:
        spread = 0  # one call reaches ten thousand at once
    return {
        "name": draft.name,
        "goal": draft.goal,
        "audience": asdict(audience),
        "segment_id": named.id if named is not None else None,
        "segment_version": named.version if named is not None else None,
        "way": draft.way,
        "channels": list(draft.channels) or None,
        "variants": [asdict(variant) for variant in draft.variants],
        "start_at": draft.start_at,
        "useful_until": draft.useful_until,
        "priority": draft.priority,
        "spread_minutes": spread,
        "stop_when_bought": draft.stop_when_bought,
        "stop_when_returned": draft.stop_when_returned,
    }


async def draft(shop: Shop, staff_id: int, wanted: Draft) -> Campaign:
    """A new campaign that nobody gets yet. Raises Invalid, NotFound for a segment."""
    async with transaction():
        row = await Campaign.create(made_by=staff_id, created_at=shop.now(), **await columns(shop, wanted))
        await audit.note(shop, staff_id, "campaign.draft", occurrence(row))
    return row


async def redraft(shop: Shop, staff_id: int, campaign_id: int, wanted: Draft) -> Campaign:
    """Change a draft. Raises WrongState once it is launched or asked about, Invalid, NotFound."""
    async with transaction():
        row = await get(campaign_id, lock=True)
        if row.state is not CampaignState.DRAFT:
            raise WrongState("campaign", row.state, CampaignState.DRAFT)
        await Campaign.filter(id=row.id).update(**await columns(shop, wanted), updated_at=shop.now())
        await audit.note(shop, staff_id, "campaign.draft", occurrence(row))
    return await get(campaign_id)


async def listed(before_id: int | None, limit: int) -> list[Campaign]:
    """The newest first."""
    rows = Campaign.all() if before_id is None else Campaign.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


# Launch, pause, kill ---------------------------------------------------------------------------------


async def launch(shop: Shop, staff_id: int, campaign_id: int, *, seconded: bool = False) -> Campaign:
    """Launch at once, or ask for a second person above the limit of receivers. `seconded`: one has said yes already.

    Raises WrongState unless it is a draft (or its end is over), NotFound; of a broadcast, TooMany where everybody
    it would reach has had the month's, ContentRefused and ClaimUnproved for its words.
    """
    tried = await dry_run(shop, campaign_id)
    await _require_broadcast(shop, campaign_id, tried)
    async with transaction():
        row = await get(campaign_id, lock=True)
        if row.useful_until <= shop.now():
            raise WrongState("campaign", "over", CampaignState.PLANNING)
        who = f"staff:{staff_id}"
        if tried.receivers > shop.rules.campaign.second_person_above and not seconded:
            await move(row, CAMPAIGN_LIFE, CampaignState.ASKED, at=shop.now(), who=who)
            await approvals.ask(
                shop, staff_id, ApprovalKind.CAMPAIGN_LAUNCH, occurrence(row), row.name, receivers=tried.receivers
            )
        else:
            await _begin(shop, row, who)
        await audit.note(shop, staff_id, "campaign.launch", occurrence(row), receivers=tried.receivers)
    log.info("campaign.launched", campaign=row.id, state=row.state.value, receivers=tried.receivers)
    return row


async def _require_broadcast(shop: Shop, campaign_id: int, tried: DryRun) -> None:
    """What WeChat would only say after the send, said before: words it blocks, and a fifth of the month."""
    row = await get(campaign_id)
    if row.way is not Way.MASS:
        return
    text = "\n".join(f"{variant.title}\n{variant.text}" for variant in variants_of(row))
    if shop.blocklist.holds(text):
        raise ContentRefused(OTHER_LABEL)
    if words := claims_in(text, shop.rules.claim):
        raise ClaimUnproved("、".join(words))
    if not tried.receivers and tried.passed_over.get("broadcasts_spent"):
        raise TooMany("broadcasts", shop.rules.campaign.broadcasts_a_month)


async def _begin(shop: Shop, row: Campaign, who: str) -> None:
    await move(row, CAMPAIGN_LIFE, CampaignState.PLANNING, at=shop.now(), who=who, planned_at=shop.now())


@approvals.on_decision(ApprovalKind.CAMPAIGN_LAUNCH)
async def _decided(shop: Shop, approval: Approval) -> None:
    row = await get(int(approval.ref.partition(":")[2]), lock=True)
    who = f"staff:{approval.decided_by}"
    if row.state is CampaignState.KILLED:
        return  # ended while it was asked about: nothing follows from either answer
    if approval.state is ApprovalState.APPROVED:
        await _begin(shop, row, who)
    else:
        # A draft of a series would be launched again by itself.
        new = CampaignState.DRAFT if row.series_id is None else CampaignState.KILLED
        await move(row, CAMPAIGN_LIFE, new, at=shop.now(), who=who, why=approval.note)


async def pause(shop: Shop, campaign_id: int, who: str, why: str) -> Campaign:
    """Nothing of it leaves until it is resumed. Raises WrongState, NotFound."""
    async with transaction():
        row = await get(campaign_id, lock=True)
        await move(row, CAMPAIGN_LIFE, CampaignState.PAUSED, at=shop.now(), who=who, why=why, paused_why=why[:200])
    log.warning("campaign.paused", campaign=campaign_id, who=who)
    return row


async def resume(shop: Shop, staff_id: int, campaign_id: int) -> Campaign:
    """It goes on where it stood; what became useless meanwhile is skipped. Raises WrongState, NotFound."""
    async with transaction():
        row = await get(campaign_id, lock=True)
        await move(row, CAMPAIGN_LIFE, CampaignState.PLANNING, at=shop.now(), who=f"staff:{staff_id}", paused_why="")
        await audit.note(shop, staff_id, "campaign.resume", occurrence(row))
    return row


async def kill(shop: Shop, staff_id: int, campaign_id: int, why: str) -> Campaign:
    """End it: what has not left never will. Raises WrongState, NotFound."""
    now = shop.now()
    async with transaction():
        row = await get(campaign_id, lock=True)
        await move(row, CAMPAIGN_LIFE, CampaignState.KILLED, at=now, who=f"staff:{staff_id}", why=why)
        if row.way is Way.MASS:
            await give_back(shop, row, CareState.RESERVED)
        waiting = [CareState.PLANNED, CareState.RESERVED]
        await CareMessage.filter(occurrence=occurrence(row), state__in=waiting).update(
            state=CareState.SKIPPED, reason="killed", lease_until=None, updated_at=now
        )
        await audit.note(shop, staff_id, "campaign.kill", occurrence(row), why=why[:200])
    log.warning("campaign.killed", campaign=campaign_id)
    return row


# Planning --------------------------------------------------------------------------------------------


async def plan_launched(shop: Shop) -> int:
    """Write the messages of launched campaigns, page by page, and close those that are over; how many rows. A job.

    A kill between pages goes on at the next one; the same page again adds nothing.
    """
    written = 0
    for campaign in await Campaign.filter(state=CampaignState.PLANNING).order_by("id"):
        written += await _plan(shop, campaign)
    for campaign in await Campaign.filter(state=CampaignState.RUNNING):
        waiting = [CareState.PLANNED, CareState.RESERVED, CareState.SENDING]
        left = CareMessage.filter(occurrence=occurrence(campaign), state__in=waiting)
        if not await left.exists():
            await move(campaign, CAMPAIGN_LIFE, CampaignState.DONE, at=shop.now(), who="job:campaigns")
    return written


async def _plan(shop: Shop, campaign: Campaign) -> int:
    written, planned_at = 0, campaign.planned_at
    assert planned_at is not None, "the launch has set the instant the audience is fixed at"
    async with aclosing(pages(shop, campaign, planned_at, campaign.planned_id)) as found:
        async for judged, after in found:
            rows = await _write(shop, campaign, judged, last=not after)
            if rows is None:
                return written
            written += rows
    log.info("campaign.planned", campaign=campaign.id, rows=written)
    return written


async def _write(shop: Shop, campaign: Campaign, judged: Sequence[Judged], *, last: bool) -> int | None:
    """Write a page of messages and how far the planning is; how many. None when it is not to be planned any more."""
    state = CareState.RESERVED if campaign.way is Way.MASS else CareState.PLANNED
    rows = [
        {"m": one.member_id, "v": one.variant, "s": one.send_at.astimezone(UTC).isoformat(" "),
         "h": one.rule == "holdout"}
        for one in judged
        if one.rule in ("", "holdout")
    ]  # fmt: skip
    over = Counter(campaign.passed_over) + Counter(one.rule for one in judged if one.rule)
    async with transaction():
        # Paused or killed meanwhile: it stays so, and this page is not written.
        row = await get(campaign.id, lock=True)
        if row.state is not CampaignState.PLANNING or row.planned_id != campaign.planned_id:
            return None
        if campaign.way is Way.MASS:
            rows = await _reserve(shop, campaign, rows, over)
        if rows:
            await sql.run(
                "campaign_plan", rows=rows, state=state, occurrence=occurrence(campaign),
                priority=campaign.priority, useful_until=campaign.useful_until, now=shop.now(),
            )  # fmt: skip
        campaign.planned_id = judged[-1].member_id if judged else campaign.planned_id
        campaign.passed_over = dict(over)
        await Campaign.filter(id=campaign.id).update(
            planned_id=campaign.planned_id, passed_over=campaign.passed_over, updated_at=shop.now()
        )
        if last:
            await move(row, CAMPAIGN_LIFE, CampaignState.RUNNING, at=shop.now(), who="job:campaigns")
    return len(rows)


# Places of the month ---------------------------------------------------------------------------------


async def _reserve(
    shop: Shop, campaign: Campaign, rows: list[dict[str, Any]], over: Counter[str]
) -> list[dict[str, Any]]:
    """Take a place for each receiver; who lost the last one to another broadcast meanwhile is passed over."""
    wanted = [row["m"] for row in rows if not row["h"]]
    got = await sql.run(
        "mass_reserve", members=wanted, month=month_of(campaign.start_at), now=shop.now(),
        allowance=shop.rules.campaign.broadcasts_a_month,
    )  # fmt: skip
    placed = {int(row["member_id"]) for row in got}
    if lost := len(wanted) - len(placed):
        over["broadcasts_spent"] += lost
    return [row for row in rows if row["h"] or row["m"] in placed]


async def give_back(shop: Shop, campaign: Campaign, state: CareState, reason: str = "") -> None:
    """The places of its messages in a state (and with a reason) are free again, inside the caller's transaction."""
    await sql.run(
        "mass_give_back", occurrence=occurrence(campaign), month=month_of(campaign.start_at), state=state,
        reason=reason, now=shop.now(),
    )  # fmt: skip
