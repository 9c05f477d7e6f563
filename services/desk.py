"""The desk: chats that wait for a person, what the person says, and the hand-back to the bot."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.errors import NotFound, WrongState
from models import ChatLine, Conversation
from services import audit, care
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


@dataclass(frozen=True)
class Line:
    side: str
    text: str
    at: datetime


@dataclass(frozen=True)
class Waiting:
    """One chat in a person's hands; owner `desk` waits for anybody, `staff:3` has somebody."""

    conversation_id: int
    member_id: int | None
    owner: str
    since: datetime
    last: str


async def waiting(staff_id: int) -> list[Waiting]:
    """Chats nobody has taken yet and one's own, the longest waiting first."""
    rows = await Conversation.filter(owner__in=["desk", f"staff:{staff_id}"]).order_by("last_said_at").limit(100)
    found = []
    for row in rows:
        last = await ChatLine.filter(openid=row.openid, side="follower").order_by("-id").first()
        found.append(Waiting(row.id, row.member_id, row.owner, row.last_said_at, last.text if last else ""))
    return found


async def _conversation(conversation_id: int) -> Conversation:
    found = await Conversation.filter(id=conversation_id).first()
    if found is None:
        raise NotFound("conversation")
    return found


async def thread(conversation_id: int) -> list[Line]:
    """The last hundred lines, oldest first."""
    row = await _conversation(conversation_id)
    lines = await ChatLine.filter(openid=row.openid).order_by("-id").limit(100)
    return [Line(line.side, line.text, line.created_at) for line in reversed(lines)]


async def take(shop: Shop, staff_id: int, conversation_id: int) -> None:
    """Take a waiting chat. Raises WrongState when a colleague was faster or the bot has it."""
    async with transaction():
        row = await _conversation(conversation_id)
        owner = f"staff:{staff_id}"
        taken = await Conversation.filter(id=row.id, owner__in=["desk", owner]).update(
            owner=owner, updated_at=shop.now()
        )
        if not taken:
            raise WrongState("conversation", row.owner, owner)
        await audit.note(shop, staff_id, "desk.take", f"conversation:{row.id}")


async def reply(shop: Shop, staff_id: int, conversation_id: int, text: str) -> None:
    """Say something to the follower through the customer-service window.

    Raises WrongState unless the chat is one's own, OutsideRefusal (45015, 45047) when the window is closed.
    """
    row = await _conversation(conversation_id)
    if row.owner != f"staff:{staff_id}":
        raise WrongState("conversation", row.owner, f"staff:{staff_id}")
    taken = await care.take_window(shop, row.openid)
    try:
        await shop.wechat.official.send_text(row.openid, text)
    except Exception:
        if taken is not None:
            await care.give_back(taken)
        raise
    async with transaction():
        await ChatLine.create(openid=row.openid, side="staff", text=text, created_at=shop.now())
        await audit.note(shop, staff_id, "desk.reply", f"conversation:{row.id}")
    log.info("desk.replied", conversation=row.id, staff=staff_id)


async def hand_back(shop: Shop, staff_id: int, conversation_id: int) -> None:
    """Give the chat back to the bot; it answers again from the next line on."""
    async with transaction():
        row = await _conversation(conversation_id)
        given = await Conversation.filter(id=row.id, owner__in=["desk", f"staff:{staff_id}"]).update(
            owner="bot", form={}, unclear=0, updated_at=shop.now()
        )
        if not given:
            raise WrongState("conversation", row.owner, "bot")
        await audit.note(shop, staff_id, "desk.hand_back", f"conversation:{row.id}")
