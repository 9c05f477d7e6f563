"""Dates, times and parts of the day in a line, by rule. Vague words and numbers of other things give nothing.

Weeks run Monday to Sunday; bare hours 1–8 are afternoon or evening; a range gives its start, the last
correction wins, and a day that is turned down is not the date.
"""

import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bot.understand import days
from bot.understand.days import Mention, number
from bot.understand.meaning import When
from bot.understand.respell import respell

SHOP_ZONE = ZoneInfo("Asia/Shanghai")
_ANY = re.compile(
    r"[\d一二两三四五六七八九十半天日周晚早午午节夕圣端中重国元清明今后立冬秋夏春年初点号月夜tmp晨期拜壹贰叁肆伍陆柒捌玖拾廿卅]|today|to|pm|am"
)
_H = r"(?:2[0-4]|1\d|0?\d|二十[一二三四]?|十[一二三四五六七八九]?|[一二两三四五六七八九零])"
_M = r"(?:[0-5]?\d|[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九五])"
_CLOCK = re.compile(
    rf"差(?P<before>一刻钟?|(?:{_M}|[一二三四五六七八九])分钟?)(?:钟|到|不到)?(?P<h1>{_H})点"
    rf"|(?<![\d.:/¥-])(?P<h2>{_H})(?:点钟?|时)差(?P<short>一刻|(?:{_M}|[一二三四五六七八九])分?)"
    rf"|(?<![\d:.一二三四五六七八九十百第])(?P<h3>{_H})(?:点|时(?=[整半一二三四五十\d]))(?:钟|整)?"
    rf"(?:(?P<half>半)|(?P<quarter>[一1三3])刻|过?(?P<min>{_M})(?![\d个件块元码斤人%号月天套条])分?)?"
    r"|(?<![\d:.])(?P<h4>[01]?\d|2[0-4]):(?P<m4>[0-5]\d)(?::[0-5]\d)?(?!\d)\s*(?P<ap4>[ap]m)?"
    r"|(?<![\d:.a-z])(?P<h5>1[0-2]|0?[1-9])\s*(?P<ap5>[ap])\.?m(?![a-z])"
)
_RANGE_HEAD = re.compile(rf"(?<![\d:.])(?P<h>{_H})(?=(?:到|至|-|~){_H}点)")
_NOT_HOUR_AFTER = re.compile(r"[都也儿式]|点|水(?!疗)|底(?!下)|建议|意见|要求|问题|疑问|想法|小|一线|钱(?!后)")
_NOT_HOUR_BEFORE = re.compile(
    r"[有早晚快慢大小差好贵宜宽松少多高低长短轻重厚薄深浅紧胖瘦亮暗远近久错懂会]$|[正休]式$|(?<![天日号月周一二三四五六晚午节夜旦秋夕诞后])[得的]$"
)
_PARTS: tuple[tuple[str, str], ...] = (
    ("今天早|今早|明早|后早|早上|早晨|清早|清晨|大早|一早|上午|早间|早起(?!床)|一大清早|morning|am(?![a-z])"
     "|(?<!太)早(?!\\s?一点)(?=\\s?[\\d一二三四五六七八九十]{1,3}[点:])", "morning"),
    ("中午|正午|晌午|午间|大中午|noon", "noon"),
    ("下午|午后|afternoon", "afternoon"),
    ("今晚|明晚|后晚|当晚|昨晚|晚上|傍晚|傍黑|擦黑|天黑|晚间|夜里|夜晚|夜间|入夜|晚饭后|tonight|evening"
     "|(?<=[天日号周一二三四五六的那 ,])晚(?![点一些半到会了来安])"
     "|(?:(?<=周[一二三四五六日天])|(?<=[今明后当天号日节])|(?<=^))"
     "晚(?!\\s?一点)(?=\\s?(?:[\\d一二两三四五六七八九十]{1,3}[点:]))", "evening"),
)  # fmt: skip
_PART = re.compile("|".join(f"(?P<{name}>{words})" for words, name in _PARTS))
_SMALL_HOURS = re.compile(r"凌晨|半夜|午夜$")
_SPAN = re.compile(
    rf"(?:再过|过|等)?(?P<n>{days.NUM}|半)个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟)(?:以后|之后|过后|后)"
    rf"|(?:再过|过)(?P<n2>{days.NUM}|半)个?(?P<half2>半)?(?P<unit2>小时|钟头|分钟|刻钟)"
)
_SHIFT = re.compile(
    rf"(?P<way>提前|往前挪?|早到?|推迟|延后|往后(?:推|挪|延)?|顺延|晚)(?P<n>{days.NUM}|半)个?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟)"
)
_SAME_TIME = re.compile(r"(?:这个?|此|现在这个?)(?:时候|时间|点儿?|时刻)(?!段)")
_DEADLINE = re.compile(r"钟?\s?(?:之前|以前|前(?!后|台|一|两)|截止)")
_BUSY = re.compile(
    r"(?:钟|的时候)?(?:我|才|就|要|得|先|都|也|又|肯定|可能|临时|刚好|正好|还|得要|已经|约的那?个?|那天|那会儿?|时间)*\s?"
    r"(?:不行|不可以|不能|不成|不太?方便|不方便|没空|没时间|有事|有会|要?上班|要?加班|要?开会|来不了|来不及|去不了|过不来|过不去|到不了|"
    r"赶不到|赶不上|赶不过来|不在|约满|满了|不去|不来|要?出差|除外|以外|之外|都?不得闲|走不开|排不出|不算|太早|太晚|太赶|不对|不要|不约|算了|不合适|没有?位|取消|不想|起不来|排不开|冲突|(?:去)?接(?:娃|孩子|小孩|人)|送(?:娃|孩子)|有课|有约|有局|要考试)"
)
_LIFE = re.compile(
    r"(?:钟)?(?:才|就|要)?(?:下班|下课|放学|关门|打烊|起床|的?飞机|的?航班|的?高铁|的?火车|散会|睡)(?!以后|之后|后)"
)
_LIFE_BEFORE = re.compile(r"(?:下班|下课|放学|散会|打烊|关门|起床|开会)(?:是|在|要|得|都)?\s?$")
_REJECT_BEFORE = re.compile(
    r"(?:不要|不是|别约?|除了|不约|不去|不选|不想要?|不想约|而不是|取消|原来?是?|本来?是?|原定|之前约?的?|原先|原本|约的是?)(?:在|的|约|说的?|定的?|这个?|那个?|了)?\s?$"
)
_MOVED_FROM = re.compile(r"从(?:在|的|约|说的?|定的?|这个?|那个?)?\s?$")  # 从三点改到五点, but 从三点到五点.
_MOVED = re.compile(r"^[^,。;!?]{0,8}?[改挪换调推移延]")
_CORRECT = re.compile(
    r"不对|不是|说错|搞错|打错|写错|改成|改到|改为|改|换成|换到|换|挪到|推到|调到|延到|还是|应该是|更正|算了|哦不|啊不|噢不|,不|那就|要不|而是|或许"
)
_JOIN = re.compile(r"^[\s,]*(?:或者?|和|跟|与|、|/|,|还是|以及|及|\||都)?[\s,]*$")
_RANGE = re.compile(r"^\s*(?:号|日|点)?(?:到|至|-|~|—)\s*(?:的|周)?\s*$")


