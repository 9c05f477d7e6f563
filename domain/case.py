"""A case: something only a person can decide, with an owner and a due time. It decides nothing itself."""

from datetime import datetime, timedelta
from enum import StrEnum

from domain.states import Transitions


class CaseKind(StrEnum):
    """What is to be decided, in the words of the person who decides."""

    CARRIER_CLAIM = "carrier_claim"  # a parcel is gone: claim its worth from the carrier
    DISPUTE = "dispute"  # announced as returned, not (or not so) in the parcel
    DAMAGE = "damage"  # a damage fee was proposed
    LENT = "lent"  # the parcels of one membership go to many people
    MERGE = "merge"  # two members are one person and both have a plan running
    NOT_SENT = "not_sent"  # a return was booked in time, and nothing ever came of it
    OBJECTION = "objection"  # a member objects to a no-show
    PRIVACY = "privacy"  # an account that is to be closed is still held open by something
    PARCEL_CHECK = "parcel_check"  # a parcel's weight or seal is not what it should be
    REFUND = "refund"  # WeChat could not pay a refund out
    CARE = "care"  # a path asks a person to look after a member
    OPINION = "opinion"  # a member told what they think: an answer is due


PRIORITY: dict[CaseKind, int] = {
    CaseKind.PRIVACY: 95,
    CaseKind.REFUND: 90,
    CaseKind.DISPUTE: 80,
    CaseKind.PARCEL_CHECK: 75,
    CaseKind.DAMAGE: 70,
    CaseKind.OBJECTION: 60,
    CaseKind.OPINION: 55,
    CaseKind.MERGE: 50,
    CaseKind.CARE: 45,
    CaseKind.NOT_SENT: 42,
    CaseKind.CARRIER_CLAIM: 40,
    CaseKind.LENT: 30,
}
"""What is looked at first when two are due: a member's money before our own."""

DUE_HOURS: dict[CaseKind, int] = {
    CaseKind.PRIVACY: 72,
    CaseKind.REFUND: 24,
    CaseKind.PARCEL_CHECK: 24,
    CaseKind.DISPUTE: 72,
    CaseKind.DAMAGE: 72,
    CaseKind.OBJECTION: 72,
    CaseKind.OPINION: 72,
    CaseKind.MERGE: 72,
    CaseKind.CARE: 72,
    CaseKind.NOT_SENT: 120,
    CaseKind.CARRIER_CLAIM: 240,
    CaseKind.LENT: 240,
}
"""How long each may take. A carrier answers a claim within ten days or so; a member waits less gladly."""

DECIDED_ELSEWHERE = frozenset(
    {CaseKind.DISPUTE, CaseKind.DAMAGE, CaseKind.OBJECTION, CaseKind.MERGE, CaseKind.REFUND, CaseKind.OPINION}
)
"""Closed by the decision itself: closing such a case by hand would leave the member without an answer."""


CAUSED_BY = {CaseKind.PARCEL_CHECK: "weighed_by"}
"""The fact that says whose act opened such a case: somebody else closes it by hand. Without the fact anybody may."""


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


CASE_LIFE = Transitions("case", CaseState, CaseState.OPEN, {CaseState.OPEN: [CaseState.CLOSED], CaseState.CLOSED: []})


def due_at(kind: CaseKind, opened_at: datetime) -> datetime:
    """Until when a case opened now is to be decided."""
    return opened_at + timedelta(hours=DUE_HOURS[kind])
