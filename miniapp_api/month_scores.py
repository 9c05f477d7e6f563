"""Members' monthly scores: their own, one member's for the staff, and the table of the months."""

from typing import Annotated

from pydantic import Field

from miniapp_api.broadcasts import Month
from miniapp_api.frame import Body, Call, View
from services import members, month_scores


class MonthScoreView(View):
    """Three scores from 0 to 100 with the facts they come from; the formulas are in docs/scores.md."""

    month: str
    activity: int
    immersion: int
    conversion: int
    days: Annotated[int, Field(description="Days with an act of one's own")]
    sessions: int
    boxes: int
    opinions: int
    voices: int
    orders: int
    net_fen: int


class MonthScoresView(View):
    items: list[MonthScoreView]


class SpanQuery(Body):
    """Months, both included."""

    first: Month
    last: Month


class ScoreLineView(View):
    """Of those who did anything. `tens`: how many stand at 0 to 9, 10 to 19, … 90 to 100."""

    month: str
    score: str
    members: int
    mean: float
    tens: list[int]


class ScoreTableView(View):
    items: list[ScoreLineView]


async def _of(call: Call, member_id: int) -> MonthScoresView:
    rows = await month_scores.of_member(call.shop, member_id)
    return MonthScoresView(items=[MonthScoreView.model_validate(row) for row in rows])


async def get_mine(call: Call) -> MonthScoresView:
    """The member's own scores of the last twelve months in which they did anything."""
    return await _of(call, call.member_id)


async def get_of_member(call: Call, member_id: int) -> MonthScoresView:
    """One member's scores of the last twelve months in which they did anything."""
    await members.get(member_id)
    return await _of(call, member_id)


async def get_table(call: Call, query: SpanQuery) -> ScoreTableView:
    """Closed months as they were closed, score by score: the mean, and how many members stand in each ten."""
    lines = await month_scores.table(query.first, query.last)
    return ScoreTableView(items=[ScoreLineView.model_validate(line) for line in lines])