@dataclass(frozen=True)
class _Clock:
    start: int
    end: int
    value: tuple[int, int] | None
    fixed: bool = False  # written with am/pm or as 24-hour time


def _clock(match: "re.Match[str]", text: str) -> tuple[int, int] | None:
    """(hour, minute) as written, or None where a number is no time; 差十分三点 is (3, -10)."""
    if match["h1"]:
        less = 15 if "刻" in match["before"] else number(re.sub("[分钟零]", "", match["before"]) or "十")
        return number(match["h1"]), -less
    if match["h2"]:
        less = 15 if "刻" in match["short"] else number(re.sub("[分零]", "", match["short"]))
        return number(match["h2"]), -less
    if match["h4"]:
        hour, minute = int(match["h4"]), int(match["m4"])
        return _half_day(hour, match["ap4"]), minute
    if match["h5"]:
        return _half_day(int(match["h5"]), match["ap5"] + "m"), 0
    hour = number(match["h3"])
    plain = not (match["half"] or match["quarter"] or match["min"])
    if plain and text[match.end() - 1] == "点":
        if _NOT_HOUR_AFTER.match(text, match.end()):
            return None
        if match["h3"] in "一两1" and _NOT_HOUR_BEFORE.search(text, max(0, match.start() - 2), match.start()):
            return None
    if match["half"]:
        return hour, 30
    if match["quarter"]:
        return hour, 15 if match["quarter"] in "一1" else 45
    minute = number(match["min"].removeprefix("零") or "0") if match["min"] else 0
    return (hour, minute) if minute < 60 else (hour, 0)


