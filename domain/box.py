"""The box: what may happen to it, until when, and who owes what for an item at the end.

The sums of its bill are in `domain/bill.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.clock import day_of, end_of_day_after
from domain.money import Fen
from domain.states import Transitions


@dataclass(frozen=True)
class BoxRules:
    items_min: int = 5
    items_max: int = 8
    decide_days: int = 5
    extension_days: int = 2
    dispute_hours: int = 72
    silent_return_days: int = 10
    statutory_return_days: int = 7
    lost_parcel_grace_hours: int = 24
    freight_leg_fen: Fen = 1200
    beyond_quota: str = "charge"  # or "refuse"
    keep_all_discount_percent: int = 0  # 0 = off; 10 when on
    holiday_shift: bool = False
    damage_answer_hours: int = 72
    damage_light_percent: int = 20
    damage_heavy_percent: int = 60
    photo_max_bytes: int = 2_000_000
    photos_per_item: int = 10
    deposit_fen: Fen = 30000
    risk_cap_fen: Fen = 1_000_000
    over_cap: str = "top_up"  # a deposit for what is above the cap; or "refuse"
    package_grams: int = 600  # an empty box with its packing
    weight_tolerance_grams: int = 80  # what scales and packing may differ by; beyond both it is a case
    weight_tolerance_percent: int = 4
    cover_within_minutes: int = 60  # a confirmed box waits so long for its cover, then goes back to proposed
    return_name: str = "盒子退货仓"  # where boxes come back to
    return_phone: str = "4008001234"
    return_province: str = "上海市"
    return_city: str = "上海市"
    return_area: str = "静安区"
    return_detail: str = "南京西路 1 号"

    def __post_init__(self) -> None:
        # The highest sum tries every way of keeping some, which doubles with each item.
        if not 1 <= self.items_min <= self.items_max <= 12:
            raise ValueError("rules.box: items_min and items_max go from 1 to 12")
        if self.beyond_quota not in ("charge", "refuse"):
            raise ValueError("rules.box.beyond_quota: charge or refuse")
        if self.over_cap not in ("top_up", "refuse"):
            raise ValueError("rules.box.over_cap: top_up or refuse")


class BoxState(StrEnum):
    """The way of a box, in the member's terms."""

    REQUESTED = "requested"  # asked for, no stylist has begun
    STYLING = "styling"  # a stylist is picking
    PROPOSED = "proposed"  # the member may edit and confirm
    CONFIRMED = "confirmed"  # confirmed; the payment cover may still wait for the member's yes at WeChat
    PACKING = "packing"  # covered; the warehouse packs
    SHIPPED = "shipped"  # on the way
    DELIVERED = "delivered"  # signed; the clock runs
    DECIDING = "deciding"  # the member has begun to mark what stays
    RETURNING = "returning"  # something is on its way back
    GRADING = "grading"  # the warehouse looks at what came back
    DISPUTED = "disputed"  # something declared is missing or wrong; nothing is charged for it meanwhile
    SETTLED = "settled"  # settled exactly once
    CANCELLED = "cancelled"  # ended before it was shipped
    LOST = "lost"  # lost before signing; nothing is charged


BOX_LIFE = Transitions(
    "box",
    BoxState,
    BoxState.REQUESTED,
    {
        BoxState.REQUESTED: [BoxState.STYLING, BoxState.PROPOSED, BoxState.CANCELLED],
        BoxState.STYLING: [BoxState.PROPOSED, BoxState.CANCELLED],
        BoxState.PROPOSED: [BoxState.CONFIRMED, BoxState.STYLING, BoxState.CANCELLED],
        BoxState.CONFIRMED: [BoxState.PACKING, BoxState.PROPOSED, BoxState.CANCELLED],
        BoxState.PACKING: [BoxState.SHIPPED, BoxState.CANCELLED],
        BoxState.SHIPPED: [BoxState.DELIVERED, BoxState.LOST],
        BoxState.DELIVERED: [BoxState.DECIDING, BoxState.RETURNING, BoxState.GRADING, BoxState.SETTLED],
        BoxState.DECIDING: [BoxState.RETURNING, BoxState.GRADING, BoxState.SETTLED],
        BoxState.RETURNING: [BoxState.GRADING, BoxState.SETTLED],
        BoxState.GRADING: [BoxState.DISPUTED, BoxState.SETTLED],
        BoxState.DISPUTED: [BoxState.SETTLED],
        BoxState.SETTLED: [],
        BoxState.CANCELLED: [],
        BoxState.LOST: [],
    },
)


