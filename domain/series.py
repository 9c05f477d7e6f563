"""A series: one campaign said again and again, by the wall clock of the shop."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.clock import at, day_of
from domain.errors import Invalid
from domain.states import Transitions

LAST_DAY = 31
"""A day of the month that shorter months do not have means their last one."""


class Every(StrEnum):
    """How often it is said."""

    DAY = "day"
    WEEK = "week"  # on one weekday
    MONTH = "month"  # on one day of the month


class SeriesState(StrEnum):
    """How a series stands."""

    DRAFT = "draft"  # may be changed
    ASKED = "asked"  # waits for a second person's yes
    RUNNING = "running"  # each occurrence becomes a campaign when its time comes
    PAUSED = "paused"  # no occurrence begins, and nothing of those that have begun leaves
    KILLED = "killed"  # over, with all that has not left
    DONE = "done"  # its last day is over


SERIES_LIFE = Transitions(
    "series",
    SeriesState,
    SeriesState.DRAFT,
    {
        SeriesState.DRAFT: [SeriesState.ASKED, SeriesState.RUNNING, SeriesState.KILLED],
        SeriesState.ASKED: [SeriesState.DRAFT, SeriesState.RUNNING, SeriesState.KILLED],
        SeriesState.RUNNING: [SeriesState.PAUSED, SeriesState.KILLED, SeriesState.DONE],
        SeriesState.PAUSED: [SeriesState.RUNNING, SeriesState.KILLED],
        SeriesState.KILLED: [],
        SeriesState.DONE: [],
    },
)


@dataclass(frozen=True)
class Schedule:
    """When it is said, in the shop's time: first day, last day (both included; None = without end).

    `on_day` is the weekday (1 = Monday) of a weekly one, the day of a monthly one, and 0 of a daily one. Each
    occurrence is of use for so many hours: one that could not begin in time is left out, not made up for.
    """

    every: Every
    at: str  # 10:30
    first_on: date
    on_day: int = 0
    last_on: date | None = None
    useful_hours: int = 12

    def __post_init__(self) -> None:
        """Raises Invalid naming what is no time."""
        try:
            sound = time.fromisoformat(self.at).strftime("%H:%M") == self.at
        except ValueError:
            sound = False
        if not sound:
            raise Invalid("at", "must be a time of the day like 10:30")
        allowed = {Every.DAY: range(1), Every.WEEK: range(1, 8), Every.MONTH: range(1, LAST_DAY + 1)}[self.every]
        if self.on_day not in allowed:
            raise Invalid("on_day", f"must be {allowed.start} to {allowed.stop - 1} for every {self.every}")
        if self.last_on is not None and self.last_on < self.first_on:
            raise Invalid("last_on", "before the first day")

    def instant(self, day: date) -> datetime:
        return at(day, time.fromisoformat(self.at))

    def useful_until(self, day: date) -> datetime:
        return self.instant(day) + timedelta(hours=self.useful_hours)

    def falls_on(self, day: date) -> bool:
        """Whether it is said on a day of the shop."""
        if day < self.first_on or (self.last_on is not None and day > self.last_on):
            return False
        if self.every is Every.WEEK:
            return day.isoweekday() == self.on_day
        if self.every is Every.MONTH:
            return day.day == min(self.on_day, calendar.monthrange(day.year, day.month)[1])
        return True

    def begun(self, now: datetime) -> date | None:
        """The newest occurrence whose time has come and that is still of use."""
        day = day_of(now)
        while self.useful_until(day) > now:
            if self.instant(day) <= now and self.falls_on(day):
                return day
            day -= timedelta(days=1)
        return None

    def coming(self, now: datetime, count: int) -> list[date]:
        """The next days on which it is said."""
        found: list[date] = []
        day = max(day_of(now), self.first_on)
        for _ in range(count * 31 + 1):
            if len(found) == count or (self.last_on is not None and day > self.last_on):
                break
            if self.falls_on(day) and self.instant(day) > now:
                found.append(day)
            day += timedelta(days=1)
        return found

    def over(self, now: datetime) -> bool:
        """Whether no occurrence can begin any more."""
        return self.last_on is not None and now >= self.useful_until(self.last_on)
