"""Everything the gate of care asks about one message, read at the instant of sending."""

from datetime import datetime

from domain.care import CareState, MessageClass
from domain.care_gate import WEEK, Facts, held_out
from domain.clock import day_end, day_of
from domain.membership import Purpose
from models import CareMessage, Conversation, Member
from services import consents
from services.care_channels import halted
from services.care_subjects import Look
from services.shop import Shop

MAY_HAVE_BEEN_SEEN = (CareState.SENT, CareState.SENDING, CareState.UNKNOWN)


def unfollowed(member: Member) -> bool:
    """Followed once (WeChat told us of a follow or unfollow), and does no longer."""
    return not member.follows and member.follow_told_at is not None


async def gather(shop: Shop, message: CareMessage, member: Member, seen: Look, openid: str | None) -> Facts:
    """The facts of one message; `openid` is the member's with the official account, where there is one.

    What only promotions need is only read for them.
    """
    promotion = message.message_class == MessageClass.PROMOTION
    talk = await Conversation.filter(openid=openid).first() if openid else None
    return Facts(
        now=shop.now(),
        message_class=MessageClass(message.message_class),
        send_at=message.send_at,
        useful_until=message.useful_until,
        halted=await halted() is not None,
        paused=seen.paused,
        chat_owner=talk.owner if talk else "bot",
        member_gone=member.merged_into_id is not None,
        unfollowed=unfollowed(member),
        consented=promotion and await consents.consented(member.id, Purpose.PROMOTION.value),
        exit_reason=seen.exit_reason,
        promoted_at=await _promoted_at(shop, message) if promotion else (),
        outranked=promotion and await _outranked(shop, message),
        held_out=promotion and held_out(member.id, shop.rules.care),
    )


async def _promoted_at(shop: Shop, message: CareMessage) -> list[datetime]:
    """When the member's other promotions of the last seven days went out, or may have."""
    others = CareMessage.filter(
        member_id=message.member_id,
        message_class=MessageClass.PROMOTION,
        state__in=MAY_HAVE_BEEN_SEEN,
        sent_at__gt=shop.now() - WEEK,
    ).exclude(id=message.id)
    return [other.sent_at for other in await others if other.sent_at is not None]


async def _outranked(shop: Shop, message: CareMessage) -> bool:
    """Whether a promotion of higher priority wants the same day's place."""
    return await CareMessage.filter(
        member_id=message.member_id,
        message_class=MessageClass.PROMOTION,
        state=CareState.PLANNED,
        priority__gt=message.priority,
        send_at__lt=day_end(day_of(shop.now())),
    ).exists()
