"""Time: aware UTC instants; the shop's days, months, years and deadlines are Asia/Shanghai.

Nobody else calls now(): a `Clock` is handed in. Shanghai has had no daylight saving since 1991,
so a day is always 24 hours here; the zone database is used all the same.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present as an aware UTC instant."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def local(instant: datetime) -> datetime:
    """The instant as the shop's wall clock shows it."""
    return instant.astimezone(SHANGHAI)


def day_of(instant: datetime) -> date:
    """The shop's calendar day an instant falls on."""
    return instant.astimezone(SHANGHAI).date()


def at(day: date, clock_time: time = time(0)) -> datetime:
    """The UTC instant of a wall-clock time on a day of the shop."""
    return datetime.combine(day, clock_time, SHANGHAI).astimezone(UTC)


def day_end(day: date) -> datetime:
    """24:00 of a day: the first instant that is no longer it."""
    return at(day + timedelta(days=1))


def end_of_day_after(instant: datetime, days: int) -> datetime:
    """24:00 Shanghai of the `days`-th day after the day of `instant`, that day not counted."""
    return day_end(day_of(instant) + timedelta(days=days))


def add_months(anchor: date, months: int) -> date:
    """Same day number `months` later; where the month has no such day, its last day.

    A chain returns to the original day number when it is always counted from its first `anchor`.
    """
    index = anchor.year * 12 + anchor.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(anchor.day, calendar.monthrange(year, month + 1)[1]))


def add_years(anchor: date, years: int) -> date:
    """Same day `years` later; 29 February becomes 28 in common years and returns in leap years."""
    return add_months(anchor, 12 * years)


def within_last(event: datetime, now: datetime, span: timedelta) -> bool:
    """Rolling windows are half-open: an event exactly `span` old is out."""
    return now - span < event <= now


def in_quiet_hours(instant: datetime, start: time, end: time) -> bool:
    """Whether the instant falls in the quiet hours, `start` included, `end` excluded."""
    wall = local(instant).time()
    if start <= end:
        return start <= wall < end
    return wall >= start or wall < end


def quiet_hours_end(instant: datetime, start: time, end: time) -> datetime:
    """The first instant at or after `instant` that is outside the quiet hours."""
    if not in_quiet_hours(instant, start, end):
        return instant
    wall = local(instant)
    day = wall.date() if wall.time() < end else wall.date() + timedelta(days=1)
    return at(day, end)


def quiet_hours_start_before(instant: datetime, start: time, end: time) -> datetime:
    """The beginning of the quiet hours in which `instant` falls."""
    wall = local(instant)
    day = wall.date() if wall.time() >= start else wall.date() - timedelta(days=1)
    return at(day, start)


class ManualClock:
    """A clock for tests of pure code: it stands until it is moved."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self) -> datetime:
        return self.instant

    def advance(self, by: timedelta) -> None:
        self.instant += by
