"""Two persons: who asks for a step that needs a second one never decides about it."""

from enum import StrEnum

from domain.errors import SecondPersonNeeded
from domain.states import Transitions


class ApprovalKind(StrEnum):
    """What a second person is asked about; `ref` names the thing, the facts say what will follow."""

    GOODWILL = "goodwill"  # money given back out of kindness, above what one person may give: goodwill:7
    DAMAGE_FEE = "damage_fee"  # a fee for a damaged piece, after the member's answer: damage:7
    DISPUTE_CHARGE = "dispute_charge"  # charging a piece announced as returned and missing: item:7
    UNSENT_CHARGE = "unsent_charge"  # charging what was to be picked up long ago and never was: parcel:7
    GIFT = "gift"  # a surprise gift above one person's cap or monthly budget: gift:7
    REFUND_BY_HAND = "refund_by_hand"  # a refund WeChat could not pay was paid out another way: refund:7
    CAMPAIGN_LAUNCH = "campaign_launch"  # a promotion to more receivers than one person may reach: campaign:7
    SERIES_LAUNCH = "series_launch"  # the same of a campaign that recurs, for all its occurrences: series:7


class ApprovalState(StrEnum):
    """How an approval stands."""

    ASKED = "asked"  # waits for a second person
    APPROVED = "approved"  # decided, and done in the same transaction
    REFUSED = "refused"  # decided, and not done


APPROVAL_LIFE = Transitions(
    "approval",
    ApprovalState,
    ApprovalState.ASKED,
    {
        ApprovalState.ASKED: [ApprovalState.APPROVED, ApprovalState.REFUSED],
        ApprovalState.APPROVED: [],
        ApprovalState.REFUSED: [],
    },
)


def require_second(asked_by: int, decided_by: int) -> None:
    """Raise SecondPersonNeeded when the two are one."""
    if asked_by == decided_by:
        raise SecondPersonNeeded(asked_by)
