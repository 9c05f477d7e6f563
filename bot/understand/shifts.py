"""How far a line moves something it does not name: 晚半小时, 往后推一天, 提前一周, 第二天."""

import re
from datetime import timedelta

_SHIFT = re.compile(
    r"(?:(?P<back>往前|提前|提早|早(?!上))|往后|推后|延后|推迟|延迟|顺延|(?<![今明后天])晚(?!上))"
    r"[^\d半一二两三四五六七八九十,，。 ]{0,3}(?P<n>半|[一二两三四五六七八九十]|\d{1,2})个?(?P<half>半)?"
    r"(?P<unit>天|日|周|星期|礼拜|小时|钟头|分钟|刻钟)"
)
_NEXT_DAY, _DAY_BEFORE = re.compile(r"第二天|后一天|次日"), re.compile(r"前一天")
_NUMBERS = {"半": 0.5, "两": 2.0, **{c: float(n) for n, c in enumerate("一二三四五六七八九十", 1)}}
_UNITS = {
    "天": timedelta(days=1), "日": timedelta(days=1), "周": timedelta(weeks=1), "星期": timedelta(weeks=1),
    "礼拜": timedelta(weeks=1), "小时": timedelta(hours=1), "钟头": timedelta(hours=1),
    "分钟": timedelta(minutes=1), "刻钟": timedelta(minutes=15),
}  # fmt: skip


def shift(line: str) -> timedelta | None:
    """The way from the old time to the new one, negative for an earlier one; None where a line says none."""
    found = _SHIFT.search(line)
    if found is None:
        if _NEXT_DAY.search(line):
            return timedelta(days=1)
        return timedelta(days=-1) if _DAY_BEFORE.search(line) else None
    number = float(found["n"]) if found["n"].isdigit() else _NUMBERS[found["n"]]
    way = (number + (0.5 if found["half"] else 0)) * _UNITS[found["unit"]]
    return -way if found["back"] else way
