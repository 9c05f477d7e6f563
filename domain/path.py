"""Paths: what the shop says, asks and gives, step by step, after something happened in a member's life.

A path is data (`services/path_data/*.toml`, or a version that marketing published): an **event** lets a
member in; each step has its instant, counted from the event's own (the anchor); it says a **message**,
opens a **task** for the staff, gives a **gift**, **waits** until something happens, **branches**, or is the
**exit**. A branch and a wait open other *lines* of steps beside the one they stand in. `domain/path_spec.py`
reads and checks a path; this file knows what it means.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.campaign import Goal
from domain.care import PROMOTION, CareRules, Channel, MessageClass, Since, When, edition_of, outside_quiet_hours


class Event(StrEnum):
    """What lets a member into a path. The anchor is the instant that the path's times are counted from."""

    JOINED = "joined"  # became a member; anchor = the instant WeChat told
    BOOKING = "booking"  # a styling session is booked; anchor = its start
    WAITLIST = "waitlist"  # a time is kept for the first in line; anchor = the beginning of the hold
    SWAP = "swap"  # the stylist is out; anchor = the first instant that is too late for an answer
    SWAP_OVER = "swap_over"  # no answer came and the quota was given back; anchor = that instant
    BOX = "box"  # a box was signed for; anchor = its deadline
    BOX_AFTER = "box_after"  # a box is settled; anchor = that instant
    RENEWAL = "renewal"  # a membership period runs; anchor = its end
    TIER = "tier"  # a tier will fall; anchor = the end of the year
    POINTS = "points"  # points will lapse; anchor = the end of their last day
    BIRTHDAY = "birthday"  # a birthday is near; anchor = the beginning of the day
    BOUGHT = "bought"  # an order was paid or a box settled with something kept; anchor = that instant
    GROWTH = "growth"  # entered 发展期; anchor = that instant
    MATURITY = "maturity"  # entered 成熟期
    DECLINE = "decline"  # entered 衰退期
    LEAVING = "leaving"  # a new member unfollowed or was refunded the fee; anchor = that instant
    OPINION = "opinion"  # gave an opinion; anchor = that instant
    ANSWERED = "answered"  # the shop answered an opinion; anchor = that instant


MAY_SERVE = frozenset(
    {
        Event.BOOKING, Event.WAITLIST, Event.SWAP, Event.SWAP_OVER, Event.BOX, Event.RENEWAL, Event.TIER,
        Event.POINTS, Event.ANSWERED,
    }
)  # fmt: skip
"""Events about something the member began or owns: only their paths may hold service messages."""


class Condition(StrEnum):
    """What a step, a branch or an exit may ask about a member, at its own instant."""

    HAS_BOX = "has_box"  # has asked for a box that was not cancelled
    HAS_PROFILE = "has_profile"  # has filled in the style profile
    HAS_BOOKING = "has_booking"  # has ever booked a session
    HAS_PLAN = "has_plan"  # a paid plan runs
    HAS_BOUGHT = "has_bought"  # has ever kept something
    BOUGHT_SINCE = "bought_since"  # has bought since the path was entered
    BOOKED_SINCE = "booked_since"  # has booked a session since the path was entered
    OPINION_SINCE = "opinion_since"  # has given an opinion since the path was entered
    LEFT_STAGE = "left_stage"  # no longer stands in the stage that began the path
    VALUED = "valued"  # three purchases or more in life, a running plan, or a super user
    UNFOLLOWED = "unfollowed"  # followed once, and does no longer
    IN_SEGMENT = "in_segment"  # is one of the segment that the step names, as it is saved by then


class Topic(StrEnum):
    """What a member may switch off one by one; service messages belong to none."""

    NEWS = "news"  # 新品与活动
    STYLING = "styling"  # 穿搭与玩法
    BIRTHDAY = "birthday"  # 生日祝福
    OPINION = "opinion"  # 意见征询
    CARE = "care"  # 老朋友问候


TOPIC_NAMES: Mapping[Topic, str] = {
    Topic.NEWS: "新品与活动",
    Topic.STYLING: "穿搭与玩法",
    Topic.BIRTHDAY: "生日祝福",
    Topic.OPINION: "意见征询",
    Topic.CARE: "老朋友问候",
}


class Does(StrEnum):
    """What a step is."""

    MESSAGE = "message"
    TASK = "task"  # a case for the staff, with a due time
    GIFT = "gift"  # a benefit, given once
    BRANCH = "branch"  # asks one condition, and opens one of two lines
    WAIT = "wait"  # until an event of this member, or its own instant; opens one of two lines
    EXIT = "exit"  # ends the path for this member; with a condition, only if it holds


