"""A stylist's week: several periods a day with breaks between them, and what a new week would touch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.booking import BookingRules, DayKind, Diary, Stretch, minutes_of, working_stretches
from domain.clock import at, day_of
from domain.errors import Invalid

WEEKDAYS = 7


@dataclass(frozen=True)
class Period:
    """One stretch of work on a weekday (Monday 0), as wall-clock texts: `10:00`, `24:00` ends a day."""

    weekday: int
    starts: str
    ends: str


def week_of(periods: Iterable[Period]) -> dict[int, tuple[Stretch, ...]]:
    """The periods by weekday, in minutes. Raises Invalid for no wall time, an empty period, or two that overlap."""
    week: dict[int, tuple[Stretch, ...]] = {}
    for period in sorted(periods, key=lambda p: (p.weekday, p.starts)):
        try:
            stretch = minutes_of(period.starts), minutes_of(period.ends)
        except ValueError:
            raise Invalid("periods", f"{period.starts}–{period.ends} are no times of a day") from None
        before = week.get(period.weekday, ())
        if not 0 <= period.weekday < WEEKDAYS or stretch[0] >= stretch[1]:
            raise Invalid("periods", f"{period.starts}–{period.ends} on weekday {period.weekday} is no period")
        if before and stretch[0] < before[-1][1]:
            raise Invalid("periods", f"two periods of weekday {period.weekday} overlap")
        week[period.weekday] = (*before, stretch)
    return week


def works_through(diary: Diary, starts_at: datetime, ends_at: datetime, kind: DayKind, rules: BookingRules) -> bool:
    """Whether a session lies inside one stretch of the stylist's work."""
    day = day_of(starts_at)
    first, last = ((instant - at(day)).total_seconds() / 60 for instant in (starts_at, ends_at))
    stretches: Sequence[Stretch] = working_stretches(diary, day, kind, rules)
    return any(start <= first and last <= end for start, end in stretches)
