"""Payments, refunds, Pay Score covers, and the numbers they travel under."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.money import Fen
from domain.states import Transitions


class PaymentPurpose(StrEnum):
    """What a WeChat payment is for."""

    PLAN = "plan"
    DEPOSIT = "deposit"  # cover of a box
    BALANCE = "balance"  # what a deposit did not cover
    ORDER = "order"  # an ordinary shop order
    TOP_UP = "top_up"  # stored value
    STYLING = "styling"  # a styling above the quota
    STORE = "store"  # at a shop's till, ordered by the till itself


ACCOUNT = {
    PaymentPurpose.PLAN: "membership_fees",
    PaymentPurpose.DEPOSIT: "deposits",
    PaymentPurpose.BALANCE: "receivable",
    PaymentPurpose.ORDER: "receivable",
    PaymentPurpose.TOP_UP: "stored_principal",
    PaymentPurpose.STYLING: "membership_fees",
    PaymentPurpose.STORE: "sales",
}
"""Where the money of a payment is booked against `wechat` when it arrives, and taken from when a payment
that came too late is given back."""

REFUND_FIRST = (
    PaymentPurpose.BALANCE,
    PaymentPurpose.ORDER,
    PaymentPurpose.PLAN,
    PaymentPurpose.TOP_UP,
    PaymentPurpose.STYLING,
    PaymentPurpose.STORE,
    PaymentPurpose.DEPOSIT,
)
"""A refund over several payments takes from the balance payment first, then from the deposit."""


class PaymentState(StrEnum):
    WANTED = "wanted"  # intent committed; WeChat may or may not know of it
    PAID = "paid"
    CLOSED = "closed"  # will never be paid


PAYMENT_LIFE = Transitions(
    "payment",
    PaymentState,
    PaymentState.WANTED,
    {
        PaymentState.WANTED: [PaymentState.PAID, PaymentState.CLOSED],
        # A member may pay in the very moment we close: a late success is taken, then refunded.
        PaymentState.CLOSED: [PaymentState.PAID],
        PaymentState.PAID: [],
    },
)


class RefundState(StrEnum):
    WANTED = "asked"  # intent committed
    ACCEPTED = "accepted"  # WeChat works on it
    DONE = "done"
    FAILED = "failed"  # closed by WeChat; to be looked at
    ABNORMAL = "abnormal"  # the member's card is gone; needs a person


REFUND_LIFE = Transitions(
    "refund",
    RefundState,
    RefundState.WANTED,
    {
        RefundState.WANTED: [
            RefundState.ACCEPTED,
            RefundState.DONE,
            RefundState.FAILED,
            RefundState.ABNORMAL,
        ],
        RefundState.ACCEPTED: [RefundState.DONE, RefundState.FAILED, RefundState.ABNORMAL],
        # Paid out in WeChat's console, or by hand past WeChat with a second person's yes.
        RefundState.ABNORMAL: [RefundState.DONE],
        # Somebody looked at it: asked again under the same number, or settled by hand.
        RefundState.FAILED: [RefundState.DONE, RefundState.WANTED],
        RefundState.DONE: [],
    },
)

REFUND_WORDS = {
    "PROCESSING": RefundState.ACCEPTED,
    "SUCCESS": RefundState.DONE,
    "CLOSED": RefundState.FAILED,
    "ABNORMAL": RefundState.ABNORMAL,
}
"""WeChat's words for how a refund stands."""


class ScoreState(StrEnum):
    """A Pay Score order in WeChat's own words, and the one word before WeChat knows of it."""

    WANTED = "WANTED"  # intent committed
    CREATED = "CREATED"  # WeChat knows it; the member has not confirmed
    DOING = "DOING"  # confirmed; or completed and being collected (see its description)
    DONE = "DONE"  # collected, or completed with nothing to collect
    REVOKED = "REVOKED"  # cancelled
    EXPIRED = "EXPIRED"  # not confirmed within WeChat's thirty days


SCORE_LIFE = Transitions(
    "score_cover",
    ScoreState,
    ScoreState.WANTED,
    {
        # Notices come in any order, so a later word may be the first we hear.
        ScoreState.WANTED: [
            ScoreState.CREATED,
            ScoreState.DOING,
            ScoreState.DONE,
            ScoreState.REVOKED,
            ScoreState.EXPIRED,
        ],
        ScoreState.CREATED: [ScoreState.DOING, ScoreState.DONE, ScoreState.REVOKED, ScoreState.EXPIRED],
        ScoreState.DOING: [ScoreState.DOING, ScoreState.DONE, ScoreState.REVOKED],
        ScoreState.DONE: [],
        ScoreState.REVOKED: [],
        ScoreState.EXPIRED: [],
    },
)


def score_stage(state: str, description: str) -> int:
    """How far a Pay Score order is: 1 created, 2 confirmed by the member, 3 completed by us, 4 over.

    News of a stage that is not later than the one we know changes nothing.
    """
    if state == ScoreState.DOING:
        return 3 if description == "MCH_COMPLETE" else 2
    return {ScoreState.WANTED.value: 0, ScoreState.CREATED.value: 1}.get(state, 4)


def refund_number(paid_number: str, key: str) -> str:
    """The number of the refund of one payment for one cause: the same cause has the same number for ever.

    It begins with the payment's own number, so the two stand together in WeChat's bill.
    """
    plain = key.replace(":", "-")
    if not re.fullmatch(r"[0-9A-Za-z:]{1,24}", key):
        plain = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{paid_number}-{plain}"


@dataclass(frozen=True)
class PaymentRules:
    pay_within_minutes: int = 15
    ask_after_minutes: int = 3  # the job asks about a silent payment, refund or cover after this long
    ask_slowly_after_minutes: int = 60  # what stays silent this long is asked about this seldom
    ask_again_seconds: int = 5  # a member's page that waits makes us ask WeChat this often at most
    payable_seconds: int = 60  # WeChat takes no order that lapses sooner than this
    refund_spacing_seconds: int = 60
    refunds_per_payment: int = 50


def pay_until(now: datetime, rules: PaymentRules) -> datetime:
    """Until when a payment asked for now may be made."""
    return now + timedelta(minutes=rules.pay_within_minutes)


def still_payable(expires_at: datetime, now: datetime, rules: PaymentRules) -> bool:
    """Whether there is time enough left for WeChat to take the order."""
    return now + timedelta(seconds=rules.payable_seconds) <= expires_at


def lapsed(expires_at: datetime, now: datetime, rules: PaymentRules) -> bool:
    """Whether nobody can pay it any more; a minute is left for who was at the password."""
    return expires_at + timedelta(seconds=rules.payable_seconds) <= now


def next_refund_at(previous: datetime | None, now: datetime, rules: PaymentRules) -> datetime:
    """When the next refund of the same payment may be asked for: a minute after the one before."""
    if previous is None:
        return now
    return max(now, previous + timedelta(seconds=rules.refund_spacing_seconds))


def refund_allocation(paid: list[tuple[int, Fen]], wanted: Fen) -> list[tuple[int, Fen]]:
    """Spread a refund over payments given in the order they are to be used: `(payment_id, left_fen)`.

    Raises ValueError when more is wanted than was ever paid.
    """
    parts = []
    for payment_id, left in paid:
        part = min(left, wanted)
        if part > 0:
            parts.append((payment_id, part))
            wanted -= part
    if wanted:
        raise ValueError("more to refund than was paid")
    return parts
