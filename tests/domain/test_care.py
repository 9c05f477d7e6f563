"""When a care message is due, and whether it may be said: tables a shop owner can check."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.care import CareRules, MessageClass, outside_quiet_hours
from domain.care_gate import WEEK, Act, Facts, gate, held_out, retry_after, surely_not_sent
from domain.clock import SHANGHAI, in_quiet_hours
from domain.path import Does, Planned, plan
from services.care_paths import shipped

RULES = CareRules()
SERVICE, PROMOTION = MessageClass.SERVICE, MessageClass.PROMOTION
PATHS = shipped()


def shanghai(text: str) -> datetime:
    """`25 18:00` or `25 07:59:59` of November 2026, Shanghai wall clock."""
    day, _, clock = text.partition(" ")
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    return datetime(2026, 11, int(day), hour, minute, second, tzinfo=SHANGHAI)


def planned(path: str, anchor: str, started: str) -> dict[str, tuple[str, str]]:
    """Step → when it is due and until when it is of use, as the shop's clock shows it."""
    return {
        one.step.name: (_wall(one.send_at), _wall(_end(one)))
        for one in plan(PATHS[path], shanghai(anchor), shanghai(started), RULES)
    }


def _end(one: Planned) -> datetime:
    assert one.useful_until is not None, "a message has an end"
    return one.useful_until


def _wall(instant: datetime) -> str:
    return instant.astimezone(SHANGHAI).strftime("%d %H:%M")


# Paths -----------------------------------------------------------------------------------------------


def test_the_welcome_path_takes_thirty_days() -> None:
    due = planned("welcome", "01 15:20", "01 15:20")
    assert {name: at for name, (at, _) in due.items()} == {
        "how_it_works": "02 10:30",
        "style_profile": "04 19:30",
        "first_box": "08 11:00",
        "stylist": "15 19:30",
        "recommend": "25 19:30",
        "opinion": "01 11:00",  # 1 December
    }


def test_a_late_evening_joiner_is_not_told_the_same_day() -> None:
    assert planned("welcome", "01 23:59:59", "01 23:59:59")["how_it_works"][0] == "02 10:30"


@pytest.mark.parametrize(
    ("starts", "booked", "expected"),
    [
        # Booked days before: both reminders.
        ("25 15:00", "22 10:00", {"day_before": "24 18:00 … 25 13:00", "two_hours": "25 13:00 … 25 14:45"}),
        # Booked after 18:00 of the day before: the day-before word would only repeat the booking.
        ("25 15:00", "24 18:01", {"two_hours": "25 13:00 … 25 14:45"}),
        # Booked within two hours of the start: nothing is left to say.
        ("25 15:00", "25 13:01", {}),
        # The first slot of the day: two hours before is the very end of the quiet hours.
        ("25 10:00", "22 10:00", {"day_before": "24 18:00 … 25 08:00", "two_hours": "25 08:00 … 25 09:45"}),
        # Starts at nine: 07:00 waits for 08:00, which is still of use.
        ("25 09:00", "22 10:00", {"day_before": "24 18:00 … 25 07:00", "two_hours": "25 08:00 … 25 08:45"}),
        # Starts at eight: useless after the quiet hours, so the evening before at 21:55.
        ("25 08:00", "22 10:00", {"day_before": "24 18:00 … 25 06:00", "two_hours": "24 21:55 … 25 07:45"}),
    ],
)  # fmt: skip
def test_booking_reminders(starts: str, booked: str, expected: dict[str, str]) -> None:
    due = planned("booking", starts, booked)
    told = {name: f"{at} … {until}" for name, (at, until) in due.items()}
    assert told == expected


