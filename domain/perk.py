"""Perks: what is given for which cause, each once per rule and person, or once per year or member day.

A perk is reversed with its cause: when the order it was given for comes to too little, it goes back.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from domain.clock import add_years
from domain.money import Fen


class PerkCause(StrEnum):
    """What a perk is given for, in the member's terms."""

    FIRST_ORDER = "first_order"  # the first order that arrived, box that was settled, or sale at a till
    THRESHOLD = "threshold"  # one of them of at least so much, once in a life
    MEMBER_DAY = "member_day"  # an order of at least so much on a member day, once each
    BIRTHDAY = "birthday"  # once a year
    CARD = "card"  # claiming the membership card
    PATH = "path"  # a step of a care path; once a year


BY_ORDER = (PerkCause.FIRST_ORDER, PerkCause.THRESHOLD, PerkCause.MEMBER_DAY)


@dataclass(frozen=True)
class PerkRule:
    """Points, a coupon by its code, or both; `threshold_fen` is tested on net goods that stay paid."""

    code: str
    cause: str
    points: int = 0
    coupon: str = ""
    threshold_fen: Fen = 0

    def __post_init__(self) -> None:
        if self.cause not in set(PerkCause) or self.points < 0 or not 1 <= len(self.code) <= 16:
            raise ValueError(f"rules.perk: {self.code}: no such cause, points below 0, or a code that is too long")


@dataclass(frozen=True)
class PerkRules:
    rules: tuple[PerkRule, ...] = (
        PerkRule("first", "first_order", points=200),
        PerkRule("thousand", "threshold", points=300, threshold_fen=100000),
        PerkRule("member_day", "member_day", points=50),
        PerkRule("birthday", "birthday", points=500),
        PerkRule("card", "card", points=100),
        PerkRule("win_back", "path", points=200),
    )
    birthday_days_late: int = 3  # a birthday the job missed, or that was told late, is kept so long afterwards

    def of(self, *causes: PerkCause) -> list[PerkRule]:
        return [rule for rule in self.rules if rule.cause in causes]


def occurrence(rule: PerkRule, day: date) -> str:
    """What the rule gives once for: a year, a member day, or (empty) a whole life."""
    match rule.cause:
        case PerkCause.BIRTHDAY | PerkCause.PATH:
            return str(day.year)
        case PerkCause.MEMBER_DAY:
            return day.isoformat()
        case _:
            return ""


def deserved(rule: PerkRule, goods_fen: Fen, *, first: bool, member_day: bool) -> bool:
    """Whether an order with so much net goods earns the perk; an order of nothing earns none."""
    if goods_fen < max(1, rule.threshold_fen):
        return False
    if rule.cause == PerkCause.FIRST_ORDER:
        return first
    return member_day if rule.cause == PerkCause.MEMBER_DAY else True


def kept_on(birthday: date, year: int) -> date:
    """The day a birthday is kept in a year: 29 February on the 28th where there is no 29th."""
    return add_years(birthday, year - birthday.year)


def birthdays_kept(today: date, days_late: int) -> list[tuple[int, int, int]]:
    """(year, month, day) of the births that are kept today or were on the days before, 29 February included."""
    found = []
    for late in range(days_late + 1):
        day = today - timedelta(days=late)
        found.append((day.year, day.month, day.day))
        if (day.month, day.day) == (2, 28) and kept_on(date(2000, 2, 29), day.year) == day:
            found.append((day.year, 2, 29))
    return found
