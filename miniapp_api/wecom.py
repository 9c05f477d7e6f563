"""Letters by hand: what the stylists and guides are to send in WeCom today, and what became of it."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from domain.wecom import HandOutcome, TaskState
from miniapp_api.frame import Body, Call, View, Who
from services import wecom_tasks

SEES_ALL = (Who.SERVICE, Who.MARKETING, Who.ADMIN)


class LettersQuery(Body):
    days: Annotated[int, Field(ge=0, le=31, description="Also tasks that ended in so many days before")] = 0


class LetterView(View):
    """`outcome` is empty while it waits for her."""

    member_id: int
    outcome: HandOutcome


class TaskView(View):
    """The same words for several of one person's members, confirmed in WeCom under 群发助手 until `until`."""

    id: int
    staff_id: int
    state: TaskState
    text: str
    until: datetime
    letters: list[LetterView]


class TasksView(View):
    items: list[TaskView]


async def get_letters(call: Call, query: LettersQuery) -> TasksView:
    """The tasks of whoever asks, the first to end first; the service desk and marketing see everybody's."""
    mine = None if call.person.role in SEES_ALL else call.staff_id
    found = await wecom_tasks.listed(mine, call.shop.now() - timedelta(days=query.days))
    return TasksView(
        items=[
            TaskView(
                id=task.id, staff_id=task.staff_id, state=task.state, text=task.text, until=task.until,
                letters=[LetterView.model_validate(letter) for letter in letters],
            )
            for task, letters in found
        ]
    )  # fmt: skip