@pytest.mark.parametrize(
    ("deadline", "signed", "expected"),
    [
        # Signed on the 20th: the deadline is 24:00 of the 25th.
        ("26 00:00", "20 14:00", {"signed": "20 14:00", "two_days": "23 10:00", "last_day": "25 10:00"}),
        # Signed late in the evening: the first word waits for the morning.
        ("26 00:00", "20 22:00", {"signed": "21 08:00", "two_days": "23 10:00", "last_day": "25 10:00"}),
        # A deadline in the morning (moved by a lost parcel) is told the evening before.
        ("26 09:30", "20 14:00", {"signed": "20 14:00", "two_days": "24 10:00", "last_day": "25 21:30"}),
        # A deadline that is set on its own last day is still told, at once.
        ("26 00:00", "25 15:00", {"signed": "25 15:00", "last_day": "25 15:00"}),
    ],
)  # fmt: skip
def test_box_reminders(deadline: str, signed: str, expected: dict[str, str]) -> None:
    due = planned("box", deadline, signed)
    assert {name: at for name, (at, _) in due.items()} == expected


def test_renewal_is_announced_five_days_before_the_last_day() -> None:
    assert planned("renewal", "23 00:00", "01 09:00") == {"notice": ("17 10:00", "23 00:00")}


def test_the_fit_question_comes_the_evening_after_settlement() -> None:
    assert planned("box_after", "26 00:01", "26 00:01") == {"fit": ("27 19:00", "30 19:00")}


def test_only_what_follows_an_anchor_is_said_again() -> None:
    first, second = (plan(PATHS["box"], shanghai(day), shanghai("20 14:00"), RULES) for day in ("26 00:00", "28 00:00"))
    same = {a.step.name for a, b in zip(first, second, strict=True) if a.edition == b.edition}
    assert same == {"signed"}


# Quiet hours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meant_for", "useful_until", "message_class", "due"),
    [
        ("24 21:59:59", "25 12:00", SERVICE, "24 21:59"),
        ("24 22:00:00", "25 12:00", SERVICE, "25 08:00"),
        ("25 07:59:59", "25 12:00", SERVICE, "25 08:00"),
        ("25 08:00:00", "25 12:00", SERVICE, "25 08:00"),
        # Useless by 08:00: a service message is pulled forward, from both sides of midnight.
        ("24 23:00:00", "25 07:00", SERVICE, "24 21:55"),
        ("25 06:00:00", "25 07:45", SERVICE, "24 21:55"),
        ("25 06:00:00", "25 08:00", SERVICE, "24 21:55"),
        ("25 06:00:00", "25 08:00:01", SERVICE, "25 08:00"),
        # A promotion only waits, or meets its end where it was.
        ("24 22:00:00", "25 12:00", PROMOTION, "25 08:00"),
        ("24 23:00:00", "25 08:00", PROMOTION, "24 23:00"),
    ],
)
def test_planned_outside_the_quiet_hours(
    meant_for: str, useful_until: str, message_class: MessageClass, due: str
) -> None:
    assert _wall(outside_quiet_hours(shanghai(meant_for), shanghai(useful_until), message_class, RULES)) == due


@given(
    minutes=st.integers(0, 40 * 24 * 60),
    ahead=st.integers(0, 10 * 24 * 60),
    path=st.sampled_from(sorted(PATHS)),
)
def test_nothing_is_planned_into_the_night_or_behind_its_use(minutes: int, ahead: int, path: str) -> None:
    started = shanghai("01 00:00") + timedelta(minutes=minutes)
    for one in plan(PATHS[path], started + timedelta(minutes=ahead), started, RULES):
        if one.step.does is not Does.MESSAGE:
            assert one.send_at >= started
            continue
        assert one.send_at < _end(one)
        # A promotion that the morning would find useless is left to be dropped.
        dropped = one.step.message_class is PROMOTION
        # One pulled forward behind the start is due at once, and the gate decides.
        pulled = one.send_at < started
        assert dropped or pulled or not in_quiet_hours(one.send_at, time(22), time(8))


# The gate --------------------------------------------------------------------------------------------


