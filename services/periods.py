"""Bought membership periods: how one begins, waits its turn, runs and ends.

Every step holds the member's row; the partial unique keys over active and following periods decide what
the lock cannot see. What is ordered and paid stands in services/plans.
"""

from datetime import datetime

import structlog
from tortoise.expressions import Q

from domain.errors import NotFound
from domain.membership import PLAN_LIFE, Period, PlanOffer, PlanState, Quota, period_bought
from domain.path import Event
from models import Member, Membership, QuotaCounter
from models.base import move
from services import care
from services.shop import Shop
from services.transaction import transaction

RUNNING = (PlanState.ACTIVE, PlanState.QUEUED)
PERIODS_AT_ONCE = 500
log = structlog.get_logger()


def offer_of(shop: Shop, code: str) -> PlanOffer:
    offer = shop.rules.membership.plan(code)
    if offer is None:
        raise NotFound("plan")
    return offer


async def lock(member_id: int) -> Member:
    member = await Member.filter(id=member_id).select_for_update().first()
    if member is None:
        raise NotFound("member")
    return member


def ref_of(membership_id: int) -> str:
    """How payments, refunds and messages name a bought period."""
    return f"membership:{membership_id}"


async def begin(shop: Shop, membership: Membership, bought_at: datetime) -> bool:
    """Start the period, or queue it behind the one it follows; False when neither may be."""
    now, offer = shop.now(), offer_of(shop, membership.plan)
    running = await turn_over_member(shop, membership.member_id)
    if any(m.id != membership.follows_id or m.state is PlanState.QUEUED for m in running):
        return False
    followed = await Membership.get_or_none(id=membership.follows_id) if membership.follows_id else None
    if followed is not None and await _is_followed(followed):
        return False
    period = period_bought(period_of(followed) if followed else None, bought_at, offer.months)
    starts = period.starts_at <= now
    if starts and running:
        return False
    await move(
        membership,
        PLAN_LIFE,
        PlanState.ACTIVE if starts else PlanState.QUEUED,
        at=now,
        who=f"member:{membership.member_id}",
        why="bought",
        anchor=period.anchor,
        months_from_anchor=period.months_from_anchor,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
    )
    # Fresh counters for this period alone: nothing carries over.
    await QuotaCounter.bulk_create(
        [
            QuotaCounter(membership_id=membership.id, kind=kind, granted=granted, created_at=now)
            for kind, granted in (
                (Quota.STYLING, offer.stylings),
                (Quota.ROUND_TRIP, offer.round_trips),
            )
        ]
    )
    if followed is not None:
        await care.stop(shop, ref_of(followed.id), "renewed")
    if starts:
        await _announce(shop, membership)
    log.info("plan.begun", membership=membership.id, state=membership.state.value)
    return True


async def turn_over(shop: Shop) -> int:
    """The job of midnight: periods whose last day is over end, waiting ones start. How many were due."""
    done = last_id = 0
    while True:
        now = shop.now()
        due = (
            await Membership.filter(
                Q(state=PlanState.ACTIVE, ends_at__lte=now) | Q(state=PlanState.QUEUED, starts_at__lte=now),
                id__gt=last_id,
            )
            .order_by("id")
            .limit(PERIODS_AT_ONCE)
        )
        if not due:
            return done
        for member_id in sorted({membership.member_id for membership in due}):
            async with transaction():
                await lock(member_id)
                await turn_over_member(shop, member_id)
        done, last_id = done + len(due), due[-1].id


async def turn_over_member(shop: Shop, member_id: int) -> list[Membership]:
    """Bring one member's periods up to now; what runs or waits afterwards, the earlier first."""
    now = shop.now()
    found = await Membership.filter(member_id=member_id, state__in=RUNNING).order_by("starts_at", "id")
    found.sort(key=lambda m: m.state is PlanState.QUEUED)
    left: list[Membership] = []
    for membership in found:
        taken = any(m.state is PlanState.ACTIVE for m in left)
        if membership.state is PlanState.QUEUED and start_of(membership) <= now and not taken:
            await move(membership, PLAN_LIFE, PlanState.ACTIVE, at=now, who="job:turn_over")
            await _announce(shop, membership)
        if membership.state is PlanState.ACTIVE and end_of(membership) <= now:
            await move(membership, PLAN_LIFE, PlanState.ENDED, at=now, who="job:turn_over")
            continue
        left.append(membership)
    return left


async def _announce(shop: Shop, membership: Membership) -> None:
    """The end is announced days before (rules: 5); care keeps the dates."""
    await care.start(shop, membership.member_id, Event.RENEWAL, ref_of(membership.id), end_of(membership))


async def _is_followed(membership: Membership) -> bool:
    return (
        await Membership.filter(follows_id=membership.id)
        .exclude(state__in=[PlanState.WANTED, PlanState.CANCELLED])
        .exists()
    )


def period_of(membership: Membership) -> Period:
    """The period of a membership that has begun, or waits to."""
    assert membership.anchor is not None, "a period that began has an anchor"
    return Period(start_of(membership), end_of(membership), membership.anchor, membership.months_from_anchor)


def start_of(membership: Membership) -> datetime:
    assert membership.starts_at is not None, "a period that began has a start"
    return membership.starts_at


def end_of(membership: Membership) -> datetime:
    assert membership.ends_at is not None, "a period that began has an end"
    return membership.ends_at
