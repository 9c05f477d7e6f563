"""Festivals members name instead of a date: the next one, today included; lunar ones by lunar_python."""

import datetime as dt
import re
from functools import lru_cache

from lunar_python import Lunar, LunarMonth, Solar

_SOLAR: dict[str, tuple[int, int]] = {
    "元旦": (1, 1), "白色情人节": (3, 14), "情人节": (2, 14), "妇女节": (3, 8), "女神节": (3, 8), "三八节": (3, 8),
    "女王节": (3, 8), "植树节": (3, 12), "愚人节": (4, 1), "劳动节": (5, 1), "五一": (5, 1), "青年节": (5, 4),
    "五四青年节": (5, 4), "五四": (5, 4), "618": (6, 18), "万圣夜": (10, 31), "三八": (3, 8), "元旦节": (1, 1),
    "儿童节": (6, 1), "六一": (6, 1), "建党节": (7, 1), "建军节": (8, 1), "教师节": (9, 10),
    "国庆节": (10, 1), "国庆": (10, 1), "十一": (10, 1), "万圣节": (10, 31), "光棍节": (11, 11), "双十一": (11, 11),
    "双11": (11, 11), "双十二": (12, 12), "双12": (12, 12), "平安夜": (12, 24), "圣诞夜": (12, 24), "圣诞节": (12, 25),
    "圣诞": (12, 25), "跨年夜": (12, 31), "跨年": (12, 31), "520": (5, 20), "五二零": (5, 20),
}  # fmt: skip
_LUNAR: dict[str, tuple[int, int]] = {
    "春节": (1, 1), "大年初一": (1, 1), "年初一": (1, 1), "元宵节": (1, 15), "元宵": (1, 15), "龙抬头": (2, 2),
    "端午节": (5, 5), "端午": (5, 5), "七夕节": (7, 7), "七夕": (7, 7), "中元节": (7, 15), "中秋节": (8, 15),
    "中秋": (8, 15), "重阳节": (9, 9), "重阳": (9, 9), "腊八节": (12, 8), "腊八": (12, 8), "小年": (12, 23),
    "除夕夜": (13, 0), "除夕": (13, 0), "大年三十": (13, 0), "年三十": (13, 0), "大年夜": (13, 0),
}  # fmt: skip
_TERMS = (
    "清明节",
    "清明",
    "冬至",
    "惊蛰",
    "谷雨",
    "霜降",
    "白露",
    "寒露",
    "处暑",
    "小寒",
    "大寒",
    "芒种",
    "立春",
    "立夏",
    "立秋",
    "立冬",
    "夏至",
    "春分",
    "秋分",
)
_NTH = {"母亲节": (5, 6, 2), "父亲节": (6, 6, 3), "感恩节": (11, 3, 4)}  # month, weekday, which
# 十一 and 五一 are festivals only where no other reading is possible.
_BARE = {"十一": r"(?<![二三双\d年月初日周期拜点第尾号])十一"
                 r"(?![点号月日\d个件块元岁层楼分天周年码一二三四五六七八九十:条双])",
         "五一": r"(?<![\d十二三四五六七八九周拜期])五一(?![点号月日\d个件块元岁层分码])",
         "六一": r"(?<![\d十二三四五六七八九周拜期])六一(?![点号月日\d个件块元岁层分码])",
         "五四": r"(?<![\d十二三四五六七八九])五四(?![点号月日\d个件块元岁层分码六三二七八九十])",
         "三八": r"(?<![\d十二三四五六七八九第])三八(?=那天|当天|这天|活动|假|$)",
         "618": r"(?<!\d)618(?=[那当晚的 ]|$|节|上|下|约|去)",
         "520": r"(?<!\d)520(?=[那当晚的 ]|$|节|上|下|约|去)"}  # fmt: skip
_DAY = (
    r"(?P<lunar>(?:农历|阴历)?(?P<lmonth>正月|腊月)(?P<lday>初?[一二三四五六七八九十]{1,3})"
    r"|大?年?初(?P<first>[一二三四五六七八九十]))"
)

PATTERN = (
    "|".join(
        _BARE.get(name) or re.escape(name)
        for name in sorted([*_SOLAR, *_LUNAR, *_TERMS, *_NTH, "黑五", "黑色星期五"], key=len, reverse=True)
    )
    + "|"
    + _DAY
)
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九十")}


def _lunar(year: int, month: int, day: int) -> dt.date:
    """The civil date of a lunar day; month 13, day 0 is New Year's Eve."""
    if month == 13:
        return _lunar(year + 1, 1, 1) - dt.timedelta(days=1)
    length = LunarMonth.fromYm(year, month).getDayCount()
    solar: Solar = Lunar.fromYmd(year, month, min(day, length)).getSolar()
    return dt.date(solar.getYear(), solar.getMonth(), solar.getDay())


def _term(name: str, year: int) -> dt.date:
    table = Lunar.fromYmd(year, 6, 1).getJieQiTable()
    found = table[name.removesuffix("节")]
    return dt.date(found.getYear(), found.getMonth(), found.getDay())


@lru_cache(maxsize=512)
def in_year(name: str, year: int) -> dt.date:
    """The festival's date in a civil year; lunar year-end festivals belong to the lunar year of that number."""
    if name in _SOLAR:
        return dt.date(year, *_SOLAR[name])
    if name in _LUNAR:
        return _lunar(year, *_LUNAR[name])
    if name in _NTH:
        month, weekday, which = _NTH[name]
        first = dt.date(year, month, 1)
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (which - 1))
    if name in ("黑五", "黑色星期五"):
        return in_year("感恩节", year) + dt.timedelta(days=1)
    return _term(name, year)


def _lunar_number(text: str) -> int:
    text = text.removeprefix("初")
    if text.startswith("十"):
        return 10 + (_DIGIT[text[1:]] if text[1:] else 0)
    if len(text) == 2:
        return _DIGIT[text[0]] * 10
    if len(text) == 3:
        return _DIGIT[text[0]] * 10 + _DIGIT[text[2]]
    return _DIGIT[text]


def lunar_day(month: str | None, day: str, year: int) -> dt.date:
    """大年初三, 正月十五, 腊月二十八 in the lunar year of that number."""
    return _lunar(year, 12 if month == "腊月" else 1, _lunar_number(day))


def following(match: "re.Match[str]", today: dt.date, year: int | None) -> dt.date:
    """The festival of a PATTERN match: in `year` if one is named, else the next one, today included."""
    if match["lunar"]:
        when = [lunar_day(match["lmonth"], match["lday"] or match["first"], y) for y in _years(today)]
    else:
        when = [in_year(match.group(0), y) for y in _years(today)]
    if year is not None:
        named = [d for d in when if d.year == year]
        if named:
            return named[0]
    return min(d for d in when if d >= today)


def _years(today: dt.date) -> range:
    return range(today.year - 1, today.year + 3)
