"""A damage fee: proposed with photos, answered by the member, decided by a second person; never silent."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.box import BoxRules
from domain.money import Fen, share
from domain.states import Transitions


class DamageState(StrEnum):
    """How a proposed fee stands, in the member's terms."""

    PROPOSED = "proposed"  # waits for the member's answer
    ACCEPTED = "accepted"  # the member agrees; a second person decides
    CONTESTED = "contested"  # the member objects; a second person decides
    UNANSWERED = "unanswered"  # the time for an answer is over; a second person decides
    CHARGED = "charged"  # approved: on the bill, or asked for
    WAIVED = "waived"  # refused: nothing is owed


DECIDABLE = (DamageState.ACCEPTED, DamageState.CONTESTED, DamageState.UNANSWERED)

DAMAGE_LIFE = Transitions(
    "damage_fee",
    DamageState,
    DamageState.PROPOSED,
    {
        DamageState.PROPOSED: [*DECIDABLE],
        DamageState.ACCEPTED: [DamageState.CHARGED, DamageState.WAIVED],
        DamageState.CONTESTED: [DamageState.CHARGED, DamageState.WAIVED],
        DamageState.UNANSWERED: [DamageState.CHARGED, DamageState.WAIVED],
        DamageState.CHARGED: [],
        DamageState.WAIVED: [],
    },
)


class DamageGrade(StrEnum):
    """How bad it is; each has its most in percent of the piece's price (`rules.box`)."""

    LIGHT = "light"  # can be cleaned or mended
    HEAVY = "heavy"  # can be sold only as a second
    TOTAL = "total"  # cannot be sold again


def most(price_fen: Fen, grade: DamageGrade, rules: BoxRules) -> Fen:
    """The highest fee for a piece of this price; never above the price itself."""
    percent = {
        DamageGrade.LIGHT: rules.damage_light_percent,
        DamageGrade.HEAVY: rules.damage_heavy_percent,
        DamageGrade.TOTAL: 100,
    }[grade]
    return share(price_fen, percent, 100)


def answer_until(proposed_at: datetime, rules: BoxRules) -> datetime:
    """Until when the member may answer."""
    return proposed_at + timedelta(hours=rules.damage_answer_hours)
