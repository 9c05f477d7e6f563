"""Which times of a stylist are on offer, whom to book, and until when a booking may be changed."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import booking as law
from domain.booking import Absence, BookingRules, BookingState, Candidate, DayKind, Diary
from domain.clock import at, local
from domain.errors import TooLate, TooMany
from domain.taken import Taken

RULES = BookingRules()
MONDAY = date(2026, 11, 23)
NOW = at(date(2026, 11, 22), time(10))  # Sunday morning
WEEK = {0: ((600, 780), (840, 1080)), 5: ((600, 1080),)}  # Monday 10–13 and 14–18, Saturday 10–18


def wall(starts: list[datetime]) -> list[str]:
    return [local(s).strftime("%H:%M") for s in starts]


def free(diary: Diary, day: date = MONDAY, kind: DayKind = DayKind.ORDINARY, **options: object) -> list[str]:
    now = options.pop("now", NOW)
    assert isinstance(now, datetime)
    return wall(law.free_starts(diary, day, kind, now, BookingRules(**options)))  # type: ignore[arg-type]


def busy(*starts: datetime, rules: BookingRules = RULES) -> Taken:
    return Taken.of(q for s in starts for q in law.quarters_held(s, rules))


def test_a_day_of_two_periods_has_a_start_on_each_full_hour() -> None:
    assert free(Diary(1, WEEK)) == ["10:00", "11:00", "12:00", "14:00", "15:00", "16:00", "17:00"]


@pytest.mark.parametrize(
    ("periods", "starts"),
    [
        ((("10:00", "11:00"),), ["10:00"]),
        ((("10:00", "10:45"),), ["10:00"]),  # The buffer may lie outside the hours, the session may not.
        ((("10:00", "10:44"),), []),
        ((("10:15", "12:00"),), ["11:00"]),  # The step is counted from 0:00, not from the period's start.
        ((("10:00", "10:30"), ("10:30", "11:00")), ["10:00"]),  # Periods that touch are one.
        ((("22:00", "24:00"),), ["22:00", "23:00"]),
        ((), []),
    ],
)
def test_a_session_lies_inside_one_period(periods: tuple[tuple[str, str], ...], starts: list[str]) -> None:
    hours = {0: tuple((law.minutes_of(a), law.minutes_of(b)) for a, b in periods)}
    assert free(Diary(1, hours)) == starts


@pytest.mark.parametrize("text", ["25:00", "10:60", "1000", "9:00", "24:01", "", "ab:cd"])
def test_what_is_no_time_of_a_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text of the error is for developers.
        law.minutes_of(text)


@pytest.mark.parametrize(
    ("day", "kind", "starts"),
    [
        (MONDAY, DayKind.HOLIDAY, 0),
        (date(2026, 11, 28), DayKind.ORDINARY, 8),  # Saturday, own hours
        (date(2026, 11, 28), DayKind.MAKE_UP, 8),  # a worked Saturday: her own hours stay
        (date(2026, 11, 29), DayKind.ORDINARY, 0),  # Sunday, no hours
        (date(2026, 11, 29), DayKind.MAKE_UP, 7),  # a worked Sunday: the hours of a Monday, as set below
    ],
)
def test_holidays_are_off_and_make_up_days_are_worked(day: date, kind: DayKind, starts: int) -> None:
    assert len(free(Diary(1, WEEK), day, kind, make_up_weekday=0)) == starts


def test_the_shop_may_open_on_holidays() -> None:
    assert len(free(Diary(1, WEEK), MONDAY, DayKind.HOLIDAY, open_on_holidays=True)) == 7


def test_time_off_is_taken_out_and_extra_work_added() -> None:
    lunch = Absence(at(MONDAY, time(11, 30)), at(MONDAY, time(12, 10)))
    evening = Absence(at(MONDAY, time(18)), at(MONDAY, time(20)), works=True)
    assert free(Diary(1, WEEK, (lunch, evening))) == [
        "10:00", "14:00", "15:00", "16:00", "17:00", "18:00", "19:00",
    ]  # fmt: skip


def test_extra_work_opens_a_holiday_and_time_off_beats_extra_work() -> None:
    extra = Absence(at(MONDAY, time(10)), at(MONDAY, time(13)), works=True)
    off = Absence(at(MONDAY, time(11)), at(MONDAY, time(12)))
    assert free(Diary(1, {}, (extra,)), MONDAY, DayKind.HOLIDAY) == ["10:00", "11:00", "12:00"]
    assert free(Diary(1, {}, (extra, off))) == ["10:00", "12:00"]


def test_time_off_over_several_days_covers_the_whole_day_between() -> None:
    off = Absence(at(date(2026, 11, 22), time(12)), at(date(2026, 11, 24), time(12)))
    assert free(Diary(1, WEEK, (off,))) == []


def test_a_booking_takes_its_time_and_the_buffer_after_it() -> None:
    taken = busy(at(MONDAY, time(14)))
    assert "14:00" not in free(Diary(1, WEEK, busy=taken))
    assert "15:00" in free(Diary(1, WEEK, busy=taken))
    # With a step of a quarter the buffer shows: 14:00–14:45 and a quarter of rest.
    fine = free(Diary(1, {0: ((840, 960),)}, busy=taken), slot_step_minutes=15)
    assert fine == ["15:00", "15:15"]
    # And a session before it needs its own buffer before 14:00.
    before = free(Diary(1, {0: ((780, 900),)}, busy=taken), slot_step_minutes=15)
    assert before == ["13:00"]


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (time(8), 7),  # exactly two hours before 10:00
        (time(8, 1), 6),
        (time(12), 4),
        (time(15), 1),
        (time(15, 1), 0),
    ],
)
def test_two_hours_of_notice(now: time, left: int) -> None:
    assert len(free(Diary(1, WEEK), now=at(MONDAY, now))) == left


def test_thirty_days_ahead_and_no_further() -> None:
    every_day = dict.fromkeys(range(7), ((600, 720),))
    assert free(Diary(1, every_day), date(2026, 12, 22)) == ["10:00", "11:00"]
    assert free(Diary(1, every_day), date(2026, 12, 23)) == []


def test_only_the_modes_a_stylist_offers() -> None:
    store_only = Diary(1, WEEK, modes=frozenset({"store"}))
    assert law.free_starts(store_only, MONDAY, DayKind.ORDINARY, NOW, RULES, "video") == []
    assert len(law.free_starts(store_only, MONDAY, DayKind.ORDINARY, NOW, RULES, "store")) == 7


@pytest.mark.parametrize(
    ("starts_at", "mode", "reason"),
    [
        (at(MONDAY, time(11)), "store", None),
        (at(MONDAY, time(14)), "store", "taken"),
        (at(MONDAY, time(13)), "store", "not_working"),
        (at(MONDAY, time(10, 30)), "store", "not_working"),
        (at(MONDAY, time(11)), "video", "mode"),
        (NOW + timedelta(hours=1), "store", "too_soon"),
        (NOW - timedelta(days=7), "store", "too_soon"),
        (at(date(2026, 12, 28), time(10)), "store", "too_far"),
    ],
)
def test_the_rule_that_speaks_against_a_time_is_named(starts_at: datetime, mode: str, reason: str | None) -> None:
    diary = Diary(1, WEEK, busy=busy(at(MONDAY, time(14))), modes=frozenset({"store"}))
    assert law.why_not(diary, starts_at, DayKind.ORDINARY, NOW, RULES, mode) == reason


def test_the_favourite_comes_first_then_the_least_loaded() -> None:
    three = [Candidate(1, that_day=8, ahead=9), Candidate(2, 4, 30), Candidate(3, 4, 12), Candidate(4, 4, 12)]
    assert law.in_order(three, None) == [3, 4, 2, 1]
    assert law.in_order(three, 1) == [1, 3, 4, 2]
    assert law.in_order(three, 99) == [3, 4, 2, 1]


STARTS = at(date(2026, 11, 28), time(15))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (STARTS - timedelta(days=3), BookingState.CANCELLED),
        (STARTS - timedelta(hours=24), BookingState.CANCELLED),  # exactly 24 hours before is still free
        (STARTS - timedelta(hours=24) + timedelta(seconds=1), BookingState.LATE_CANCELLED),
        (STARTS - timedelta(seconds=1), BookingState.LATE_CANCELLED),
    ],
)
def test_what_cancelling_means(now: datetime, state: BookingState) -> None:
    assert law.cancel_ends_in(STARTS, now, RULES) is state


def test_a_session_that_has_begun_is_not_cancelled() -> None:
    with pytest.raises(TooLate):
        law.cancel_ends_in(STARTS, STARTS, RULES)


def test_moving_is_free_until_the_cut_off_and_three_times() -> None:
    cut_off = STARTS - timedelta(hours=24)
    law.require_movable(STARTS, 2, cut_off, RULES)
    with pytest.raises(TooMany):
        law.require_movable(STARTS, 3, cut_off, RULES)
    with pytest.raises(TooLate):
        law.require_movable(STARTS, 0, cut_off + timedelta(microseconds=1), RULES)


def test_a_no_show_is_marked_within_a_day_and_objected_to_within_seven() -> None:
    ends_at = law.ends(STARTS, RULES)
    assert local(law.no_show_until(ends_at, RULES)).isoformat() == "2026-11-29T15:45:00+08:00"
    assert local(law.objection_until(ends_at, RULES)).isoformat() == "2026-12-06T00:00:00+08:00"


@pytest.mark.parametrize(
    "wrong", [{"slot_minutes": 0}, {"slot_step_minutes": 0}, {"buffer_minutes": -1}, {"holidays": ("1.10.",)}]
)
def test_rules_that_cannot_be_are_refused_at_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the settings name the key.
        BookingRules(**wrong)  # type: ignore[arg-type]


minutes = st.integers(0, 96).map(lambda quarter: quarter * 15)
stretches = st.lists(st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]), max_size=4)


def as_absence(stretch: tuple[int, int], works: bool) -> Absence:
    midnight = at(MONDAY)
    return Absence(midnight + timedelta(minutes=stretch[0]), midnight + timedelta(minutes=stretch[1]), works)


some_rules = st.builds(
    BookingRules,
    slot_minutes=st.sampled_from([15, 30, 45, 50, 60, 90]),
    slot_step_minutes=st.sampled_from([15, 20, 30, 45, 60]),
    buffer_minutes=st.sampled_from([0, 5, 15, 30]),
)


@given(periods=stretches, off=stretches, extra=stretches, rules=some_rules, data=st.data())
def test_booking_whatever_is_listed_never_makes_two_overlap(
    periods: list[tuple[int, int]],
    off: list[tuple[int, int]],
    extra: list[tuple[int, int]],
    rules: BookingRules,
    data: st.DataObject,
) -> None:
    """Book listed times one by one: sessions stay apart by the buffer, inside work and outside time off."""
    exceptions = (*(as_absence(s, False) for s in off), *(as_absence(s, True) for s in extra))
    booked: list[datetime] = []
    for _ in range(6):
        diary = Diary(1, {0: tuple(periods)}, exceptions, busy(*booked, rules=rules))
        offered = law.free_starts(diary, MONDAY, DayKind.ORDINARY, NOW, rules)
        # The list and the write agree: what is listed has nothing against it, what was booked is taken.
        assert all(law.why_not(diary, s, DayKind.ORDINARY, NOW, rules) is None for s in offered)
        assert all(law.why_not(diary, s, DayKind.ORDINARY, NOW, rules) == "taken" for s in booked)
        if not offered:
            break
        booked.append(data.draw(st.sampled_from(offered)))
    length, buffer = timedelta(minutes=rules.slot_minutes), timedelta(minutes=rules.buffer_minutes)
    booked.sort()
    for one, other in pairwise(booked):
        assert one + length + buffer <= other
    for starts_at in booked:
        assert all(starts_at + length <= a.starts_at or starts_at >= a.ends_at for a in exceptions if not a.works)
        first = int((starts_at - at(MONDAY)).total_seconds() // 60)
        worked = {m for s, e in (*periods, *extra) for m in range(s, e)}
        assert set(range(first, first + rules.slot_minutes)) <= worked
        assert first % rules.slot_step_minutes == 0


@given(
    stretches=stretches,
    off=st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1]),
)
def test_taking_out_leaves_exactly_the_rest(stretches: list[tuple[int, int]], off: tuple[int, int]) -> None:
    def covered(parts: list[tuple[int, int]]) -> set[int]:
        return {m for s, e in parts for m in range(s, e)}

    left = law.without(law.joined(stretches), off)
    assert covered(left) == covered(stretches) - set(range(*off))


@given(second=st.integers(0, 30 * 86400), rules=some_rules)
def test_the_quarters_of_a_booking_cover_it_and_its_buffer(second: int, rules: BookingRules) -> None:
    starts = int(NOW.timestamp()) + second
    until = starts + (rules.slot_minutes + rules.buffer_minutes) * 60
    held = law.quarters_held(NOW + timedelta(seconds=second), rules)
    assert held[0] * 900 <= starts < (held[0] + 1) * 900
    assert held[-1] * 900 < until <= (held[-1] + 1) * 900