def _half_day(hour: int, mark: str | None) -> int:
    if mark == "pm" and hour < 12:
        return hour + 12
    return 0 if mark == "am" and hour == 12 else hour


def _of_part(hour: int, part: str | None, small: bool) -> int:
    """The hour of the day meant by a spoken hour."""
    if hour > 12 or small:
        return hour % 24
    if part == "morning":
        return hour
    if part == "noon":
        return hour + 12 if hour <= 3 else hour
    if part == "afternoon":
        return hour + 12 if hour < 12 else hour
    if part == "evening":
        return (hour + 12) % 24
    return hour + 12 if 1 <= hour <= 8 else hour


def _clocks(text: str) -> list[_Clock]:
    found = []
    for m in _CLOCK.finditer(text):
        value = _clock(m, text)
        if value is None or value[0] > 24:
            continue
        late = value[0] > 12 or bool(m["ap4"] or m["ap5"])
        if not _DEADLINE.match(text, m.end()):
            found.append(_Clock(*m.span(), value, late))
    for m in _RANGE_HEAD.finditer(text):
        if not any(c.start <= m.start() < c.end for c in found):
            found.append(_Clock(*m.span(), (number(m["h"]), 0), number(m["h"]) > 12))
    return sorted(found, key=lambda c: c.start)


def _rejected(text: str, start: int, end: int, nexts: list[int], after: int = 0) -> bool:
    """Whether what stands at [start, end) is turned down; `nexts` are starts of later mentions, `after` is where
    the refusal of the one before ends: its 不约 is not said of this one."""
    head = text[max(after, start - 6) : start]
    if _REJECT_BEFORE.search(head) or (_MOVED_FROM.search(head) and _MOVED.match(text[end:])):
        return True
    follow = min([n for n in nexts if n >= end], default=len(text))
    return bool(_BUSY.match(text[end:follow].lstrip(" ,的那天"))) or bool(_LIFE.match(text, end))


def _pick(text: str, spans: list[tuple[int, int]], others: list[int]) -> int | None:
    """The index of the span that is meant: corrections and rejections first, ranges and lists by their start."""
    if not spans:
        return None
    down: list[bool] = []
    for i, (start, end) in enumerate(spans):
        before = _BUSY.match(text, spans[i - 1][1]) if i else None
        later = [s for s, _ in spans[i + 1 :]]
        down.append(_rejected(text, start, end, later + others, before.end() if before else 0))
    for i in reversed(range(len(spans) - 1)):
        # 今天明天都不行: all of them are turned down.
        joined = _JOIN.match(text[spans[i][1] : spans[i + 1][0]]) and "都" in text[spans[i + 1][1] :][:3]
        down[i] = down[i] or (down[i + 1] and bool(joined))
    kept = [i for i in range(len(spans)) if not down[i]]
    if not kept:
        return None
    # 我下班六点半 七点能到: the end of work is no appointment, where another time is named.
    free = [i for i in kept if not _LIFE_BEFORE.search(text[max(0, spans[i][0] - 6) : spans[i][0]])]
    kept = free or kept
    best = kept[0]
    for i in kept[1:]:
        between = text[spans[best][1] : spans[i][0]]
        between_last = text[spans[i - 1][1] : spans[i][0]]
        if _CORRECT.search(between):
            best = i
        elif _RANGE.match(between_last) or _JOIN.match(between) or _loose(between):
            continue
        else:
            best = i
    return best


def _loose(between: str) -> bool:
    return bool(
        re.fullmatch(r"[上下中早晚午夜傍\s]*(?:或者?|和|、|/|到|至|-|~|都行)[\s周]*[上下中早晚午夜傍]*", between)
    )


