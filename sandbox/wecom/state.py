"""What one corporation's WeCom knows: tokens, staff, who has whom as a contact, tasks, and what customers received."""

import calendar
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.api.quota import BEIJING
from sandbox.api.words import ApiError
from sandbox.world import Account, Person, World

LIFE = timedelta(seconds=7200)
NOT_SENT, SENT, NOT_A_CONTACT, MONTH_FULL = range(4)
RULES = ("month", "week", "day")
"""群发规则: as many a month as it has days, seven a week, or one a day."""


@dataclass
class Friends:
    """One of the staff and one customer; `deleted_at` once either has deleted the other."""

    userid: str
    person: Person
    since: datetime
    deleted_at: datetime | None = None


@dataclass
class Task:
    """A 企业群发 laid before one person. Nothing leaves before she confirms it."""

    msg_id: str
    userid: str
    text: str
    created_at: datetime
    status: dict[str, int]  # external_userid → 0, 1, 2, 3
    sent_at: dict[str, datetime] = field(default_factory=dict)
    stopped: bool = False


class CorpDesk:
    def __init__(self, world: World) -> None:
        self._world = world
        self.staff: dict[str, str] = {}  # userid → name: who may have customers
        self.friends: dict[tuple[str, str], Friends] = {}  # (userid, external_userid)
        self.people: dict[str, Person] = {}  # by external_userid
        self.tasks: dict[str, Task] = {}
        self.rule = "month"
        self._external: dict[str, str] = {}  # person id → external_userid
        self._received: dict[str, list[datetime]] = {}
        self._token: tuple[str, datetime] = ("", datetime.min.replace(tzinfo=BEIJING))
        self._dead: set[str] = set()

    def now(self) -> datetime:
        return self._world.now()

    @property
    def corp(self) -> Account:
        """The corporation; 40013 where this world has none."""
        if self._world.corp is None:
            raise ApiError(40013, "invalid corpid")
        return self._world.corp

    # Tokens ------------------------------------------------------------------------------------------

    def token(self) -> tuple[str, int]:
        """The same for everybody while it lives; with the seconds left of it."""
        now = self._world.now()
        if self._token[1] <= now:
            self._dead.add(self._token[0])
            self._token = (secrets.token_urlsafe(160)[:214], now + LIFE)
        return self._token[0], int((self._token[1] - now).total_seconds())

    def require(self, text: str) -> None:
        """Raises 41001 (none), 42001 (was one), 40014 (never was one)."""
        if not text:
            raise ApiError(41001)
        if text == self._token[0] and self._token[1] > self._world.now():
            return
        raise ApiError(42001 if text in self._dead | {self._token[0]} else 40014)

    def revoke(self) -> None:
        """The token lives no longer, before its time."""
        self._token = (self._token[0], self._world.now())

    # Contacts ----------------------------------------------------------------------------------------

    def external_userid(self, person: Person) -> str:
        """WeCom's name for somebody, the same for all of the corporation."""
        if person.id not in self._external:
            self._external[person.id] = f"wm{secrets.token_urlsafe(22)}"
            self.people[self._external[person.id]] = person
        return self._external[person.id]

    def add(self, userid: str, person: Person) -> str:
        external = self.external_userid(person)
        self.friends[userid, external] = Friends(userid, person, self._world.now())
        return external

    def are_friends(self, userid: str, external: str) -> bool:
        found = self.friends.get((userid, external))
        return found is not None and found.deleted_at is None

    def friends_of(self, userid: str) -> list[str]:
        return [e for (u, e), f in self.friends.items() if u == userid and f.deleted_at is None]

    # What customers may still get --------------------------------------------------------------------

    def left(self, external: str) -> int:
        """How many group messages WeCom still lets through to a customer, by the rule of the corporation."""
        now = self._world.now().astimezone(BEIJING)
        had = [at.astimezone(BEIJING) for at in self._received.get(external, ())]
        if self.rule == "month":
            days = calendar.monthrange(now.year, now.month)[1]
            return days - sum((at.year, at.month) == (now.year, now.month) for at in had)
        if self.rule == "week":
            return 7 - sum(at.isocalendar()[:2] == now.isocalendar()[:2] for at in had)
        return 1 - sum(at.date() == now.date() for at in had)

    def received(self, external: str) -> None:
        self._received.setdefault(external, []).append(self._world.now())

    def confirm(self, task: Task) -> list[Person]:
        """She presses 发送: who gets it. The others have their status, as WeCom tells it."""
        reached = []
        for external, status in task.status.items():
            if status != NOT_SENT:
                continue
            if not self.are_friends(task.userid, external):
                task.status[external] = NOT_A_CONTACT
            elif self.left(external) <= 0:
                task.status[external] = MONTH_FULL
            else:
                task.status[external], task.sent_at[external] = SENT, self._world.now()
                self.received(external)
                reached.append(self.people[external])
        return reached
