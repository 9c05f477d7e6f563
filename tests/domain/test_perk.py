"""Which perk is due when: tables a shop owner can check."""

from datetime import date

import pytest

from domain.loyalty import PointsRules, is_member_day, next_member_day
from domain.perk import PerkRule, PerkRules, birthdays_kept, deserved, kept_on, occurrence

RULES = {rule.code: rule for rule in PerkRules().rules}


@pytest.mark.parametrize(
    ("born", "year", "kept"),
    [
        (date(1992, 2, 29), 2027, date(2027, 2, 28)),  # 29 February: on the 28th of a common year
        (date(1992, 2, 29), 2028, date(2028, 2, 29)),
        (date(1990, 12, 31), 2026, date(2026, 12, 31)),
    ],
)
def test_the_day_a_birthday_is_kept(born: date, year: int, kept: date) -> None:
    assert kept_on(born, year) == kept


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2027, 2, 28), [(2027, 2, 28), (2027, 2, 29)]),
        (date(2028, 2, 28), [(2028, 2, 28)]),
        (date(2028, 2, 29), [(2028, 2, 29)]),
        (date(2027, 1, 1), [(2027, 1, 1)]),
    ],
)
def test_whose_birthday_is_kept_today(today: date, days: list[tuple[int, int, int]]) -> None:
    assert birthdays_kept(today, 0) == days


def test_a_missed_birthday_of_the_old_year_belongs_to_the_old_year() -> None:
    assert birthdays_kept(date(2027, 1, 1), 1) == [(2027, 1, 1), (2026, 12, 31)]


@pytest.mark.parametrize(
    ("code", "goods_fen", "first", "member_day", "due"),
    [
        ("first", 1, True, False, True),
        ("first", 1, False, True, False),
        ("first", 0, True, False, False),  # an order of nothing earns nothing
        ("thousand", 99999, True, True, False),
        ("thousand", 100000, False, False, True),
        ("member_day", 1, False, True, True),
        ("member_day", 1, False, False, False),
    ],
)
def test_what_an_order_deserves(code: str, goods_fen: int, first: bool, member_day: bool, due: bool) -> None:
    assert deserved(RULES[code], goods_fen, first=first, member_day=member_day) is due


def test_what_each_is_given_once_for() -> None:
    day = date(2026, 11, 18)
    assert {code: occurrence(rule, day) for code, rule in RULES.items()} == {
        "first": "", "thousand": "", "card": "", "birthday": "2026", "member_day": "2026-11-18",
            "win_back": "2026",
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [{"cause": "follow"}, {"points": -1}, {"code": ""}, {"code": "x" * 17}])
def test_a_rule_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rules\.perk"):
        PerkRule(**{"code": "a", "cause": "card", **wrong})  # type: ignore[arg-type]  # That is what is tried.


@pytest.mark.parametrize(
    ("day", "today", "following"),
    [
        (18, date(2026, 11, 18), date(2026, 11, 18)),
        (18, date(2026, 11, 19), date(2026, 12, 18)),
        (31, date(2027, 2, 1), date(2027, 2, 28)),  # a 31st is the last day of a shorter month
        (31, date(2028, 2, 29), date(2028, 2, 29)),
        (31, date(2028, 3, 1), date(2028, 3, 31)),
        (30, date(2026, 12, 31), date(2027, 1, 30)),
        (0, date(2026, 11, 18), None),
    ],
)
def test_the_next_member_day(day: int, today: date, following: date | None) -> None:
    rules = PointsRules(member_day=day)
    assert next_member_day(today, rules) == following
    assert following is None or is_member_day(following, rules)
