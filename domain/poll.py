"""Polls: would you buy it if we made it? Enough yeses, and it is."""

from enum import StrEnum

from domain.states import Transitions


class PollState(StrEnum):
    OPEN = "open"
    MADE = "made"  # it will be made, and who wanted it is told where to order
    DROPPED = "dropped"  # it will not be made, and who wanted it is told why


POLL_LIFE = Transitions(
    "poll",
    PollState,
    PollState.OPEN,
    {PollState.OPEN: [PollState.MADE, PollState.DROPPED], PollState.MADE: [], PollState.DROPPED: []},
)
