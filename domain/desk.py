"""The desk: when people are there, who is served first, who is next in line, and what a follower may rate.

A hand-off lives from the moment the bot gives a chat to a person until that person gives it back.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from domain.clock import at, day_of, local
from domain.states import Transitions

_PERIOD = re.compile(r"^(\d\d:\d\d)[–-](\d\d:\d\d)$")


@dataclass(frozen=True)
class DeskRules:
    """`hours` are periods of every day on the shop's wall clock, in order; between them nobody is there."""

    hours: tuple[str, ...] = ("09:00–12:00", "13:00–21:00")
    answer_minutes: int = 10  # of open time; then the chat goes to the next in line
    rating_hours: int = 24  # a rating is taken this long after the hand-back

    def __post_init__(self) -> None:
        if not self.hours or self.answer_minutes < 1:
            raise ValueError("the desk is open some time, and answers within a minute or more")
        last = time(0)
        for start, end in self.periods:
            if not last <= start < end:
                raise ValueError("desk hours stand in order and do not overlap")
            last = end

    @property
    def periods(self) -> tuple[tuple[time, time], ...]:
        """Half-open periods of a day. Raises ValueError for a text that is none."""
        found = []
        for text in self.hours:
            fits = _PERIOD.match(text)
            if fits is None:
                raise ValueError(f"desk hours are written 09:00–12:00, not {text!r}")
            found.append((time.fromisoformat(fits[1]), time.fromisoformat(fits[2])))
        return tuple(found)


def is_open(now: datetime, rules: DeskRules) -> bool:
    """Whether somebody is at the desk: from the first instant of a period, not at its last."""
    wall = local(now).time()
    return any(start <= wall < end for start, end in rules.periods)


def next_opening(now: datetime, rules: DeskRules) -> datetime | None:
    """When somebody is there again; None while the desk is open."""
    if is_open(now, rules):
        return None
    today = day_of(now)
    for start, _ in rules.periods:
        opens = at(today, start)
        if opens > now:
            return opens
    return at(today + timedelta(days=1), rules.periods[0][0])


def answer_due(since: datetime, rules: DeskRules) -> datetime:
    """Until when somebody must have answered: so many minutes of open time after `since`."""
    left = timedelta(minutes=rules.answer_minutes)
    now = since
    while True:
        opens = next_opening(now, rules)
        now = opens or now
        end = _closes(now, rules)
        if end - now >= left:
            return now + left
        left -= end - now
        now = end


def rated_within(rules: DeskRules) -> timedelta:
    return timedelta(hours=rules.rating_hours)


def _closes(now: datetime, rules: DeskRules) -> datetime:
    day: date = day_of(now)
    wall = local(now).time()
    return at(day, next(end for start, end in rules.periods if start <= wall < end))


# Whose turn it is ------------------------------------------------------------------------------------


class HandoffState(StrEnum):
    """A chat in the hands of the desk, as its follower sees it."""

    WAITING = "waiting"  # Somebody is being found for you.
    TAKEN = "taken"  # A person talks with you.
    CLOSED = "closed"  # The person is done and the bot is there again.


HANDOFF_LIFE = Transitions[HandoffState](
    "handoff",
    HandoffState,
    HandoffState.WAITING,
    {
        HandoffState.WAITING: {HandoffState.TAKEN, HandoffState.CLOSED},
        HandoffState.TAKEN: {HandoffState.WAITING, HandoffState.CLOSED},
        HandoffState.CLOSED: set(),
    },
)

COMPLAINT, COMPLAINTS_FIRST = "complaint", 1000
POOL = 0
"""In a line: everybody at the desk at once."""


@dataclass(frozen=True)
class Standing:
    """What lets a member be served earlier. `tier` 0 is the first one; each higher tier goes before."""

    super_user: bool = False
    tier: int = 0


def priority(reason: str, standing: Standing) -> int:
    """Higher is served first: complaints, then super users, then by tier; equal ones as they came."""
    return COMPLAINTS_FIRST * (reason == COMPLAINT) + 100 * standing.super_user + min(standing.tier, 99)


def next_in_line(bound: Sequence[int], desk: Mapping[int, int], tried: Sequence[int], *, released: int = 0) -> int:
    """Who is asked next: bound people first, then the pool, then one by one the least busy of the desk.

    `bound` are staff ids, the stylist before the guide; `desk` says how many chats each of the desk has;
    `tried` were asked before. `released` let the chat lie and is not asked again while anybody else is
    there. POOL again when everybody was asked.
    """
    for staff_id in bound:
        if staff_id not in tried and staff_id != released:
            return staff_id
    if POOL not in tried:
        return POOL
    rest = [staff_id for staff_id in desk if staff_id not in tried and staff_id != released]
    return min(rest, key=lambda staff_id: (desk[staff_id], staff_id)) if rest else POOL


# What a follower says afterwards ---------------------------------------------------------------------

_STARS = re.compile(r"^(?:打|给)?\s*([1-5一二三四五])\s*(?:分|星|颗星)?[。.!！~～]*$")
_WORDS = {"非常满意": 5, "很满意": 5, "满意": 4, "一般": 3, "不满意": 2, "很不满意": 1, "非常不满意": 1}


def stars(text: str) -> int | None:
    """The rating a line gives, 1 to 5; None when it says something else."""
    said = text.strip()
    if said in _WORDS:
        return _WORDS[said]
    fits = _STARS.match(said)
    if fits is None:
        return None
    return int(fits[1]) if fits[1].isascii() else "一二三四五".index(fits[1]) + 1


# Canned replies --------------------------------------------------------------------------------------

FACTS = ("deadline", "box_state", "booking", "points", "plan_until")
"""What a canned reply may name in braces; each is filled from the member's own rows."""

_BRACES = re.compile(r"\{([^{}]*)\}")


def unknown_facts(text: str) -> list[str]:
    """The names in braces that nobody can fill."""
    return [name for name in _BRACES.findall(text) if name not in FACTS]


def named_facts(text: str) -> list[str]:
    return list(dict.fromkeys(_BRACES.findall(text)))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with its facts; each name in braces must be among them."""
    return _BRACES.sub(lambda braces: facts[braces[1]], text)