@dataclass(frozen=True)
class Step:
    """One step. What its kind does not need is left empty.

    `until` is the end of a message's use: a `When` of the same anchor, or a span after its own time.
    `again`: said again when the anchor moves (a booking on another day, a longer deadline).
    `even_late`: planned although its time has passed already, as long as it is still of use.
    `listens`: it asks for an opinion; what the member says in the chat for a while after it is one.
    `only`, `unless`: conditions that must all hold, and any of which makes the step needless; asked at its
    own instant.
    """

    name: str
    does: Does
    when: When
    line: str = ""  # "" = the main line, which begins with the event
    only: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    segment: str = ""  # the name that `in_segment` asks about
    # A message.
    message_class: MessageClass = PROMOTION
    priority: int = 50
    channels: tuple[Channel, ...] = ()  # its own order of channels; empty = the usual one
    until: When | timedelta = timedelta()
    template: str = ""  # the template's kind in `[wechat.*_templates]`; empty = none fits
    data: Mapping[str, str] = field(default_factory=dict)
    again: bool = False
    even_late: bool = False
    listens: bool = False
    title: str = ""
    text: str = ""  # a task's: what the staff are to do
    page: str = ""
    link: str = ""
    # A task.
    due_hours: int = 72
    # A gift.
    gift: str = ""
    # A branch, a wait, an exit.
    condition: Condition | None = None
    awaits: Event | None = None
    then: str = ""  # the line opened when the condition holds, or the event came; empty = none
    otherwise: str = ""


@dataclass(frozen=True)
class Path:
    """One version of a path. `spec` is what it was read from.

    `again_after_days`: a member does not enter again so soon (0 = each occurrence enters).
    `segment`: only who is in the segment of this name enters; empty = everybody.
    """

    name: str
    version: int
    title: str
    event: Event
    goal: Goal
    kpi: str
    kpi_days: int
    topic: Topic | None
    steps: tuple[Step, ...]
    on: bool = True
    again_after_days: int = 0
    segment: str = ""
    spec: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def full_name(self, step: Step) -> str:
        """How a step is known outside its path: `box.last_day`."""
        return f"{self.name}.{step.name}"

    def step(self, full_name: str) -> Step | None:
        return next((step for step in self.steps if self.full_name(step) == full_name), None)

    @property
    def awaited(self) -> frozenset[Event]:
        return frozenset(step.awaits for step in self.steps if step.awaits is not None)


SOME_WARNING, HALF_A_DAY = timedelta(hours=3), timedelta(hours=12)
"""An end early in the day (a deadline moved by a lost parcel) is announced half a day before it."""


@dataclass(frozen=True)
class Planned:
    """One step with its instants. `edition` tells plans for different anchors of one thing apart.

    Only a message has an end of use; for the others `useful_until` is empty.
    """

    step: Step
    send_at: datetime
    useful_until: datetime | None
    edition: str


def plan(
    path: Path,
    anchor_at: datetime,
    started_at: datetime,
    rules: CareRules,
    *,
    line: str = "",
    notice_days: int = 5,
) -> list[Planned]:
    """The steps of one line that are still ahead at `started_at`, quiet hours already minded."""
    planned = (_planned(step, anchor_at, started_at, rules, notice_days) for step in path.steps if step.line == line)
    return [one for one in planned if one is not None]


def _planned(
    step: Step, anchor_at: datetime, started_at: datetime, rules: CareRules, notice_days: int
) -> Planned | None:
    due = step.when.instant(anchor_at, started_at, notice_days)
    if step.does is not Does.MESSAGE:
        # A decision that is late is made at once; a task, a gift or a way out loses nothing by it.
        return Planned(step, max(due, started_at), None, "")
    until = _until(step, due, anchor_at, started_at)
    if not isinstance(step.until, timedelta) and step.when.since in (Since.LAST_DAY, Since.NOTICE):
        due = min(due, until - HALF_A_DAY) if due > until - SOME_WARNING else due
    if due < started_at:
        if not step.even_late:
            return None
        due = started_at
    if until <= started_at:
        return None
    edition = edition_of(anchor_at) if step.again else ""
    return Planned(step, outside_quiet_hours(due, until, step.message_class, rules), until, edition)


def _until(step: Step, due: datetime, anchor_at: datetime, started_at: datetime) -> datetime:
    if isinstance(step.until, timedelta):
        return due + step.until
    return step.until.instant(anchor_at, started_at)


def lines_of(steps: Sequence[Step]) -> set[str]:
    """Every line that a branch or a wait of these steps may open."""
    return {line for step in steps for line in (step.then, step.otherwise) if line}
