"""The gate of care: whether a message may be said now, and what an outcome means. Asked at every send."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.care import PROMOTION, CareRules, MessageClass, quiet_hours
from domain.clock import at, day_of, in_quiet_hours, local, quiet_hours_end, within_last

WEEK = timedelta(days=7)
LOOK_AGAIN = timedelta(minutes=5)
"""After this long a message that waits for the kill switch or for a person's chat is looked at again."""


@dataclass(frozen=True)
class Facts:
    """All that decides whether a message may be said now, read at the instant of sending."""

    now: datetime
    message_class: MessageClass
    send_at: datetime
    useful_until: datetime
    halted: bool = False
    paused: bool = False  # the campaign it belongs to stands still
    chat_owner: str = "bot"
    member_gone: bool = False
    unfollowed: bool = False  # followed once, and does no longer
    consented: bool = False
    topic_off: bool = False  # the member switched this topic off
    exit_reason: str = ""  # why the thing it is about needs no word any more
    promoted_at: Sequence[datetime] = ()  # promotions to this member in the last seven days
    places_spent: bool = False  # a broadcast, and the month's places of this member are used
    outranked: bool = False  # a promotion of higher priority is due later on the same day
    held_out: bool = False


class Act(StrEnum):
    SEND = "send"
    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True)
class Verdict:
    """`until` only with WAIT. `silently`: only into the mini-program's inbox, where nothing rings."""

    act: Act
    reason: str = ""
    until: datetime | None = None
    silently: bool = False


SAY_IT = Verdict(Act.SEND)


def gate(facts: Facts, rules: CareRules) -> Verdict:
    """The one gate before every send, asked in this order; the first no decides.

    1. kill switch, campaign paused, 2. a person owns the chat, 3. the member is gone, 4. unfollowed (promotions),
    5. consent, then the topic (promotions), 6. the thing it is about has moved on, 7. too late to be of use,
    8. quiet hours, 9. caps (promotions), then the month's broadcasts (broadcasts), 10. control group (promotions).
    """
    now, promotion = facts.now, facts.message_class is PROMOTION
    if facts.halted:
        return _wait(facts, now + LOOK_AGAIN, "halted")
    if facts.paused:
        return _wait(facts, now + LOOK_AGAIN, "paused")
    if facts.chat_owner != "bot" and now < facts.useful_until:
        last_look = now + LOOK_AGAIN >= facts.useful_until
        if last_look and not promotion and not facts.member_gone and not facts.exit_reason:
            # The chat is the person's, but what the member needs must not be lost: it goes beside it.
            return Verdict(Act.SEND, "person_owns_chat", silently=True)
        return _wait(facts, now + LOOK_AGAIN, "person_owns_chat")
    if facts.member_gone:
        return Verdict(Act.SKIP, "member_gone")
    if promotion and facts.unfollowed:
        return Verdict(Act.SKIP, "unfollowed")
    if promotion and not facts.consented:
        return Verdict(Act.SKIP, "no_consent")
    if promotion and facts.topic_off:
        return Verdict(Act.SKIP, "topic_off")
    if facts.exit_reason:
        return Verdict(Act.SKIP, facts.exit_reason)
    if now >= facts.useful_until:
        return Verdict(Act.SKIP, "late")
    quiet_from, quiet_until = quiet_hours(rules)
    if in_quiet_hours(now, quiet_from, quiet_until):
        opens = quiet_hours_end(now, quiet_from, quiet_until)
        if not promotion and opens >= facts.useful_until:
            return Verdict(Act.SEND, "quiet_hours", silently=True)
        return _wait(facts, opens, "quiet_hours")
    if not promotion:
        return SAY_IT
    capped = _capped(facts, rules)
    if capped is not None:
        return capped
    if facts.places_spent:
        return Verdict(Act.SKIP, "broadcasts_spent")
    if facts.held_out:
        return Verdict(Act.SKIP, "holdout")
    return SAY_IT


def _wait(facts: Facts, until: datetime, reason: str) -> Verdict:
    """Wait, unless it would be useless by then."""
    if until >= facts.useful_until:
        return Verdict(Act.SKIP, reason)
    return Verdict(Act.WAIT, reason, until)


def _capped(facts: Facts, rules: CareRules) -> Verdict | None:
    """So many promotions a Shanghai day, so many in rolling 7 × 24 hours; the better one goes first."""
    if not facts.promoted_at and not facts.outranked and rules.promotions_a_day and rules.promotions_a_week:
        return None  # As for most.
    today = day_of(facts.now)
    tomorrow = at(today + timedelta(days=1), local(facts.send_at).time())
    if sum(day_of(sent) == today for sent in facts.promoted_at) >= rules.promotions_a_day:
        return _wait(facts, tomorrow, "cap_day")
    week = sorted(sent for sent in facts.promoted_at if within_last(sent, facts.now, WEEK))
    if len(week) >= rules.promotions_a_week:
        return _wait(facts, week[-rules.promotions_a_week] + WEEK, "cap_week")
    if facts.outranked:
        return _wait(facts, tomorrow, "outranked")
    return None


def held_out(member_id: int, rules: CareRules) -> bool:
    """Whether a member belongs to the control group: the same answer for ever, about one in ten."""
    digest = hashlib.sha256(f"hezi holdout {member_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000 < rules.holdout_percent * 100


# After a call ----------------------------------------------------------------------------------------

QUOTA_USED_UP = frozenset({"45009", "45011", "44990", "44991"})
"""WeChat's words for: not now, whatever you send."""


def surely_not_sent(kind: str) -> bool:
    """Whether a fault of this kind means that nothing reached the member.

    WeChat's own codes say so, and so does a connection that never stood; after a time-out or a broken
    connection nobody knows.
    """
    return kind.lstrip("-").isdigit() or kind.startswith("connection ClientConnector")


def retry_after(attempts: int, rules: CareRules) -> timedelta:
    """How long to wait after so many attempts: 1, 2, 4, 8 … minutes."""
    doubled: int = 2 ** max(0, attempts - 1)
    return timedelta(seconds=rules.retry_first_seconds * doubled)
