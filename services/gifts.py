"""Surprise gifts: a coupon for one member, within cap and monthly budget by one person, above them by two."""

from dataclasses import dataclass
from datetime import timedelta

import structlog
from tortoise.expressions import F

from domain.approval import ApprovalKind, ApprovalState
from domain.clock import day_of
from domain.errors import Invalid, NotFound
from domain.gift import GIFT_LIFE, GiftState
from domain.money import yuan
from models import Approval, Coupon, Gift, GiftBudget, InboxNote, MemberCoupon
from models.base import move
from services import approvals, audit, members
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Gift", "Gifts", "give", "given_by"]

log = structlog.get_logger()


async def give(
    shop: Shop, staff_id: int, member_id: int, amount_fen: int | None, words: str, coupon_id: int | None = None
) -> Gift:
    """Give at once, or ask for a second person above the cap or the month's budget. Raises NotFound.

    A gift is a sum, or a coupon of the shop, which counts with what it takes off. Raises Invalid for one that is over.
    """
    rules = shop.rules.gift
    member = await members.get(member_id)
    async with transaction():
        if coupon_id is not None:
            amount_fen = (await _usable(shop, coupon_id)).off_fen
        if amount_fen is None:
            raise Invalid("amount_fen", "a sum, or a coupon")
        alone = amount_fen <= rules.cap_fen and await _spend(shop, staff_id, amount_fen)
        gift = await Gift.create(
            member_id=member.id, staff_id=staff_id, amount_fen=amount_fen, words=words, state=GiftState.ASKED,
            coupon_id=coupon_id, created_at=shop.now(),
        )  # fmt: skip
        await audit.note(
            shop, staff_id, "gift.give", f"gift:{gift.id}", member=member.id, amount_fen=amount_fen, alone=alone
        )
        if alone:
            await _hand_over(shop, gift, f"staff:{staff_id}")
        else:
            why = "above_cap" if amount_fen > rules.cap_fen else "month_spent"
            await approvals.ask(
                shop,
                staff_id,
                ApprovalKind.GIFT,
                f"gift:{gift.id}",
                words,
                member=member.id,
                amount_fen=amount_fen,
                why=why,
            )
    log.info("gift.given" if alone else "gift.asked", gift=gift.id, amount_fen=amount_fen)
    return gift


async def _usable(shop: Shop, coupon_id: int) -> Coupon:
    coupon = await Coupon.get_or_none(id=coupon_id)
    if coupon is None:
        raise NotFound("coupon")
    if coupon.valid_until <= shop.now():
        raise Invalid("coupon_id", "over")
    return coupon


async def _spend(shop: Shop, staff_id: int, amount_fen: int) -> bool:
    """Take a sum from the month's budget by one conditional update; False when it does not fit."""
    now, month = shop.now(), f"{day_of(shop.now()):%Y-%m}"
    await GiftBudget.bulk_create(
        [GiftBudget(staff_id=staff_id, month=month, created_at=now)],
        on_conflict=("staff_id", "month"),
        ignore_conflicts=True,
    )
    fits = GiftBudget.filter(staff_id=staff_id, month=month, spent_fen__lte=shop.rules.gift.month_fen - amount_fen)
    return bool(await fits.update(spent_fen=F("spent_fen") + amount_fen, updated_at=now))


async def _hand_over(shop: Shop, gift: Gift, who: str) -> None:
    """The coupon into the member's hand, with a word in her inbox (caller's transaction)."""
    now = shop.now()
    if gift.coupon_id is not None:
        coupon = await Coupon.get(id=gift.coupon_id)
    else:
        coupon = await Coupon.create(
            code=f"GIFT{gift.id}", name=f"心意券 {yuan(gift.amount_fen)} 元", threshold_fen=0, off_fen=gift.amount_fen,
            valid_from=now, valid_until=now + timedelta(days=shop.rules.gift.valid_days), created_at=now,
        )  # fmt: skip
    await MemberCoupon.create(member_id=gift.member_id, coupon_id=coupon.id, reason=f"gift:{gift.id}", created_at=now)
    await move(gift, GIFT_LIFE, GiftState.GIVEN, at=now, who=who, coupon_id=coupon.id)
    text = f"{gift.words}\n{coupon.name}已放进您的卡包。"
    await InboxNote.create(
        member_id=gift.member_id, title="一份小心意", text=text,
        page="pages/me/me", created_at=now,
    )  # fmt: skip


@approvals.on_decision(ApprovalKind.GIFT)
async def _decided(shop: Shop, row: Approval) -> None:
    """A second person said yes or no; what two agree on is no part of one person's budget."""
    gift = await Gift.get(id=int(row.ref.partition(":")[2]))
    who = f"staff:{row.decided_by}"
    if row.state is ApprovalState.APPROVED:
        await _hand_over(shop, gift, who)
    else:
        await move(gift, GIFT_LIFE, GiftState.REFUSED, at=shop.now(), who=who)


@dataclass(frozen=True)
class Gifts:
    """One person's gifts, the newest first, and what is left of the month's budget."""

    items: list[Gift]
    left_fen: int


async def given_by(shop: Shop, staff_id: int, *, limit: int = 100) -> Gifts:
    """What a person of the staff gave, and may still give alone this month."""
    budget = await GiftBudget.get_or_none(staff_id=staff_id, month=f"{day_of(shop.now()):%Y-%m}")
    left = shop.rules.gift.month_fen - (budget.spent_fen if budget else 0)
    return Gifts(await Gift.filter(staff_id=staff_id).order_by("-id").limit(limit), left)
