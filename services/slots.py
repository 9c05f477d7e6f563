"""Free times: what is listed, and whether one instant is on offer. Both ask `domain.booking.free_starts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain import booking as law
from domain.booking import BookingState
from domain.clock import at, day_of
from domain.membership import PlanState, Quota
from models import Booking, QuotaCounter, Stylist
from services import stylists
from services.holidays import day_kind, rules_of
from services.shop import Shop


@dataclass(frozen=True)
class Slot:
    """A time on offer, and who is free then (ids, ascending)."""

    starts_at: datetime
    ends_at: datetime
    stylist_ids: tuple[int, ...]


@dataclass(frozen=True)
class DaySlots:
    """A day with its free times; `quota_left` is of the membership year it lies in, None without one."""

    day: date
    kind: law.DayKind
    slots: tuple[Slot, ...]
    quota_left: int | None


async def free_slots(
    shop: Shop,
    day_from: date,
    day_to: date,
    stylist_id: int | None = None,
    mode: str | None = None,
    member_id: int | None = None,
    *,
    skill: str | None = None,
    moving_id: int | None = None,
) -> list[DaySlots]:
    """Every day from `day_from` to `day_to` that lies between today and the horizon, with its free times.

    What is listed can be booked: the booking asks the same function. With a member given, times at
    which the member already has a session are left out; `moving_id` is a booking of that member
    whose own time counts as free, and whose skill is asked for. Raises NotFound for an unknown stylist.
    """
    now, rules = shop.now(), await rules_of(shop)
    first = max(day_from, day_of(now))
    last = min(day_to, day_of(now) + timedelta(days=rules.horizon_days))
    if first > last:
        return []
    chosen = [await stylists.stylist_of(stylist_id)] if stylist_id else await stylists.active()
    if moving_id is not None and not skill:
        skill = (await Booking.get(id=moving_id)).skill
    found = await stylists.diaries(stylists.able(chosen, skill), first, last, moving_id=moving_id)
    own = await own_starts(member_id, moving_id) if member_id else []
    left = await quota_left(member_id) if member_id else []
    days = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        kind = day_kind(day, rules)
        free: dict[int, list[int]] = {}
        for diary in found:
            for minute in law.free_minutes(diary, day, kind, now, rules, mode):
                free.setdefault(minute, []).append(diary.stylist_id)
        slots = tuple(
            Slot(starts_at, law.ends(starts_at, rules), tuple(free[minute]))
            for minute in sorted(free)
            for starts_at in [law.start_at(day, minute)]
            if not any(law.overlap(starts_at, other, rules) for other in own)
        )
        sample = slots[0].starts_at if slots else None
        units = next((u for since, until, u in left if sample and since <= sample < until), None)
        days.append(DaySlots(day, kind, slots, units))
    return days


async def at_work(shop: Shop, whom: Sequence[Stylist], day: date) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each of them works on a day, by id, booked or not; nobody who is off that day."""
    rules = await rules_of(shop)
    kind = day_kind(day, rules)
    work = {
        diary.stylist_id: law.working_stretches(diary, day, kind, rules)
        for diary in await stylists.diaries(whom, day, day)
    }
    return {
        who: [(law.start_at(day, start), law.start_at(day, end)) for start, end in stretches]
        for who, stretches in work.items()
        if stretches
    }


async def own_starts(member_id: int, but_id: int | None = None) -> list[datetime]:
    """When the member's booked sessions begin, one looked past; what is only held for her binds nobody."""
    live = Booking.filter(member_id=member_id, state=BookingState.BOOKED)
    if but_id is not None:
        live = live.exclude(id=but_id)
    return [row.starts_at for row in await live.only("starts_at")]


async def quota_left(member_id: int) -> list[tuple[datetime, datetime, int]]:
    """Styling units left by membership period: from, until (excluded), units."""
    return [
        (row.membership.starts_at, row.membership.ends_at, row.granted - row.held - row.used)
        for row in await QuotaCounter.filter(
            membership__member_id=member_id,
            membership__state__in=[PlanState.ACTIVE, PlanState.QUEUED],
            kind=Quota.STYLING,
        ).select_related("membership")
        if row.membership.starts_at is not None and row.membership.ends_at is not None
    ]


async def free_now(
    shop: Shop,
    able: Sequence[Stylist],
    starts_at: datetime,
    mode: str,
    *,
    favourite_id: int | None,
    moving_id: int | None = None,
) -> tuple[list[int], str]:
    """Who is free at an instant, in the order to be booked, and else what speaks against the first.

    With nobody to ask (`able` is empty) it is `skill`, else one of `domain.booking.why_not`.
    """
    now, rules, day = shop.now(), await rules_of(shop), day_of(starts_at)
    if not day_of(now) <= day <= day_of(now) + timedelta(days=rules.horizon_days):
        return [], "too_soon" if starts_at < now else "too_far"
    kind = day_kind(day, rules)
    # Loads are counted over the days ahead, so one statement tells both: who is free and who has less to do.
    found = await stylists.diaries(
        able, day_of(now), day_of(now) + timedelta(days=rules.horizon_days), moving_id=moving_id
    )
    the_day = law.quarter_of(at(day)), law.quarter_of(at(day + timedelta(days=1)))
    weights = {s.id: s.weight for s in able}
    free, reasons = [], []
    for diary in found:
        reason = law.why_not(diary, starts_at, kind, now, rules, mode)
        if reason is None:
            that_day = diary.busy.count(*the_day)
            free.append(law.Candidate(diary.stylist_id, that_day, len(diary.busy), weights[diary.stylist_id]))
        else:
            reasons.append(reason)
    # `taken` is the kindest true answer: another time of the same kind may well be free.
    reason = "taken" if "taken" in reasons else (reasons[0] if reasons else "skill")
    return law.in_order(free, favourite_id), reason
