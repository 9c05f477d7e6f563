"""Life-cycle care: the classes of words, the channels that carry them, and the hours in which nothing rings.

A message is a **service** when the member needs it for something they began themselves (a booking, a box
in their hands, a period that ends); everything else, questions included, is honestly a **promotion** and
needs the member's consent. The paths that say them are data: `domain/path.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from domain.clock import at, day_of, in_quiet_hours, local, quiet_hours_end, quiet_hours_start_before
from domain.errors import Invalid


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
    calls_a_second_max: int = 0  # of all senders of the account together; 0 = as WeChat bears
    calls_at_once_max: int = 96  # of one sender; it begins with one and feels its way up
    store_name: str = "盒子门店"


class MessageClass(StrEnum):
    SERVICE = "service"  # needed for something the member began; asks no consent, keeps the quiet hours
    PROMOTION = "promotion"  # everything else: consent, caps, quiet hours, control group


class CareState(StrEnum):
    """What became of one intended message."""

    PLANNED = "planned"
    RESERVED = "reserved"  # part of a broadcast that is still to come: its place of the month is taken
    SENDING = "sending"  # the call to WeChat has begun
    SENT = "sent"
    SKIPPED = "skipped"  # not said, for the reason kept with it
    FAILED = "failed"  # tried too often; for a person to look at
    UNKNOWN = "unknown"  # a promotion whose outcome was lost: never said again


class Channel(StrEnum):
    """The ways to a member, in the order they are tried."""

    STYLIST = "stylist"  # by hand, by the member's own stylist or guide in WeCom; promotions only, where it is named
    WINDOW = "window"  # customer-service message, in a window the member opened
    CREDIT = "credit"  # one-time subscription message, for a consent given to that very template
    TEMPLATE = "template"  # template message of the official account; service messages only
    INBOX = "inbox"  # the mini-program's own inbox, always there
    MASS = "mass"  # a mass send: for broadcasts, never tried for a single message


LADDER = (Channel.WINDOW, Channel.CREDIT, Channel.TEMPLATE)
"""The channels that ring, in the order they are tried where nothing else is said; the inbox comes after any."""
MAY_BE_NAMED = (Channel.STYLIST, *LADDER)
"""What a campaign or a step of a path may name as its own order."""


def require_ladder(channels: Sequence[Channel], message_class: MessageClass) -> None:
    """Raises Invalid for an order of channels that cannot be followed."""
    if len(set(channels)) != len(channels) or not set(channels) <= set(MAY_BE_NAMED):
        raise Invalid("channels", f"each once, of {', '.join(MAY_BE_NAMED)}")
    if Channel.STYLIST in channels and message_class is not MessageClass.PROMOTION:
        raise Invalid("channels", "what a member needs does not wait for a person's hand: stylist is for promotions")


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
    NOTICE = "notice"  # the last day, less the days of notice a renewal is announced by
    START = "start"  # the moment the line began: the path's entry, or the branch that opened it


@dataclass(frozen=True)
class When:
    """A day counted from `since` at a wall-clock time; or, without one, so many minutes from the instant."""

    since: Since = Since.ANCHOR
    days: int = 0
    at: str = ""
    minutes: int = 0

    def instant(self, anchor_at: datetime, started_at: datetime, notice_days: int = 5) -> datetime:
        base = started_at if self.since is Since.START else anchor_at
        days = self.days - (notice_days if self.since is Since.NOTICE else 0)
        if not self.at:
            return base + timedelta(days=days, minutes=self.minutes)
        if self.since in (Since.LAST_DAY, Since.NOTICE):
            base -= timedelta(microseconds=1)
        return at(day_of(base) + timedelta(days=days), time.fromisoformat(self.at))


SERVICE, PROMOTION = MessageClass.SERVICE, MessageClass.PROMOTION


def edition_of(anchor_at: datetime) -> str:
    """The anchor as a short name: plans for a moved booking are other plans."""
    return local(anchor_at).strftime("%Y%m%d%H%M%S")


def outside_quiet_hours(
    send_at: datetime, useful_until: datetime, message_class: MessageClass, rules: CareRules
) -> datetime:
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
    if message_class is PROMOTION:
        return send_at
    evening = day_of(quiet_hours_start_before(send_at, quiet_from, quiet_until))
    return at(evening, time.fromisoformat(rules.pull_forward_to))


def quiet_hours(rules: CareRules) -> tuple[time, time]:
    return time.fromisoformat(rules.quiet_from), time.fromisoformat(rules.quiet_until)
