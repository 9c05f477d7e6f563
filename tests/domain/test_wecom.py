"""How long a letter stands before a stylist, what the gate lets stay in her hands, and what WeCom's figures mean."""

from datetime import UTC, datetime

import pytest

from domain.care import CareRules, Channel, MessageClass, require_ladder
from domain.care_gate import Act, Verdict
from domain.clock import SHANGHAI
from domain.errors import Invalid
from domain.path_spec import problems_of
from domain.wecom import ANSWERS, HandOutcome, stands_until, still_right


def wall(text: str) -> datetime:
    """A shop's time of November 2026: "24 10:00"."""
    day, clock = text.split()
    return datetime.fromisoformat(f"2026-11-{day}T{clock}:00").replace(tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "useful_until", "quiet_from", "stands"),
    [
        ("24 10:00", "27 10:00", "22:00", "24 22:00"),  # to the evening of the same day
        ("24 10:00", "24 18:00", "22:00", "24 18:00"),  # or to the end of its use
        ("24 21:59", "27 10:00", "22:00", "24 22:00"),
        ("24 22:00", "27 10:00", "22:00", "25 22:00"),  # the gate lets nothing through then anyway
        ("24 10:00", "27 10:00", "00:00", "25 00:00"),  # a shop whose quiet hours begin at midnight
    ],
)
def test_a_task_stands_for_the_day(now: str, useful_until: str, quiet_from: str, stands: str) -> None:
    assert stands_until(wall(now), wall(useful_until), CareRules(quiet_from=quiet_from)) == wall(stands)


@pytest.mark.parametrize(
    ("act", "reason", "stays"),
    [
        (Act.SEND, "", True),
        (Act.WAIT, "cap_day", True),  # it has its own place of the day
        (Act.SKIP, "outranked", True),
        (Act.SKIP, "no_consent", False),
        (Act.SKIP, "bought_meanwhile", False),
        (Act.SKIP, "member_gone", False),
        (Act.WAIT, "halted", False),
        (Act.WAIT, "paused", False),
        (Act.WAIT, "person_owns_chat", False),
    ],
)
def test_what_may_stay_in_her_hands(act: Act, reason: str, stays: bool) -> None:
    assert still_right(Verdict(act, reason)) is stays


def test_what_wecom_tells() -> None:
    assert [ANSWERS[n] for n in range(4)] == [
        HandOutcome.WAITS, HandOutcome.SENT, HandOutcome.NOT_A_CONTACT, HandOutcome.MONTH_FULL,
    ]  # fmt: skip


def test_an_order_of_channels_is_checked_in_campaigns_and_paths() -> None:
    require_ladder([Channel.STYLIST, Channel.WINDOW], MessageClass.PROMOTION)
    for wrong, kind in (
        ([Channel.WINDOW, Channel.WINDOW], MessageClass.PROMOTION),
        ([Channel.INBOX], MessageClass.PROMOTION),  # always there, and always last
        ([Channel.STYLIST], MessageClass.SERVICE),
    ):
        with pytest.raises(Invalid):
            require_ladder(wrong, kind)
    step = {
        "name": "wish",
        "does": "message",
        "title": "生日快乐",
        "text": "生日快乐",
        "page": "pages/me/me",
        "link": "看看",
    }
    spec = {"title": "生日", "event": "birthday", "goal": "loyalty", "kpi": "orders", "topic": "birthday"}

    def problems(**said: object) -> list[str]:
        return [p.where for p in problems_of("birthday", {**spec, "steps": [{**step, **said}]})]

    assert problems(**{"class": "promotion", "channels": ["stylist", "credit"]}) == []
    assert problems(**{"class": "promotion", "channels": ["pigeon"]}) == ["steps.0.channels"]
    assert "steps.0.channels" in problems(**{"class": "service", "channels": ["stylist"]})
    assert problems(**{"class": "promotion", "channels": 7}) == ["steps.0.channels"]
