"""Stylists: who they are, when they work, what they took off, and which times of theirs are free."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import orjson
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from domain import booking as law
from domain.booking import LIVE, Absence, Diary, Stretch
from domain.clock import at
from domain.errors import NotAllowed, NotFound
from domain.swap import SwapState
from domain.taken import Taken
from models import Booking, BookingCell, Member, StaffUser, Stylist, Swap
from models.sql import run
from services import audit
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "Desk", "Stylist", "able", "active", "by_feed_token", "desk_of", "diaries", "favourite_of", "live_at", "locked",
    "renew_feed", "set_favourite", "stylist_of",
    "with_hours",
]  # fmt: skip


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


async def set_favourite(shop: Shop, member_id: int, stylist_id: int | None) -> None:
    """Whom the member is booked with first from now on; None = whoever has the least to do. Raises NotFound."""
    if stylist_id is not None:
        await stylist_of(stylist_id)
    await Member.filter(id=member_id).update(stylist_id=stylist_id, updated_at=shop.now())


def able(stylists: Sequence[Stylist], skill: str | None) -> list[Stylist]:
    """Those who have the skill; everybody when none is asked for."""
    return [s for s in stylists if not skill or skill in s.skills]


@lru_cache(maxsize=512)
def _week(hours: str | None) -> dict[int, tuple[Stretch, ...]]:
    """The periods by weekday, from `[[weekday, starts, ends], …]`; the same text is read once."""
    week: dict[int, tuple[Stretch, ...]] = {}
    for weekday, starts, ends in orjson.loads(hours or "[]"):
        week[weekday] = (*week.get(weekday, ()), (law.minutes_of(starts), law.minutes_of(ends)))
    return week


def _absences(entries: str | None) -> tuple[Absence, ...]:
    """Time off and extra work, from `[[starts_at, ends_at, works], …]`."""
    return tuple(
        Absence(_instant(starts_at), _instant(ends_at), bool(works))
        for starts_at, ends_at, works in orjson.loads(entries or "[]")
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


WORD = 48
"""Quarters in one number of `models/sql/diaries`: half a day, which fits a bigint on both databases."""


def _taken(words: str | None, first_quarter: int) -> Taken:
    base = first_quarter // WORD * WORD
    return Taken(base, sum(bits << (word * WORD - base) for word, bits in orjson.loads(words or "[]")))


async def diaries(
    stylists: Sequence[Stylist], day_from: date, day_to: date, *, moving_id: int | None = None
) -> list[Diary]:
    """What decides on free times from `day_from` to `day_to` included: one statement, whoever many.

    `moving_id` is a booking that is about to be moved: its own time counts as free.
    """
    ids = [s.id for s in stylists]
    since, until = at(day_from), at(day_to + timedelta(days=1))
    # A session at the end of the last day holds its buffer into the next one.
    first, end = law.quarter_of(since), law.quarter_of(until) + law.DAY_MINUTES // law.QUARTER_MINUTES
    found = await run("diaries", stylist_ids=ids, first_quarter=first, end_quarter=end, since=since, until=until)
    rows = {row["stylist_id"]: row for row in found}
    own = await BookingCell.filter(booking_id=moving_id).values_list("stylist_id", "quarter") if moving_id else []
    return [
        Diary(
            stylist_id=s.id,
            hours=_week(rows[s.id]["hours"]),
            exceptions=_absences(rows[s.id]["exceptions"]),
            busy=_taken(rows[s.id]["taken"], first).without(q for whose, q in own if whose == s.id),
            modes=frozenset(s.modes),
        )
        for s in stylists
    ]


def with_hours(diary: Diary, hours: Mapping[int, tuple[Stretch, ...]]) -> Diary:
    """The same diary with another week."""
    return replace(diary, hours=hours)


def live_at(stylist_id: int) -> QuerySet[Booking]:
    """Live bookings that take this stylist's time: her own, and a colleague's she is offered for."""
    offered = Swap.filter(to_stylist_id=stylist_id, state=SwapState.OPEN)
    return Booking.filter(Q(stylist_id=stylist_id) | Q(id__in=Subquery(offered.values("booking_id"))), state__in=LIVE)


async def locked(stylist_id: int) -> Stylist:
    """The stylist's row, locked until the end of the transaction: her hours and bookings stand still."""
    return await Stylist.filter(id=stylist_id).select_for_update(no_key=True).get()


async def renew_feed(shop: Shop, desk: "Desk", stylist_id: int | None = None) -> str:
    """A fresh address for the stylist's calendar feed; the old one leads nowhere from now on. The new token."""
    whose = stylist_id or desk.stylist_id
    if whose is None or not desk.sees(whose):
        raise NotFound("stylist")
    token = secrets.token_urlsafe(32)
    async with transaction():
        await Stylist.filter(id=whose).update(feed_token=token, updated_at=shop.now())
        await audit.note(shop, desk.staff_id, "calendar.renew", f"stylist:{whose}")
    return token


@dataclass(frozen=True)
class Desk:
    """Whose bookings a person of the staff may touch; `stylist_id` None = everybody's (admin)."""

    staff_id: int
    stylist_id: int | None
    feed_token: str = ""

    def sees(self, stylist_id: int) -> bool:
        return self.stylist_id in (None, stylist_id)


async def desk_of(staff_id: int) -> Desk:
    """A stylist's desk holds her own bookings only. Raises NotAllowed for other staff."""
    own = await Stylist.get_or_none(staff_id=staff_id)
    if own is not None:
        return Desk(staff_id, own.id, own.feed_token)
    if await StaffUser.exists(id=staff_id, role="admin", active=True):
        return Desk(staff_id, None)
    raise NotAllowed("stylist_desk")
