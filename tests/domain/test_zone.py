"""A member's own wall clock through the changes of New York's: each line can be checked with any world clock."""

from datetime import date, time

import pytest

from domain.clock import at
from domain.errors import Invalid
from domain.zone import beside, wall, zone

NEW_YORK = "America/New_York"


@pytest.mark.parametrize(
    ("day", "clock", "own", "said"),
    [
        # Summer time ends on 1 November 2026 at 06:00 UTC: the hour from 01:00 is there twice.
        (date(2026, 11, 1), time(13), "2026-11-01T01:00:00-04:00", "（您当地 11月1日 01:00）"),
        (date(2026, 11, 1), time(14), "2026-11-01T01:00:00-05:00", "（您当地 11月1日 01:00）"),
        (date(2026, 11, 28), time(15), "2026-11-28T02:00:00-05:00", "（您当地 11月28日 02:00）"),
        # Summer time begins on 14 March 2027 at 07:00 UTC: the hour from 02:00 is not there.
        (date(2027, 3, 14), time(14), "2027-03-14T01:00:00-05:00", "（您当地 3月14日 01:00）"),
        (date(2027, 3, 14), time(15), "2027-03-14T03:00:00-04:00", "（您当地 3月14日 03:00）"),
        (date(2027, 3, 15), time(10), "2027-03-14T22:00:00-04:00", "（您当地 3月14日 22:00）"),
    ],
)
def test_new_york_beside_shanghai(day: date, clock: time, own: str, said: str) -> None:
    instant = at(day, clock)
    assert wall(instant, NEW_YORK) == own
    assert wall(instant) == f"{day}T{clock:%H:%M:%S}+08:00"
    assert beside(instant, NEW_YORK) == said


def test_nothing_is_said_beside_where_the_clocks_agree() -> None:
    instant = at(date(2026, 11, 28), time(15))
    assert beside(instant, "") == beside(instant, "Asia/Shanghai") == beside(instant, "Asia/Singapore") == ""


@pytest.mark.parametrize("text", ["New York", "../etc/passwd", "UTC+8", "america/new_york"])
def test_only_iana_names_are_zones(text: str) -> None:
    with pytest.raises(Invalid):
        zone(text)
