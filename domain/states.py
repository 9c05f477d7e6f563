"""Tables of allowed moves, checked when they are built (that is, when the module is imported)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from domain.errors import WrongState

S = TypeVar("S", bound=StrEnum)


class Transitions(Generic[S]):
    """The life of one noun on one screen: from each state, the states it may move to.

    Raises ValueError when a state is missing from the table or cannot be reached from `start`.
    """

    def __init__(self, what: str, states: type[S], start: S, moves: Mapping[S, Iterable[S]]) -> None:
        self.what = what
        self.start = start
        self.moves: dict[S, frozenset[S]] = {old: frozenset(new) for old, new in moves.items()}
        missing = [s for s in states if s not in self.moves]
        if missing:
            raise ValueError(f"{what}: no row for {missing}")
        seen, todo = {start}, [start]
        while todo:
            for new in self.moves[todo.pop()]:
                if new not in seen:
                    seen.add(new)
                    todo.append(new)
        unreachable = [s for s in states if s not in seen]
        if unreachable:
            raise ValueError(f"{what}: {unreachable} cannot be reached")

    def may(self, old: S, new: S) -> bool:
        return new in self.moves[old]

    def require_move(self, old: S, new: S) -> None:
        """Raise `WrongState` unless the table allows the move."""
        if not self.may(old, new):
            raise WrongState(self.what, str(old), str(new))

    def final(self, state: S) -> bool:
        return not self.moves[state]
