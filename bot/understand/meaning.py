"""What a line means: the value types and the names of the intents.

Only words for others to speak in; how a line is read is in the files beside this one.
"""

import datetime as dt
from dataclasses import dataclass

INTENTS: tuple[str, ...] = (
    "greeting",
    "thanks_bye",
    "book_stylist",
    "change_booking",
    "cancel_booking",
    "my_bookings",
    "order_box",
    "box_status",
    "return_box",
    "keep_items",
    "refund_status",
    "exchange_size",
    "size_advice",
    "style_advice",
    "product_search",
    "points_balance",
    "member_benefits",
    "join_membership",
    "renew_membership",
    "tier_match",
    "coupon",
    "invite_friend",
    "shipping_policy",
    "store_info",
    "invoice",
    "update_profile",
    "privacy_request",
    "feedback",
    "complaint",
    "human_agent",
    "stop_messages",
    "resume_messages",
    "other",
)

# Intents after which the bot changes something of the member's; taking one for another does harm.
ACTION_INTENTS: frozenset[str] = frozenset(
    {
        "book_stylist",
        "change_booking",
        "cancel_booking",
        "order_box",
        "return_box",
        "keep_items",
        "exchange_size",
        "join_membership",
        "renew_membership",
        "tier_match",
        "update_profile",
        "privacy_request",
        "stop_messages",
        "resume_messages",
    }
)


@dataclass(frozen=True)
class When:
    """A moment as it was said: Shanghai day, Shanghai wall time, part of the day; None = not said."""

    date: dt.date | None = None
    time: dt.time | None = None
    part: str | None = None  # morning | noon | afternoon | evening


@dataclass(frozen=True)
class Understanding:
    """One line as understood. `confidence` is the chance (0..1) that `intent` is right."""

    text: str
    intent: str
    confidence: float
    alternatives: tuple[tuple[str, float], ...]
    slots: dict[str, object]
    when: When
    answer: str | None  # yes | no | cancel | None
    second: "Understanding | None" = None  # what comes after 顺便, read by itself
