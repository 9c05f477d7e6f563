"""The law of inviting: one level, a fixed reward for a friend's own purchase, capped a year.

A rule with a second level, a condition or a rank by head-count, or a share of another's fee is a pyramid and
cannot be saved; WeChat forbids paying for a follow or a share as such. Rules are tried here before they are kept.
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import Unlawful
from domain.money import Fen
from domain.states import Transitions


class Law(StrEnum):
    """What a reward must not do, named when a rule is refused."""

    SECOND_LEVEL = "second_level"  # something is earned by what the invited invite
    HEAD_COUNT = "head_count"  # something depends on how many were invited: a threshold, a rank
    FEE_SHARE = "fee_share"  # the reward is a share of, or paid from, somebody else's fee or purchase
    PAID_SHARE = "paid_share"  # paid for a follow, a share or a mere sign-up
    UNCAPPED = "uncapped"  # no cap a year
    ENTRY_FEE = "entry_fee"  # one must have paid to be allowed to earn by inviting


class Trigger(StrEnum):
    """What an invited friend must do. Only their own first purchase may be rewarded."""

    FIRST_PURCHASE = "first_purchase"
    SIGN_UP = "sign_up"
    FOLLOW = "follow"
    SHARE = "share"


@dataclass(frozen=True)
class RewardRule:
    """A rule as somebody proposes it, able to say what the law refuses, so that the refusal can name it."""

    name: str
    points: int = 200
    trigger: str = Trigger.FIRST_PURCHASE.value
    least_fen: Fen = 1  # what the friend's purchases must come to, net of returns
    cap_per_year: int = 10  # rewards of one inviter in a calendar year; 0 = none
    accept_days: int = 30  # a friend may name who invited them so many days after joining
    levels: int = 1
    needs_invitees: int = 0  # a reward or rank from so many invited on
    share_percent: int = 0  # of what the friend pays
    needs_plan: bool = False  # only for inviters who have paid for a plan


def broken_laws(rule: RewardRule) -> list[Law]:
    """Every law the rule breaks, the gravest first."""
    breaks = {
        Law.SECOND_LEVEL: rule.levels != 1,
        Law.HEAD_COUNT: rule.needs_invitees > 0,
        Law.FEE_SHARE: rule.share_percent > 0,
        Law.ENTRY_FEE: rule.needs_plan,
        Law.PAID_SHARE: rule.trigger != Trigger.FIRST_PURCHASE or rule.least_fen < 1,
        Law.UNCAPPED: rule.cap_per_year < 1,
    }
    return [law for law, broken in breaks.items() if broken]


def require_lawful(rule: RewardRule) -> None:
    """Raises Unlawful naming the rule and the gravest law it breaks."""
    if broken := broken_laws(rule):
        raise Unlawful(rule.name, broken[0].value)


@dataclass(frozen=True)
class GrowthRules:
    """The rule that holds until staff save another. A configured rule that breaks the law stops the start."""

    referral: RewardRule = RewardRule("老友带新友")

    def __post_init__(self) -> None:
        if broken := broken_laws(self.referral):
            raise ValueError(f"rules.growth.referral: {self.referral.name}: unlawful ({broken[0].value})")


class ReferralState(StrEnum):
    """An invitation that was accepted, in the inviter's terms."""

    BOUND = "bound"  # the friend named their inviter and has not bought yet
    EARNED = "earned"  # the friend bought: the reward is given, pending with the law's window
    CAPPED = "capped"  # the friend bought, and the year's cap was reached
    UNDONE = "undone"  # what the friend bought came back, and the reward with it
    VOID = "void"  # inviter and friend turned out to be one person


REFERRAL_LIFE = Transitions(
    "referral",
    ReferralState,
    ReferralState.BOUND,
    {
        ReferralState.BOUND: [ReferralState.EARNED, ReferralState.CAPPED, ReferralState.VOID],
        ReferralState.EARNED: [ReferralState.UNDONE, ReferralState.VOID],
        ReferralState.CAPPED: [ReferralState.VOID],
        ReferralState.UNDONE: [ReferralState.VOID],
        ReferralState.VOID: [],
    },
)
