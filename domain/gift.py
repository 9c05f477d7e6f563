"""Surprise gifts of the staff: by one person within a cap and a monthly budget, by two above them."""

from dataclasses import dataclass
from enum import StrEnum

from domain.money import Fen
from domain.states import Transitions


@dataclass(frozen=True)
class GiftRules:
    cap_fen: Fen = 5000  # one gift, without a second person
    month_fen: Fen = 20000  # by one of the staff in a Shanghai month, without a second person
    valid_days: int = 90  # how long the member may use it


class GiftState(StrEnum):
    ASKED = "asked"  # waits for a second person
    GIVEN = "given"  # the coupon is in the member's hand
    REFUSED = "refused"  # a second person said no; nothing was given


GIFT_LIFE = Transitions(
    "gift",
    GiftState,
    GiftState.ASKED,
    {
        GiftState.ASKED: [GiftState.GIVEN, GiftState.REFUSED],
        GiftState.GIVEN: [],
        GiftState.REFUSED: [],
    },
)
