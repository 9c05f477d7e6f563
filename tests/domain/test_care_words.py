"""Every message in all its forms, and that it fits where WeChat will carry it."""

from datetime import datetime

import pytest

from domain.care_subject import SAMPLES, BookingFacts, fields_of
from domain.care_words import Words, chat_text, end_words, fill, moment_words, thing, time_value, wrong_data
from domain.clock import SHANGHAI
from domain.path import Does, Event, Path, Step
from domain.path_spec import words_of
from services.care_paths import shipped

MIDNIGHT = datetime(2026, 11, 26, 0, 0, tzinfo=SHANGHAI)


def words(path: Path, step: Step) -> Words:
    return words_of(step, fields_of(SAMPLES.get(path.event)))


ALL = {
    path.full_name(step): words(path, step)
    for path in shipped().values()
    for step in path.steps
    if step.does is Does.MESSAGE
}


@pytest.mark.parametrize(("name", "said"), list(ALL.items()), ids=list(ALL))
def test_every_step_has_words_that_fit(name: str, said: Words) -> None:
    assert 2 <= len(said.title) <= 20
    assert len(chat_text(said, "wx0123456789abcdef").encode()) < 2048
    assert len(said.page) <= 128
    assert not said.page.startswith("/")
    assert list(wrong_data(said.data)) == []


def test_a_deadline_is_told_as_people_say_it() -> None:
    said = ALL["box.last_day"]
    assert "11月25日（周三）24:00" in said.text
    assert "还有 6 件" in said.text
    assert said.data["time2"] == "2026年11月25日 23:59"


def test_a_booking_is_told_with_its_own_time_stylist_and_place() -> None:
    said = ALL["booking.day_before"]
    assert "11月25日（周三）15:00" in said.text
    assert "林小满" in said.text
    assert "盒子门店" in said.text
    assert said.page == "pages/booking/booking?id=7"


def test_the_end_of_a_plan_is_told_without_a_charge_that_never_comes() -> None:
    said = ALL["renewal.notice"]
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


def test_a_session_by_video_is_told_as_one_and_with_the_members_own_time() -> None:
    facts = BookingFacts(
        7, datetime(2026, 11, 25, 15, 0, tzinfo=SHANGHAI), "video", "林小满", "盒子门店", "Europe/Paris"
    )
    path = shipped()["booking"]
    said = words_of(path.steps[0], fields_of(facts))
    assert "小程序视频连线" in said.text
    assert "盒子门店" not in said.text
    assert "08:00" in said.text
    assert SAMPLES[Event.BOOKING] != facts


def test_words_are_filled_and_cut_to_what_fits() -> None:
    said = fill("{a}", "{a}和{b}", "p?id={b}", "去", {"thing1": "{a}" * 11, "number2": "{b}"}, {"a": "衬衫", "b": "7"})
    assert (said.title, said.text, said.page) == ("衬衫", "衬衫和7", "p?id=7")
    assert said.data == {"thing1": "衬衫" * 9 + "衬…", "number2": "7"}
    with pytest.raises(KeyError):
        fill("{c}", "", "", "", {}, {})


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("thing1", "一" * 20, True),
        ("thing1", "一" * 21, False),
        ("thing1", "", False),
        ("time2", "2026年1月2日 23:59", True),
        ("time2", "2026年1月2日 24:00", False),
        ("date3", "2026年1月2日", True),
        ("amount4", "398.00元", True),
        ("amount4", "三百元", False),
        ("number5", "6", True),
        ("phrase6", "已签收", True),
        ("phrase6", "已经签收了呀", False),
        ("word7", "x", False),
    ],
)
def test_what_a_template_can_hold(key: str, value: str, fits: bool) -> None:
    assert (list(wrong_data({key: value})) == []) is fits
