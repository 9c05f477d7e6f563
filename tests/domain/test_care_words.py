"""Every message in all its forms, and that it fits where WeChat will carry it."""

import re
from datetime import datetime

import pytest

from domain.care import STEPS
from domain.care_words import (
    BookingFacts,
    BoxFacts,
    FallFacts,
    LapseFacts,
    RenewalFacts,
    SettledFacts,
    SubjectFacts,
    SwapFacts,
    WaitFacts,
    Words,
    chat_text,
    end_words,
    moment_words,
    thing,
    time_value,
    words,
)
from domain.clock import SHANGHAI

MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=SHANGHAI)
FACTS: dict[str, SubjectFacts] = {
    "welcome": None,
    "waitlist": WaitFacts(
        datetime(2026, 11, 25, 15, 0, tzinfo=SHANGHAI),
        "store",
        "林小满",
        datetime(2026, 11, 24, 12, 30, tzinfo=SHANGHAI),
    ),
    **dict.fromkeys(
        ("swap", "swap_over"),
        SwapFacts(
            7,
            datetime(2026, 11, 25, 15, 0, tzinfo=SHANGHAI),
            "林小满",
            "周可",
            datetime(2026, 11, 24, 12, 30, tzinfo=SHANGHAI),
        ),
    ),
    "booking": BookingFacts(7, datetime(2026, 11, 25, 15, 0, tzinfo=SHANGHAI), "store", "林小满", "盒子门店"),
    "box": BoxFacts(9, MIDNIGHT, 6),
    "box_after": SettledFacts(9, 2, 4),
    "renewal": RenewalFacts("年度会员", MIDNIGHT, 39800, 2, 4, 1, 5),
    "tier": FallFacts("金盾", "金叶", 123456, MIDNIGHT),
    "points": LapseFacts(320, MIDNIGHT),
}
ALL = [(step.name, words(step.name, FACTS[step.path])) for step in STEPS]
VALUE = {
    "thing": re.compile(r"[^\n\r]{1,20}"),
    "time": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日 ([01]\d|2[0-3]):[0-5]\d"),
    "date": re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"),
    "number": re.compile(r"\d{1,32}"),
    "amount": re.compile(r"\d{1,10}\.\d\d元"),
}


@pytest.mark.parametrize(("name", "said"), ALL, ids=[name for name, _ in ALL])
def test_every_step_has_words_that_fit(name: str, said: Words) -> None:
    assert 2 <= len(said.title) <= 20
    assert len(chat_text(said, "wx0123456789abcdef").encode()) < 2048
    assert len(said.page) <= 128
    assert not said.page.startswith("/")
    for key, value in said.data.items():
        kind = key.rstrip("0123456789")
        assert VALUE[kind].fullmatch(value), f"{name} {key}: {value!r}"


@pytest.mark.parametrize("step", [s for s in STEPS if s.template], ids=lambda s: s.name)
def test_a_step_with_a_template_has_its_values(step: object) -> None:
    said = dict(ALL)[step.name]  # type: ignore[attr-defined]  # Steps are handed in by the table above.
    assert len(said.data) == 4


def test_a_deadline_is_told_as_people_say_it() -> None:
    said = words("box.last_day", FACTS["box"])
    assert "11月25日（周三）24:00" in said.text
    assert "还有 6 件" in said.text
    assert said.data["time2"] == "2026年11月25日 23:59"


def test_a_booking_is_told_with_its_own_time_stylist_and_place() -> None:
    said = words("booking.day_before", FACTS["booking"])
    assert "11月25日（周三）15:00" in said.text
    assert "林小满" in said.text
    assert "盒子门店" in said.text
    assert said.page == "pages/booking/booking?id=7"


def test_the_end_of_a_plan_is_told_without_a_charge_that_never_comes() -> None:
    said = words("renewal.notice", FACTS["renewal"])
    assert "自动续费" not in said.text
    assert "不续也不会扣任何费用" in said.text


@pytest.mark.parametrize(
    ("instant", "end"),
    [
        (MIDNIGHT, "11月25日（周三）24:00"),
        (datetime(2026, 11, 25, 18, 30, tzinfo=SHANGHAI), "11月25日（周三）18:30"),
    ],
)
def test_ends(instant: datetime, end: str) -> None:
    assert end_words(instant) == end


def test_small_words() -> None:
    assert moment_words(MIDNIGHT) == "11月26日（周四）00:00"
    assert thing("一" * 21) == "一" * 19 + "…"
    assert thing("两\n行") == "两 行"
    assert time_value(datetime(2026, 1, 2, 9, 5, tzinfo=SHANGHAI)) == "2026年1月2日 09:05"
