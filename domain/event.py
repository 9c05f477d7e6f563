"""Business events: what other systems may hear of, named in one place.

An event is a line of the history, which is written with the fact itself; this table says which lines have a name
for the outside. A name and the shape of its data never change: another shape is another version beside it.
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from domain.booking import BookingState
from domain.box import BoxState
from domain.membership import PlanState
from domain.order import OrderState
from domain.payment import PaymentState, RefundState


class EventName(StrEnum):
    """What happened, as subscribers name it."""

    MEMBER_JOINED = "member.joined"  # somebody became a member, by whichever way in
    PLAN_STARTED = "plan.started"  # a paid (or free) period runs
    PLAN_RENEWED = "plan.renewed"  # the next period is paid and follows without a gap
    PLAN_ENDED = "plan.ended"  # its last day is over
    ORDER_PLACED = "order.placed"
    ORDER_PAID = "order.paid"
    ORDER_SHIPPED = "order.shipped"
    ORDER_SIGNED = "order.signed"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_LOST = "order.lost"
    BOX_REQUESTED = "box.requested"
    BOX_CONFIRMED = "box.confirmed"  # by the member; its cover may still wait
    BOX_SHIPPED = "box.shipped"
    BOX_DELIVERED = "box.delivered"  # signed: the clock runs
    BOX_SETTLED = "box.settled"
    BOX_CANCELLED = "box.cancelled"
    BOX_LOST = "box.lost"
    BOOKING_MADE = "booking.made"
    BOOKING_DONE = "booking.done"  # the session took place
    BOOKING_CANCELLED = "booking.cancelled"
    BOOKING_LATE_CANCELLED = "booking.late_cancelled"
    BOOKING_NO_SHOW = "booking.no_show"
    PAYMENT_PAID = "payment.paid"
    REFUND_DONE = "refund.done"
    REFUND_FAILED = "refund.failed"  # WeChat closed it: a person looks at it
    REFUND_ABNORMAL = "refund.abnormal"  # the member's card is gone: a person looks at it


@dataclass(frozen=True)
class Kind:
    """One event: the move it is (`noun` becomes `new`), and its shape's version."""

    name: EventName
    noun: str
    new: str
    version: int = 1


JOINED = "joined"
EVENTS: tuple[Kind, ...] = (
    Kind(EventName.MEMBER_JOINED, "member", JOINED),
    Kind(EventName.PLAN_STARTED, "plan", PlanState.ACTIVE),
    Kind(EventName.PLAN_RENEWED, "plan", PlanState.QUEUED),
    Kind(EventName.PLAN_ENDED, "plan", PlanState.ENDED),
    Kind(EventName.ORDER_PLACED, "order", OrderState.PLACED),
    Kind(EventName.ORDER_PAID, "order", OrderState.PAID),
    Kind(EventName.ORDER_SHIPPED, "order", OrderState.SHIPPED),
    Kind(EventName.ORDER_SIGNED, "order", OrderState.SIGNED),
    Kind(EventName.ORDER_CANCELLED, "order", OrderState.CANCELLED),
    Kind(EventName.ORDER_LOST, "order", OrderState.LOST),
    Kind(EventName.BOX_REQUESTED, "box", BoxState.REQUESTED),
    Kind(EventName.BOX_CONFIRMED, "box", BoxState.CONFIRMED),
    Kind(EventName.BOX_SHIPPED, "box", BoxState.SHIPPED),
    Kind(EventName.BOX_DELIVERED, "box", BoxState.DELIVERED),
    Kind(EventName.BOX_SETTLED, "box", BoxState.SETTLED),
    Kind(EventName.BOX_CANCELLED, "box", BoxState.CANCELLED),
    Kind(EventName.BOX_LOST, "box", BoxState.LOST),
    Kind(EventName.BOOKING_MADE, "booking", BookingState.BOOKED),
    Kind(EventName.BOOKING_DONE, "booking", BookingState.DONE),
    Kind(EventName.BOOKING_CANCELLED, "booking", BookingState.CANCELLED),
    Kind(EventName.BOOKING_LATE_CANCELLED, "booking", BookingState.LATE_CANCELLED),
    Kind(EventName.BOOKING_NO_SHOW, "booking", BookingState.NO_SHOW),
    Kind(EventName.PAYMENT_PAID, "payment", PaymentState.PAID),
    Kind(EventName.REFUND_DONE, "refund", RefundState.DONE),
    Kind(EventName.REFUND_FAILED, "refund", RefundState.FAILED),
    Kind(EventName.REFUND_ABNORMAL, "refund", RefundState.ABNORMAL),
)
BY_MOVE = {(kind.noun, str(kind.new)): kind for kind in EVENTS}

FACTS: dict[str, tuple[str, ...]] = {
    "member": (),
    "plan": ("plan", "price_fen"),
    "order": ("number", "total_fen"),
    "box": (),
    "booking": ("uid",),
    "payment": ("ref", "purpose", "amount_fen"),
    "refund": ("ref", "amount_fen"),
}
"""What an event of a noun says of it: only what never changes, so that a repeat is the same to the byte. The rest
is asked for by the id, and nothing of a person is ever in it."""


@dataclass(frozen=True)
class BusinessEvent:
    """One event. `id` is its place in the stream and grows; `ref` names the thing (`order:9`)."""

    id: int
    name: EventName
    version: int
    at: datetime
    ref: str
    member_id: int | None
    data: dict[str, Any]


@dataclass(frozen=True)
class WebhookRules:
    attempts: int = 12  # of one event, with growing waits, before the endpoint is set aside
    old_secret_hours: int = 24  # so long the secret before the last change still signs along
    log_days: int = 30  # deliveries are listed so long


class EndpointState(StrEnum):
    ON = "on"
    OFF = "off"  # switched off by the staff; it goes on from where it stopped
    ASIDE = "aside"  # it failed too often, or said it is gone: the staff switch it on again


def hears(names: Sequence[str], name: str) -> bool:
    """Whether an endpoint that named these events is told of one; none named is all."""
    return not names or name in names


def told(event: BusinessEvent) -> dict[str, Any]:
    """An event as other systems read it, in the stream and in a webhook alike; the id is text, as JavaScript needs."""
    return {
        "id": str(event.id),
        "type": event.name.value,
        "version": event.version,
        "timestamp": event.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ref": event.ref,
        "member_id": event.member_id,
        "data": event.data,
    }


SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret of the scheme begins with.


def signature(secret: str, message_id: str, at_seconds: int, body: bytes) -> str:
    """Standard Webhooks, symmetric: `v1,` and the HMAC-SHA256 of id, time and body under the secret's bytes."""
    key = b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{at_seconds}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, signed, "sha256")).decode()