def read(text: str, now: dt.datetime) -> When:
    """What `text` (normalised) says about a moment, as heard at `now` (aware)."""
    if not (_ANY.search(text) or text.isascii()):
        return When()
    line, here = respell(text), now.astimezone(SHOP_ZONE)
    today = here.date()
    named = days.find(line, today)
    masked = list(line)
    for mention in named:
        for at in range(mention.start, mention.end):
            if line[at] not in "晚早上下午中":
                masked[at] = "日" if line[at].isdigit() or line[at] in "一二三四五六七八九十" else masked[at]
    rest = "".join(masked)
    parts = [(m.start(), m.end(), str(m.lastgroup)) for m in _PART.finditer(rest)]
    clocks = _clocks(rest)
    span = _SPAN.search(rest)
    if span is not None and not any(c.start < span.start() for c in clocks):
        moment = here + dt.timedelta(
            minutes=_minutes(span, ("n", "half", "unit") if span["n"] else ("n2", "half2", "unit2"))
        )
        return When(moment.date(), moment.time().replace(second=0, microsecond=0, tzinfo=None), None)
    day, evening = _day(line, named, parts, clocks)
    chosen = _pick(rest, [(c.start, c.end) for c in clocks], [s for s, _e, _n in parts])
    clock = clocks[chosen] if chosen is not None else None
    part = _part(rest, parts, clock) or evening or _of_mark(rest, clock)
    hour = _time(rest, clock, part) if clock else None
    shift = _SHIFT.search(rest)
    if hour is not None and shift is not None:
        sooner = shift["way"][0] in "提早" or "前" in shift["way"]
        minutes = _minutes(shift, ("n", "half", "unit")) * (-1 if sooner else 1)
        hour = (dt.datetime.combine(today, hour) + dt.timedelta(minutes=minutes)).time()
    if hour is None and day is not None and _SAME_TIME.search(line):
        hour = here.time().replace(second=0, microsecond=0, tzinfo=None)
    return When(day, hour, part)


def _of_mark(text: str, clock: _Clock | None) -> str | None:
    """3pm says afternoon, 7pm evening; 10am is a word of the parts of the day itself."""
    if clock is None or clock.value is None or not text[clock.start : clock.end].rstrip(". ").endswith("pm"):
        return None
    return "noon" if clock.value[0] == 12 else "afternoon" if clock.value[0] < 18 else "evening"


def _minutes(match: "re.Match[str]", names: tuple[str, str, str]) -> int:
    amount, half, unit = (match[n] for n in names)
    size = {"小时": 60, "钟头": 60, "分钟": 1, "刻钟": 15}[unit]
    count = 0 if amount == "半" else number(amount)
    return count * size + (size // 2 if half or amount == "半" else 0)


def _time(text: str, clock: _Clock, part: str | None) -> dt.time | None:
    if clock.value is None:
        return None
    hour, minute = clock.value
    small = _SMALL_HOURS.search(text, 0, clock.start) is not None
    whole = hour if clock.fixed else _of_part(hour, part, small)
    return dt.time(*divmod((whole * 60 + minute) % 1440, 60))


def _part(text: str, parts: list[tuple[int, int, str]], clock: _Clock | None) -> str | None:
    """The part that belongs to the chosen time, else the last one not turned down."""
    if clock is not None:
        near = [p for p in parts if p[1] <= clock.start and len(text[p[1] : clock.start].strip(" ,的大概约")) <= 1]
        if near:
            return near[-1][2]
    at = _pick(text, [(s, e) for s, e, _n in parts], [])
    return parts[at][2] if at is not None else None


def _day(
    text: str, named: list[Mention], parts: list[tuple[int, int, str]], clocks: list[_Clock]
) -> tuple[dt.date | None, str | None]:
    """The date meant, and 'evening' where 前一晚 says so."""
    plain = [m for m in named if not m.step and m.value is not None]
    steps = [m for m in named if m.step]
    spans = [(m.start, _with_part(m.end, parts)) for m in plain]
    inner = [s for s, _e, _n in parts] + [c.start for c in clocks]
    at = _pick(text, spans, inner)
    if at is None and plain and all(_only_part(text, m, parts, clocks) for m in plain):
        at = len(plain) - 1
    if at is None and plain and steps:
        at = len(plain) - 1  # 三号的飞机，前一天: the day only serves to count from.
    day = plain[at].value if at is not None else None
    if day is None or not steps:
        return day, None
    near = [s for s in steps if s.start >= plain[at or 0].start]
    if not near:
        return day, None
    evening = "evening" if text[near[0].end - 1] in "晚夜夕" else None
    return day + dt.timedelta(days=near[0].days), evening


def _with_part(end: int, parts: list[tuple[int, int, str]]) -> int:
    for start, stop, _name in parts:
        if 0 <= start - end <= 1:
            return stop
    return end


def _only_part(text: str, mention: Mention, parts: list[tuple[int, int, str]], clocks: list[_Clock]) -> bool:
    """明天上午没空 下午吧: the part or hour is turned down and another one named, so the day stands."""
    stop = _with_part(mention.end, parts)
    later = any(p[0] > stop for p in parts) or any(c.start > stop + 2 for c in clocks)
    return (stop > mention.end or any(c.start - mention.end <= 1 for c in clocks)) and later
