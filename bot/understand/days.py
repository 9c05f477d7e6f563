"""The days a line names: 明天, 下周三, 12月3号, 三天后, 国庆. Finding only; choosing among them is in times.py."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.understand import festivals

NUM = r"(?:\d{1,3}|[一二两俩三四五六七八九十]{1,3})"
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "俩": 2, "〇": 0, "半": 0}


@dataclass(frozen=True)
class Mention:
    """One thing said at [start, end) of a line; `value` None = named but too vague to count."""

    start: int
    end: int
    value: dt.date | None
    step: bool = False  # counts from another day named (前一天), in days: see `days`
    days: int = 0


def number(text: str) -> int:
    """8, 十五, 二十, 两 → int; what is no number (十十) counts as far as it is one."""
    if text.isdigit():
        return int(text)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return _DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0)
    total = 0
    for char in text:
        total = total * 10 + _DIGITS[char]
    return total


_YEAR = r"(?:(?P<year>20\d\d)年?[-/.]?|(?P<rel>今年|明年|后年|来年|次年)的?)"
_ISO = re.compile(r"(?<!\d)(20\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})(?!\d)[日号]?")
_MONTH_DAY = re.compile(
    rf"{_YEAR}?(?<!\d)(?P<month>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月份?的?(?P<day>\d{{1,2}}|[一二三四五六七八九十廿]{{1,3}})"
    rf"(?!\d|点|:|[件套条双个])[日号好浩]?"
)
_SLASH = re.compile(
    r"(?<![\d./-])(?P<month>1[0-2]|0?[1-9])[/.-](?P<day>3[01]|[12]\d|0?[1-9])(?![\d./%:]|点|米|m|元|块|折|倍|斤|公斤|kg|厘米|cm|万|千)"
)
_NEXT_MONTH = re.compile(
    rf"(?P<which>下下个?月|下个?月|次月|这个?月|本月|当月)的?(?P<day>{NUM})[号日](?![线楼馆店])|(?P<same>下个?月的?今天)|(?P<week>下个?周的?今天)"
)
_MONTHISH = re.compile(
    r"(?:下下?个?月|这个?月|本月|\d{1,2}月|[一二三四五六七八九十]{1,2}月)(?:份|初|中旬|底|末|上旬|下旬)?"
)
_WEEKS_TODAY = re.compile(rf"(?P<n>{NUM})个?周(?:以后|之后|后)的?(?:今[天日]|这[一1]?天)")
_DAY_ONLY = re.compile(
    r"(?<![\d.小大加第尾货单卡型编工账门款半换星])(?P<day>3[01]|[12]\d|0?[1-9]|三十一?|[二]?十[一二三四五六七八九]?|[一二三四五六七八九])"
    r"(?:号|日(?!元|本|历)|好(?=$|[ 上下晚早中吧的,])|浩)(?![线楼馆院门店机码鞋裤仓柜桌球色位选手员厅桥公路链款箱盒])"
)
_SIZES = re.compile(r"[大小]了?[一两半]号|[换要选买拿](?:大|小|个)?[一二]号(?!上|下|晚|早|中)")
_WEEK = re.compile(
    r"(?P<which>下下个?|下个?|这个?|本|上上个?|上个?)?周(?:的|里的| ?的?周)?"
    r"(?P<day>[一二三四五六日天]|[1-7](?!\d))(?![年岁]|次|个[^约])"
)
_WEEKS_ON = re.compile(rf"(?:再?过)?(?P<n>{NUM})个?周(?:以后|之后|后)的?周(?P<day>[一二三四五六日天])")
_LAST_DAY = re.compile(
    r"(?:(?P<which>下个?月|这个?月|本月)|(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月份?)(?:底|末)?的?最后[一1]天"
)
_NTH_WEEKDAY = re.compile(
    r"(?:(?P<which>下下个?月|下个?月|这个?月|本月)|(?P<month>\d{1,2}|[一二三四五六七八九十]{1,2})月份?)(?:里|底|末)?的?"
    r"(?P<nth>第[一二三四五1-5]|头|首|最后|末)(?:[一1]?个|[一1])?周(?P<day>[一二三四五六日天])"
)
_NEXT_WORKDAY = re.compile(rf"(?P<n>{NUM})个?工作日(?:以后|之后|后)")
_RELATIVE = re.compile(
    r"(?P<soon>(?<!再)[过这]几[天周个]|(?<!再)[过这][两俩2]天|改天|哪天|有空|下次|以后再|回头)"
    rf"|(?:再过|过|再?等)个?(?P<a>{NUM}|半)个?(?P<ua>天|日|周|月|年)(?![后前内里半])"
    rf"|(?:再?过)?(?P<b>{NUM}|半)个?(?P<ub>天|日|周|月|年)(?:以后|之后|过后|后(?!天))"
)
_WORDS = {"大大后天": 4,
          "大后天": 3, "后天": 2, "后日": 2, "后晚": 2, "后儿": 2, "明天": 1, "明日": 1, "明晚": 1, "明早": 1,
          "明儿": 1,
          "明下午": 1, "明上午": 1, "明中午": 1, "明夜": 1, "次日": 1, "今天": 0, "今日": 0, "今儿": 0, "今晚": 0,
          "今早": 0, "今夜": 0,
          "今下午": 0, "今上午": 0, "今中午": 0, "tmr": 1, "tmrw": 1, "tomorrow": 1, "today": 0, "tonight": 0,
          "当晚": None, "昨天": None, "昨晚": None, "前天": None, "前晚": None,
          "大前天": None, "昨日": None}  # fmt: skip
_NAMED = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
_FESTIVAL = re.compile(rf"(?:(?P<rel>今年|明年|后年)的?)?(?:{festivals.PATTERN})")
_STEP = re.compile(
    rf"(?:提前|往前(?:推|挪)?|(?<![以之目])前|早)(?P<back>{NUM})(?P<bu>天|晚|周|个周|日)(?!后|内)|头(?P<eve>[一1])?天|"
    rf"(?:推迟|延后|往后(?:推|挪|延)?|顺延|晚|再推)(?P<fwd>{NUM})(?P<fu>天|周|个周)|(?P<next>第二天|隔天|后一天|隔日)|(?P<prev>前夜|前夕)"
)
_UNIT_DAYS = {"天": 1, "日": 1, "晚": 1, "周": 7, "个周": 7}
_VAGUE_AFTER = re.compile(r"(?:节|假期)?(?:以前|之前|前(?![一二两三\d天晚面台夜夕])|以内|之内|内)")
_VAGUE_FESTIVAL = re.compile(r"(?:节|假期?)?(?:以后|之后|过后|过完|后|回来)(?!天|面|一天)")


def _next_month_day(today: dt.date, day: int) -> dt.date | None:
    for ahead in range(14):
        found = month_day(today, ahead, day)
        if found is not None and found >= today:
            return found
    return None


def month_day(today: dt.date, ahead: int, day: int) -> dt.date | None:
    """Day `day` of the month `ahead` months from now, or None where that month lacks it."""
    year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
    try:
        return dt.date(year, month + 1, day)
    except ValueError:
        return None


def _yearly(today: dt.date, month: int, day: int, year: int | None) -> dt.date | None:
    for tried in [year] if year is not None else range(today.year, today.year + 9):
        try:
            found = dt.date(tried, month, day)
        except ValueError:
            continue
        if year is not None or found >= today:
            return found
    return None


def _last_day(match: "re.Match[str]", today: dt.date) -> dt.date | None:
    """The day before the first of the month after the one named."""
    if match["which"]:
        after = month_day(today, 2 if match["which"].startswith("下") else 1, 1)
    else:
        month = number(match["month"])
        if not 1 <= month <= 12:
            return None
        after = month_day(today, (month - today.month) % 12 + 1, 1)
    return after - dt.timedelta(days=1) if after else None


def _nth_weekday(match: "re.Match[str]", today: dt.date) -> dt.date | None:
    """12月第一个周六, 这个月最后一个周五; None for a fifth one the month lacks."""
    weekday = "一二三四五六日".find(match["day"].replace("天", "日"))
    which = (match["which"] or "").replace("个", "")
    if match["month"]:
        named = number(match["month"])
        if not 1 <= named <= 12:
            return None
        months = [(named - today.month) % 12, (named - today.month) % 12 + 12]
    else:
        months = [which.count("下")]
    for ahead in months:
        first, after = month_day(today, ahead, 1), month_day(today, ahead + 1, 1)
        if first is None or after is None:
            return None
        if match["nth"] in ("最后", "末"):
            last = after - dt.timedelta(days=1)
            found = last - dt.timedelta(days=(last.weekday() - weekday) % 7)
        else:
            count = 1 if match["nth"] in ("头", "首") else number(match["nth"][1])
            found = first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
        if found >= after:
            return None
        if found >= today:
            return found
    return None


def _week(match: "re.Match[str]", today: dt.date) -> dt.date | None:
    day = "一二三四五六日".find(match["day"]) if match["day"] in "一二三四五六日" else -1
    if day < 0:
        day = 6 if match["day"] == "天" else int(match["day"]) - 1
    which = (match["which"] or "").replace("个", "")
    if which.startswith("上"):
        return None
    if which.startswith("下"):
        monday = today - dt.timedelta(days=today.weekday())
        return monday + dt.timedelta(days=7 * len(which) + day)
    return today + dt.timedelta(days=(day - today.weekday()) % 7)


def _relative(match: "re.Match[str]", today: dt.date) -> dt.date | None:
    if match["soon"]:
        return None
    amount, unit = match["a"] or match["b"], match["ua"] or match["ub"]
    if amount == "半":
        return today + dt.timedelta(days=15) if unit == "月" else None
    count = number(amount)
    if unit in ("天", "日", "周"):
        return today + dt.timedelta(days=count * (7 if unit == "周" else 1))
    months = count * (12 if unit == "年" else 1)
    for day in range(today.day, today.day - 4, -1):
        found = month_day(today, months, day)
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4096)
def _workday(day: dt.date) -> bool:
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:  # The table ends with the last published year.
        return day.weekday() < 5


def _workdays(today: dt.date, count: int) -> dt.date:
    day = today
    while count > 0:
        day += dt.timedelta(days=1)
        count -= _workday(day)
    return day


def _year_of(match: "re.Match[str]", today: dt.date) -> int | None:
    named: str | None = match.groupdict().get("year")
    if named:
        return int(named)
    rel: str | None = match["rel"]
    if not rel:
        return None
    return today.year + {"今年": 0, "明年": 1, "来年": 1, "次年": 1, "后年": 2}[rel]


def _raw(text: str, today: dt.date) -> Iterator[tuple["re.Match[str]", Mention]]:
    """Every mention in order of preference of its pattern; overlaps are settled by the caller."""

    def at(match: "re.Match[str]", value: dt.date | None, step: int | None = None) -> tuple["re.Match[str]", Mention]:
        return match, Mention(*match.span(), value, step is not None, step or 0)

    for m in _SIZES.finditer(text):
        yield at(m, None)
    for m in _WEEKS_ON.finditer(text):
        monday = today - dt.timedelta(days=today.weekday())
        day = "一二三四五六日".find(m["day"].replace("天", "日"))
        yield at(m, monday + dt.timedelta(days=7 * number(m["n"]) + day))
    for m in _NTH_WEEKDAY.finditer(text):
        yield at(m, _nth_weekday(m, today))
    for m in _WEEKS_TODAY.finditer(text):
        yield at(m, today + dt.timedelta(weeks=number(m["n"])))
    for m in _LAST_DAY.finditer(text):
        yield at(m, _last_day(m, today))
    for m in _ISO.finditer(text):
        yield at(m, _yearly(today, int(m[2]), int(m[3]), int(m[1])))
    for m in _MONTH_DAY.finditer(text):
        month, day = number(m["month"]), number(m["day"].replace("廿", "二十"))
        if month <= 12 and 1 <= day <= 31:
            yield at(m, _yearly(today, month, day, _year_of(m, today)))
    for m in _NEXT_MONTH.finditer(text):
        if m["same"]:
            yield at(m, month_day(today, 1, today.day))
        elif m["week"]:
            yield at(m, today + dt.timedelta(days=7))
        elif number(m["day"]) <= 31:
            ahead = {"下下": 2, "下": 1, "次": 1}.get(m["which"].replace("个", "").removesuffix("月"), 0)
            yield at(m, month_day(today, ahead, number(m["day"])))
    for m in _FESTIVAL.finditer(text):
        found = festivals.following(m, today, _year_of(m, today)) if not m["rel"] else _named_festival(m, today)
        yield at(m, None if _VAGUE_FESTIVAL.match(text, m.end()) else found)
    for m in _NEXT_WORKDAY.finditer(text):
        yield at(m, _workdays(today, min(number(m["n"]), 60)))
    for m in _STEP.finditer(text):
        if m["back"]:
            yield at(m, None, -number(m["back"]) * _UNIT_DAYS[m["bu"]])
        elif m["fwd"]:
            yield at(m, None, number(m["fwd"]) * _UNIT_DAYS[m["fu"]])
        else:
            yield at(m, None, 1 if m["next"] else -1)
    for m in _RELATIVE.finditer(text):
        yield at(m, _relative(m, today))
    for m in _WEEK.finditer(text):
        yield at(m, _week(m, today))
    for m in _NAMED.finditer(text):
        ahead_days = _WORDS[m.group()]
        yield at(m, None if ahead_days is None else today + dt.timedelta(days=ahead_days))
    for m in _SLASH.finditer(text):
        if (
            "." not in m.group()
            or int(m["month"]) >= 10
            or text[m.end() : m.end() + 2].strip(" ")[:1] in tuple("上下中晚早号日")
        ):
            yield at(m, _yearly(today, int(m["month"]), int(m["day"]), None))
    for m in _DAY_ONLY.finditer(text):
        yield at(m, _next_month_day(today, number(m["day"])))
    for m in _MONTHISH.finditer(text):
        yield at(m, None)


def _named_festival(match: "re.Match[str]", today: dt.date) -> dt.date:
    """明年国庆: look the festival up again without the year word before it."""
    year = _year_of(match, today)
    bare = re.compile(festivals.PATTERN).search(match.group().removeprefix(match["rel"]).removeprefix("的"))
    if bare is None:
        return today
    return festivals.following(bare, today, year)


def find(text: str, today: dt.date) -> list[Mention]:
    """The days named in a line, left to right, not overlapping. Deadlines (周五前) come back with value None."""
    taken: list[Mention] = []
    for _match, mention in _raw(text, today):
        if any(mention.start < other.end and other.start < mention.end for other in taken):
            continue
        if mention.value is not None and _VAGUE_AFTER.match(text, mention.end):
            mention = Mention(mention.start, mention.end, None)
        taken.append(mention)
    return sorted(taken, key=lambda x: x.start)
