"""Reading a path from data, and saying exactly what is wrong with one that cannot be followed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from domain.campaign import Goal
from domain.care import MAY_BE_NAMED, Channel, MessageClass, Since, When, require_ladder
from domain.care_subject import SAMPLES, fields_of
from domain.care_words import Words, fill, wrong_data
from domain.errors import Invalid
from domain.path import MAY_SERVE, Condition, Does, Event, Path, Step, Topic, lines_of

KPIS: Mapping[str, str] = {
    "first_orders": "members whose first order ever came in the window",
    "orders": "members who ordered in the window",
    "net_fen": "what members spent in the window, net of returns",
    "returned": "members who ordered again in the window after being silent for as long as growth lasts",
    "attended": "bookings that took place",
    "renewed": "members with a following period",
    "opinions": "members who gave an opinion in the window",
}
"""What a path may be judged by; the window opens when the path is entered."""

TEMPLATES = frozenset({"booking_reminder", "box_shipped", "box_deadline", "refund", "renewal"})
STEPS_AT_MOST = 40
NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")
PLACE = re.compile(r"\{([^{}]*)\}")
E = TypeVar("E", bound=StrEnum)

_PATH_KEYS = frozenset(
    {"title", "event", "goal", "kpi", "kpi_days", "topic", "on", "again_after_days", "segment", "steps"}
)  # fmt: skip
_COMMON = frozenset({"name", "does", "when", "line", "only", "unless", "segment"})
_KEYS: Mapping[Does, frozenset[str]] = {
    Does.MESSAGE: frozenset(
        {"class", "priority", "until", "lasts_hours", "template", "data", "again", "even_late", "listens", "title",
         "text", "page", "link", "channels"}
    ),
    Does.TASK: frozenset({"text", "due_hours"}),
    Does.GIFT: frozenset({"gift"}),
    Does.BRANCH: frozenset({"if", "then", "otherwise"}),
    Does.WAIT: frozenset({"for", "then", "otherwise"}),
    Does.EXIT: frozenset({"if"}),
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """`where` is the place in the data (`steps.2.when.at`), `what` says what is wrong there."""

    where: str
    what: str


class PathWrong(Exception):
    """Data that is no path; with every problem found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.where}: {p.what}" for p in problems))
        self.problems = problems


def read_path(name: str, spec: Mapping[str, Any], version: int = 0) -> Path:
    """The path that `spec` describes. Raises PathWrong."""
    reader = _Reader()
    path = reader.path(name, spec, version)
    if reader.problems or path is None:
        raise PathWrong(reader.problems)
    return path


