"""Broadcasts in the month: what is planned and what became of it, and which follower has how many left."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from domain.broadcast import MassState
from domain.campaign import CampaignState
from miniapp_api.frame import Body, Call, Page, Text, View
from services import broadcasts

Month = Annotated[Text, Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class MonthQuery(Body):
    month: Month


class PeopleQuery(MonthQuery):
    left: Annotated[int | None, Field(ge=0, le=4, description="Only those who have so many left")] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[Text, Field(pattern=r"^[0-9]{0,18}$")] = ""


class MassSendView(View):
    """One call. The counts are WeChat's: whom it meant, whom it let through, and what became of them."""

    id: int
    edition: str
    people: int
    state: MassState
    msg_id: int | None
    status: str
    total_count: int | None
    filter_count: int | None
    sent_count: int | None
    error_count: int | None


class BroadcastView(View):
    """`states` counts its messages; `reserved` ones are still to come, each with a place of the month."""

    campaign_id: int
    name: str
    state: CampaignState
    start_at: datetime
    states: dict[str, int]
    calls: list[MassSendView]


class MonthView(View):
    """`left`: how many followers have so many broadcasts left this month, what is reserved taken off."""

    month: str
    allowance: int
    left: dict[int, int]
    broadcasts: list[BroadcastView]


class PlaceView(View):
    member_id: int
    left: int


def _first(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


async def get_month(call: Call, query: MonthQuery) -> MonthView:
    """A month's broadcasts, drafts included, with what followers have left of their allowance."""
    found = await broadcasts.calendar(call.shop, _first(query.month))
    return MonthView(
        month=found.month,
        allowance=found.allowance,
        left=found.left,
        broadcasts=[
            BroadcastView(
                campaign_id=one.campaign.id, name=one.campaign.name, state=one.campaign.state,
                start_at=one.campaign.start_at, states=one.states,
                calls=[MassSendView.model_validate(sent) for sent in one.calls],
            )
            for one in found.broadcasts
        ],
    )  # fmt: skip


async def get_people(call: Call, query: PeopleQuery) -> Page[PlaceView]:
    """Followers one by one, with how many broadcasts each has left of a month."""
    after = int(query.cursor or 0)
    found = await broadcasts.people(call.shop, _first(query.month), query.left, after, query.limit + 1)
    shown = [PlaceView(member_id=member_id, left=left) for member_id, left in found[: query.limit]]
    return Page[PlaceView](items=shown, next_cursor=str(shown[-1].member_id) if len(found) > query.limit else None)