def facts(now: str = "24 12:00", message_class: MessageClass = PROMOTION, **changes: Any) -> Facts:
    """A message that may be said, unless `changes` forbid it."""
    usual = Facts(
        now=shanghai(now),
        message_class=message_class,
        send_at=shanghai("24 12:00"),
        useful_until=shanghai("29 12:00"),
        consented=True,
    )
    return replace(usual, **changes)


def asked(given: Facts) -> tuple[str, str, str]:
    """What the gate says: act, reason, and until when to wait."""
    said = gate(given, RULES)
    return said.act.value, said.reason, _wall(said.until) if said.until else ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("send", "", "")),
        ({"halted": True}, ("wait", "halted", "24 12:05")),
        ({"chat_owner": "staff:3"}, ("wait", "person_owns_chat", "24 12:05")),
        ({"member_gone": True}, ("skip", "member_gone", "")),
        ({"unfollowed": True}, ("skip", "unfollowed", "")),
        ({"consented": False}, ("skip", "no_consent", "")),
        ({"topic_off": True}, ("skip", "topic_off", "")),
        ({"exit_reason": "has_box"}, ("skip", "has_box", "")),
        ({"useful_until": shanghai("24 12:00")}, ("skip", "late", "")),
        ({"useful_until": shanghai("24 12:00:01")}, ("send", "", "")),
        ({"held_out": True}, ("skip", "holdout", "")),
        ({"outranked": True}, ("wait", "outranked", "25 12:00")),
    ],
)
def test_promotions(changes: Any, expected: tuple[str, str, str]) -> None:
    assert asked(facts(**changes)) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"unfollowed": True},
        {"consented": False},
        {"topic_off": True},
        {"held_out": True},
        {"outranked": True},
        {"promoted_at": [shanghai("24 09:00")] * 9},
    ],
)
def test_a_service_message_needs_no_consent_and_knows_no_caps(changes: Any) -> None:
    assert asked(facts(message_class=SERVICE, **changes)) == ("send", "", "")


def test_the_order_of_the_gate() -> None:
    """Everything is wrong at once: each answer gives way to the next as its cause goes."""
    wrong = facts(
        "24 23:00",
        halted=True,
        chat_owner="desk",
        member_gone=True,
        unfollowed=True,
        consented=False,
        topic_off=True,
        exit_reason="has_box",
        promoted_at=[shanghai("24 09:00")],
        places_spent=True,
        held_out=True,
    )
    cures: list[dict[str, Any]] = [
        {"halted": False}, {"chat_owner": "bot"}, {"member_gone": False}, {"unfollowed": False},
        {"consented": True}, {"topic_off": False}, {"exit_reason": ""}, {"now": shanghai("24 21:00")},
        {"promoted_at": []}, {"places_spent": False}, {"held_out": False},
    ]  # fmt: skip
    reasons = [gate(wrong, RULES).reason]
    for cure in cures:
        wrong = replace(wrong, **cure)
        reasons.append(gate(wrong, RULES).reason)
    assert reasons == [
        "halted", "person_owns_chat", "member_gone", "unfollowed", "no_consent", "topic_off", "has_box",
        "quiet_hours", "cap_day", "broadcasts_spent", "holdout", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "useful_until", "message_class", "expected"),
    [
        ("24 21:59:59", "25 12:00", PROMOTION, ("send", "", "")),
        ("24 22:00:00", "25 12:00", PROMOTION, ("wait", "quiet_hours", "25 08:00")),
        ("25 07:59:59", "25 12:00", PROMOTION, ("wait", "quiet_hours", "25 08:00")),
        ("25 08:00:00", "25 12:00", PROMOTION, ("send", "", "")),
        ("24 22:00:00", "25 08:00", PROMOTION, ("skip", "quiet_hours", "")),
        ("24 22:00:00", "25 12:00", SERVICE, ("wait", "quiet_hours", "25 08:00")),
    ],
)
def test_the_edges_of_the_quiet_hours(
    now: str, useful_until: str, message_class: MessageClass, expected: tuple[str, str, str]
) -> None:
    given = facts(now, message_class, useful_until=shanghai(useful_until))
    assert asked(given) == expected


