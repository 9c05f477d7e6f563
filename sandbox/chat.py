"""What a person sees on their phone: one list of items per person, across both accounts."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.world import Account, Person, World

FAULT_TEXT = "该公众号提供的服务出现故障，请稍后再试"
ITEMS_KEPT = 5_000  # per person


class Chat:
    """Items as the control contract shows them: n, at, direction, kind, account and more by kind.

    `direction` is "in" for what the person did towards the account and "out" for what reached them.
    Kinds out: passive, custom, template, subscribe, mass, notice; kinds in: message, event.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._items: dict[str, deque[dict[str, Any]]] = {}
        self._typing: dict[tuple[str, str], datetime] = {}
        self._last = 0

    def add(self, person: Person, direction: str, kind: str, account: Account, **more: Any) -> dict[str, Any]:
        self._last += 1
        item = {
            "n": self._last,
            "at": self._world.now().isoformat(),
            "direction": direction,
            "kind": kind,
            "account": account.kind,
            **more,
        }
        self._items.setdefault(person.id, deque(maxlen=ITEMS_KEPT)).append(item)
        if direction == "out":
            self._typing.pop((person.id, account.kind), None)
        return item

    def out(self, person: Person, kind: str, account: Account, **more: Any) -> dict[str, Any]:
        """Something reached the person."""
        return self.add(person, "out", kind, account, **more)

    def into(self, person: Person, kind: str, account: Account, **more: Any) -> dict[str, Any]:
        """The person did something."""
        return self.add(person, "in", kind, account, **more)

    def after(self, person: Person, n: int) -> list[dict[str, Any]]:
        found = []
        for item in reversed(self._items.get(person.id, ())):
            if item["n"] <= n:
                break
            found.append(item)
        return found[::-1]

    def set_typing(self, person: Person, account: Account, until: datetime | None) -> None:
        """Show "…" until then, or (None) no longer; a message that arrives ends it too."""
        if until is not None:
            self._typing[person.id, account.kind] = until
        else:
            self._typing.pop((person.id, account.kind), None)

    def typing(self, person: Person) -> list[str]:
        """The kinds of the accounts whose "…" the person sees now."""
        now = self._world.now()
        return [
            kind
            for kind in ("mini", "official")
            if (until := self._typing.get((person.id, kind))) is not None and until > now
        ]

    def everything(self) -> Iterable[dict[str, Any]]:
        """All items of all people, unordered."""
        for items in self._items.values():
            yield from items
