"""What people say: to the follower through the customer-service window, and to each other in notes."""

from enum import StrEnum

import structlog

from domain.blocklist import OTHER_LABEL
from domain.care_gate import surely_not_sent
from domain.desk import HandoffState
from domain.errors import ContentRefused, Invalid, OutsideFault, OutsideRefusal
from models import ChatLine, Handoff, InboxNote, OutsideCall
from services import audit, care, desk, outside
from services.care_channels import NO_WINDOW, NOT_FOLLOWING
from services.desk import Clerk
from services.shop import Shop
from services.transaction import transaction

TEXT_BYTES = 2048
"""WeChat refuses longer chat texts (45002)."""
NOTE_TITLE = "客服回复"
log = structlog.get_logger()


class Delivery(StrEnum):
    """What became of a person's words."""

    WANTED = "wanted"  # not sent yet: WeChat failed, and is tried again
    SENT = "sent"  # in the chat
    INBOX = "inbox"  # no window was left: in the mini-program's inbox instead
    UNKNOWN = "unknown"  # WeChat gave no answer: perhaps sent, and not repeated
    FAILED = "failed"  # nowhere: not a member with an inbox


async def reply(shop: Shop, clerk: Clerk, conversation_id: int, text: str) -> Delivery:
    """Say something to the follower; how it got there.

    Raises WrongState unless the chat is one's own, Invalid for a text longer than WeChat takes, ContentRefused
    for a sensitive word.
    """
    if len(text.encode()) > TEXT_BYTES:
        raise Invalid("text", f"at most {TEXT_BYTES} bytes")
    if shop.blocklist.holds(text):
        raise ContentRefused(OTHER_LABEL)
    now = shop.now()
    async with transaction():
        row = await desk.conversation_for(clerk, conversation_id)
        handoff = await desk.own_handoff(clerk, row, HandoffState.TAKEN)
        await Handoff.filter(id=handoff.id).update(
            first_answer_at=handoff.first_answer_at or now, waiting_since=None, due_at=None, updated_at=now
        )
        line = await ChatLine.create(
            openid=row.openid,
            side="staff",
            text=text,
            staff_id=clerk.staff_id,
            delivery=Delivery.WANTED,
            created_at=now,
        )
        await outside.want(shop, "desk_reply", f"line:{line.id}", line=line.id, member=row.member_id)
        await audit.note(shop, clerk.staff_id, "desk.reply", f"conversation:{row.id}", line=line.id)
    await line.refresh_from_db()
    log.info("desk.replied", conversation=row.id, staff=clerk.staff_id, line=line.id, delivery=line.delivery)
    return Delivery(line.delivery or Delivery.UNKNOWN)


@outside.caller("desk_reply")
async def _send(shop: Shop, call: OutsideCall) -> None:
    """Through the window, counted; without one, or without a follower, into the inbox."""
    line = await ChatLine.get(id=int(str(call.payload["line"])))
    if line.delivery != Delivery.WANTED:
        return
    taken = await care.take_window(shop, line.openid)
    if taken is None:
        await _into_inbox(shop, line, call)
        return
    try:
        await shop.wechat.official.send_text(line.openid, line.text)
    except OutsideRefusal as no:
        if no.code in NO_WINDOW or no.code == NOT_FOLLOWING:
            await care.close_windows(shop, line.openid)
        else:
            await care.give_back(taken)
            log.warning("desk.refused", line=line.id, code=no.code)
        await _into_inbox(shop, line, call)
    except OutsideFault as fault:
        if not surely_not_sent(fault.kind):
            await ChatLine.filter(id=line.id).update(delivery=Delivery.UNKNOWN, updated_at=shop.now())
            return
        await care.give_back(taken)
        raise
    else:
        await ChatLine.filter(id=line.id).update(delivery=Delivery.SENT, updated_at=shop.now())


async def _into_inbox(shop: Shop, line: ChatLine, call: OutsideCall) -> None:
    """The channel that is always there; the line and its note are written together."""
    member = call.payload.get("member")
    now = shop.now()
    async with transaction():
        delivery = Delivery.INBOX if member is not None else Delivery.FAILED
        await ChatLine.filter(id=line.id).update(delivery=delivery, updated_at=now)
        if member is not None:
            await InboxNote.create(
                member_id=int(str(member)), title=NOTE_TITLE, text=line.text, page="pages/index/index", created_at=now
            )


async def note(shop: Shop, clerk: Clerk, conversation_id: int, text: str) -> None:
    """A private remark in the thread: colleagues see it, the follower never does."""
    async with transaction():
        row = await desk.conversation_for(clerk, conversation_id)
        await ChatLine.create(openid=row.openid, side="note", text=text, staff_id=clerk.staff_id, created_at=shop.now())
        await audit.note(shop, clerk.staff_id, "desk.note", f"conversation:{row.id}")
