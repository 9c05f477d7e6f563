"""Goodwill: money given back out of kindness, by one person within limits, by two above them."""

from dataclasses import dataclass
from enum import StrEnum

from domain.money import Fen
from domain.states import Transitions


@dataclass(frozen=True)
class GoodwillRules:
    alone_fen: Fen = 5000  # on one box or plan in all, without a second person
    month_fen: Fen = 50000  # by one of the staff in a Shanghai month, without a second person


class GoodwillState(StrEnum):
    ASKED = "asked"  # waits for a second person
    GRANTED = "granted"  # its refund is wanted of WeChat
    REFUSED = "refused"  # a second person said no; nothing was given


GOODWILL_LIFE = Transitions(
    "goodwill",
    GoodwillState,
    GoodwillState.ASKED,
    {
        GoodwillState.ASKED: [GoodwillState.GRANTED, GoodwillState.REFUSED],
        GoodwillState.GRANTED: [],
        GoodwillState.REFUSED: [],
    },
)


def second_person(amount_fen: Fen, on_this_fen: Fen, this_month_fen: Fen, rules: GoodwillRules) -> str:
    """Why a second person must agree: `above_limit`, `month_spent`, or "" when one is enough.

    `on_this_fen` was given on the same thing before, `this_month_fen` by the same person alone this month.
    """
    if on_this_fen + amount_fen > rules.alone_fen:
        return "above_limit"
    return "month_spent" if this_month_fen + amount_fen > rules.month_fen else ""
