"""Times made from a small grammar together with what they mean: whatever is put together is read back."""

import datetime as dt
from calendar import monthrange

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understand.normalise import Normaliser
from bot.understand.times import SHOP_ZONE, read

NORMAL = Normaliser()
DIGITS = "零一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"
NOWS = st.datetimes(
    dt.datetime(2026, 1, 1),  # noqa: DTZ001 – hypothesis draws without a zone
    dt.datetime(2028, 12, 31, 20),  # noqa: DTZ001
).map(lambda d: d.replace(tzinfo=SHOP_ZONE))
# Civil dates from the printed calendar, not from the library the reader uses.
LUNAR = {
    "春节": ("2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13"),
    "除夕": ("2026-02-16", "2027-02-05", "2028-01-25", "2029-02-12"),
    "元宵节": ("2026-03-03", "2027-02-20", "2028-02-09", "2029-02-27"),
    "端午节": ("2026-06-19", "2027-06-09", "2028-05-28", "2029-06-16"),
    "七夕": ("2026-08-19", "2027-08-08", "2028-08-26", "2029-08-16"),
    "中秋": ("2026-09-25", "2027-09-15", "2028-10-03", "2029-09-22"),
}
SOLAR = {"元旦": (1, 1), "情人节": (2, 14), "劳动节": (5, 1), "国庆节": (10, 1), "平安夜": (12, 24), "圣诞节": (12, 25)}


