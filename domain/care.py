"""Life-cycle care: which word, when, through which channel, and whether it may still be said.

A path is a list of steps counted from one instant (its anchor): a booking's start, a box's deadline.
A step is a **service** message when the member needs it for something they began themselves (a
booking, a box in their hands, a period that ends); everything else, questions included, is honestly a
**promotion** and needs the member's consent.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.clock import at, day_of, in_quiet_hours, local, quiet_hours_end, quiet_hours_start_before


@dataclass(frozen=True)
class CareRules:
    quiet_from: str = "22:00"
    quiet_until: str = "08:00"
    pull_forward_to: str = "21:55"
    promotions_a_day: int = 1
    promotions_a_week: int = 3
    holdout_percent: int = 10
    attempts_max: int = 5
    retry_first_seconds: int = 60  # doubles with every further attempt
    quota_pause_minutes: int = 10  # how long a channel rests after WeChat said its quota is used up
    faults_in_a_row_max: int = 10  # after so many, all sending rests as long
    calls_at_once_max: int = 64  # of one sender; it begins with one and feels its way up
    store_name: str = "盒子门店"


class MessageClass(StrEnum):
    SERVICE = "service"  # needed for something the member began; asks no consent, keeps the quiet hours
    PROMOTION = "promotion"  # everything else: consent, caps, quiet hours, control group


class CareState(StrEnum):
    """What became of one intended message."""

    PLANNED = "planned"
    SENDING = "sending"  # the call to WeChat has begun
    SENT = "sent"
    SKIPPED = "skipped"  # not said, for the reason kept with it
    FAILED = "failed"  # tried too often; for a person to look at
    UNKNOWN = "unknown"  # a promotion whose outcome was lost: never said again


class Channel(StrEnum):
    """The ways to a member, in the order they are tried."""

    WINDOW = "window"  # customer-service message, in a window the member opened
    CREDIT = "credit"  # one-time subscription message, for a consent given to that very template
    TEMPLATE = "template"  # template message of the official account; service messages only
    INBOX = "inbox"  # the mini-program's own inbox, always there


# Windows ---------------------------------------------------------------------------------------------

WINDOWS: dict[str, tuple[int, timedelta]] = {
    "message": (5, timedelta(hours=48)),
    "menu": (3, timedelta(minutes=1)),
    "follow": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
}
"""How many customer-service messages each act of a follower opens, and for how long."""


# When a step is due ----------------------------------------------------------------------------------


class Since(StrEnum):
    """What a step's time is counted from."""

    ANCHOR = "anchor"  # the anchor itself: a start, a settlement, the day of joining
    LAST_DAY = "last_day"  # the day that ends at the anchor: a deadline at 24:00 belongs to the day before
    START = "start"  # the moment the path began, whatever its anchor


@dataclass(frozen=True)
class When:
    """A day counted from `since` at a wall-clock time; or, without one, so many minutes from the instant."""

    since: Since = Since.ANCHOR
    days: int = 0
    at: str = ""
    minutes: int = 0

    def instant(self, anchor_at: datetime, started_at: datetime) -> datetime:
        base = started_at if self.since is Since.START else anchor_at
        if not self.at:
            return base + timedelta(days=self.days, minutes=self.minutes)
        if self.since is Since.LAST_DAY:
            base -= timedelta(microseconds=1)
        return at(day_of(base) + timedelta(days=self.days), time.fromisoformat(self.at))


@dataclass(frozen=True)
class Step:
    """One message of a path.

    `until` is the end of its use: a `When` of the same anchor, or a span after its own time.
    `again`: said again when the anchor moves (a booking on another day, a longer deadline).
    `even_late`: planned although its time has passed already, as long as it is still of use.
    """

    path: str
    name: str
    message_class: MessageClass
    priority: int
    when: When
    until: When | timedelta
    template: str = ""  # the template's kind in `[wechat.*_templates]`; empty = none fits
    again: bool = False
    even_late: bool = False


SERVICE, PROMOTION = MessageClass.SERVICE, MessageClass.PROMOTION

