"""What tests of bookings stand on: a shop with a clock to move, stylists with hours, members with a plan."""

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import cast

from domain.booking import BookingRules
from domain.clock import ManualClock, at
from domain.membership import Level, PlanState, Quota, Source
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from models import Member, Membership, QuotaCounter, Stylist, WorkingHours
from services.shop import Accounts, Shop

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday, 10:00 in Shanghai
SATURDAY = date(2026, 11, 28)
_numbers = itertools.count(1)


class StandShop:
    """A shop without an outside: bookings call nobody."""

    def __init__(self, rules: BookingRules | None = None) -> None:
        self.clock = ManualClock(NOW)
        self.shop = Shop(
            clock=self.clock,
            rules=Rules(booking=rules or BookingRules()),
            wechat=cast(Wechat, None),
            sealer=cast(Sealer, None),
            accounts=Accounts("wx-official", "wx-mini"),
        )


def on(day: date, hour: int, minute: int = 0) -> datetime:
    """A wall-clock time of the shop."""
    return at(day, time(hour, minute))


async def stylist(
    name: str, *, hours: tuple[tuple[str, str], ...] = (("10:00", "18:00"),), days: tuple[int, ...] = tuple(range(7)),
    modes: tuple[str, ...] = ("store", "video"), skills: tuple[str, ...] = (), staff_id: int | None = None,
) -> Stylist:  # fmt: skip
    """Somebody who works these hours on these weekdays."""
    row = await Stylist.create(
        name=name, staff_id=staff_id, modes=list(modes), skills=list(skills),
        feed_token=f"feed-{name}-{next(_numbers)}", created_at=NOW,
    )  # fmt: skip
    await WorkingHours.bulk_create(
        [
            WorkingHours(stylist_id=row.id, weekday=day, starts=starts, ends=ends, created_at=NOW)
            for day in days
            for starts, ends in hours
        ]
    )
    return row


async def member(*, stylings: int | None = 6, favourite: Stylist | None = None) -> Member:
    """A member; with a plan of a year from yesterday unless `stylings` is None."""
    row = await Member.create(
        level=Level.PAYER,
        first_seen_at=NOW,
        first_source=Source.LOGIN,
        last_seen_at=NOW,
        stylist_id=favourite.id if favourite else None,
        created_at=NOW,
    )
    if stylings is not None:
        await plan(row.id, stylings=stylings)
    return row


async def plan(
    member_id: int,
    *,
    stylings: int = 6,
    starts_at: datetime = NOW - timedelta(days=1),
    ends_at: datetime = NOW + timedelta(days=365),
    state: PlanState = PlanState.ACTIVE,
) -> QuotaCounter:
    """A paid period with its two counters; the styling one is returned."""
    period = await Membership.create(
        member_id=member_id,
        plan="yearly",
        state=state,
        price_fen=39800,
        price_locked_until=NOW,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=NOW,
    )
    await QuotaCounter.create(membership_id=period.id, kind=Quota.ROUND_TRIP, granted=6, created_at=NOW)
    return await QuotaCounter.create(membership_id=period.id, kind=Quota.STYLING, granted=stylings, created_at=NOW)


async def units(counter_id: int) -> tuple[int, int]:
    """Held and used units."""
    row = await QuotaCounter.get(id=counter_id)
    return row.held, row.used
