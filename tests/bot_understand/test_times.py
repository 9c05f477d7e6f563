"""Dates, times and parts of the day: a table of lines, each heard at its own moment."""

import datetime as dt
from pathlib import Path

import pytest

from bot.understand.normalise import Normaliser
from bot.understand.times import SHOP_ZONE, read

ROWS = [
    tuple(row.split("|"))
    for row in (Path(__file__).parent / "times.txt").read_text("utf-8").splitlines()
    if row and not row.startswith("#")
]
NORMAL = Normaliser()


@pytest.mark.parametrize(("heard", "line", "day", "hour", "part"), ROWS, ids=[f"{r[0]} {r[1]}" for r in ROWS])
def test_line_is_read_as_the_moment_it_names(heard: str, line: str, day: str, hour: str, part: str) -> None:
    now = dt.datetime.fromisoformat(heard).replace(tzinfo=SHOP_ZONE)

    when = read(NORMAL(line), now)

    got = (
        when.date.isoformat() if when.date else "-",
        when.time.strftime("%H:%M") if when.time else "-",
        when.part or "-",
    )
    assert got == (day, hour, part)


def test_now_in_another_zone_is_read_as_shanghai_time() -> None:
    late_evening_in_london = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)

    assert read("明天", late_evening_in_london).date == dt.date(2026, 11, 24)


def test_a_day_a_month_lacks_is_no_date() -> None:
    assert read("明年2月29号", dt.datetime(2026, 1, 1, tzinfo=SHOP_ZONE)).date is None
