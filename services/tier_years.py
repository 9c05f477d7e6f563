"""What a year's end does to tiers: falls announced in December, carried out in January."""

from datetime import timedelta

import structlog

from domain.clock import day_of
from domain.path import Event
from domain.tier import after_year, earned_level, may_announce_fall, year_of
from models import MemberTier
from services import care, purchases, tiers
from services.shop import Shop
from services.transaction import transaction

AT_ONCE = 500
log = structlog.get_logger()


def occurrence(year: int) -> str:
    return f"tier:{year}"


async def announce_falls(shop: Shop) -> int:
    """Tell everybody whose spend of the year does not carry their tier; how many. A job of early December."""
    now, told, last = shop.now(), 0, 0
    if not may_announce_fall(now, shop.rules.tier):
        return 0
    year = day_of(now).year
    while rows := await MemberTier.filter(local__gt=1, id__gt=last).order_by("id").limit(AT_ONCE):
        last = rows[-1].id
        spent = await purchases.nets_between([row.member_id for row in rows], *year_of(year))
        falling = [
            row
            for row in rows
            if row.fall_year != year and earned_level(spent.get(row.member_id, 0), shop.rules.tier) < row.local
        ]
        async with transaction():
            await MemberTier.filter(id__in=[row.id for row in falling]).update(
                fall_year=year, fall_told_at=now, updated_at=now
            )
            anchor = year_of(year)[1]
            await care.start_many(shop, Event.TIER, [(row.member_id, occurrence(year), anchor) for row in falling])
        told += len(falling)
    return told


async def carry_out_falls(shop: Shop) -> int:
    """After the year's end, whoever was told in time and is still below falls one level; how many. A job."""
    year = day_of(shop.now()).year - 1
    since, until = year_of(year)
    in_time = until - timedelta(days=shop.rules.tier.fall_notice_days)
    fallen = 0
    while rows := await MemberTier.filter(fall_year__lte=year).order_by("id").limit(AT_ONCE):
        for row in rows:
            async with transaction():
                locked = await tiers.row_of(shop, row.member_id)
                if locked.fall_year is None or locked.fall_year > year:
                    continue
                spent = await purchases.net_between(row.member_id, since, until)
                level = after_year(locked.local, spent, shop.rules.tier)
                told = locked.fall_told_at
                due = locked.fall_year == year and told is not None and told <= in_time and level < locked.local
                changes = {"local": level} if due else {}
                await MemberTier.filter(id=locked.id).update(
                    **changes, fall_year=None, fall_told_at=None, updated_at=shop.now()
                )
                if due:
                    fallen += 1
                    await tiers.tell(
                        shop, row.member_id, tiers.TIER, locked.local, level, "job:year_end",
                        f"net spend of {year}: {spent} fen",
                    )  # fmt: skip
    return fallen
