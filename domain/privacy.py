"""Privacy by one's own hand: a copy of everything, and an account closed without a reason being asked."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.clock import day_end
from domain.states import Transitions


@dataclass(frozen=True)
class PrivacyRules:
    export_rows_at_once: int = 2000  # a copy of more rows is prepared by the job
    export_days: int = 7  # how long a copy may be fetched
    within_working_days: int = 15  # how long a closing may take at most


class ExportState(StrEnum):
    """A copy of a member's data."""

    ASKED = "asked"  # being prepared
    READY = "ready"


class ClosingState(StrEnum):
    """The wish to close an account."""

    ASKED = "asked"  # waits for what is open: boxes, orders, money
    DONE = "done"  # carried out, for good
    WITHDRAWN = "withdrawn"  # the member changed their mind while it waited


CLOSING_LIFE = Transitions(
    "closing",
    ClosingState,
    ClosingState.ASKED,
    {
        ClosingState.ASKED: [ClosingState.DONE, ClosingState.WITHDRAWN],
        ClosingState.DONE: [],
        ClosingState.WITHDRAWN: [],
    },
)


class Open(StrEnum):
    """What keeps an account open: ended by itself or by the member, and the wish is carried out then."""

    BOX = "box"
    ORDER = "order"
    BOOKING = "booking"
    PAYMENT = "payment"
    REFUND = "refund"
    COVER = "cover"  # a Pay Score order that is not over
    STORED_VALUE = "stored_value"  # the member's money: given back first
    CASE = "case"  # something staff still decide about


def due_at(asked_at: datetime, working_days: list[date]) -> datetime:
    """The end of the last of the working days after the wish."""
    return day_end(working_days[-1])


def export_until(ready_at: datetime, rules: PrivacyRules) -> datetime:
    return ready_at + timedelta(days=rules.export_days)
