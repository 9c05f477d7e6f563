"""Letters by hand: promotions that a member's own stylist or guide sends in WeCom (企业微信, 客户联系).

WeCom lays a task before her – these words, to these customers – and nothing leaves before she confirms it. A task
stands for the day at most, and a member gets so many of them a calendar month.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.care import CareRules, quiet_hours
from domain.care_gate import Act, Verdict
from domain.care_words import Words
from domain.clock import at, day_of
from domain.states import Transitions

MOST = 10_000
"""Customers one task may name."""


@dataclass(frozen=True)
class WecomRules:
    letters_a_month: int = 4  # a member gets so many by hand; WeCom's own ceiling is the days of the month
    least_minutes: int = 60  # with less left of the day nothing is laid before a person any more
    gather_seconds: int = 60  # letters with the same words for the same hands are gathered for so long


class TaskState(StrEnum):
    """How one task of one person stands."""

    GATHERING = "gathering"  # letters are still added to it
    WANTED = "wanted"  # WeCom was busy: it is asked again
    CALLING = "calling"  # the call has begun; found so later, nobody knows whether WeCom has it
    OPEN = "open"  # laid before her
    DONE = "done"  # every letter of it has its outcome
    FAILED = "failed"  # WeCom refused, or could not be asked in time: its letters went another way
    UNKNOWN = "unknown"  # the outcome is lost: its letters are never said again


TASK_LIFE = Transitions(
    "wecom_task",
    TaskState,
    TaskState.GATHERING,
    {
        TaskState.GATHERING: [TaskState.CALLING, TaskState.DONE, TaskState.FAILED],
        TaskState.WANTED: [TaskState.CALLING, TaskState.DONE, TaskState.FAILED],
        TaskState.CALLING: [TaskState.OPEN, TaskState.WANTED, TaskState.FAILED, TaskState.UNKNOWN],
        TaskState.OPEN: [TaskState.DONE, TaskState.UNKNOWN],
        TaskState.DONE: [],
        TaskState.FAILED: [],
        TaskState.UNKNOWN: [],
    },
)


class HandOutcome(StrEnum):
    """What became of one letter; all but the first two are also why its channel was passed over."""

    WAITS = ""  # with her, not sent yet
    SENT = "sent"
    NOT_SENT = "not_sent"  # she did not send it in time
    TAKEN_BACK = "taken_back"  # stopped before its time; the gate is asked again, and says why
    NOT_A_CONTACT = "not_a_contact"  # one of the two has deleted the other
    MONTH_FULL = "month_full"  # the customer has had all that WeCom lets through
    REFUSED = "refused"  # WeCom would not take this customer, or the task
    UNKNOWN = "unknown"  # may have been sent: never said again


ANSWERS: Mapping[int, HandOutcome] = {
    0: HandOutcome.WAITS,
    1: HandOutcome.SENT,
    2: HandOutcome.NOT_A_CONTACT,
    3: HandOutcome.MONTH_FULL,
}
"""What WeCom's status of a customer in a task means."""

MAY_PASS = frozenset({"cap_day", "cap_week", "outranked"})
"""What the gate may say of a letter in her hands without its being taken back: it has its place of the day."""


def stands_until(now: datetime, useful_until: datetime, rules: CareRules) -> datetime:
    """How long a task laid before her now stands: to the next quiet hours, or the end of its use."""
    quiet_from, _ = quiet_hours(rules)
    evening = at(day_of(now), quiet_from)
    if evening <= now:
        evening = at(day_of(now) + timedelta(days=1), quiet_from)
    return min(evening, useful_until)


def still_right(verdict: Verdict) -> bool:
    """Whether a letter in her hands may stay there, by what the gate says of it now."""
    return verdict.act is Act.SEND or verdict.reason in MAY_PASS


def letter_text(said: Words) -> str:
    """The words as she sends them: no link, for WeCom's texts open no mini-program."""
    return f"{said.title}\n{said.text}"
