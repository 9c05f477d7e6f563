"""What the shop refuses, as typed facts.

A `Refusal` is an expected answer, never a fault: it carries a stable `code` and facts, but no words
and no HTTP status. Each door owns the table that turns it into its own language.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass
class Refusal(Exception):
    """Root of everything the shop says no to. Subclasses add facts as fields."""

    code: ClassVar[str] = "refused"

    def facts(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in fields(self)}

    def __str__(self) -> str:
        return f"{self.code} {self.facts()}"


@dataclass
class NotFound(Refusal):
    """No such thing, or none that this person may see: the two look alike on purpose."""

    code: ClassVar[str] = "not_found"
    what: str


@dataclass
class NotAllowed(Refusal):
    """The person is known but may not do this."""

    code: ClassVar[str] = "not_allowed"
    what: str


@dataclass
class Invalid(Refusal):
    """A value that no rule can accept, with the field it came in."""

    code: ClassVar[str] = "invalid"
    field: str
    problem: str


@dataclass
class PathRefused(Refusal):
    """A care path that cannot be followed; each problem says where it is and what is wrong there."""

    code: ClassVar[str] = "path_refused"
    problems: list[dict[str, str]]


@dataclass
class WrongState(Refusal):
    """The thing stands where this move is not allowed (or somebody else moved it first)."""

    code: ClassVar[str] = "wrong_state"
    what: str
    state: str
    wanted: str


@dataclass
class StaleVersion(Refusal):
    """The row changed since it was read; read again and decide again."""

    code: ClassVar[str] = "stale_version"
    what: str


@dataclass
class NotAMember(Refusal):
    """Something only a registered member can do."""

    code: ClassVar[str] = "not_registered"


@dataclass
class ConsentMissing(Refusal):
    """A consent that this step needs was not given."""

    code: ClassVar[str] = "consent_missing"
    purpose: str


@dataclass
class PlanActive(Refusal):
    """The member already has a plan running (or waiting to follow)."""

    code: ClassVar[str] = "plan_active"
    ends_at: str


@dataclass
class QuotaSpent(Refusal):
    """No unit of this quota is left in the membership year in which it would be used."""

    code: ClassVar[str] = "quota_spent"
    kind: str
    left: int = 0


@dataclass
class PointsShort(Refusal):
    """Fewer points can be spent than are wanted; `have` is below zero after a claw-back."""

    code: ClassVar[str] = "points_short"
    have: int
    wanted: int


@dataclass
class SlotTaken(Refusal):
    """Somebody else holds this time."""

    code: ClassVar[str] = "slot_taken"
    stylist_id: int
    starts_at: str


@dataclass
class SlotNotOffered(Refusal):
    """The time is not one of the slots on offer; `reason` names the rule."""

    code: ClassVar[str] = "slot_not_offered"
    reason: str


@dataclass
class TooLate(Refusal):
    """The moment until which this was possible has passed."""

    code: ClassVar[str] = "too_late"
    what: str
    until: str


@dataclass
class TooEarly(Refusal):
    """The moment from which this is possible has not come."""

    code: ClassVar[str] = "too_early"
    what: str
    since: str


@dataclass
class TooMany(Refusal):
    """A limit of the shop is reached."""

    code: ClassVar[str] = "too_many"
    what: str
    limit: int


@dataclass
class OutOfStock(Refusal):
    """Not enough pieces of one size and colour."""

    code: ClassVar[str] = "out_of_stock"
    sku_id: int
    left: int


@dataclass
class CoverRefused(Refusal):
    """The payment cover cannot be taken this way; `highest_fen` is what this way can bear."""

    code: ClassVar[str] = "cover_refused"
    kind: str
    highest_fen: int


@dataclass
class PaymentPending(Refusal):
    """Money is on its way and the outcome is not known yet."""

    code: ClassVar[str] = "payment_pending"
    ref: str


@dataclass
class AmountMismatch(Refusal):
    """A notice names another sum than the one that was asked for: kept, alerted, never applied."""

    code: ClassVar[str] = "amount_mismatch"
    expected_fen: int
    told_fen: int


@dataclass
class NotYet(Refusal):
    """A notice for something that is not committed here yet: to be sent again."""

    code: ClassVar[str] = "not_yet"
    what: str


@dataclass
class Unlawful(Refusal):
    """A reward rule the law of growth forbids; `law` names which (domain/growth.Law)."""

    code: ClassVar[str] = "unlawful"
    rule: str
    law: str


@dataclass
class IdempotencyConflict(Refusal):
    """The same Idempotency-Key came with another body."""

    code: ClassVar[str] = "idempotency_conflict"


@dataclass
class ContentRefused(Refusal):
    """The text did not pass the content check."""

    code: ClassVar[str] = "content_refused"
    label: int


@dataclass
class RateLimited(Refusal):
    """Too many requests from one person or address."""

    code: ClassVar[str] = "rate_limited"
    retry_after_seconds: int


@dataclass
class AbovePaid(Refusal):
    """More is to be given back than was paid and is not given back yet."""

    code: ClassVar[str] = "above_paid"
    left_fen: int


@dataclass
class SecondPersonNeeded(Refusal):
    """Who asked for a step that needs two persons may not decide about it."""

    code: ClassVar[str] = "second_person_needed"
    asked_by: int


@dataclass
class ClaimUnproved(Refusal):
    """A text about goods claims what no approved evidence stands behind yet: these words, "、" between them."""

    code: ClassVar[str] = "claim_unproved"
    words: str


@dataclass
class ParcelHeld(Refusal):
    """A packed parcel weighs something else than what should be in it: the case says what, and a look lifts it."""

    code: ClassVar[str] = "parcel_held"
    case_id: int


class OutsideFault(Exception):
    """The outside (WeChat) failed in a way that may pass: try again later, with the same number.

    `kind` says how where it is known: WeChat's code (`45009`), `timeout`, `http_502`, `connection …`.
    """

    kind: str = ""


class OutsideRefusal(Exception):
    """The outside said no, and will say no again: `code` is WeChat's own code as a text."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(f"{code} {text}".strip())
        self.code = code
        self.text = text


class Deposed(Exception):
    """Another process leads the jobs by now: this one may write nothing for them any more."""
