"""Campaigns as marketing makes them: drafted, tried dry, launched (by two persons above a limit), measured."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from domain.broadcast import Way
from domain.campaign import KPI, CampaignState, Goal, Variant
from domain.care import Channel
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from miniapp_api.segments import AudienceBody
from services import campaign_audience, campaign_reports, campaigns

Why = Annotated[Text, Field(min_length=1, max_length=200)]


class VariantBody(Body):
    """One wording with the mini-program page it leads to."""

    name: Annotated[Text, Field(min_length=1, max_length=16)]
    title: Annotated[Text, Field(min_length=1, max_length=64)]
    text: Annotated[Text, Field(min_length=1, max_length=600)]
    page: Annotated[Text, Field(min_length=1, max_length=128)]
    link: Annotated[Text, Field(min_length=1, max_length=32, description="The words of the link to the page")]
    weight: Annotated[int, Field(ge=1, le=100)] = 1


class SaidBody(Body):
    """What is said to whom, by a campaign or by each of a series."""

    name: Annotated[Text, Field(min_length=1, max_length=64)]
    goal: Goal
    audience: AudienceBody | None = None
    segment_id: Annotated[int | None, Field(ge=1, le=2**62, description="Instead of an audience of its own")] = None
    way: Annotated[Way, Field(description="`mass`: one of each follower's broadcasts of the month")] = Way.LADDER
    channels: Annotated[
        list[Channel],
        Field(max_length=4, description="Its own order of stylist, window, credit, template; empty = the usual one"),
    ] = Field(default_factory=list)
    variants: Annotated[list[VariantBody], Field(min_length=1, max_length=5)]
    priority: Annotated[int, Field(ge=1, le=100)] = 50
    spread_minutes: Annotated[int | None, Field(ge=0, le=1440)] = None
    stop_when_bought: bool = False
    stop_when_returned: Annotated[bool, Field(description="Whoever sends something back meanwhile gets nothing")] = True

    def said(self, start_at: datetime, useful_until: datetime) -> campaigns.Draft:
        return campaigns.Draft(
            name=self.name,
            goal=self.goal,
            audience=self.audience.audience() if self.audience is not None else None,
            variants=tuple(Variant(**variant.model_dump()) for variant in self.variants),
            start_at=start_at,
            useful_until=useful_until,
            priority=self.priority,
            spread_minutes=self.spread_minutes,
            stop_when_bought=self.stop_when_bought,
            stop_when_returned=self.stop_when_returned,
            segment_id=self.segment_id,
            way=self.way,
            channels=tuple(self.channels),
        )


class CampaignBody(SaidBody):
    start_at: AwareDatetime
    useful_until: AwareDatetime

    def draft(self) -> campaigns.Draft:
        return self.said(self.start_at, self.useful_until)


class CampaignView(View):
    """`kpi` is the figure the goal is judged by; `passed_over` counts members by the rule, once planned."""

    id: int
    name: str
    goal: Goal
    kpi: str
    state: CampaignState
    audience: dict[str, Any]
    segment_id: int | None
    segment_version: Annotated[int | None, Field(description="The version it keeps, whatever is saved later")]
    way: Way
    channels: list[Channel] | None
    variants: list[dict[str, Any]]
    priority: int
    start_at: datetime
    useful_until: datetime
    spread_minutes: int
    stop_when_bought: bool
    stop_when_returned: bool
    made_by: int
    series_id: int | None
    series_on: date | None
    planned_at: datetime | None
    passed_over: dict[str, int]
    paused_why: str


def view_of(row: campaigns.Campaign) -> CampaignView:
    names = set(CampaignView.model_fields) - {"kpi"}
    return CampaignView(kpi=KPI[row.goal], **{name: getattr(row, name) for name in names})


class DryRunView(View):
    """`passed_over`: how many of the audience would not get it, by the rule."""

    audience: int
    receivers: int
    passed_over: dict[str, int]


class JudgedView(View):
    """`rule` names why this person would not get it; empty = they would, at `send_at`."""

    member_id: int
    send_at: datetime
    variant: str
    rule: str


class WhyBody(Body):
    why: Why


class OutcomeView(View):
    members: int
    ordered: int
    net_fen: int


class LiftView(View):
    """By how much more of the receivers ordered than of the control group, with the 95 % interval of the difference."""

    points: float
    low: float
    high: float


class GroupView(View):
    """`variant` is empty for the control group."""

    variant: str
    outcome: OutcomeView
    first_orders: int
    returned: Annotated[int, Field(description="Ordered again after being silent for as long as growth lasts")]
    value: Annotated[int, Field(description="The group's figure of the campaign's `kpi`")]
    lift: LiftView | None


class ChannelView(View):
    """Receivers by the channel that reached them: `stylist` is the letter by hand."""

    channel: str
    outcome: OutcomeView


class ReportView(View):
    """Orders up to and including 7 × 24 h after the message, net of what came back since."""

    kpi: str
    states: dict[str, int]
    passed_over: dict[str, int]
    received: OutcomeView
    control: OutcomeView
    lift: LiftView | None
    groups: list[GroupView]
    channels: list[ChannelView]


async def post_campaign(call: Call, body: CampaignBody) -> CampaignView:
    """Draft a campaign; nobody gets it yet."""
    return view_of(await campaigns.draft(call.shop, call.staff_id, body.draft()))


async def put_campaign(call: Call, campaign_id: int, body: CampaignBody) -> CampaignView:
    """Change a draft; a launched campaign stays as it is."""
    return view_of(await campaigns.redraft(call.shop, call.staff_id, campaign_id, body.draft()))


async def get_campaigns(call: Call, query: PageQuery) -> Page[CampaignView]:
    """All campaigns, the newest first."""
    found = await campaigns.listed(int(query.cursor) if query.cursor else None, query.limit + 1)
    return Page[CampaignView](
        items=[view_of(row) for row in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


async def get_campaign(call: Call, campaign_id: int) -> CampaignView:
    """One campaign."""
    return view_of(await campaign_audience.get(campaign_id))


async def get_dry_run(call: Call, campaign_id: int) -> DryRunView:
    """What a launch would do now: how many would get it, how many not, by which rule. Nothing is written."""
    return DryRunView.model_validate(await campaign_audience.dry_run(call.shop, campaign_id))


async def get_people(call: Call, campaign_id: int, query: PageQuery) -> Page[JudgedView]:
    """The audience person by person, with the rule that would pass each over."""
    after = int(query.cursor) if query.cursor else 0
    judged, following = await campaign_audience.people(call.shop, campaign_id, after, query.limit)
    return Page[JudgedView](
        items=[JudgedView.model_validate(one) for one in judged], next_cursor=str(following) if following else None
    )


async def post_launch(call: Call, campaign_id: int) -> CampaignView:
    """Launch it; above the limit of receivers it waits for a second person (`/staff/approvals`)."""
    return view_of(await campaigns.launch(call.shop, call.staff_id, campaign_id))


async def post_pause(call: Call, campaign_id: int, body: WhyBody) -> CampaignView:
    """Let nothing of it leave until it is resumed."""
    return view_of(await campaigns.pause(call.shop, campaign_id, call.person.actor, body.why))


async def post_resume(call: Call, campaign_id: int) -> CampaignView:
    """Let it go on."""
    return view_of(await campaigns.resume(call.shop, call.staff_id, campaign_id))


async def post_kill(call: Call, campaign_id: int, body: WhyBody) -> CampaignView:
    """End it: what has not left never will."""
    return view_of(await campaigns.kill(call.shop, call.staff_id, campaign_id, body.why))


async def get_report(call: Call, campaign_id: int) -> ReportView:
    """What it brought against the control group, by variant, and what became of every message."""
    return ReportView.model_validate(await campaign_reports.report(call.shop, await campaign_audience.get(campaign_id)))
