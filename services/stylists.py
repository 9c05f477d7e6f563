"""Stylists: who they are, when they work, what they took off, and which times of theirs are free."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import orjson

from domain import booking as law
from domain.booking import Absence, Diary, Stretch
from domain.clock import at
from domain.errors import Invalid, NotFound
from models import HoursException, Member, Stylist, WorkingHours
from models.sql import run
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Stylist", "able", "active", "by_feed_token", "change_hours", "diaries", "favourite_of",
    "locked",
    "require_stretch", "stylist_of", "withdraw_change",
]  # fmt: skip

TIME_OFF_DAYS = 92
"""One entry of time off or extra work is at most this long."""


async def active() -> list[Stylist]:
    """Everybody who takes bookings, the longest here first."""
    return await Stylist.filter(active=True).order_by("id")


async def stylist_of(stylist_id: int) -> Stylist:
    """One who takes bookings. Raises NotFound."""
    stylist = await Stylist.get_or_none(id=stylist_id, active=True)
    if stylist is None:
        raise NotFound("stylist")
    return stylist


async def by_feed_token(token: str) -> Stylist:
    """Whose calendar feed this is. Raises NotFound."""
    stylist = await Stylist.get_or_none(feed_token=token)
    if stylist is None:
        raise NotFound("calendar")
    return stylist


async def favourite_of(member_id: int) -> int | None:
    """The member's favourite (or bound) stylist."""
    favourite_id: int | None = (await Member.get(id=member_id)).stylist_id
    return favourite_id


def able(stylists: Sequence[Stylist], skill: str | None) -> list[Stylist]:
    """Those who have the skill; everybody when none is asked for."""
    return [s for s in stylists if not skill or skill in s.skills]


async def diaries(
    stylists: Sequence[Stylist], day_from: date, day_to: date, *, moving_id: int | None = None
) -> list[Diary]:
    """What decides on free times from `day_from` to `day_to` included: three statements, whoever many.

    `moving_id` is a booking that is about to be moved: its own time counts as free.
    """
    ids = [s.id for s in stylists]
    since, until = at(day_from), at(day_to + timedelta(days=1))
    hours: dict[int, dict[int, list[Stretch]]] = {}
    for stylist_id, weekday, starts, ends in await WorkingHours.filter(stylist_id__in=ids).values_list(
        "stylist_id", "weekday", "starts", "ends"
    ):
        week = hours.setdefault(stylist_id, {})
        week.setdefault(weekday, []).append((law.minutes_of(starts), law.minutes_of(ends)))
    exceptions: dict[int, list[Absence]] = {}
    for row in await HoursException.filter(stylist_id__in=ids, starts_at__lt=until, ends_at__gt=since):
        exceptions.setdefault(row.stylist_id, []).append(Absence(row.starts_at, row.ends_at, row.works))
    busy: dict[int, frozenset[int]] = {}
    for line in await run(
        "busy_quarters",
        stylist_ids=ids,
        first_quarter=law.quarter_of(since),
        # A session at the end of the last day holds its buffer into the next one.
        end_quarter=law.quarter_of(until) + law.DAY_MINUTES // law.QUARTER_MINUTES,
        except_id=moving_id or 0,
    ):
        busy[line["stylist_id"]] = frozenset(orjson.loads(line["quarters"]))
    return [
        Diary(
            stylist_id=s.id,
            hours={weekday: tuple(periods) for weekday, periods in hours.get(s.id, {}).items()},
            exceptions=tuple(exceptions.get(s.id, ())),
            busy=busy.get(s.id, frozenset()),
            modes=frozenset(s.modes),
        )
        for s in stylists
    ]


def require_stretch(now: datetime, starts_at: datetime, ends_at: datetime) -> None:
    """Raise Invalid when the stretch is empty, over, or longer than TIME_OFF_DAYS."""
    if not starts_at < ends_at <= starts_at + timedelta(days=TIME_OFF_DAYS) or ends_at <= now:
        raise Invalid("ends_at", f"after starts_at by at most {TIME_OFF_DAYS} days, and not in the past")


async def change_hours(
    shop: Shop, stylist_id: int, starts_at: datetime, ends_at: datetime, why: str, *, works: bool
) -> HoursException:
    """Enter time off (`works` False) or extra work, under the stylist's lock: no booking slips in between."""
    now = shop.now()
    require_stretch(now, starts_at, ends_at)
    async with transaction():
        await locked(stylist_id)
        return await HoursException.create(
            stylist_id=stylist_id,
            starts_at=starts_at,
            ends_at=ends_at,
            works=works,
            why=why,
            created_at=now,
        )


async def withdraw_change(stylist_id: int | None, exception_id: int) -> HoursException:
    """Take time off or extra work back. `stylist_id` None = anybody's. Raises NotFound."""
    async with transaction():
        row = await HoursException.get_or_none(id=exception_id)
        if row is None or stylist_id not in (None, row.stylist_id):
            raise NotFound("time_off")
        await HoursException.filter(id=row.id).delete()
        return row


async def locked(stylist_id: int) -> Stylist:
    """The stylist's row, locked until the end of the transaction: her hours and bookings stand still."""
    return await Stylist.filter(id=stylist_id).select_for_update(no_key=True).get()
