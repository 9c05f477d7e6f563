"""What comes in from outside is stored once and worked once."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from models import InboundEvent
from services.transaction import transaction


async def once(
    source: str,
    external_id: str,
    kind: str,
    do: Callable[[], Awaitable[str]],
    *,
    now: datetime,
    payload: dict[str, Any] | None = None,
) -> tuple[str, bool]:
    """Work an event in one transaction with its row: `(reply, fresh)`.

    A repeat gets the stored reply and `fresh` False. When `do` raises, nothing is stored, so a later
    delivery works it. Two deliveries at once: the second waits on the unique key, then sees the reply.
    """
    async with transaction():
        await InboundEvent.bulk_create(
            [
                InboundEvent(
                    source=source,
                    external_id=external_id,
                    kind=kind,
                    payload=payload or {},
                    created_at=now,
                )
            ],
            on_conflict=("source", "external_id"),
            ignore_conflicts=True,
        )
        event = await InboundEvent.filter(source=source, external_id=external_id).select_for_update().get()
        if event.handled_at is not None:
            return event.reply or "", False
        reply = await do()
        await InboundEvent.filter(id=event.id).update(
            reply=reply, handled_at=now, payload={}, updated_at=now, attempts=event.attempts + 1
        )
        return reply, True


async def set_aside(
    source: str, external_id: str, kind: str, failure: str, *, now: datetime, payload: dict[str, Any]
) -> bool:
    """Keep an event that must never be applied, with why, for a person to look at; False when kept before."""
    row = InboundEvent(
        source=source,
        external_id=external_id,
        kind=kind,
        payload=payload,
        failure=failure[:200],
        handled_at=now,
        created_at=now,
    )
    async with transaction():
        before = await InboundEvent.filter(source=source, external_id=external_id).count()
        await InboundEvent.bulk_create([row], on_conflict=("source", "external_id"), ignore_conflicts=True)
    return before == 0
