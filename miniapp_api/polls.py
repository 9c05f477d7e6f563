"""Polls: would you buy it if we made it? Answered by members, made and closed by the staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.poll import PollState
from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, Id, Text, View
from miniapp_api.goods import Picture, Price, Title
from services import polls
from services.polls import Poll


class PollBody(Body):
    """`goal`: so many yeses, and it is worth making."""

    title: Title
    picture: Picture
    price_fen: Price
    goal: Annotated[int, Field(ge=1, le=1_000_000)]
    closes_at: Instant
    words: Annotated[Text, Field(max_length=500)] = ""


class PollView(View):
    """`own_size` is the size the member wants, empty for any; null without a yes."""

    id: int
    title: str
    words: str
    picture: str
    price_fen: int
    goal: int
    closes_at: datetime
    state: PollState
    product_id: int | None
    answer: str
    votes: int
    own_size: str | None = None


class PollsView(View):
    items: list[PollView]


class StaffPollView(PollView):
    by_size: dict[str, int]


class StaffPollsView(View):
    items: list[StaffPollView]


class VoteBody(Body):
    size: Annotated[Text, Field(max_length=16)] = ""


class ClosePollBody(Body):
    """With a product it is made and may be ordered there; without, it is not. All who wanted it read `words`."""

    words: Annotated[Text, Field(min_length=2, max_length=200)]
    product_id: Id | None = None


def _fields(row: Poll) -> dict[str, object]:
    named = set(PollView.model_fields) - {"votes", "own_size"}
    return {name: getattr(row, name) for name in named}


async def _for(member_id: int, rows: Sequence[Poll]) -> list[PollView]:
    ids = [row.id for row in rows]
    counted, own = await polls.counts(ids), await polls.votes_of(member_id, ids)
    return [
        PollView.model_validate({**_fields(row), "votes": counted[row.id].total, "own_size": own.get(row.id)})
        for row in rows
    ]


async def _for_staff(rows: Sequence[Poll]) -> list[StaffPollView]:
    counted = await polls.counts([row.id for row in rows])
    return [
        StaffPollView.model_validate(
            {**_fields(row), "votes": counted[row.id].total, "by_size": counted[row.id].by_size}
        )
        for row in rows
    ]


async def get_polls(call: Call) -> PollsView:
    """What may be answered now, with the yeses so far."""
    return PollsView(items=await _for(call.member_id, await polls.open_ones(call.shop)))


async def put_vote(call: Call, poll_id: int, body: VoteBody) -> PollView:
    """Say yes, or yes in another size; one yes a member."""
    return (await _for(call.member_id, [await polls.vote(call.shop, call.member_id, poll_id, body.size)]))[0]


async def delete_vote(call: Call, poll_id: int) -> PollView:
    """Take the yes back."""
    return (await _for(call.member_id, [await polls.take_back(call.shop, call.member_id, poll_id)]))[0]


async def get_all(call: Call) -> StaffPollsView:
    """Every poll with its votes by size, the newest first."""
    return StaffPollsView(items=await _for_staff(await polls.all_of_them()))


async def post_poll(call: Call, body: PollBody) -> StaffPollView:
    """Ask members about a thing that may be made."""
    return (await _for_staff([await polls.make(call.shop, call.staff_id, **body.model_dump())]))[0]


async def post_close(call: Call, poll_id: int, body: ClosePollBody) -> StaffPollView:
    """Decide a poll; all who wanted it are told."""
    row = await polls.close(call.shop, call.staff_id, poll_id, body.words, body.product_id)
    return (await _for_staff([row]))[0]