def problems_of(name: str, spec: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with it; empty = it can be published."""
    try:
        read_path(name, spec)
    except PathWrong as wrong:
        return wrong.problems
    return []


def words_of(step: Step, fields: Mapping[str, str]) -> Words:
    """A message's words about one thing."""
    return fill(step.title, step.text, step.page, step.link, step.data, fields)


class _Reader:
    """Walks through the data and gathers what is wrong, instead of stopping at the first."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))

    # Values ------------------------------------------------------------------------------------------

    def text(self, data: Mapping[str, Any], where: str, key: str, longest: int, *, needed: bool = True) -> str:
        value = data.get(key, "")
        if not isinstance(value, str) or any(ord(c) < 32 and c != "\n" for c in value):
            self.wrong(f"{where}{key}", "must be a text without control characters")
            return ""
        if needed and not value.strip():
            self.wrong(f"{where}{key}", "is missing")
        if len(value) > longest:
            self.wrong(f"{where}{key}", f"has {len(value)} characters, at most {longest} fit")
        return value

    def whole(self, data: Mapping[str, Any], where: str, key: str, least: int, most: int, default: int) -> int:
        value = data.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.wrong(f"{where}{key}", f"must be a whole number from {least} to {most}")
            return default
        return value

    def flag(self, data: Mapping[str, Any], where: str, key: str, *, default: bool) -> bool:
        value = data.get(key, default)
        if not isinstance(value, bool):
            self.wrong(f"{where}{key}", "must be true or false")
            return default
        return value

    def choice(self, data: Mapping[str, Any], where: str, key: str, kinds: type[E]) -> E | None:
        """One of the words; None (and a problem) for anything else."""
        value = data.get(key)
        try:
            return kinds(str(value))
        except ValueError:
            known = ", ".join(kinds)
            self.wrong(f"{where}{key}", "is missing" if value is None else f"{value!r} is none of {known}")
            return None

    def keys(self, data: Mapping[str, Any], where: str, known: frozenset[str]) -> None:
        for key in sorted(set(data) - known):
            self.wrong(f"{where}{key}", f"is not known here; known are {', '.join(sorted(known))}")

    def table(self, data: Mapping[str, Any], where: str, key: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if not isinstance(value, Mapping):
            self.wrong(f"{where}{key}", "must be a table")
            return {}
        return value

    # The path ----------------------------------------------------------------------------------------

    def path(self, name: str, spec: Mapping[str, Any], version: int) -> Path | None:
        if not NAME.fullmatch(name) or len(name) > 16:
            self.wrong("name", "must be a short name of small letters, digits and underscores")
        self.keys(spec, "", _PATH_KEYS)
        title = self.text(spec, "", "title", 32)
        event, goal = self.choice(spec, "", "event", Event), self.choice(spec, "", "goal", Goal)
        kpi = self.text(spec, "", "kpi", 32)
        if kpi and kpi not in KPIS:
            self.wrong("kpi", f"{kpi!r} is none of {', '.join(KPIS)}")
        topic = self.choice(spec, "", "topic", Topic) if "topic" in spec else None
        on = self.flag(spec, "", "on", default=True)
        kpi_days = self.whole(spec, "", "kpi_days", 1, 365, 7)
        again_after_days = self.whole(spec, "", "again_after_days", 0, 3650, 0)
        segment = self.text(spec, "", "segment", 64, needed=False)
        given = spec.get("steps", [])
        if not isinstance(given, list) or not 1 <= len(given) <= STEPS_AT_MOST:
            self.wrong("steps", f"must be a list of 1 to {STEPS_AT_MOST} steps")
            return None
        read = [self.step(f"steps.{i}.", data) for i, data in enumerate(given)]
        steps = tuple(step for step in read if step is not None)
        if event is None or goal is None or len(steps) < len(given):
            return None
        self.hang_together(steps, event, topic)
        return Path(
            name, version, title, event, goal, kpi, kpi_days, topic, steps, on=on,
            again_after_days=again_after_days, segment=segment, spec=spec,
        )  # fmt: skip

    def step(self, where: str, data: Any) -> Step | None:
        if not isinstance(data, Mapping):
            self.wrong(where.rstrip("."), "must be a table")
            return None
        does = self.choice(data, where, "does", Does)
        if does is None:
            return None
        self.keys(data, where, _COMMON | _KEYS[does])
        name = self.name(data, where, "name", needed=True)
        line = self.name(data, where, "line")
        when = self.when(self.table(data, where, "when"), f"{where}when.")
        common: dict[str, Any] = {
            "name": name, "does": does, "when": when, "line": line,
            "only": self.conditions(data, where, "only"), "unless": self.conditions(data, where, "unless"),
            "segment": self.text(data, where, "segment", 64, needed=False),
        }  # fmt: skip
        own = {
            Does.MESSAGE: self.message, Does.TASK: self.task, Does.GIFT: self.gift, Does.BRANCH: self.branch,
            Does.WAIT: self.wait, Does.EXIT: self.exit,
        }[does]  # fmt: skip
        step = Step(**common, **own(data, where))
        if (Condition.IN_SEGMENT in (*step.only, *step.unless, step.condition)) is not bool(step.segment):
            self.wrong(f"{where}segment", "a segment and a condition in_segment belong together")
        return step

    def name(self, data: Mapping[str, Any], where: str, key: str, *, needed: bool = False) -> str:
        value = self.text(data, where, key, 24, needed=needed)
        if value and not NAME.fullmatch(value):
            self.wrong(f"{where}{key}", "must be a short name of small letters, digits and underscores")
        return value

    def conditions(self, data: Mapping[str, Any], where: str, key: str) -> tuple[Condition, ...]:
        given = data.get(key, [])
        if not isinstance(given, list) or any(c not in list(Condition) for c in given):
            self.wrong(f"{where}{key}", f"must be a list of {', '.join(Condition)}")
            return ()
        return tuple(Condition(c) for c in given)

    def channels(self, data: Mapping[str, Any], where: str, message_class: MessageClass) -> tuple[Channel, ...]:
        given = data.get("channels", [])
        try:
            channels = tuple(Channel(one) for one in given)
            require_ladder(channels, message_class)
        except (TypeError, ValueError):
            self.wrong(f"{where}channels", f"must be a list of {', '.join(MAY_BE_NAMED)}")
            return ()
        except Invalid as no:
            self.wrong(f"{where}channels", no.problem)
            return ()
        return channels

    def when(self, data: Mapping[str, Any], where: str) -> When:
        self.keys(data, where, frozenset({"since", "days", "at", "minutes"}))
        since = self.choice(data, where, "since", Since) if "since" in data else Since.ANCHOR
        clock = self.text(data, where, "at", 5, needed=False)
        if clock:
            try:
                if time.fromisoformat(clock).strftime("%H:%M") != clock:
                    raise ValueError(clock)
            except ValueError:
                self.wrong(f"{where}at", "must be a time of the day like 10:30")
                clock = ""
            if data.get("minutes"):
                self.wrong(f"{where}minutes", "has no meaning beside a time of the day")
        days = self.whole(data, where, "days", -400, 400, 0)
        minutes = self.whole(data, where, "minutes", -60 * 24 * 400, 60 * 24 * 400, 0)
        return When(since or Since.ANCHOR, days, clock, minutes)

    # The kinds of steps ------------------------------------------------------------------------------

    def message(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        until: When | timedelta = timedelta(hours=self.whole(data, where, "lasts_hours", 0, 24 * 60, 24))
        if "until" in data:
            if "lasts_hours" in data:
                self.wrong(f"{where}until", "is given beside lasts_hours: one of them is enough")
            until = self.when(self.table(data, where, "until"), f"{where}until.")
        template = self.text(data, where, "template", 32, needed=False)
        if template and template not in TEMPLATES:
            self.wrong(f"{where}template", f"{template!r} is none of {', '.join(sorted(TEMPLATES))}")
        values = self.table(data, where, "data")
        if any(not isinstance(value, str) or not value.isprintable() for value in values.values()):
            self.wrong(f"{where}data", "must hold texts of one line")
            values = {}
        if bool(template) != bool(values):
            self.wrong(f"{where}data", "a template and its values belong together")
        message_class = self.choice(data, where, "class", MessageClass) or MessageClass.PROMOTION
        return {
            "message_class": message_class,
            "channels": self.channels(data, where, message_class),
            "priority": self.whole(data, where, "priority", 1, 100, 50),
            "until": until,
            "template": template,
            "data": dict(values),
            "again": self.flag(data, where, "again", default=False),
            "even_late": self.flag(data, where, "even_late", default=False),
            "listens": self.flag(data, where, "listens", default=False),
            "title": self.text(data, where, "title", 64),
            "text": self.text(data, where, "text", 600),
            "page": self.text(data, where, "page", 128),
            "link": self.text(data, where, "link", 32),
        }

    def task(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {
            "text": self.text(data, where, "text", 200),
            "due_hours": self.whole(data, where, "due_hours", 1, 24 * 60, 72),
        }

    def gift(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {"gift": self.text(data, where, "gift", 48)}

    def branch(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {"condition": self.choice(data, where, "if", Condition)} | self.fork(data, where)

    def wait(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {"awaits": self.choice(data, where, "for", Event)} | self.fork(data, where)

    def exit(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        return {"condition": self.choice(data, where, "if", Condition) if "if" in data else None}

    def fork(self, data: Mapping[str, Any], where: str) -> dict[str, Any]:
        then, otherwise = self.name(data, where, "then"), self.name(data, where, "otherwise")
        if not then and not otherwise:
            self.wrong(f"{where}then", "is missing: a fork opens a line by then or otherwise")
        return {"then": then, "otherwise": otherwise}

    # The whole ---------------------------------------------------------------------------------------

    def hang_together(self, steps: tuple[Step, ...], event: Event, topic: Topic | None) -> None:
        """What can only be said of the steps together."""
        opened, there = lines_of(steps), {step.line for step in steps}
        if "" not in there:
            self.wrong("steps", "none stands in the main line, which begins the path")
        seen: set[str] = set()
        for i, step in enumerate(steps):
            where = f"steps.{i}."
            if step.name in seen:
                self.wrong(f"{where}name", f"{step.name!r} is there twice")
            seen.add(step.name)
            if step.line and step.line not in opened:
                self.wrong(f"{where}line", f"no step opens the line {step.line!r}")
            for key, line in (("then", step.then), ("otherwise", step.otherwise)):
                if line and line not in there:
                    self.wrong(f"{where}{key}", f"the line {line!r} has no steps")
                if line and line in _above(line_of=step.line, steps=steps):
                    self.wrong(f"{where}{key}", f"the line {line!r} would open itself again")
            if step.again and step.line:
                self.wrong(f"{where}again", "only the main line is planned anew when the anchor moves")
            if step.does is Does.MESSAGE:
                self.words(step, where, event, topic)

    def words(self, step: Step, where: str, event: Event, topic: Topic | None) -> None:
        """A message is honest about its class, and its words and values fit for the example of its event."""
        if step.message_class is MessageClass.SERVICE and event not in MAY_SERVE:
            self.wrong(f"{where}class", f"after {event.value} the member began nothing: this is a promotion")
        if step.message_class is MessageClass.PROMOTION and topic is None:
            self.wrong("topic", "is missing: a member must be able to switch promotions off by topic")
        fields = fields_of(SAMPLES.get(event))
        for key, value in [("title", step.title), ("text", step.text), ("page", step.page), *step.data.items()]:
            for name in PLACE.findall(value):
                if name not in fields:
                    known = ", ".join(sorted(fields)) or "none"
                    self.wrong(f"{where}{key}", f"{{{name}}} is not known after {event.value}; known are {known}")
                    return
        for key, what in wrong_data(words_of(step, fields).data):
            self.wrong(f"{where}data.{key}", what)


def _above(*, line_of: str, steps: tuple[Step, ...]) -> set[str]:
    """The lines that lead to this one, itself included: opening one of them again would never end."""
    above, new = set[str](), {line_of} - {""}
    while new:
        above |= new
        new = {s.line for s in steps if {s.then, s.otherwise} & new} - above - {""}
    return above