def han(number: int, digits: str = DIGITS, ten: str = "十") -> str:
    """1..31 in words."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else ten if tens == 1 else digits[tens] + ten) + (digits[ones] if ones else "")


def spelled(number: int) -> st.SearchStrategy[str]:
    ways = [str(number), han(number), han(number, FORMAL, "拾")]
    if number > 20:
        ways.append(han(number).replace("二十", "廿").replace("三十", "卅"))
    return st.sampled_from(ways)


def monday(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=day.weekday())


def next_number(today: dt.date, number: int) -> dt.date:
    return next(d for n in range(70) if (d := today + dt.timedelta(days=n)).day == number)


@st.composite
def days(draw: st.DrawFn, today: dt.date) -> tuple[str, dt.date | None]:
    """(words, the day meant)."""
    kind = draw(st.sampled_from(["near", "week", "coming", "after", "number", "date", "next month", "feast", "lunar"]))
    if kind == "near":
        at = draw(st.integers(0, 3))
        return ("今天", "明天", "后天", "大后天")[at], today + dt.timedelta(days=at)
    if kind in ("week", "coming"):
        at = draw(st.integers(0, 6))
        name = draw(st.sampled_from(["周", "星期", "礼拜"]))
        word = draw(st.sampled_from(["日天"] if at == 6 else [(DIGITS + FORMAL)[at + 1] + FORMAL[at + 1]]))
        name += draw(st.sampled_from(word))
        if kind == "coming":
            return draw(st.sampled_from(["", "这", "本", "这个"])) + name, today + dt.timedelta(
                days=(at - today.weekday()) % 7
            )
        ahead = draw(st.integers(1, 2))
        return "下" * ahead + draw(st.sampled_from(["", "个"])) + name, monday(today) + dt.timedelta(
            days=7 * ahead + at
        )
    if kind == "after":
        count = draw(st.integers(2, 12))
        unit, size = draw(st.sampled_from([("天", 1), ("周", 7), ("个星期", 7), ("个礼拜", 7)]))
        said = "两" if count == 2 else draw(st.sampled_from([str(count), han(count)]))
        if draw(st.booleans()):
            return f"{said}{unit}" + draw(st.sampled_from(["后", "以后", "之后"])), today + dt.timedelta(
                days=count * size
            )
        return draw(st.sampled_from([("半个月后", 15), ("过三天", 3), ("再过两天", 2)]).map(
            lambda pair: (pair[0], today + dt.timedelta(days=pair[1]))))  # fmt: skip
    if kind == "number":
        number = draw(st.integers(1, 31))
        return draw(spelled(number)) + "号", next_number(today, number)
    if kind == "date":
        month = draw(st.integers(1, 12))
        number = draw(st.integers(1, 28))
        day = dt.date(today.year, month, number)
        words = draw(spelled(month)) + "月" + draw(spelled(number)) + draw(st.sampled_from(["号", "日"]))
        return words, day if day >= today else day.replace(year=today.year + 1)
    if kind == "next month":
        year, month = divmod(today.year * 12 + today.month, 12)
        number = draw(st.integers(1, 31))
        words = draw(st.sampled_from(["下个月", "下月"])) + draw(spelled(number)) + "号"
        return words, dt.date(year, month + 1, number) if number <= monthrange(year, month + 1)[1] else None
    if kind == "feast":
        name = draw(st.sampled_from(sorted(SOLAR)))
        day = dt.date(today.year, *SOLAR[name])
        return name, day if day >= today else day.replace(year=today.year + 1)
    name = draw(st.sampled_from(sorted(LUNAR)))
    return name, min(d for d in map(dt.date.fromisoformat, LUNAR[name]) if d >= today)


@st.composite
def hours(draw: st.DrawFn) -> tuple[str, dt.time, str | None]:
    """(words, the time meant, the part of the day that is said)."""
    word, part, low, high = draw(st.sampled_from([
        ("", None, 1, 12), ("上午", "morning", 7, 11), ("早上", "morning", 7, 11), ("中午", "noon", 11, 12),
        ("下午", "afternoon", 1, 6), ("晚上", "evening", 6, 9), ("傍晚", "evening", 5, 7),
    ]))  # fmt: skip
    hour = draw(st.integers(low, high))
    late = {None: 1 <= hour <= 8, "afternoon": True, "evening": True}.get(part, False)
    whole = hour + 12 if late and hour < 12 else hour
    said = "两" if hour == 2 and draw(st.booleans()) else draw(spelled(hour))
    tail, minute = draw(
        st.sampled_from([("", 0), ("半", 30), ("一刻", 15), ("三刻", 45), ("二十", 20), ("零五分", 5), ("整", 0)])
    )
    if draw(st.integers(0, 5)) == 0:
        less, minute = draw(st.sampled_from([("十分", 50), ("一刻", 45), ("五分", 55)]))
        return f"{word}差{less}{said}点", dt.time(whole - 1, minute), part
    return f"{word}{said}点{tail}", dt.time(whole, minute), part


HEADS = st.sampled_from(["", "帮我约", "我想约", "改到", "那就", "嗯 "])
TAILS = st.sampled_from(["", "吧", "可以吗", "左右", " 到店", "行不行", "🙏"])


@settings(max_examples=120, deadline=None)
@given(st.data(), NOWS)
def test_a_day_and_an_hour_put_together_are_read_back(data: st.DataObject, now: dt.datetime) -> None:
    words, day = data.draw(days(now.date()))
    clock, time, part = data.draw(hours())
    line = data.draw(HEADS) + words + data.draw(st.sampled_from(["", "的", " "])) + clock + data.draw(TAILS)

    when = read(NORMAL(line), now)

    assert (when.date, when.time, when.part) == (day, time, part), line


@settings(max_examples=50, deadline=None)
@given(st.data(), NOWS)
def test_a_day_alone_and_a_day_corrected_are_read_back(data: st.DataObject, now: dt.datetime) -> None:
    first, _ = data.draw(days(now.date()))
    second, day = data.draw(days(now.date()))
    line = first + data.draw(st.sampled_from([" 不对 ", "，不对，是", " 说错了 "])) + second

    assert read(NORMAL(second), now).date == day, second
    if day is not None:
        assert read(NORMAL(line), now).date == day, line


@settings(max_examples=40, deadline=None)
@given(NOWS, st.sampled_from([("半小时后", 30), ("两小时后", 120), ("一个半小时后", 90), ("三个钟头以后", 180),
                              ("40分钟后", 40), ("再过一刻钟", 15), ("过两个小时", 120)]))  # fmt: skip
def test_a_span_counts_from_now(now: dt.datetime, said: tuple[str, int]) -> None:
    words, minutes = said
    moment = now + dt.timedelta(minutes=minutes)

    when = read(NORMAL(words), now)

    assert (when.date, when.time) == (moment.date(), moment.time().replace(second=0, microsecond=0))