STEPS: tuple[Step, ...] = (
    # The first thirty days. The welcome itself is the reply to the follow, and costs nothing.
    Step("welcome", "welcome.how_it_works", PROMOTION, 40, When(days=1, at="10:30"), timedelta(days=2)),
    Step("welcome", "welcome.style_profile", PROMOTION, 40, When(days=3, at="19:30"), timedelta(days=3)),
    Step("welcome", "welcome.first_box", PROMOTION, 50, When(days=7, at="11:00"), timedelta(days=4)),
    Step("welcome", "welcome.stylist", PROMOTION, 45, When(days=14, at="19:30"), timedelta(days=7)),
    Step("welcome", "welcome.opinion", PROMOTION, 30, When(days=30, at="11:00"), timedelta(days=5)),
    # A booked session: anchor = its start.
    Step(
        "booking", "booking.day_before", SERVICE, 80,
        When(days=-1, at="18:00"), When(minutes=-120), "booking_reminder", again=True,
    ),
    Step(
        "booking", "booking.two_hours", SERVICE, 90,
        When(minutes=-120), When(minutes=-15), "booking_reminder", again=True,
    ),
    # A time kept for the first in line: anchor = the beginning of the hold.
    Step(
        "waitlist", "waitlist.offer", SERVICE, 96,
        When(), timedelta(minutes=30), "booking_reminder", again=True, even_late=True,
    ),
    # The stylist is out: anchor = the first instant that is too late for an answer.
    Step("swap", "swap.offer", SERVICE, 94, When(Since.START), When(), "booking_reminder"),
    Step("swap", "swap.last_hour", SERVICE, 93, When(minutes=-60), When(), "booking_reminder"),
    Step("swap_over", "swap_over.given_back", SERVICE, 94, When(), timedelta(hours=24), even_late=True),
    # A signed box: anchor = its deadline.
    Step("box", "box.signed", SERVICE, 80, When(Since.START), timedelta(hours=24), "box_deadline"),
    Step(
        "box", "box.two_days", SERVICE, 85,
        When(Since.LAST_DAY, days=-2, at="10:00"), timedelta(hours=24), "box_deadline", again=True,
    ),
    Step(
        "box", "box.last_day", SERVICE, 95,
        When(Since.LAST_DAY, at="10:00"), When(), "box_deadline", again=True, even_late=True,
    ),
    # A settled box: how did it fit? A question is no service, however kindly meant.
    Step("box_after", "box_after.fit", PROMOTION, 60, When(days=1, at="19:00"), timedelta(days=3)),
    # A membership period: anchor = its end.
    Step(
        "renewal", "renewal.notice", SERVICE, 70,
        When(Since.LAST_DAY, days=-5, at="10:00"), When(), "renewal", again=True, even_late=True,
    ),
    # A tier that will fall: anchor = the end of the year.
    Step("tier", "tier.fall", SERVICE, 60, When(Since.START), When()),
    # Points that lapse: anchor = the end of their last day.
    Step("points", "points.month", SERVICE, 50, When(Since.LAST_DAY, days=-30, at="10:00"), timedelta(days=20)),
    Step("points", "points.week", SERVICE, 55, When(Since.LAST_DAY, days=-7, at="10:00"), When()),
)  # fmt: skip
"""Every path on one screen."""

BY_NAME = {step.name: step for step in STEPS}
PATHS = frozenset(step.path for step in STEPS)


SOME_WARNING, HALF_A_DAY = timedelta(hours=3), timedelta(hours=12)
"""An end early in the day (a deadline moved by a lost parcel) is announced half a day before it."""


@dataclass(frozen=True)
class Planned:
    """One step with its instants. `edition` tells plans for different anchors of one thing apart."""

    step: Step
    send_at: datetime
    useful_until: datetime
    edition: str


def plan(
    path: str, anchor_at: datetime, started_at: datetime, rules: CareRules, *, renewal_notice_days: int = 5
) -> list[Planned]:
    """The steps of a path that are still ahead at `started_at`, quiet hours already minded.

    Raises ValueError for a path nobody knows.
    """
    if path not in PATHS:
        raise ValueError(f"no path {path}")
    planned = []
    for step in STEPS:
        if step.path != path:
            continue
        when = replace(step.when, days=-renewal_notice_days) if path == "renewal" else step.when
        send_at = when.instant(anchor_at, started_at)
        if isinstance(step.until, timedelta):
            until = send_at + step.until
        else:
            until = step.until.instant(anchor_at, started_at)
            if step.when.since is Since.LAST_DAY and send_at > until - SOME_WARNING:
                send_at = until - HALF_A_DAY
        if send_at < started_at:
            if not step.even_late:
                continue
            send_at = started_at
        if until <= started_at:
            continue
        edition = edition_of(anchor_at) if step.again else ""
        planned.append(Planned(step, outside_quiet_hours(send_at, until, step, rules), until, edition))
    return planned


def edition_of(anchor_at: datetime) -> str:
    """The anchor as a short name: plans for a moved booking are other plans."""
    return local(anchor_at).strftime("%Y%m%d%H%M%S")


def outside_quiet_hours(send_at: datetime, useful_until: datetime, step: Step, rules: CareRules) -> datetime:
    """When a message meant for `send_at` is due, given the quiet hours (22:00 included, 08:00 excluded).

    It waits for 08:00. A service message that would be useless by then is pulled forward to 21:55 of
    the evening before; a promotion is left where it is, and dropped when its hour comes.
    """
    quiet_from, quiet_until = quiet_hours(rules)
    if not in_quiet_hours(send_at, quiet_from, quiet_until):
        return send_at
    opens = quiet_hours_end(send_at, quiet_from, quiet_until)
    if opens < useful_until:
        return opens
    if step.message_class is PROMOTION:
        return send_at
    evening = day_of(quiet_hours_start_before(send_at, quiet_from, quiet_until))
    return at(evening, time.fromisoformat(rules.pull_forward_to))


def quiet_hours(rules: CareRules) -> tuple[time, time]:
    return time.fromisoformat(rules.quiet_from), time.fromisoformat(rules.quiet_until)
