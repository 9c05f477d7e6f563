"""The wait-list: who is next in line for a session's time, and from when until when it is kept for them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.booking import BookingRules
from domain.clock import in_quiet_hours, quiet_hours_end
from domain.states import Transitions


class WaitState(StrEnum):
    """Where somebody in line stands."""

    WAITING = "waiting"
    OFFERED = "offered"  # the time is kept for them, and closed to everybody else
    TAKEN = "taken"  # accepted: a booking now
    DECLINED = "declined"  # offered, and not wanted any more
    LAPSED = "lapsed"  # offered, and not answered in time
    LEFT = "left"  # went out of the line before any offer
    OVER = "over"  # it came too near without an offer


WAIT_LIFE = Transitions(
    "wait",
    WaitState,
    WaitState.WAITING,
    {
        WaitState.WAITING: [WaitState.OFFERED, WaitState.LEFT, WaitState.OVER],
        # Back in line when the stylist falls out while the offer stands.
        WaitState.OFFERED: [WaitState.TAKEN, WaitState.DECLINED, WaitState.LAPSED, WaitState.WAITING],
        WaitState.TAKEN: [],
        WaitState.DECLINED: [],
        WaitState.LAPSED: [],
        WaitState.LEFT: [],
        WaitState.OVER: [],
    },
)

IN_LINE = (WaitState.WAITING, WaitState.OFFERED)


@dataclass(frozen=True)
class Hold:
    """When an offer is told, and the first instant at which it no longer stands."""

    begins_at: datetime
    ends_at: datetime


def hold_for(now: datetime, starts_at: datetime, rules: BookingRules, quiet: tuple[time, time]) -> Hold | None:
    """The hold of an offer that could be made now; None when the session would be too near by then.

    An offer neither begins nor ends in the quiet hours (their first instant is quiet, their last is
    not): one that would waits for the morning, and the time is kept meanwhile.
    """
    length = timedelta(minutes=rules.hold_minutes)
    begins_at = quiet_hours_end(now, *quiet)
    if in_quiet_hours(begins_at + length, *quiet):
        begins_at = quiet_hours_end(begins_at + length, *quiet)
    if starts_at < begins_at + timedelta(minutes=rules.notice_minutes):
        return None
    return Hold(begins_at, min(begins_at + length, starts_at))


def too_near(starts_at: datetime, now: datetime, rules: BookingRules) -> bool:
    """Whether a time can no longer be offered to anybody."""
    return starts_at < now + timedelta(minutes=rules.notice_minutes)
