"""Posts of members: checked by WeChat, looked at by a person, and only then seen by others."""

from dataclasses import dataclass
from enum import StrEnum

from domain.states import Transitions


@dataclass(frozen=True)
class PostRules:
    per_day: int = 5  # so many may one member write on a Shanghai day


class PostState(StrEnum):
    CHECKING = "checking"  # WeChat has not said anything yet
    WAITING = "waiting"  # for a person of the staff
    PUBLISHED = "published"
    REFUSED = "refused"  # never shown, or taken down
    DELETED = "deleted"  # by its author


POST_LIFE = Transitions(
    "post",
    PostState,
    PostState.CHECKING,
    {
        PostState.CHECKING: [PostState.WAITING, PostState.REFUSED, PostState.DELETED],
        PostState.WAITING: [PostState.PUBLISHED, PostState.REFUSED, PostState.DELETED],
        PostState.PUBLISHED: [PostState.REFUSED, PostState.DELETED],
        PostState.REFUSED: [PostState.DELETED],
        PostState.DELETED: [],
    },
)

FORUM = 3
"""The kind of place WeChat is told of when it checks a text."""
RISKY = "risky"
UNCHECKED = "unchecked"
"""WeChat could not look (who wrote has left the mini-program): a person looks all the same."""
