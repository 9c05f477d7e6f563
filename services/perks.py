"""Perks: given once by a unique key, pending as long as their cause is, and taken back with it."""

from datetime import datetime

import structlog

from domain.clock import day_of
from domain.loyalty import is_member_day
from domain.money import Fen
from domain.perk import BY_ORDER, PerkCause, PerkRule, birthdays_kept, deserved, occurrence
from models import Coupon, MemberCoupon, Perk, PointsEntry, Purchase
from models.sql import rows_of, run
from services import points
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def give(
    shop: Shop, member_id: int, rule: PerkRule, ref: str, once_for: str, *, usable_at: datetime | None = None
) -> bool:
    """Give what the rule gives, in the caller's transaction; False when it was given for this before.

    One that was taken back with its cause may be given again for another cause.
    """
    # Whoever writes `given` gives it: parallel causes find it given.
    given = await rows_of(
        Perk, "perk_give", member_id=member_id, rule=rule.code, occurrence=once_for, ref=ref, points=rule.points,
        now=shop.now(),
    )  # fmt: skip
    if not given:
        return False
    [perk] = given
    await points.award(shop, member_id, rule.points, reason="perk", ref=f"perk:{perk.id}:{ref}", usable_at=usable_at)
    if rule.coupon:
        await _give_coupon(shop, perk, rule)
    log.info("perk.given", perk=perk.id, member=member_id, rule=rule.code, ref=ref)
    return True


async def _give_coupon(shop: Shop, perk: Perk, rule: PerkRule) -> None:
    offer = await Coupon.get_or_none(code=rule.coupon)
    if offer is None:
        log.error("perk.no_such_coupon", rule=rule.code, coupon=rule.coupon)
        return
    held = await MemberCoupon.create(
        member_id=perk.member_id, coupon_id=offer.id, reason=f"perk:{perk.id}:{perk.ref}"[:32], created_at=shop.now()
    )
    await Perk.filter(id=perk.id).update(member_coupon_id=held.id)


async def for_order(
    shop: Shop, member_id: int, ref: str, goods_fen: Fen, placed_at: datetime, usable_at: datetime
) -> None:
    """What an order that has arrived is given for, in the caller's transaction; pending as its points are."""
    for rule, once_for in await _by_order(shop, member_id, ref, goods_fen, placed_at):
        await give(shop, member_id, rule, ref, once_for, usable_at=usable_at)


async def expected(shop: Shop, member_id: int, ref: str, goods_fen: Fen, placed_at: datetime) -> int:
    """The points `for_order` would give now."""
    given = await Perk.filter(member_id=member_id, state="given").values_list("rule", "occurrence")
    deserves = await _by_order(shop, member_id, ref, goods_fen, placed_at)
    return sum(rule.points for rule, once_for in deserves if (rule.code, once_for) not in given)


async def _by_order(
    shop: Shop, member_id: int, ref: str, goods_fen: Fen, placed_at: datetime
) -> list[tuple[PerkRule, str]]:
    """What an order of so much net goods deserves, with what each is given once for."""
    first = not await Purchase.filter(member_id=member_id, net_fen__gt=0).exclude(ref=ref).exists()
    day = day_of(placed_at)
    member_day = is_member_day(day, shop.rules.points)
    return [
        (rule, occurrence(rule, day))
        for rule in shop.rules.perk.of(*BY_ORDER)
        if deserved(rule, goods_fen, first=first, member_day=member_day)
    ]


async def take_back(shop: Shop, ref: str, goods_fen: Fen) -> None:
    """Of what was given for `ref`, what so little net goods does not deserve goes back, in the caller's transaction.

    Points are taken as after any return; a coupon lapses unless it was used meanwhile, which is let be.
    """
    for perk in await _undeserved(shop, ref, goods_fen):
        await Perk.filter(id=perk.id).update(state="reversed", updated_at=shop.now())
        await points.take_back(
            shop, perk.member_id, reason="perk", ref=f"perk:{perk.id}:{ref}", earned_now=0, cause="reversed"
        )
        await MemberCoupon.filter(id=perk.member_coupon_id, state="open").update(state="lapsed", updated_at=shop.now())
        log.info("perk.reversed", perk=perk.id, member=perk.member_id, rule=perk.rule)


async def points_at_stake(shop: Shop, ref: str, goods_fen: Fen) -> int:
    """The points `take_back` would take now."""
    names = [f"perk:{perk.id}:{ref}" for perk in await _undeserved(shop, ref, goods_fen)]
    return sum(entry.points for entry in await PointsEntry.filter(reason="perk", ref__in=names))


async def _undeserved(shop: Shop, ref: str, goods_fen: Fen) -> list[Perk]:
    """What was given for `ref` and needs more net goods than it comes to."""
    rules = {rule.code: rule for rule in shop.rules.perk.rules}
    given = await Perk.filter(ref=ref, state="given").order_by("id")
    return [p for p in given if p.rule in rules and goods_fen < max(1, rules[p.rule].threshold_fen)]


async def for_card(shop: Shop, member_id: int) -> None:
    """The membership card was claimed: once in a life."""
    async with transaction():
        for rule in shop.rules.perk.of(PerkCause.CARD):
            await give(shop, member_id, rule, "card", "")


async def birthdays(shop: Shop) -> int:
    """The job: everybody whose birthday is kept today (or was just missed) is given to, once a year; how many."""
    given = 0
    for year, month, day in birthdays_kept(day_of(shop.now()), shop.rules.perk.birthday_days_late):
        for row in await run("born_on", month=month, day=day):
            async with transaction():
                for rule in shop.rules.perk.of(PerkCause.BIRTHDAY):
                    given += await give(shop, row["id"], rule, f"birthday:{year}", str(year))
    return given
