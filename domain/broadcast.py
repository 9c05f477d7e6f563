"""Broadcasts: campaigns that leave as WeChat's mass sends, of which a follower gets four a calendar month."""

from datetime import datetime
from enum import StrEnum

from domain.clock import local
from domain.errors import Invalid
from domain.states import Transitions

LEAST, MOST = 2, 10_000
"""So many followers one call may name."""
SUCCESS = "send success"
"""WeChat's word for a mass send that went well; any other says why it did not."""


class Way(StrEnum):
    """How a campaign leaves."""

    LADDER = "ladder"  # to each member by the best channel that is open
    MASS = "mass"  # as one mass send, out of each follower's monthly allowance


class MassState(StrEnum):
    """How one call of a broadcast stands."""

    WANTED = "wanted"  # its followers are fixed; the call is made, or made again under the same name
    STARTED = "started"  # WeChat has taken it
    FINISHED = "finished"  # WeChat has told how it went
    FAILED = "failed"  # refused, or WeChat could not be asked: nobody is told it again


MASS_LIFE = Transitions(
    "mass_send",
    MassState,
    MassState.WANTED,
    {
        MassState.WANTED: [MassState.STARTED, MassState.FAILED],
        MassState.STARTED: [MassState.FINISHED, MassState.FAILED],
        MassState.FINISHED: [],
        MassState.FAILED: [],
    },
)


def month_of(instant: datetime) -> str:
    """The shop's calendar month, as WeChat counts it: 2026-11."""
    return local(instant).strftime("%Y-%m")


def require_one_month(start_at: datetime, useful_until: datetime) -> None:
    """A place is taken in one month: raises Invalid for a broadcast that may slip into the next one."""
    if month_of(start_at) != month_of(useful_until):
        raise Invalid("useful_until", "a broadcast begins and ends in one calendar month")
