"""Numbers members write: 一百零五, 两千, 1.5k; heights, weights and budgets made of them."""

import re

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0, "俩": 2}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10000}
CN = r"[零〇一二两三四五六七八九十百千万]+"
AMOUNT = rf"(?:\d+(?:\.\d+)?\s?[k千万w百]?(?:\d(?!\d))?|{CN})"

_HEIGHT = (
    re.compile(
        r"(?P<m>[12一])米(?P<c>\d{1,2}|[一二三四五六七八九](?:十[一二三四五六七八九]?|[零一二三四五六七八九])?)?(?!\d)"
    ),
    re.compile(r"(?<![\d.])(?P<d>1\.[4-9]\d?)(?:米|m)?(?![\d.])"),
    re.compile(r"(?<![\d.])(?P<n>1[3-9]\d|20\d)(?:\.\d)?\s?(?:cm|厘米|公分|的身高|的个子|高)"),
    re.compile(r"(?:身高|个子|高)\s?(?:是|大概|大约|有|:|为)?\s?(?P<n>1[3-9]\d|20\d)(?!\d)"),
    re.compile(
        r"(?:身高|个子|高)\s?(?:是|大概|大约|有|:|为)?\s?一(?P<s>[四五六七八九][零一二三四五六七八九])(?![十百])"
    ),
    re.compile(r"(?<![一二三四五六七八九十百])一(?P<s>[四五六七八][零一二三四五六七八九])(?=的?[身个]|[ ,]|$)"),
    re.compile(r"我\s?(?P<n>1[4-9]\d)(?![\d.码元块斤号]|个|件)"),
    re.compile(r"(?<![\d.])(?P<n>1[4-9]\d)(?=[\s,/、.和]?\s?(?:体重|重)?\s?\d{2,3}(?!\d|码|号|元|块|以))"),
)
_WEIGHT = (
    re.compile(rf"(?P<n>\d{{2,3}}(?:\.\d)?|{CN})\s?[来多]?(?P<u>公斤|千克|kg|斤|jin)"),
    re.compile(r"(?:体重|重)\s?(?:是|大概|大约|有|:|为|才|只有)?\s?(?P<n>\d{2,3}(?:\.\d)?)(?!\d)"),
    re.compile(r"(?<![\d.])1[4-9]\d(?:cm|厘米)?[\s,/、.和]\s?(?P<n>\d{2,3}(?:\.\d)?)(?!\d|码|号|元|块|以|cm)"),
)
_BUDGET = (
    re.compile(rf"预算从(?:{AMOUNT})(?:元|块)?(?:改|加|提|降|减|调|涨)?[成到为](?P<n>{AMOUNT})"),
    re.compile(
        rf"预算(?:大概|大约|在|是|就|有|约|控制在|最多|差不多|:|不超过|改(?:成|为|到|一下)?|换成|变成|提到|提高到|降到|加到|减到"
        rf"|涨到|调到|调成|调整?[到成为]|上限|还是|那就|按|给|[ ,])*\s?(?:(?:{AMOUNT})(?:元|块)?(?:到|至|-|~))?"
        rf"(?P<n>{AMOUNT})"
    ),
    re.compile(rf"(?:{AMOUNT}(?:元|块)?(?:到|至|-|~))(?P<n>{AMOUNT})(?:元|块|之间|左右|的)"),
    re.compile(rf"(?P<n>{AMOUNT})(?:元|块钱?|rmb)?(?:以内|之内|以下|内|封顶|顶天|左右|上下|的?预算|出头)"),
    re.compile(
        rf"(?:不超过|别超过?|不要超过?|不能超过|最多|最高|控制在|不高于|低于|小于|顶多|上限|顶天)\s?(?P<n>{AMOUNT})"
    ),
)


def amount(text: str) -> float | None:
    """2500, 1.5k, 3千, 一千五, 两百 → a number; None if it is none."""
    text = text.replace(" ", "")
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([k千万w百])?(\d)?", text)
    if found:
        unit = {"k": 1000, "千": 1000, "万": 10000, "w": 10000, "百": 100}.get(found[2] or "", 1)
        return float(found[1]) * unit + int(found[3] or 0) * unit / 10
    total, current, last = 0, 0, 1
    for char in text:
        if char in _DIGIT:
            current = _DIGIT[char] if current == 0 else current * 10 + _DIGIT[char]
        elif char in _UNIT:
            last = _UNIT[char]
            total += max(current, 1) * last
            current = 0
        else:
            return None
    if current and last > 10 and text[-2] not in "零〇":
        current *= last // 10  # 一千五 = 1500
    return float(total + current)


def height(line: str) -> int | None:
    """Centimetres."""
    for pattern in _HEIGHT:
        m = pattern.search(line)
        if m is None:
            continue
        names = m.groupdict()
        if names.get("s"):  # 一六三: a metre is left out.
            said = names["s"]
            return 100 + 10 * _DIGIT[said[0]] + _DIGIT[said[1]]
        if names.get("n"):
            return int(names["n"])
        if names.get("d"):
            return round(float(names["d"]) * 100)
        if names.get("c"):
            rest = names["c"]
            value = int(amount(rest) or 0) if not rest.isdigit() else int(rest)
            value = value * 10 if len(rest) == 1 and value < 10 else value
            return 100 * (2 if names["m"] == "2" else 1) + value
    return None


def weight(line: str) -> float | int | None:
    """Kilogrammes; 斤 are halved, and a bare number above 75 is taken for 斤."""
    line = _HEIGHT[0].sub(" ", line)  # 一米六二一百二十六斤: the height ends where the weight begins.
    for at, pattern in enumerate(_WEIGHT):
        m = pattern.search(line)
        if m is None:
            continue
        value = amount(m["n"])
        if value is None:
            continue
        halved = m["u"] in ("斤", "jin") if at == 0 else value > 75
        value = value / 2 if halved else value
        if 25 <= value <= 200:
            return int(value) if value == int(value) else value
    return None


_NUMBER = re.compile(rf"\d+(?:\.\d)?|{CN}")


def alone(line: str, name: str) -> float | int | None:
    """The first number of a line that answers a question for a "height" or a "weight"."""
    said = _NUMBER.search(line)
    value = amount(said[0]) if said else None
    if value is None:
        return None
    return height(f"身高{value:g}") if name == "height" else weight(f"体重{value:g}")


def budget(line: str) -> int | None:
    """Yuan, the upper bound."""
    for pattern in _BUDGET:
        for m in pattern.finditer(line):
            value = amount(m["n"])
            after = line[m.end() : m.end() + 1]
            if value is not None and 20 <= value <= 10_000_000 and after not in tuple("件码天个斤岁cm"):
                return int(value)
    return None
