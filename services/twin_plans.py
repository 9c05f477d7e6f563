"""Two members were one person, and both had a plan running: the second follows the first, or its fee goes back."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.case import CaseKind
from domain.clock import local
from domain.errors import NotFound, WrongState
from domain.ledger import Account
from domain.membership import PLAN_LIFE, Period, PlanState, TwinEnd, period_bought
from domain.money import Fen, yuan
from models import Case, History, InboxNote, Membership, QuotaCounter
from models.base import move
from services import audit, care, cases, ledger, refunds
from services.periods import lock, offer_of, period_of, ref_of, start_of
from services.shop import Shop
from services.transaction import transaction

INSTANT = timedelta(seconds=1)
"""The last day is the one before the instant it ends."""
REASON = "两份会员合并，多出的一份已退款"
log = structlog.get_logger()


@dataclass(frozen=True)
class TwinPlans:
    """Both plans, and the exact figures of either end. `used`: units of the second are held or used."""

    kept: Membership
    other: Membership
    follows: Period  # when the second runs if it follows
    refund_fen: Fen  # what goes back if it is given back
    used: bool


async def look(shop: Shop, member_id: int) -> TwinPlans:
    """What there is to decide. Raises NotFound where no such case is open."""
    async with transaction():
        return await _look(shop, await _case(member_id))


async def _case(member_id: int) -> Case:
    case = await cases.standing(CaseKind.MERGE, f"member:{member_id}")
    if case is None:
        raise NotFound("case")
    return case


async def _look(shop: Shop, case: Case) -> TwinPlans:
    found = Membership.filter(id__in=case.facts["membership_ids"], state__in=[PlanState.ACTIVE, PlanState.QUEUED])
    pair = sorted(await found.order_by("id"), key=lambda m: m.state is PlanState.QUEUED)
    if len(pair) < 2:
        # One of them has ended by itself meanwhile: there is nothing to decide between.
        raise WrongState("plan", pair[0].state if pair else PlanState.ENDED, "decided")
    kept, other = pair
    left_fen = sum(source.left_fen for source in await refunds.sources(ref_of(other.id)))
    counters = await QuotaCounter.filter(membership_id=other.id)
    follows = period_bought(period_of(kept), start_of(kept), offer_of(shop, other.plan).months)
    return TwinPlans(kept, other, follows, left_fen, any(c.held + c.used for c in counters))


async def _followed(membership: Membership) -> bool:
    """Something is bought already that runs after it."""
    rows = Membership.filter(follows_id=membership.id).exclude(state__in=[PlanState.WANTED, PlanState.CANCELLED])
    return await rows.exists()


async def settle(shop: Shop, staff_id: int, member_id: int, how: TwinEnd, why: str) -> TwinPlans:
    """Decide, and close the case; the member is told.

    Following, the second plan has its whole time after the first one: WrongState where one that was bought does.
    Given back, its fee goes back whole: WrongState where something of it is held or used. Raises NotFound.
    """
    who = f"staff:{staff_id}"
    async with transaction():
        await lock(member_id)
        seen = await _look(shop, await _case(member_id))
        other = seen.other
        if how is TwinEnd.FOLLOW:
            if await _followed(seen.kept):
                raise WrongState("plan", "followed", TwinEnd.FOLLOW)
            await _follow(shop, seen, who, why)
            last = local(seen.follows.ends_at - INSTANT)
            told = f"您的两份会员已经合并：第二份接在第一份之后，到 {last:%Y 年 %m 月 %d 日}为止。"
        else:
            if seen.used:
                raise WrongState("plan", "in_use", PlanState.CANCELLED)
            await _give_back(shop, seen, who, why)
            told = f"您的两份会员已经合并，多出的一份退款 {yuan(seen.refund_fen)} 元，原路退回。"
        await care.stop(shop, ref_of(other.id), "two plans became one")
        await cases.settle_case(shop, CaseKind.MERGE, f"member:{member_id}", how.value, who, why)
        await audit.note(
            shop, staff_id, "plans.settle", f"member:{member_id}",
            membership=other.id, how=how.value, refund_fen=seen.refund_fen if how is TwinEnd.REFUND else 0, why=why,
        )  # fmt: skip
        await InboxNote.create(
            member_id=member_id, title="会员合并好了", text=told, page="pages/me/me", created_at=shop.now()
        )
    log.info("plan.twins_settled", member=member_id, membership=other.id, how=how.value)
    return seen


async def _follow(shop: Shop, seen: TwinPlans, who: str, why: str) -> None:
    now, period = shop.now(), seen.follows
    await Membership.filter(id=seen.other.id).update(
        follows_id=seen.kept.id, starts_at=period.starts_at, ends_at=period.ends_at, anchor=period.anchor,
        months_from_anchor=period.months_from_anchor, updated_at=now,
    )  # fmt: skip
    await History.create(
        noun=PLAN_LIFE.what, row_id=seen.other.id, old=PlanState.QUEUED.value, new=PlanState.QUEUED.value,
        who=who, why=why[:200], created_at=now,
    )  # fmt: skip


async def _give_back(shop: Shop, seen: TwinPlans, who: str, why: str) -> None:
    other, name = seen.other, ref_of(seen.other.id)
    await move(other, PLAN_LIFE, PlanState.CANCELLED, at=shop.now(), who=who, why=why[:200])
    if seen.refund_fen:
        await ledger.post(
            shop,
            f"twin:{name}",
            {Account.MEMBERSHIP_FEES: seen.refund_fen, Account.REFUNDS_DUE: -seen.refund_fen},
            member_id=other.member_id,
        )
        await refunds.want_refund(shop, other.member_id, name, seen.refund_fen, REASON, key="twin")
