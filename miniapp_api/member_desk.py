"""One member for the staff: found by phone, and everything that happened in one order."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.errors import NotFound
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from services import members, timeline


class HappeningView(View):
    at: datetime
    kind: str
    id: int
    what: str
    ref: str


class TimelineView(Page[HappeningView]):
    """What happened to one member, the newest first."""


async def get_timeline(call: Call, member_id: int, query: PageQuery) -> TimelineView:
    """Everything that happened with one member, from every table, the newest first."""
    skip = int(query.cursor) if query.cursor else 0
    found = await timeline.timeline(member_id, skip=skip, limit=query.limit + 1)
    more = len(found) > query.limit
    return TimelineView(
        items=[HappeningView.model_validate(line) for line in found[: query.limit]],
        next_cursor=str(skip + query.limit) if more else None,
    )


class PhoneSearchBody(Body):
    phone: Annotated[Text, Field(min_length=5, max_length=20, pattern=r"^[+0-9]+$")]


class FoundMemberView(View):
    member_id: int
    level: str
    phone: Annotated[str, Field(description="Masked")]
    first_seen_at: datetime
    first_source: str


async def post_member_search(call: Call, body: PhoneSearchBody) -> FoundMemberView:
    """Find a member by the whole phone number; the search itself is audited."""
    found = await timeline.by_phone(call.shop, call.staff_id, body.phone)
    if found is None:
        raise NotFound("member")
    return FoundMemberView(
        member_id=found.id, level=found.level, phone=members.masked_phone(call.shop, found),
        first_seen_at=found.first_seen_at, first_source=found.first_source,
    )  # fmt: skip