def test_a_service_message_of_the_night_rings_nowhere() -> None:
    """Too late to be pulled forward and useless in the morning: only into the inbox."""
    said = gate(facts("24 23:00", SERVICE, useful_until=shanghai("25 07:00")), RULES)
    assert (said.act, said.reason, said.silently) == (Act.SEND, "quiet_hours", True)


def test_beside_a_persons_chat_what_is_needed_is_not_lost() -> None:
    """While a person talks, messages wait; the last chance of a service message is the inbox."""
    ending: Any = {"chat_owner": "staff:3", "useful_until": shanghai("24 12:05")}
    assert gate(facts(message_class=SERVICE, **ending), RULES).silently
    assert asked(facts(message_class=PROMOTION, **ending)) == ("skip", "person_owns_chat", "")


@pytest.mark.parametrize(
    ("promoted_at", "now", "expected"),
    [
        # One a Shanghai day, whatever the hours between.
        (["24 08:00"], "24 21:00", ("wait", "cap_day", "25 12:00")),
        (["23 21:59"], "24 12:00", ("send", "", "")),
        # Three in rolling 7 × 24 hours, to the second: exactly seven days old is out.
        (["17 12:00:01", "19 12:00", "21 12:00"], "24 12:00:00", ("wait", "cap_week", "24 12:00")),
        (["17 12:00:00", "19 12:00", "21 12:00"], "24 12:00:00", ("send", "", "")),
        (["17 12:00:00", "19 12:00", "21 12:00"], "24 11:59:59", ("wait", "cap_week", "24 12:00")),
        # More than three (a smaller cap was set meanwhile): until only two are left.
        (["18 12:00", "19 12:00", "20 12:00", "21 12:00"], "24 12:00", ("wait", "cap_week", "26 12:00")),
    ],
)
def test_caps(promoted_at: list[str], now: str, expected: tuple[str, str, str]) -> None:
    assert asked(facts(now, promoted_at=[shanghai(text) for text in promoted_at])) == expected


@given(st.lists(st.integers(0, 6 * 24 * 3600), max_size=8))
def test_whatever_went_before_the_caps_hold(ages: list[int]) -> None:
    now = shanghai("24 12:00")
    sent = [now - timedelta(seconds=age) for age in ages]
    said = gate(facts(promoted_at=sent, useful_until=now + timedelta(days=30)), RULES)
    today = sum(s.astimezone(SHANGHAI).day == 24 for s in sent)
    assert (said.act is Act.SEND) == (today == 0 and len(sent) < 3)
    if said.reason == "cap_week":
        assert said.until is not None
        assert sum(said.until - WEEK < s for s in sent) < 3


# The control group, and outcomes ---------------------------------------------------------------------


def test_one_in_ten_is_held_out_and_stays_so() -> None:
    group = [n for n in range(1, 20_001) if held_out(n, RULES)]
    assert 1900 <= len(group) <= 2100
    assert group == [n for n in range(1, 20_001) if held_out(n, RULES)]
    assert not any(held_out(n, replace(RULES, holdout_percent=0)) for n in range(1, 1000))
    assert all(held_out(n, replace(RULES, holdout_percent=100)) for n in range(1, 1000))


@pytest.mark.parametrize(
    ("kind", "sure"),
    [
        ("45009", True),
        ("-1", True),
        ("connection ClientConnectorError", True),
        ("connection ServerDisconnectedError", False),
        ("timeout", False),
        ("http_502", False),
        ("unreadable", False),
        ("", False),
    ],
)
def test_when_nothing_can_have_reached_the_member(kind: str, sure: bool) -> None:
    assert surely_not_sent(kind) is sure


def test_back_off_doubles() -> None:
    assert [retry_after(n, RULES).total_seconds() for n in (1, 2, 3, 4)] == [60, 120, 240, 480]
