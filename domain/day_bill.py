"""WeChat's bill of a day, read: one line per payment and per refund, to be compared with our own rows."""

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from io import StringIO

from domain.clock import add_months, at
from domain.money import Fen

READY = time(10)
"""WeChat has a day's bill ready at this time of the next day."""


@dataclass(frozen=True)
class BillRules:
    days_back: int = 7  # a day whose bill is missing is asked for again this many days


class LineKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


class Differs(StrEnum):
    """How a bill and our rows differ."""

    OURS_ONLY = "ours_only"  # booked here, not in any bill
    THEIRS_ONLY = "theirs_only"  # in the bill, no such number here
    AMOUNT = "amount_differs"
    STATE = "state_differs"  # done for one side, not for the other


class DifferenceState(StrEnum):
    OPEN = "open"  # a person must look
    RESOLVED = "resolved"  # somebody looked, and said what it was
    GONE = "gone"  # a later bill or notice explained it


@dataclass(frozen=True)
class BillLine:
    """A payment by its order number, or a refund by its refund number; `state` in WeChat's word."""

    kind: LineKind
    number: str
    amount_fen: Fen
    state: str


class BillUnreadable(ValueError):
    """The file is not a trade bill as WeChat writes them."""


_NUMBER, _STATE, _FEN = "商户订单号", "交易状态", "订单金额"
_REFUND_NUMBER, _REFUND_STATE, _REFUND_FEN = "商户退款单号", "退款状态", "申请退款金额"
_ATTACHED = "商户数据包"
_SUMS = "总交易单数"


def ready_at(day: date) -> datetime:
    """From when the bill of a day can be fetched."""
    return at(day + timedelta(days=1), READY)


def gone_at(day: date) -> datetime:
    """From when WeChat has the bill of a day no more: it keeps them for three months."""
    return at(add_months(day, 3))


def read(text: str) -> list[BillLine]:
    """The lines of a trade bill (`ALL`); none of an empty text. Every value stands behind a backtick.

    Raises BillUnreadable for another shape, or when the count in its foot is another one.
    """
    if not text.strip():
        return []
    rows = list(csv.reader(StringIO(text.removeprefix("\ufeff"))))
    head = rows[0]
    if not {_NUMBER, _STATE, _FEN, _REFUND_NUMBER, _REFUND_STATE, _REFUND_FEN} <= set(head):
        raise BillUnreadable("its columns are not those of a trade bill")
    lines: list[BillLine] = []
    for number, row in enumerate(rows[1:], 1):
        if row and row[0].startswith(_SUMS):
            foot = rows[number + 1] if len(rows) > number + 1 else []
            if not foot or _plain(foot[0]) != str(len(lines)):
                raise BillUnreadable("its foot counts other lines")
            return lines
        lines.append(_line(dict(zip(head, map(_plain, row), strict=False))))
    raise BillUnreadable("it has no foot: it was cut off")


def _line(row: dict[str, str]) -> BillLine:
    try:
        if row[_STATE] == "REFUND":
            return BillLine(LineKind.REFUND, row[_REFUND_NUMBER], _fen(row[_REFUND_FEN]), row[_REFUND_STATE])
        # A Pay Score deduction has a number of WeChat's own; ours stands in what it attaches.
        attached = row.get(_ATTACHED, "").split("|")
        number = attached[2] if len(attached) == 3 and attached[0] == "wxzff" else row[_NUMBER]
        return BillLine(LineKind.PAYMENT, number, _fen(row[_FEN]), row[_STATE])
    except (KeyError, ValueError) as bad:
        raise BillUnreadable(f"a line of it: {bad}") from None


def _plain(value: str) -> str:
    return value.removeprefix("`").strip()


def _fen(yuan: str) -> Fen:
    whole, _, rest = yuan.partition(".")
    return int(whole) * 100 + int(rest.ljust(2, "0")[:2] or 0)
