"""The desk's hours, who is served first, who is next in line, and what counts as a rating."""

from datetime import date, datetime, time

import pytest

from domain.clock import at
from domain.desk import (
    COMPLAINT,
    POOL,
    DeskRules,
    Standing,
    answer_due,
    fill,
    is_open,
    next_in_line,
    next_opening,
    priority,
    stars,
    unknown_facts,
)

RULES = DeskRules()
DAY, NEXT = date(2026, 11, 25), date(2026, 11, 26)


def wall(text: str, day: date = DAY) -> datetime:
    return at(day, time.fromisoformat(text))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("08:59:59", "09:00"),
        ("09:00", None),
        ("11:59:59", None),
        ("12:00", "13:00"),
        ("12:59:59", "13:00"),
        ("13:00", None),
        ("20:59:59", None),
        ("21:00", "tomorrow"),
    ],
)
def test_the_lunch_break_and_the_night_name_the_next_opening(now: str, opens: str | None) -> None:
    wanted = wall("09:00", NEXT) if opens == "tomorrow" else wall(opens) if opens else None
    assert next_opening(wall(now), RULES) == wanted
    assert is_open(wall(now), RULES) is (opens is None)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("10:00", wall("10:10")),
        ("11:50", wall("12:00")),
        ("11:55", wall("13:05")),  # five minutes before lunch and five after
        ("12:30", wall("13:10")),
        ("20:55", wall("09:05", NEXT)),
        ("23:00", wall("09:10", NEXT)),
    ],
)
def test_ten_minutes_are_minutes_of_open_time(asked: str, due: datetime) -> None:
    assert answer_due(wall(asked), RULES) == due


@pytest.mark.parametrize("hours", [(), ("9-12",), ("12:00–09:00",), ("09:00–12:00", "11:00–13:00"), ("09:00–09:00",)])
def test_hours_that_make_no_sense_are_refused_at_start(hours: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"hours|open"):
        DeskRules(hours=hours)


def test_complaints_go_before_super_users_and_those_before_tiers() -> None:
    queue = [
        ("plain", priority("human_agent", Standing())),
        ("tier 5", priority("human_agent", Standing(tier=5))),
        ("super", priority("human_agent", Standing(super_user=True))),
        ("complaint", priority(COMPLAINT, Standing())),
        ("complaint of a super user", priority(COMPLAINT, Standing(super_user=True, tier=5))),
    ]
    served = [name for name, _ in sorted(queue, key=lambda pair: -pair[1])]
    assert served == ["complaint of a super user", "complaint", "super", "tier 5", "plain"]


@pytest.mark.parametrize(
    ("bound", "desk", "tried", "released", "next_one"),
    [
        ([7, 8], {1: 0}, [], 0, 7),  # the stylist first
        ([7, 8], {1: 0}, [7], 0, 8),  # then the guide
        ([7, 8], {1: 0}, [7, 8], 0, POOL),  # then everybody
        ([], {1: 0}, [], 0, POOL),
        ([], {1: 3, 2: 1}, [POOL], 0, 2),  # then by name, the least busy
        ([], {1: 1, 2: 1}, [POOL], 0, 1),
        ([], {1: 0, 2: 5}, [POOL], 1, 2),  # not who let it lie
        ([], {1: 0, 2: 5}, [POOL, 1, 2], 0, POOL),  # all were asked: a new round
        ([], {1: 0}, [POOL], 1, POOL),
        ([], {}, [POOL], 0, POOL),
    ],
)
def test_who_is_next_in_line(
    bound: list[int], desk: dict[int, int], tried: list[int], released: int, next_one: int
) -> None:
    assert next_in_line(bound, desk, tried, released=released) == next_one


@pytest.mark.parametrize(
    ("said", "given"),
    [
        ("5", 5), ("4分", 4), ("五星", 5), ("打3分", 3), ("满意", 4), ("不满意", 2), ("非常满意", 5), ("1。", 1),
        ("6", None), ("0", None), ("55", None), ("5件", None), ("我的积分", None), ("", None),
    ],
)  # fmt: skip
def test_what_counts_as_a_rating(said: str, given: int | None) -> None:
    assert stars(said) == given


def test_braces_of_a_canned_reply() -> None:
    assert unknown_facts("{deadline}前，{name}") == ["name"]
    assert fill(
        "您的盒子{box_state}，请在{deadline}前决定", {"box_state": "已经签收", "deadline": "11月27日24:00"}
    ) == ("您的盒子已经签收，请在11月27日24:00前决定")
