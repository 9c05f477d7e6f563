"""Shapes of request bodies, written as data: what is required, allowed, how long, how large.

Unknown fields and nulls are refused as WeChat refuses them; every refusal names the field.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.pay.errors import UNKNOWN_FIELD, param_error

Check = Callable[[Any, str], None]

OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]+")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]+")
NOTIFY_URL = re.compile(r"https?://[^\s/?#]+/[^\s?#]*")
NOTHING: Mapping[str, Check] = {}


def text(longest: int, *, shortest: int = 1, pattern: re.Pattern[str] | None = None) -> Check:
    """A string of `shortest`…`longest` characters (not bytes)."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, str):
            raise param_error(field, "类型错误，应为字符串", value)
        if not shortest <= len(value) <= longest:
            raise param_error(field, f"字符数 {len(value)}，应在 {shortest} 到 {longest} 之间", value)
        if pattern is not None and pattern.fullmatch(value) is None:
            raise param_error(field, "字符串格式不符合规则", value)

    return check


def whole(least: int, most: int = 2**53) -> Check:
    """A JSON integer; 1.0, "1" and true are not integers."""

    def check(value: Any, field: str) -> None:
        if isinstance(value, bool) or not isinstance(value, int):
            raise param_error(field, "类型错误，应为整数", value)
        if not least <= value <= most:
            raise param_error(field, f"数值应在 {least} 到 {most} 之间", value)

    return check


def flag(value: Any, field: str) -> None:
    if not isinstance(value, bool):
        raise param_error(field, "类型错误，应为布尔值", value)


def one_of(*allowed: str) -> Check:
    def check(value: Any, field: str) -> None:
        if value not in allowed or not isinstance(value, str):
            raise param_error(field, f"取值应为 {'、'.join(allowed)} 之一", value)

    return check


def listed(item: Check, *, most: int, least: int = 0) -> Check:
    def check(value: Any, field: str) -> None:
        if not isinstance(value, list):
            raise param_error(field, "类型错误，应为数组", value)
        if not least <= len(value) <= most:
            raise param_error(field, f"数组长度 {len(value)}，应在 {least} 到 {most} 之间", None)
        for number, one in enumerate(value):
            item(one, f"{field}/{number}")

    return check


def shape(required: Mapping[str, Check], optional: Mapping[str, Check] = NOTHING) -> Check:
    """An object with exactly these fields; absent means absent, so null is refused."""

    def check(value: Any, field: str) -> None:
        if not isinstance(value, dict):
            raise param_error(field or "/", "类型错误，应为对象", value)
        for name in required:
            if name not in value:
                raise param_error(f"{field}/{name}", "缺少必填字段")
        for name, inner in value.items():
            rule = required.get(name) or optional.get(name)
            if rule is None:
                raise param_error(f"{field}/{name}", "存在未定义的字段", inner, tail=UNKNOWN_FIELD)
            rule(inner, f"{field}/{name}")

    return check


def notify_url(value: Any, field: str) -> None:
    """A full http(s) address of at most 255 characters, without a query string."""
    text(255)(value, field)
    if NOTIFY_URL.fullmatch(value) is None:
        raise param_error(field, "回调地址必须为完整的 http(s) 地址，不能携带参数", value)
