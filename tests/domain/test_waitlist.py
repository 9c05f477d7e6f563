"""When an offer of the wait-list begins and ends: a table of wall-clock times a shop owner can check."""

from datetime import date, datetime, time, timedelta

import pytest

from domain.booking import BookingRules
from domain.clock import at, local
from domain.waitlist import Hold, hold_for, too_near

RULES = BookingRules()
QUIET = (time(22), time(8))
DAY = date(2026, 11, 24)
SESSION = at(date(2026, 11, 28), time(15))


def wall(hold: Hold | None) -> str:
    assert hold is not None
    return f"{local(hold.begins_at):%d %H:%M:%S} – {local(hold.ends_at):%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("freed", "told"),
    [
        (time(8), "24 08:00:00 – 24 08:30:00"),
        (time(12, 10), "24 12:10:00 – 24 12:40:00"),
        (time(21, 29, 59), "24 21:29:59 – 24 21:59:59"),
        # It would end at 22:00:00, which is quiet: the morning it is.
        (time(21, 30), "25 08:00:00 – 25 08:30:00"),
        (time(21, 45), "25 08:00:00 – 25 08:30:00"),
        (time(22), "25 08:00:00 – 25 08:30:00"),
        (time(3), "24 08:00:00 – 24 08:30:00"),
        (time(7, 45), "24 08:00:00 – 24 08:30:00"),
    ],
)
def test_no_offer_begins_or_ends_in_the_quiet_hours(freed: time, told: str) -> None:
    assert wall(hold_for(at(DAY, freed), SESSION, RULES, QUIET)) == told


def test_no_offer_for_a_session_that_would_be_too_near_by_then() -> None:
    ten = at(DAY, time(10))
    assert hold_for(ten, ten + timedelta(hours=2), RULES, QUIET) is not None
    assert hold_for(ten, ten + timedelta(hours=2, seconds=-1), RULES, QUIET) is None
    # Freed in the evening, for nine o'clock in the morning: told at eight, it is an hour away.
    assert hold_for(at(DAY, time(23)), at(DAY + timedelta(days=1), time(9)), RULES, QUIET) is None


def test_a_hold_never_outlasts_the_beginning_of_its_session() -> None:
    short = BookingRules(notice_minutes=0)
    ten: datetime = at(DAY, time(10))
    hold = hold_for(ten, ten + timedelta(minutes=10), short, QUIET)
    assert hold is not None
    assert hold.ends_at == ten + timedelta(minutes=10)
    assert not too_near(ten, ten, short)
