"""Campaigns that recur: drafted, tried dry, launched (by two persons above a limit), paused, ended."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field

from domain.broadcast import Way
from domain.campaign import Goal
from domain.care import Channel
from domain.series import Every, Schedule, SeriesState
from miniapp_api.campaigns import CampaignView, DryRunView, SaidBody, WhyBody, view_of
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from services import campaign_series

OCCURRENCES_SHOWN = 100
COMING_SHOWN = 5


class ScheduleBody(Body):
    """In the shop's time. `on_day`: 1 (Monday) to 7 every week; 1 to 31 every month, 31 being its last day."""

    every: Every
    at: Annotated[Text, Field(min_length=5, max_length=5, examples=["10:30"])]
    on_day: Annotated[int, Field(ge=0, le=31)] = 0
    first_on: date
    last_on: Annotated[date | None, Field(description="Included; without it there is no end")] = None
    useful_hours: Annotated[int, Field(ge=1, le=24 * 7)] = 12

    def schedule(self) -> Schedule:
        return Schedule(**self.model_dump())


class SeriesBody(SaidBody):
    schedule: ScheduleBody

    def wanted(self) -> campaign_series.SeriesDraft:
        schedule = self.schedule.schedule()
        first = schedule.first_on
        return campaign_series.SeriesDraft(self.said(schedule.instant(first), schedule.useful_until(first)), schedule)


class SeriesView(View):
    """`coming`: the next days on which it is said."""

    id: int
    name: str
    goal: Goal
    state: SeriesState
    audience: dict[str, Any]
    segment_id: int | None
    segment_version: int | None
    way: Way
    channels: list[Channel] | None
    variants: list[dict[str, Any]]
    priority: int
    spread_minutes: int
    stop_when_bought: bool
    stop_when_returned: bool
    made_by: int
    paused_why: str
    every: Every
    at: str
    on_day: int
    first_on: date
    last_on: date | None
    useful_hours: int
    coming: list[date]


class SeriesSheetView(SeriesView):
    """With the campaigns it came to, the newest first; each has its report at `/staff/campaigns/{id}/report`."""

    occurrences: list[CampaignView]


def _view(call: Call, row: campaign_series.CampaignSeries) -> SeriesView:
    names = set(SeriesView.model_fields) - {"coming"}
    days = campaign_series.schedule_of(row).coming(call.shop.now(), COMING_SHOWN)
    return SeriesView(coming=days, **{name: getattr(row, name) for name in names})


async def post_series(call: Call, body: SeriesBody) -> SeriesView:
    """Draft a campaign that recurs; nothing of it is said yet."""
    return _view(call, await campaign_series.draft(call.shop, call.staff_id, body.wanted()))


async def put_series(call: Call, series_id: int, body: SeriesBody) -> SeriesView:
    """Change a draft; a launched series stays as it is."""
    return _view(call, await campaign_series.redraft(call.shop, call.staff_id, series_id, body.wanted()))


async def get_all_series(call: Call, query: PageQuery) -> Page[SeriesView]:
    """All series, the newest first."""
    found = await campaign_series.listed(int(query.cursor) if query.cursor else None, query.limit + 1)
    return Page[SeriesView](
        items=[_view(call, row) for row in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


async def get_series(call: Call, series_id: int) -> SeriesSheetView:
    """One series with what it came to."""
    view = _view(call, await campaign_series.get(series_id))
    told = [view_of(one) for one in await campaign_series.occurrences(series_id, OCCURRENCES_SHOWN)]
    return SeriesSheetView(**view.model_dump(), occurrences=told)


async def get_dry_run(call: Call, series_id: int) -> DryRunView:
    """What its next occurrence would do if it were planned now: who would get it, who not, by which rule."""
    return DryRunView.model_validate(await campaign_series.dry_run(call.shop, series_id))


async def post_launch(call: Call, series_id: int) -> SeriesView:
    """Let it run; above the limit of receivers it waits for a second person (`/staff/approvals`)."""
    return _view(call, await campaign_series.launch(call.shop, call.staff_id, series_id))


async def post_pause(call: Call, series_id: int, body: WhyBody) -> SeriesView:
    """Let no occurrence begin and nothing leave until it is resumed."""
    return _view(call, await campaign_series.pause(call.shop, call.staff_id, series_id, body.why))


async def post_resume(call: Call, series_id: int) -> SeriesView:
    """Let it go on; occurrences whose time is over are left out."""
    return _view(call, await campaign_series.resume(call.shop, call.staff_id, series_id))


async def post_kill(call: Call, series_id: int, body: WhyBody) -> SeriesView:
    """End it, with all that has not left."""
    return _view(call, await campaign_series.kill(call.shop, call.staff_id, series_id, body.why))
