"""How care speaks: instants as people say them, words filled with facts, and what WeChat's templates can hold.

The sentences themselves are data (`services/path_data`); this file fills and measures them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.clock import local

WEEKDAYS = "一二三四五六日"
THING = 20
"""Characters a `thing` value holds; WeChat refuses more in a subscription message (47003)."""


@dataclass(frozen=True)
class Words:
    """One message in all its forms. `data` holds a template's values; `page` is where a tap leads."""

    title: str
    text: str
    page: str
    link: str
    data: Mapping[str, str] = field(default_factory=dict)


# How instants are said -------------------------------------------------------------------------------


def day_words(instant: datetime) -> str:
    """11月25日（周三）"""
    wall = local(instant)
    return f"{wall.month}月{wall.day}日（周{WEEKDAYS[wall.weekday()]}）"


def moment_words(instant: datetime) -> str:
    """11月25日（周三）15:00"""
    return f"{day_words(instant)}{local(instant):%H:%M}"


def end_words(instant: datetime) -> str:
    """An end: midnight is said as 24:00 of the day it closes, as people say it."""
    if local(instant).strftime("%H:%M:%S") == "00:00:00":
        return f"{day_words(instant - timedelta(days=1))}24:00"
    return moment_words(instant)


def thing(text: str) -> str:
    """A value of the type `thing`: one line of at most twenty characters."""
    line = " ".join(text.split())
    return line if len(line) <= THING else line[: THING - 1] + "…"


def time_value(instant: datetime) -> str:
    """A value of the type `time`: 2026年11月25日 15:00. Midnight at an end is 23:59, 24:00 is refused."""
    wall = local(instant)
    if (wall.hour, wall.minute) == (0, 0):
        wall -= timedelta(minutes=1)
    return f"{wall.year}年{wall.month}月{wall.day}日 {wall:%H:%M}"


def date_value(instant: datetime) -> str:
    """A value of the type `date`: the last day that an exclusive end still covers."""
    wall = local(instant - timedelta(microseconds=1))
    return f"{wall.year}年{wall.month}月{wall.day}日"


# Words and values ------------------------------------------------------------------------------------

_PLACE = re.compile(r"\{([a-z_]+)\}")
_VALUES: Mapping[str, tuple[re.Pattern[str], str]] = {
    "thing": (re.compile(r"[^\n\r]{1,20}"), "must be one line of 1 to 20 characters"),
    "time": (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日 ([01]\d|2[0-3]):[0-5]\d"), "must be like 2026年1月2日 09:05"),
    "date": (re.compile(r"\d{4}年\d{1,2}月\d{1,2}日"), "must be like 2026年1月2日"),
    "number": (re.compile(r"-?\d{1,32}(\.\d+)?"), "must be a number of at most 32 digits"),
    "amount": (re.compile(r"[¥￥]?\d{1,10}(\.\d+)?元?"), "must be an amount like 398.00元"),
    "phrase": (re.compile(r"[\u4e00-\u9fff]{1,5}"), "must be 1 to 5 Chinese characters"),
    "character_string": (re.compile(r"[!-~]{1,32}"), "must be 1 to 32 letters, digits and marks"),
}
"""What a template's value of each type must look like, as WeChat checks it."""


def fill(title: str, text: str, page: str, link: str, data: Mapping[str, str], fields: Mapping[str, str]) -> Words:
    """The words with each `{name}` replaced by its fact. Raises KeyError for one that is not given."""

    def filled(pattern: str) -> str:
        return _PLACE.sub(lambda place: fields[place[1]], pattern)

    values = {key: filled(value) for key, value in data.items()}
    return Words(
        filled(title), filled(text).strip(), filled(page), filled(link),
        {key: thing(value) if key.startswith("thing") else value for key, value in values.items()},
    )  # fmt: skip


def wrong_data(data: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each value of a template that WeChat would refuse (47003), and why."""
    for key, value in data.items():
        kind = key.rstrip("0123456789")
        if kind not in _VALUES:
            yield key, f"is of no type known here: {', '.join(_VALUES)}"
        elif not _VALUES[kind][0].fullmatch(value):
            yield key, _VALUES[kind][1]


def chat_text(said: Words, mini_appid: str) -> str:
    """As a chat message: the text, and a line that opens the page in the mini-program."""
    return f"{said.text}\n\n{page_link(said.page, said.link, mini_appid)}"


def page_link(page: str, label: str, mini_appid: str) -> str:
    """A line of a chat text that opens a page of the mini-program."""
    return f'<a data-miniprogram-appid="{mini_appid}" data-miniprogram-path="{page}">{label}</a>'
