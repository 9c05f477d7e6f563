"""When a series is said: the calendar a shop owner would draw."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.errors import Invalid
from domain.series import Every, Schedule

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # Sunday, 12:00 in Shanghai

# every, on, first day, last day -> the next three days after Sunday noon.
COMING = [
    (Every.DAY, 0, "2026-11-01", None, ["2026-11-23", "2026-11-24", "2026-11-25"]),
    (Every.DAY, 0, "2026-11-01", "2026-11-24", ["2026-11-23", "2026-11-24"]),
    (Every.WEEK, 7, "2026-11-01", None, ["2026-11-29", "2026-12-06", "2026-12-13"]),
    (Every.WEEK, 1, "2026-12-01", None, ["2026-12-07", "2026-12-14", "2026-12-21"]),
    (Every.MONTH, 31, "2026-11-01", None, ["2026-11-30", "2026-12-31", "2027-01-31"]),
    (Every.MONTH, 22, "2026-11-01", None, ["2026-12-22", "2027-01-22", "2027-02-22"]),
]


@pytest.mark.parametrize(("every", "on", "first", "last", "days"), COMING)
def test_the_next_days(every: Every, on: int, first: str, last: str | None, days: list[str]) -> None:
    schedule = Schedule(every, "12:00", date.fromisoformat(first), on, date.fromisoformat(last) if last else None)
    assert [day.isoformat() for day in schedule.coming(NOON, 3)] == days, "today's has begun already"


def test_an_occurrence_begins_on_the_second_and_is_left_out_when_it_is_useless() -> None:
    schedule = Schedule(Every.WEEK, "12:00", date(2026, 11, 1), 7, date(2026, 11, 22), useful_hours=30)
    second, today = timedelta(seconds=1), date(2026, 11, 22)
    assert schedule.begun(NOON - second) is None
    assert schedule.begun(NOON) == schedule.begun(NOON + timedelta(hours=30) - second) == today
    assert schedule.begun(NOON + timedelta(hours=30)) is None
    assert not schedule.over(NOON + timedelta(hours=30) - second)
    assert schedule.over(NOON + timedelta(hours=30))


@pytest.mark.parametrize(
    ("every", "at", "on", "field"),
    [(Every.DAY, "24:00", 0, "at"), (Every.DAY, "9:00", 0, "at"), (Every.WEEK, "09:00", 8, "on_day"),
     (Every.MONTH, "09:00", 0, "on_day"), (Every.DAY, "09:00", 3, "on_day")],
)  # fmt: skip
def test_what_is_no_time_is_refused(every: Every, at: str, on: int, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        Schedule(every, at, date(2026, 11, 1), on)
    assert refused.value.field == field
