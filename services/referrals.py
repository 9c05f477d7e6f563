"""Inviting friends: bound once, rewarded for a friend's own first purchase, capped a year, undone with its cause."""

import dataclasses
import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from tortoise.expressions import F

from domain.clock import day_of
from domain.errors import Invalid, TooLate
from domain.growth import REFERRAL_LIFE, ReferralState, RewardRule, require_lawful
from domain.loyalty import usable_from
from models import InviteCode, Member, Purchase, Referral, ReferralRuleSet, ReferralYear
from models.base import move
from services import audit, points, purchases
from services.shop import Shop
from services.transaction import transaction

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that look alike: a code is also read out and typed."""
REASON = "referral"
log = structlog.get_logger()


@dataclass(frozen=True)
class Rule:
    """The rule that holds, with its version: 0 is the one of config.toml."""

    version: int
    rule: RewardRule


async def rule_now(shop: Shop) -> Rule:
    newest = await ReferralRuleSet.all().order_by("-version").first()
    return Rule(newest.version, RewardRule(**newest.rule)) if newest else Rule(0, shop.rules.growth.referral)


async def _rule_of(shop: Shop, version: int) -> RewardRule:
    saved = await ReferralRuleSet.filter(version=version).first()
    return RewardRule(**saved.rule) if saved else shop.rules.growth.referral


async def save_rule(shop: Shop, staff_id: int, rule: RewardRule) -> Rule:
    """Keep a rule for friends who accept from now on. Raises Unlawful, naming the law."""
    require_lawful(rule)
    async with transaction():
        version = (await rule_now(shop)).version + 1
        await ReferralRuleSet.create(
            version=version, rule=dataclasses.asdict(rule), staff_id=staff_id, created_at=shop.now()
        )
        await audit.note(
            shop, staff_id, "referral.rule", f"referral_rule:{version}", points=rule.points, cap=rule.cap_per_year
        )
    log.info("referral.rule", version=version)
    return Rule(version, rule)


# The inviter -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Invitation:
    """A member's own page: the code, the rule, what came of it this year and ever."""

    code: str
    rule: RewardRule
    earned_this_year: int
    friends: list[Referral]


async def invitation(shop: Shop, member_id: int) -> Invitation:
    """The member's code (made once), and how their invitations stand, the newest first."""
    made = InviteCode(
        member_id=member_id, code="".join(secrets.choice(LETTERS) for _ in range(8)), created_at=shop.now()
    )
    await InviteCode.bulk_create([made], on_conflict=("member_id",), ignore_conflicts=True)
    mine = await InviteCode.get(member_id=member_id)
    year = await ReferralYear.filter(member_id=member_id, year=day_of(shop.now()).year).first()
    friends = await Referral.filter(member_id=member_id).order_by("-id").limit(100)
    return Invitation(mine.code, (await rule_now(shop)).rule, year.earned if year else 0, friends)


# The friend ------------------------------------------------------------------------------------------


async def accept(shop: Shop, friend_id: int, code: str) -> Referral:
    """A friend names who invited them: once in a life, soon after joining, before their first purchase.

    Raises Invalid for an unknown code, one's own, or that of somebody one has invited oneself; TooLate.
    """
    async with transaction():
        inviter = await InviteCode.filter(code=code.upper()).first()
        if inviter is None or inviter.member_id == friend_id:
            raise Invalid("code", "unknown, or one's own")
        known = await Referral.filter(friend_id=friend_id).first()
        if known is not None:
            if known.member_id != inviter.member_id:
                raise Invalid("code", "another member has invited you already")
            return known
        if await Referral.exists(member_id=friend_id, friend_id=inviter.member_id):
            raise Invalid("code", "you have invited this member")
        current = await rule_now(shop)
        friend = await Member.filter(id=friend_id).select_for_update().get()
        until = friend.created_at + timedelta(days=current.rule.accept_days)
        if until <= shop.now() or await Purchase.exists(member_id=friend_id, net_fen__gt=0):
            raise TooLate("invitation", until.isoformat())
        await Referral.bulk_create(
            [
                Referral(
                    member_id=inviter.member_id, friend_id=friend_id, rule_version=current.version,
                    created_at=shop.now(),
                )
            ],
            on_conflict=("friend_id",), ignore_conflicts=True,
        )  # fmt: skip
        made = await Referral.get(friend_id=friend_id)
    log.info("referral.bound", referral=made.id, inviter=made.member_id)
    return made


