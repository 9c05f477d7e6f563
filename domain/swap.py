"""A stylist falls out: what a booking's member is offered instead, until when, and what becomes of no answer."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.booking import BookingRules
from domain.clock import quiet_hours_end
from domain.states import Transitions


class SwapState(StrEnum):
    """How the question to the member ended."""

    OPEN = "open"
    ACCEPTED = "accepted"  # the colleague takes the session
    MOVED = "moved"  # the member picked another time or stylist
    GIVEN_BACK = "given_back"  # the member took the unit back
    LAPSED = "lapsed"  # no answer in time: cancelled by the brand, the unit went back
    WITHDRAWN = "withdrawn"  # the stylist is back: the booking stands as it was


SWAP_LIFE = Transitions(
    "swap",
    SwapState,
    SwapState.OPEN,
    {
        SwapState.OPEN: [state for state in SwapState if state is not SwapState.OPEN],
        SwapState.ACCEPTED: [],
        SwapState.MOVED: [],
        SwapState.GIVEN_BACK: [],
        SwapState.LAPSED: [],
        SwapState.WITHDRAWN: [],
    },
)


def answer_by(now: datetime, starts_at: datetime, rules: BookingRules, quiet: tuple[time, time]) -> datetime:
    """The first instant that is too late for the member's answer.

    So many hours after she can have been told (not in the quiet hours), but the notice of a booking
    before the session; at least as long as a hold of the wait-list, and never after the session begins.
    """
    told_at = quiet_hours_end(now, *quiet)
    wanted = min(
        told_at + timedelta(hours=rules.swap_answer_hours), starts_at - timedelta(minutes=rules.notice_minutes)
    )
    return min(max(wanted, told_at + timedelta(minutes=rules.hold_minutes)), starts_at)
