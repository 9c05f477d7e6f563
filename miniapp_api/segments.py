"""Segments as marketing makes them: counted before they are saved, with a name and versions; and members' tags."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from domain.audience import TAG_LETTERS_MAX, TAGS_MAX, Audience, Deed
from domain.stage import Stage
from miniapp_api.frame import Body, Call, FenAmount, Page, PageQuery, Text, View
from services import members, segments

Days = Annotated[int, Field(ge=0, le=3650)]
Orders = Annotated[int, Field(ge=0, le=10_000)]
Tag = Annotated[Text, Field(min_length=1, max_length=TAG_LETTERS_MAX, pattern=r"^[^,]+$")]
Name = Annotated[Text, Field(min_length=1, max_length=64)]
Why = Annotated[Text, Field(min_length=1, max_length=200)]
Version = Annotated[int, Field(ge=1, le=2**31 - 2, description="The version this one was made from")]


class AudienceBody(Body):
    """Every condition that is given must hold; 0, null and an empty list are no condition."""

    stages: Annotated[list[Stage], Field(max_length=4, default_factory=list)]
    bought_within_days: Days = 0
    silent_days: Annotated[int, Field(ge=0, le=3650, description="Has bought, but not so lately")] = 0
    orders_365_min: Orders = 0
    orders_365_max: Orders = 0
    spend_365_min_fen: FenAmount = 0
    spend_365_max_fen: FenAmount = 0
    joined_within_days: Days = 0
    plan: Annotated[bool | None, Field(description="Whether a paid plan runs")] = None
    tiers: Annotated[list[Annotated[int, Field(ge=1, le=20)]], Field(max_length=20, default_factory=list)]
    super_user: Annotated[bool | None, Field(description="Of this calendar year")] = None
    tags: Annotated[list[Tag], Field(max_length=TAGS_MAX, default_factory=list, description="At least one of them")]
    did: Deed | None = None
    did_within_days: Days = 0
    missed: Annotated[Deed | None, Field(description="Not once within `missed_within_days`")] = None
    missed_within_days: Days = 0

    def audience(self) -> Audience:
        kept = self.model_dump()
        lists = {name: tuple(dict.fromkeys(kept[name])) for name in ("stages", "tiers", "tags")}
        return Audience(**{**kept, **lists})


class SegmentBody(Body):
    name: Name
    audience: AudienceBody
    why: Why


class SaveBody(Body):
    audience: AudienceBody
    based_on: Version
    why: Why


class PreviewBody(Body):
    audience: AudienceBody
    instead_of: Annotated[int | None, Field(ge=1, le=2**62, description="A segment to compare with")] = None


class SegmentView(View):
    """A segment in its newest version."""

    id: int
    name: str
    version: int
    audience: dict[str, Any]


class SegmentVersionView(View):
    version: int
    audience: dict[str, Any]
    staff_id: int
    why: str
    created_at: datetime


class SegmentSheetView(SegmentView):
    versions: list[SegmentVersionView]


class SegmentFlowView(View):
    """`following` and `consented` are of the members meant; `stay`, `come`, `leave` compare with `instead_of`."""

    stage: Stage
    members: int
    following: int
    consented: int
    stay: int
    come: int
    leave: int


class SegmentPreviewView(View):
    members: int
    following: int
    consented: int
    flows: list[SegmentFlowView]


class TagsBody(Body):
    tags: Annotated[list[Tag], Field(max_length=TAGS_MAX)]


class TagsView(View):
    tags: list[str]


class TagCountsView(View):
    tags: dict[str, int]


def _view(one: segments.Named) -> SegmentView:
    return SegmentView(id=one.id, name=one.name, version=one.version, audience=asdict(one.audience))


async def post_segment(call: Call, body: SegmentBody) -> SegmentView:
    """Save an audience under a name, as its first version."""
    return _view(await segments.create(call.shop, call.staff_id, body.name, body.audience.audience(), body.why))


async def put_segment(call: Call, segment_id: int, body: SaveBody) -> SegmentView:
    """Save the next version; refused when somebody saved meanwhile. What is planned keeps the version it has."""
    audience = body.audience.audience()
    return _view(await segments.save(call.shop, call.staff_id, segment_id, audience, body.based_on, body.why))


async def get_segments(call: Call, query: PageQuery) -> Page[SegmentView]:
    """All segments in their newest version, the newest segment first."""
    found = await segments.listed(int(query.cursor) if query.cursor else None, query.limit + 1)
    return Page[SegmentView](
        items=[_view(one) for one in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


async def get_segment(call: Call, segment_id: int) -> SegmentSheetView:
    """One segment with all its versions."""
    view = _view(await segments.in_force(segment_id))
    saved = [SegmentVersionView.model_validate(one) for one in await segments.versions(segment_id)]
    return SegmentSheetView(**view.model_dump(), versions=saved)


async def post_preview(call: Call, body: PreviewBody) -> SegmentPreviewView:
    """Count whom an audience means by stage, and who would come and leave against a segment; nothing is written."""
    flows = await segments.preview(call.shop, body.audience.audience(), body.instead_of)
    return SegmentPreviewView(
        members=sum(flow.members for flow in flows),
        following=sum(flow.following for flow in flows),
        consented=sum(flow.consented for flow in flows),
        flows=[SegmentFlowView.model_validate(flow) for flow in flows],
    )


async def get_tags(call: Call) -> TagCountsView:
    """Every tag, with how many members carry it."""
    return TagCountsView(tags=await segments.tags())


async def get_member_tags(call: Call, member_id: int) -> TagsView:
    """The tags of one member."""
    await members.get(member_id)
    return TagsView(tags=await segments.tags_of(member_id))


async def put_member_tags(call: Call, member_id: int, body: TagsBody) -> TagsView:
    """Let a member carry exactly these tags."""
    await members.get(member_id)
    return TagsView(tags=await segments.tag(call.shop, call.staff_id, member_id, body.tags))