class ItemState(StrEnum):
    PROPOSED = "proposed"
    REMOVED = "removed"  # the member took it out of the proposal
    RESERVED = "reserved"  # confirmed, stock reserved
    AT_MEMBER = "at_member"  # signed, undecided
    KEEPING = "keeping"  # the member says keep
    RETURNING = "returning"  # the member says return
    RECEIVED = "received"  # back in the warehouse, not graded
    RETURNED = "returned"  # graded and back in stock (or written off): nothing is owed
    MISSING = "missing"  # declared returned, not in the parcel: disputed, nothing is charged before a decision
    BOUGHT = "bought"  # settled
    LOST = "lost"  # lost by a carrier: nothing is owed
    CANCELLED = "cancelled"  # the box ended before it was shipped


ITEM_LIFE = Transitions(
    "box_item",
    ItemState,
    ItemState.PROPOSED,
    {
        ItemState.PROPOSED: [ItemState.REMOVED, ItemState.RESERVED, ItemState.CANCELLED],
        ItemState.REMOVED: [],
        ItemState.RESERVED: [ItemState.AT_MEMBER, ItemState.LOST, ItemState.CANCELLED, ItemState.PROPOSED],
        ItemState.AT_MEMBER: [ItemState.KEEPING, ItemState.RETURNING, ItemState.BOUGHT],
        ItemState.KEEPING: [ItemState.RETURNING, ItemState.AT_MEMBER, ItemState.BOUGHT],
        ItemState.RETURNING: [
            ItemState.KEEPING,
            ItemState.AT_MEMBER,
            ItemState.RECEIVED,
            ItemState.MISSING,
            ItemState.LOST,
            ItemState.BOUGHT,
        ],
        ItemState.RECEIVED: [ItemState.RETURNED, ItemState.MISSING, ItemState.BOUGHT],
        ItemState.MISSING: [ItemState.RECEIVED, ItemState.BOUGHT, ItemState.LOST],
        ItemState.RETURNED: [],
        # Bought at the deadline, it may still come back within the law's seven days.
        ItemState.BOUGHT: [ItemState.RETURNED],
        ItemState.LOST: [],
        ItemState.CANCELLED: [],
    },
)


class ParcelState(StrEnum):
    WANTED = "wanted"  # label or pick-up ordered
    ACCEPTED = "accepted"  # in the carrier's hands
    SIGNED = "signed"  # signed by the receiver
    RECEIVED = "received"  # opened by our warehouse (back parcels)
    LOST = "lost"
    CANCELLED = "cancelled"


PARCEL_LIFE = Transitions(
    "parcel",
    ParcelState,
    ParcelState.WANTED,
    {
        ParcelState.WANTED: [
            ParcelState.ACCEPTED,
            ParcelState.SIGNED,
            ParcelState.RECEIVED,
            ParcelState.LOST,
            ParcelState.CANCELLED,
        ],
        ParcelState.ACCEPTED: [ParcelState.SIGNED, ParcelState.RECEIVED, ParcelState.LOST],
        ParcelState.SIGNED: [ParcelState.RECEIVED],
        ParcelState.RECEIVED: [],
        ParcelState.LOST: [ParcelState.SIGNED, ParcelState.RECEIVED],
        ParcelState.CANCELLED: [],
    },
)


