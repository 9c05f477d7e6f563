"""The staff side of a chat: what waits, the thread, taking it, answering, handing it back."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Ok, Text, View
from services import desk


class WaitingView(View):
    conversation_id: int
    member_id: int | None
    owner: str
    since: datetime
    last: str


class DeskView(View):
    items: list[WaitingView]


async def get_desk(call: Call) -> DeskView:
    """Chats that wait for a person and one's own, the longest waiting first."""
    return DeskView(items=[WaitingView.model_validate(w) for w in await desk.waiting(call.staff_id)])


class LineView(View):
    side: str
    text: str
    at: datetime


class ThreadView(View):
    lines: list[LineView]


async def get_thread(call: Call, conversation_id: int) -> ThreadView:
    """The thread of one chat, oldest line first."""
    return ThreadView(lines=[LineView.model_validate(line) for line in await desk.thread(conversation_id)])


async def post_take(call: Call, conversation_id: int) -> Ok:
    """Take a chat that waits."""
    await desk.take(call.shop, call.staff_id, conversation_id)
    return Ok()


class ReplyBody(Body):
    text: Annotated[Text, Field(min_length=1, max_length=600)]


async def post_reply(call: Call, conversation_id: int, body: ReplyBody) -> Ok:
    """Answer the follower; the bot stays silent meanwhile."""
    await desk.reply(call.shop, call.staff_id, conversation_id, body.text)
    return Ok()


async def post_hand_back(call: Call, conversation_id: int) -> Ok:
    """Hand the chat back to the bot."""
    await desk.hand_back(call.shop, call.staff_id, conversation_id)
    return Ok()
