"""One-to-one stylist bookings: which times are on offer, and until when a booking may be changed.

A stylist's time is counted in quarters of an hour. A session takes the quarters it lasts and those of
the buffer after it; two live bookings of one stylist never share a quarter.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from domain.clock import at, day_of, end_of_day_after
from domain.errors import TooLate, TooMany
from domain.states import Transitions
from domain.taken import NOTHING, Taken

QUARTER_MINUTES = 15
QUARTER_SECONDS = QUARTER_MINUTES * 60
DAY_MINUTES = 24 * 60


@dataclass(frozen=True)
class BookingRules:
    """The numbers. The three lists of ISO dates correct the public calendar, where it is wrong or silent."""

    slot_minutes: int = 45
    slot_step_minutes: int = 60
    buffer_minutes: int = 15
    notice_minutes: int = 120
    horizon_days: int = 30
    free_cancel_hours: int = 24
    moves_max: int = 3
    no_show_mark_hours: int = 24  # a no-show is marked within this long after the session's end
    objection_days: int = 7  # and may be objected to until the end of this many days after it
    hold_minutes: int = 30  # how long a freed time is kept for the first in line
    swap_answer_hours: int = 24  # how long a member whose stylist is out may take to answer
    waits_max: int = 5  # in so many lines a member may stand at once
    open_on_holidays: bool = False
    make_up_weekday: int = 4  # whose hours hold on a make-up day the stylist has none for (Monday 0)
    holidays: tuple[str, ...] = ()
    make_up_days: tuple[str, ...] = ()
    ordinary_days: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.slot_minutes < 1 or self.slot_step_minutes < 1 or self.buffer_minutes < 0:
            raise ValueError("a slot and its step take at least a minute, a buffer none or more")
        for text in (*self.holidays, *self.make_up_days, *self.ordinary_days):
            date.fromisoformat(text)


class Mode(StrEnum):
    """Where a session takes place."""

    STORE = "store"
    VIDEO = "video"


class DayKind(StrEnum):
    """What the public calendar says of a day."""

    ORDINARY = "ordinary"
    HOLIDAY = "holiday"  # a statutory holiday, with the days off around it
    MAKE_UP = "make_up"  # a Saturday or Sunday worked in exchange


class BookingState(StrEnum):
    HELD = "held"  # the slot is kept, the booking is not made yet
    BOOKED = "booked"
    DONE = "done"  # the session took place
    CANCELLED = "cancelled"  # in time, by the member, or by the brand: the unit went back
    LATE_CANCELLED = "late_cancelled"  # after the cut-off: the unit is used
    NO_SHOW = "no_show"


BOOKING_LIFE = Transitions(
    "booking",
    BookingState,
    BookingState.HELD,
    {
        BookingState.HELD: [BookingState.BOOKED, BookingState.CANCELLED],
        BookingState.BOOKED: [
            BookingState.DONE,
            BookingState.CANCELLED,
            BookingState.LATE_CANCELLED,
            BookingState.NO_SHOW,
        ],
        BookingState.NO_SHOW: [BookingState.DONE, BookingState.CANCELLED],
        BookingState.DONE: [],
        BookingState.CANCELLED: [],
        BookingState.LATE_CANCELLED: [],
    },
)

LIVE = (BookingState.HELD, BookingState.BOOKED)

Stretch = tuple[int, int]
"""From and until, in minutes after 0:00 of a day of the shop, half-open."""


@lru_cache(maxsize=2048)
def minutes_of(wall: str) -> int:
    """`10:30` → 630; `24:00` is the end of a day. Raises ValueError for anything that is no wall time."""
    hours, _, minutes = wall.partition(":")
    total = int(hours) * 60 + int(minutes)
    if len(wall) != 5 or not 0 <= total <= DAY_MINUTES or not 0 <= int(minutes) < 60:
        raise ValueError(f"{wall!r} is no time of a day")
    return total


def quarter_of(instant: datetime) -> int:
    """The number of the quarter of an hour an instant falls in, counted through all time."""
    return int(instant.timestamp()) // QUARTER_SECONDS


def ends(starts_at: datetime, rules: BookingRules) -> datetime:
    """When a session that begins at `starts_at` is over; the buffer follows."""
    return starts_at + timedelta(minutes=rules.slot_minutes)


def quarters_held(starts_at: datetime, rules: BookingRules) -> range:
    """The quarters a booking takes, its buffer included."""
    until = int(starts_at.timestamp()) + (rules.slot_minutes + rules.buffer_minutes) * 60
    return range(quarter_of(starts_at), -(-until // QUARTER_SECONDS))


@dataclass(frozen=True)
class Absence:
    """A stretch of instants off (`works` False) or of extra work; half-open."""

    starts_at: datetime
    ends_at: datetime
    works: bool = False


@dataclass(frozen=True)
class Diary:
    """All that decides when one stylist is free. `hours` maps a weekday (Monday 0) to its periods."""

    stylist_id: int
    hours: Mapping[int, tuple[Stretch, ...]]
    exceptions: tuple[Absence, ...] = ()
    busy: Taken = NOTHING  # quarters held by live bookings, buffers included
    modes: frozenset[str] = frozenset(Mode)


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Stretches in order, those that touch or overlap made one."""
    out: list[Stretch] = []
    for start, end in sorted(stretches):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif start < end:
            out.append((start, end))
    return out


