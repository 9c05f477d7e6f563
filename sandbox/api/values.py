"""The typed values of templates (thing2, time3, …): what each type lets through."""

import re
import unicodedata
from collections.abc import Callable

_CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
_DAY = r"\d{4}年(0?[1-9]|1[0-2])月(0?[1-9]|[12]\d|3[01])日"
_DASHED = r"\d{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])"
_TIME = rf"(({_DAY}|{_DASHED}) )?{_CLOCK}"
_DATE = rf"({_DAY}|{_DASHED})( {_CLOCK}(:[0-5]\d)?)?"
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
KEY = re.compile(r"([a-z_]+?)(\d+)")
SHOWN = 20  # characters of an official account's value that are shown


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _ranged(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)

    def fits(value: str) -> bool:
        ends = [end.strip() for end in value.split("~")]
        return len(ends) <= 2 and all(compiled.fullmatch(end) for end in ends)

    return fits


def _no_han(value: str) -> bool:
    return not _HAN.search(value) and "\n" not in value


def _symbols(value: str) -> bool:
    return all(unicodedata.category(c)[0] in "PS" for c in value)


def _name(value: str) -> bool:
    """Ten Chinese characters, or twenty Latin ones; mixed counts as Chinese."""
    return "\n" not in value and len(value) <= (10 if _HAN.search(value) else 20)


def _phrase(value: str) -> bool:
    return 1 <= len(value) <= 5 and all(_HAN.fullmatch(c) for c in value)


# Per type: how long a value may be, and what it may be made of.
RULES: dict[str, tuple[int, Callable[[str], bool]]] = {
    "thing": (20, lambda v: "\n" not in v and "\r" not in v),
    "number": (32, _matches(r"-?\d+(\.\d+)?")),
    "letter": (32, _matches(r"[A-Za-z]+")),
    "symbol": (5, _symbols),
    "character_string": (32, _no_han),
    "time": (64, _ranged(_TIME)),
    "date": (64, _ranged(_DATE)),
    "amount": (24, _matches(r"[¥￥$€£]?\d{1,10}(\.\d+)?元?")),
    "phone_number": (17, _matches(r"[\d+\-() *#]+")),
    "car_number": (8, _matches(r"[A-Za-z0-9\u4e00-\u9fff]+")),
    "name": (20, _name),
    "phrase": (5, _phrase),
    "const": (20, lambda v: True),
}


def type_of(key: str) -> str | None:
    """The type in a key like thing2; None when it is no such key."""
    found = KEY.fullmatch(key)
    return found[1] if found and (found[1] in RULES or found[1] == "enum") else None


def fits(key: str, value: str, choices: tuple[str, ...] = (), *, any_length: bool = False) -> bool:
    """May `value` stand at `key`? Official accounts cut long values instead of refusing (`any_length`)."""
    kind = type_of(key)
    if not value.strip() or kind is None:
        return False
    if kind == "enum":
        return value in choices
    length, rule = RULES[kind]
    if any_length and kind in ("thing", "name", "phrase", "character_string", "const", "car_number"):
        return True
    return len(value) <= length and rule(value)


def shortened(value: str, shown: int = SHOWN) -> str:
    """The value as an official account's message shows it: about twenty characters, then an ellipsis.

    A run of Latin letters or digits counts as one character.
    """
    pieces = re.findall(r"[A-Za-z0-9]+|.", value, flags=re.DOTALL)
    return value if len(pieces) <= shown else "".join(pieces[:shown]) + "…"