class Grade(StrEnum):
    """What the warehouse finds when it opens a parcel that came back."""

    OK = "ok"  # back in stock
    DAMAGED = "damaged"  # written off; nothing is charged without an approved damage fee
    MISSING = "missing"  # announced, not in the parcel
    WRONG = "wrong"  # something else is in the parcel instead: disputed as if missing


def deadline(
    signed: Sequence[datetime],
    rules: BoxRules,
    *,
    extended: bool = False,
    lost_reported: Sequence[datetime] = (),
    is_holiday: Callable[[date], bool] | None = None,
) -> datetime:
    """Until when unwanted items may be sent back: the first instant that is too late.

    24:00 Shanghai of the 5th day after the day the last parcel was signed, never earlier than 24 hours after
    the last report of a lost parcel; 2 days after that when extended. With the holiday switch on, a last day
    in a holiday moves to the first day after. Raises ValueError when nothing was signed.
    """
    if not signed:
        raise ValueError("nothing was signed, so no clock runs")

    def moved(until: datetime) -> datetime:
        while rules.holiday_shift and is_holiday is not None and is_holiday(day_of(until - timedelta.resolution)):
            until += timedelta(days=1)
        return until

    grace = [at + timedelta(hours=rules.lost_parcel_grace_hours) for at in lost_reported]
    until = moved(max([end_of_day_after(max(signed), rules.decide_days), *grace]))
    return moved(until + timedelta(days=rules.extension_days)) if extended else until


def law_window_ends(signed_at: datetime, rules: BoxRules) -> datetime:
    """Until when the law lets a bought item come back: 24:00 of the 7th day after signing."""
    return end_of_day_after(signed_at, rules.statutory_return_days)


def silent_after(last_heard_at: datetime, rules: BoxRules) -> datetime:
    """When a parcel the carrier accepted and never told of again is taken for lost on its way back."""
    return end_of_day_after(last_heard_at, rules.silent_return_days)


def unsent_after(pickup_at: datetime, rules: BoxRules) -> datetime:
    """When a pick-up that was booked in time and of which nothing came is looked at by people."""
    return end_of_day_after(pickup_at, rules.silent_return_days)


def sent_back_in_time(
    until: datetime,
    *,
    accepted_at: datetime | None,
    pickup_booked_at: datetime | None,
    pickup_at: datetime | None,
) -> bool:
    """Whether a parcel counts as sent back: in the carrier's hands before the deadline, or a pick-up
    booked for a time before it that the carrier missed. A pick-up without a time counts from its booking.
    """
    if accepted_at is not None and accepted_at < until:
        return True
    return pickup_booked_at is not None and (pickup_at or pickup_booked_at) < until


class Fate(StrEnum):
    """What settlement does with an item."""

    BUY = "buy"  # it is charged
    FREE = "free"  # nothing is owed for it
    WAIT = "wait"  # the box cannot be settled yet


def fate(state: ItemState, *, overdue: bool, in_time: bool, dispute_over: bool) -> Fate:
    """What becomes of an item if the box were settled now.

    `overdue`: the deadline has passed. `in_time`: its parcel back counts as sent back in time.
    `dispute_over`: the 72 hours of a dispute have passed without a decision, in the member's favour.
    """
    match state:
        case ItemState.KEEPING | ItemState.BOUGHT:
            return Fate.BUY
        case ItemState.AT_MEMBER:
            return Fate.BUY if overdue else Fate.WAIT
        case ItemState.RETURNING:
            return Fate.BUY if overdue and not in_time else Fate.WAIT
        case ItemState.MISSING:
            return Fate.FREE if dispute_over else Fate.WAIT
        case ItemState.RETURNED | ItemState.LOST | ItemState.REMOVED | ItemState.CANCELLED:
            return Fate.FREE
        case ItemState.PROPOSED | ItemState.RESERVED | ItemState.RECEIVED:
            return Fate.WAIT


RETURN_REASONS = ("size", "colour", "style", "price", "quality", "other")
"""Why an item goes back: shown to the next stylist."""