@lru_cache(maxsize=512)
def _joined_once(periods: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    return tuple(joined(periods))


def without(stretches: Iterable[Stretch], off: Stretch) -> list[Stretch]:
    """What is left of the stretches when `off` is taken out."""
    left: list[Stretch] = []
    for start, end in stretches:
        left += [(s, e) for s, e in ((start, min(end, off[0])), (max(start, off[1]), end)) if s < e]
    return left


def working_stretches(diary: Diary, day: date, kind: DayKind, rules: BookingRules) -> Sequence[Stretch]:
    """When the stylist works on a day: the weekday's periods, extra work added, time off taken out last.

    On a holiday nobody works unless the shop says so or extra work is entered; on a make-up day a
    stylist without hours on that weekday works those of `make_up_weekday`.
    """
    if kind is DayKind.HOLIDAY and not rules.open_on_holidays:
        periods: tuple[Stretch, ...] = ()
    else:
        periods = diary.hours.get(day.weekday(), ())
        if kind is DayKind.MAKE_UP and not periods:
            periods = diary.hours.get(rules.make_up_weekday, ())
    if not diary.exceptions:
        return _joined_once(periods)
    midnight = at(day)
    extra, off = list(periods), []
    for absence in diary.exceptions:
        # Part of a minute counts as off, and never as worked.
        start = (absence.starts_at - midnight).total_seconds() / 60
        end = (absence.ends_at - midnight).total_seconds() / 60
        if absence.works:
            extra.append((max(0, math.ceil(start)), min(DAY_MINUTES, math.floor(end))))
        else:
            off.append((math.floor(start), math.ceil(end)))
    work = joined(extra)
    for stretch in off:
        work = without(work, stretch)
    return work


def free_starts(
    diary: Diary, day: date, kind: DayKind, now: datetime, rules: BookingRules, mode: str | None = None
) -> list[datetime]:
    """Every start on offer on one day: the only place that decides it, for the list and for the booking.

    On the step counted from 0:00, at least the notice away, at most the horizon of days away, the
    session inside one stretch of work, and none of its quarters (buffer included) taken.
    """
    return [start_at(day, minute) for minute in free_minutes(diary, day, kind, now, rules, mode)]


def free_minutes(
    diary: Diary, day: date, kind: DayKind, now: datetime, rules: BookingRules, mode: str | None = None
) -> list[int]:
    """`free_starts` in minutes after 0:00 of the day: what a list of many stylists is made of."""
    if mode is not None and mode not in diary.modes:
        return []
    if day > day_of(now) + timedelta(days=rules.horizon_days):
        return []
    return _minutes(diary, day, working_stretches(diary, day, kind, rules), _earliest(now, rules), rules)


def _earliest(now: datetime, rules: BookingRules) -> datetime:
    return now + timedelta(minutes=rules.notice_minutes)


@lru_cache(maxsize=256)
def _midnight(day: date) -> tuple[datetime, int]:
    """A day's first instant and its first quarter: asked for once a stylist, the same for all."""
    return at(day), quarter_of(at(day))


@lru_cache(maxsize=8192)
def start_at(day: date, minute: int) -> datetime:
    """The instant so many minutes after 0:00 of a day of the shop."""
    return _midnight(day)[0] + timedelta(minutes=minute)


@lru_cache(maxsize=2048)
def _seats(work: tuple[Stretch, ...], step: int, slot_minutes: int, buffer_minutes: int) -> tuple[tuple[int, int], ...]:
    """Each start inside the stretches, in minutes, with the quarters of the day it needs as bits."""
    found = []
    for start, end in work:
        for minute in range(-(-start // step) * step, end - slot_minutes + 1, step):
            first = minute // QUARTER_MINUTES
            after = -(-(minute + slot_minutes + buffer_minutes) // QUARTER_MINUTES)
            found.append((minute, ((1 << (after - first)) - 1) << first))
    return tuple(found)


def _minutes(
    diary: Diary, day: date, work: Sequence[Stretch], earliest: datetime | None, rules: BookingRules
) -> list[int]:
    """Starts on the step, inside the stretches, not before `earliest`, with every quarter free."""
    midnight, first_quarter = _midnight(day)
    from_minute = math.ceil((earliest - midnight).total_seconds() / 60) if earliest is not None else 0
    taken = diary.busy.since(first_quarter)
    seats = _seats(tuple(work), rules.slot_step_minutes, rules.slot_minutes, rules.buffer_minutes)
    return [minute for minute, needed in seats if minute >= from_minute and not taken & needed]


def why_not(
    diary: Diary,
    starts_at: datetime,
    kind: DayKind,
    now: datetime,
    rules: BookingRules,
    mode: str | None = None,
) -> str | None:
    """None when `starts_at` is on offer, else the rule that speaks against it.

    mode | too_soon | too_far | not_working (or not on the step) | taken
    """
    day = day_of(starts_at)
    if starts_at in free_starts(diary, day, kind, now, rules, mode):
        return None
    if mode is not None and mode not in diary.modes:
        return "mode"
    if starts_at < _earliest(now, rules):
        return "too_soon"
    if day > day_of(now) + timedelta(days=rules.horizon_days):
        return "too_far"
    empty = Diary(diary.stylist_id, diary.hours, diary.exceptions)
    minutes = _minutes(empty, day, working_stretches(empty, day, kind, rules), None, rules)
    if starts_at in [start_at(day, minute) for minute in minutes]:
        return "taken"
    return "not_working"


def overlap(a: datetime, b: datetime, rules: BookingRules) -> bool:
    """Whether two sessions beginning at `a` and `b` would run at the same time."""
    return abs(a - b) < timedelta(minutes=rules.slot_minutes)


@dataclass(frozen=True)
class Candidate:
    """A stylist who is free, and the quarters already taken: that day, and ahead of her in all.

    `weight` is her share: with 200 she counts as loaded as a colleague of 100 at twice the quarters.
    """

    stylist_id: int
    that_day: int
    ahead: int
    weight: int = 100


def in_order(candidates: Iterable[Candidate], favourite_id: int | None) -> list[int]:
    """Whom to book when nobody was named: the favourite, else the least loaded for her weight; ties to the older id."""
    return [
        c.stylist_id
        for c in sorted(
            candidates,
            key=lambda c: (
                c.stylist_id != favourite_id,
                Fraction(c.that_day, c.weight),
                Fraction(c.ahead, c.weight),
                c.stylist_id,
            ),
        )
    ]


def free_until(starts_at: datetime, rules: BookingRules) -> datetime:
    """The last instant, included, at which cancelling or moving costs nothing."""
    return starts_at - timedelta(hours=rules.free_cancel_hours)


def require_movable(starts_at: datetime, moves: int, now: datetime, rules: BookingRules) -> None:
    """Raise TooLate after the cut-off, TooMany when it was moved as often as the shop allows."""
    until = free_until(starts_at, rules)
    if now > until:
        raise TooLate("move", until.isoformat())
    if moves >= rules.moves_max:
        raise TooMany("moves", rules.moves_max)


def cancel_ends_in(starts_at: datetime, now: datetime, rules: BookingRules) -> BookingState:
    """What a member's cancelling now makes of the booking: free in time, used after the cut-off.

    Raises TooLate once the session has begun.
    """
    if now >= starts_at:
        raise TooLate("cancel", starts_at.isoformat())
    return BookingState.CANCELLED if now <= free_until(starts_at, rules) else BookingState.LATE_CANCELLED


def no_show_until(ends_at: datetime, rules: BookingRules) -> datetime:
    """Until when, included, the stylist may mark that the member did not come."""
    return ends_at + timedelta(hours=rules.no_show_mark_hours)


def objection_until(ends_at: datetime, rules: BookingRules) -> datetime:
    """Until when, excluded, the member may object to a no-show."""
    return end_of_day_after(ends_at, rules.objection_days)
