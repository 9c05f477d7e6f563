"""What a path may ask about a member, each answered from the rows at the instant of the step."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.box import BoxState
from domain.clock import day_of
from domain.membership import PlanState
from domain.path import Condition, Event, Step
from models import Booking, Box, CareMessage, Member, Membership, MemberTier, Opinion, PathTurn, Purchase
from services import segments, stages
from services.shop import Shop

DEAR = 3
"""So many purchases in life make a member dear to the shop."""


@dataclass(frozen=True)
class Asked:
    """About whom, inside the path of which event, entered when; `segment` is the one the step names."""

    member: Member
    event: Event
    entered_at: datetime
    segment: str = ""


async def holds(shop: Shop, condition: Condition, asked: Asked) -> bool:
    return await _ANSWERS[condition](shop, asked)


async def needless(shop: Shop, step: Step, asked: Asked) -> str | None:
    """Why the step is not to be taken: the condition, or `not_` the one that is missing; None = it is."""
    for condition in step.unless:
        if await holds(shop, condition, asked):
            return condition.value
    for condition in step.only:
        if not await holds(shop, condition, asked):
            return f"not_{condition.value}"
    return None


SINCE = frozenset({Condition.BOUGHT_SINCE, Condition.BOOKED_SINCE, Condition.OPINION_SINCE})


async def entered_at(message: CareMessage, step: Step) -> datetime:
    """When the member entered the path of a message; its own row may be younger: of a fork's line, or of a move."""
    if not SINCE & {*step.only, *step.unless}:
        return message.created_at
    inside = {"member_id": message.member_id, "path": message.path, "occurrence": message.occurrence}
    first = await CareMessage.filter(**inside).order_by("created_at").first() or message
    turn = await PathTurn.filter(**inside).order_by("entered_at").first()
    return min(first.created_at, turn.entered_at) if turn is not None else first.created_at


def unfollowed(member: Member) -> bool:
    """Followed once (WeChat told us of a follow or unfollow), and does no longer."""
    return not member.follows and member.follow_told_at is not None


async def _has_box(shop: Shop, asked: Asked) -> bool:
    return await Box.filter(member_id=asked.member.id).exclude(state=BoxState.CANCELLED).exists()


async def _has_profile(shop: Shop, asked: Asked) -> bool:
    return bool(asked.member.profile)


async def _has_booking(shop: Shop, asked: Asked) -> bool:
    return await Booking.filter(member_id=asked.member.id).exists()


async def _has_plan(shop: Shop, asked: Asked) -> bool:
    return await Membership.filter(member_id=asked.member.id, state=PlanState.ACTIVE).exists()


async def _has_bought(shop: Shop, asked: Asked) -> bool:
    return await Purchase.filter(member_id=asked.member.id, net_fen__gt=0).exists()


async def _bought_since(shop: Shop, asked: Asked) -> bool:
    since = {"member_id": asked.member.id, "bought_at__gt": asked.entered_at, "net_fen__gt": 0}
    return await Purchase.filter(**since).exists()


async def _booked_since(shop: Shop, asked: Asked) -> bool:
    return await Booking.filter(member_id=asked.member.id, created_at__gt=asked.entered_at).exists()


async def _opinion_since(shop: Shop, asked: Asked) -> bool:
    return await Opinion.filter(member_id=asked.member.id, created_at__gte=asked.entered_at).exists()


async def _left_stage(shop: Shop, asked: Asked) -> bool:
    """Only a path that a stage began can be left by leaving the stage."""
    stage = await stages.stage_of(asked.member.id)
    return asked.event in (Event.GROWTH, Event.MATURITY, Event.DECLINE) and stage.value != asked.event.value


async def _valued(shop: Shop, asked: Asked) -> bool:
    if await _has_plan(shop, asked):
        return True
    year = day_of(shop.now()).year
    if await MemberTier.filter(member_id=asked.member.id, super_year=year).exists():
        return True
    return await Purchase.filter(member_id=asked.member.id, net_fen__gt=0).count() >= DEAR


async def _unfollowed(shop: Shop, asked: Asked) -> bool:
    return unfollowed(asked.member)


async def _in_segment(shop: Shop, asked: Asked) -> bool:
    return bool(await segments.among(shop, asked.segment, [asked.member.id]))


_ANSWERS: Mapping[Condition, Callable[[Shop, Asked], Awaitable[bool]]] = {
    Condition.HAS_BOX: _has_box,
    Condition.HAS_PROFILE: _has_profile,
    Condition.HAS_BOOKING: _has_booking,
    Condition.HAS_PLAN: _has_plan,
    Condition.HAS_BOUGHT: _has_bought,
    Condition.BOUGHT_SINCE: _bought_since,
    Condition.BOOKED_SINCE: _booked_since,
    Condition.OPINION_SINCE: _opinion_since,
    Condition.LEFT_STAGE: _left_stage,
    Condition.VALUED: _valued,
    Condition.UNFOLLOWED: _unfollowed,
    Condition.IN_SEGMENT: _in_segment,
}
assert set(_ANSWERS) == set(Condition), "every condition has its answer"