@purchases.changed
async def look(shop: Shop, friend_id: int) -> None:
    """A friend bought, or something came back: the reward follows, inside the same transaction."""
    row = await Referral.filter(friend_id=friend_id).first()
    if row is None or row.state not in (ReferralState.BOUND, ReferralState.EARNED):
        return
    now, rule = shop.now(), await _rule_of(shop, row.rule_version)
    bought = await purchases.net_between(friend_id, row.created_at, now + timedelta(microseconds=1))
    if row.state is ReferralState.BOUND and bought >= rule.least_fen:
        await _reward(shop, row, rule)
    elif row.state is ReferralState.EARNED and bought < rule.least_fen:
        await _undo(shop, row, ReferralState.UNDONE, "shop", "what the friend bought came back")


async def _reward(shop: Shop, row: Referral, rule: RewardRule) -> None:
    now, year = shop.now(), day_of(shop.now()).year
    await ReferralYear.bulk_create(
        [ReferralYear(member_id=row.member_id, year=year, created_at=now)],
        on_conflict=("member_id", "year"), ignore_conflicts=True,
    )  # fmt: skip
    room = ReferralYear.filter(member_id=row.member_id, year=year, earned__lt=rule.cap_per_year)
    if not await room.update(earned=F("earned") + 1, updated_at=now):
        await move(row, REFERRAL_LIFE, ReferralState.CAPPED, at=now, who="shop")
        return
    await move(row, REFERRAL_LIFE, ReferralState.EARNED, at=now, who="shop", points=rule.points, earned_at=now)
    await points.award(
        shop, row.member_id, rule.points, reason=REASON, ref=f"referral:{row.id}",
        usable_at=usable_from(now, shop.rules.points),
    )  # fmt: skip


async def _undo(shop: Shop, row: Referral, state: ReferralState, who: str, why: str) -> None:
    """The points go back, and the place under the year's cap with them."""
    await move(row, REFERRAL_LIFE, state, at=shop.now(), who=who, why=why)
    if row.earned_at is None:
        return
    await points.take_back(shop, row.member_id, reason=REASON, ref=f"referral:{row.id}", earned_now=0, cause="undone")
    mine = ReferralYear.filter(member_id=row.member_id, year=day_of(row.earned_at).year, earned__gt=0)
    await mine.update(earned=F("earned") - 1, updated_at=shop.now())


async def merged(shop: Shop, keep_id: int, gone_id: int) -> None:
    """Two halves of one person: who invited oneself earns nothing, and a friend keeps the first inviter."""
    own = await Referral.filter(member_id__in=[keep_id, gone_id], friend_id__in=[keep_id, gone_id])
    for row in own:
        if row.state is not ReferralState.VOID:
            await _undo(shop, row, ReferralState.VOID, "system", "invited oneself")
    await Referral.filter(member_id=gone_id).update(member_id=keep_id)
    if not await Referral.exists(friend_id=keep_id):
        await Referral.filter(friend_id=gone_id).update(friend_id=keep_id)
    if await InviteCode.exists(member_id=keep_id):
        await InviteCode.filter(member_id=gone_id).delete()
    await InviteCode.filter(member_id=gone_id).update(member_id=keep_id)
    for year in await ReferralYear.filter(member_id=gone_id):
        if await ReferralYear.filter(member_id=keep_id, year=year.year).update(earned=F("earned") + year.earned):
            await year.delete()
        else:
            await ReferralYear.filter(id=year.id).update(member_id=keep_id)
