"""Campaigns that recur: each occurrence becomes a campaign of its own once, when its time has come.

The series is launched as a whole: by two persons where it reaches many. An occurrence that outgrows the limit
of a series that one person launched asks for the second by itself.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.campaign import CAMPAIGN_LIFE, CampaignState
from domain.errors import Invalid, NotFound, WrongState
from domain.series import SERIES_LIFE, Every, Schedule, SeriesState
from models import Approval, Campaign, CampaignSeries
from models.base import move
from services import approvals, audit, campaigns
from services.campaign_audience import DryRun, tried
from services.campaigns import Draft
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "CampaignSeries", "SeriesDraft", "begin_due", "draft", "dry_run", "get", "kill", "launch", "listed", "occurrences",
    "pause", "redraft", "resume", "schedule_of",
]  # fmt: skip
SAID = (
    "name", "goal", "audience", "segment_id", "segment_version", "way", "channels", "variants", "priority",
    "spread_minutes", "stop_when_bought", "stop_when_returned",
)  # fmt: skip
"""What an occurrence takes over from its series."""
OPEN = (CampaignState.DRAFT, CampaignState.ASKED, CampaignState.PLANNING, CampaignState.RUNNING, CampaignState.PAUSED)
log = structlog.get_logger()


@dataclass(frozen=True)
class SeriesDraft:
    """What is said, and when. The instants of `said` are those of the first occurrence (`draft_of`)."""

    said: Draft
    schedule: Schedule


def schedule_of(row: CampaignSeries) -> Schedule:
    return Schedule(Every(row.every), row.at, row.first_on, row.on_day, row.last_on, row.useful_hours)


async def _columns(shop: Shop, wanted: SeriesDraft) -> dict[str, Any]:
    columns = await campaigns.columns(shop, wanted.said)
    schedule = wanted.schedule
    if not schedule.coming(shop.now(), 1):
        raise Invalid("last_on", "there is no day left on which it could be said")
    return {name: columns[name] for name in SAID} | {
        "every": schedule.every,
        "at": schedule.at,
        "on_day": schedule.on_day,
        "first_on": schedule.first_on,
        "last_on": schedule.last_on,
        "useful_hours": schedule.useful_hours,
    }


def _ref(row: CampaignSeries) -> str:
    return f"series:{row.id}"


async def draft(shop: Shop, staff_id: int, wanted: SeriesDraft) -> CampaignSeries:
    """A new series of which nothing is said yet. Raises Invalid, NotFound for a segment."""
    async with transaction():
        columns = await _columns(shop, wanted)
        row = await CampaignSeries.create(made_by=staff_id, created_at=shop.now(), **columns)
        await audit.note(shop, staff_id, "series.draft", _ref(row))
    return row


async def redraft(shop: Shop, staff_id: int, series_id: int, wanted: SeriesDraft) -> CampaignSeries:
    """Change a draft. Raises WrongState once it is launched or asked about, Invalid, NotFound."""
    async with transaction():
        row = await get(series_id, lock=True)
        if row.state is not SeriesState.DRAFT:
            raise WrongState("series", row.state, SeriesState.DRAFT)
        await CampaignSeries.filter(id=row.id).update(**await _columns(shop, wanted), updated_at=shop.now())
        await audit.note(shop, staff_id, "series.draft", _ref(row))
    return await get(series_id)


async def get(series_id: int, *, lock: bool = False) -> CampaignSeries:
    """Raises NotFound."""
    rows = CampaignSeries.filter(id=series_id)
    row = await (rows.select_for_update() if lock else rows).first()
    if row is None:
        raise NotFound("series")
    return row


async def listed(before_id: int | None, limit: int) -> list[CampaignSeries]:
    """The newest first."""
    rows = CampaignSeries.all() if before_id is None else CampaignSeries.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


async def occurrences(series_id: int, limit: int) -> list[Campaign]:
    """What it came to, the newest first: each with a report of its own."""
    return await Campaign.filter(series_id=series_id).order_by("-series_on").limit(limit)


def _occurrence(row: CampaignSeries, day: date) -> dict[str, Any]:
    """The campaign that a day of a series is."""
    schedule = schedule_of(row)
    return {name: getattr(row, name) for name in SAID} | {
        "made_by": row.made_by,
        "start_at": schedule.instant(day),
        "useful_until": schedule.useful_until(day),
        "series_id": row.id,
        "series_on": day,
    }


async def dry_run(shop: Shop, series_id: int) -> DryRun:
    """What its next occurrence would do if it were planned now; nothing is written. Raises NotFound, WrongState."""
    row = await get(series_id)
    days = schedule_of(row).coming(shop.now(), 1)
    if not days:
        raise WrongState("series", "over", SeriesState.RUNNING)
    return await tried(shop, Campaign(id=0, **_occurrence(row, days[0])))


# Launch, pause, kill ---------------------------------------------------------------------------------


async def launch(shop: Shop, staff_id: int, series_id: int) -> CampaignSeries:
    """Let it run, or ask for a second person where the next occurrence reaches more than the limit.

    Raises WrongState unless it is a draft with a day left, NotFound.
    """
    reached = (await dry_run(shop, series_id)).receivers
    async with transaction():
        row = await get(series_id, lock=True)
        who = f"staff:{staff_id}"
        if reached > shop.rules.campaign.second_person_above:
            await move(row, SERIES_LIFE, SeriesState.ASKED, at=shop.now(), who=who)
            await approvals.ask(shop, staff_id, ApprovalKind.SERIES_LAUNCH, _ref(row), row.name, receivers=reached)
        else:
            await move(row, SERIES_LIFE, SeriesState.RUNNING, at=shop.now(), who=who)
        await audit.note(shop, staff_id, "series.launch", _ref(row), receivers=reached)
    log.info("series.launched", series=row.id, state=row.state.value, receivers=reached)
    return row


@approvals.on_decision(ApprovalKind.SERIES_LAUNCH)
async def _decided(shop: Shop, approval: Approval) -> None:
    row = await get(int(approval.ref.partition(":")[2]), lock=True)
    who, yes = f"staff:{approval.decided_by}", approval.state is ApprovalState.APPROVED
    if row.state is SeriesState.KILLED:
        return  # ended while it was asked about: nothing follows from either answer
    new = SeriesState.RUNNING if yes else SeriesState.DRAFT
    await move(row, SERIES_LIFE, new, at=shop.now(), who=who, why=approval.note, seconded=yes)


async def pause(shop: Shop, staff_id: int, series_id: int, why: str) -> CampaignSeries:
    """No occurrence begins, and nothing of those that have begun leaves. Raises WrongState, NotFound."""
    who = f"staff:{staff_id}"
    async with transaction():
        row = await get(series_id, lock=True)
        await move(row, SERIES_LIFE, SeriesState.PAUSED, at=shop.now(), who=who, why=why, paused_why=why[:200])
        for one in await Campaign.filter(
            series_id=series_id, state__in=[CampaignState.PLANNING, CampaignState.RUNNING]
        ):
            await campaigns.pause(shop, one.id, who, why)
        await audit.note(shop, staff_id, "series.pause", _ref(row), why=why[:200])
    return row


async def resume(shop: Shop, staff_id: int, series_id: int) -> CampaignSeries:
    """It goes on; an occurrence whose time was over meanwhile is left out. Raises WrongState, NotFound."""
    async with transaction():
        row = await get(series_id, lock=True)
        await move(row, SERIES_LIFE, SeriesState.RUNNING, at=shop.now(), who=f"staff:{staff_id}", paused_why="")
        for one in await Campaign.filter(series_id=series_id, state=CampaignState.PAUSED):
            await campaigns.resume(shop, staff_id, one.id)
        await audit.note(shop, staff_id, "series.resume", _ref(row))
    return row


async def kill(shop: Shop, staff_id: int, series_id: int, why: str) -> CampaignSeries:
    """End it, with all that has not left. Raises WrongState, NotFound."""
    async with transaction():
        row = await get(series_id, lock=True)
        await move(row, SERIES_LIFE, SeriesState.KILLED, at=shop.now(), who=f"staff:{staff_id}", why=why)
        for one in await Campaign.filter(series_id=series_id, state__in=OPEN):
            await campaigns.kill(shop, staff_id, one.id, why)
        await audit.note(shop, staff_id, "series.kill", _ref(row), why=why[:200])
    log.warning("series.killed", series=series_id)
    return row


# Occurrences -----------------------------------------------------------------------------------------


async def begin_due(shop: Shop) -> int:
    """Make campaigns of the occurrences whose time has come, and launch them; how many were launched. A job.

    Twice, or by two at once, an occurrence is one campaign: its day is unique in its series.
    """
    for row in await CampaignSeries.filter(state=SeriesState.RUNNING).order_by("id"):
        schedule = schedule_of(row)
        day = schedule.begun(shop.now())
        if day is not None:
            if await Campaign.filter(series_id=row.id, series_on=day).exists():
                continue
            one = Campaign(created_at=shop.now(), **_occurrence(row, day))
            await Campaign.bulk_create([one], ignore_conflicts=True)
        elif schedule.over(shop.now()):
            await move(row, SERIES_LIFE, SeriesState.DONE, at=shop.now(), who="job:series")
    return await _launch_drafts(shop)


async def _launch_drafts(shop: Shop) -> int:
    launched = 0
    for one in await Campaign.filter(state=CampaignState.DRAFT, series_id__not_isnull=True).order_by("id"):
        row = await get(one.series_id or 0)
        if one.useful_until <= shop.now():
            await move(one, CAMPAIGN_LIFE, CampaignState.KILLED, at=shop.now(), who="job:series", why="too late")
        elif row.state is SeriesState.RUNNING:
            begun = await campaigns.launch(shop, row.made_by, one.id, seconded=row.seconded)
            launched += begun.state is CampaignState.PLANNING
    return launched
