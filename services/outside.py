"""Intents of calls to the outside: written with the change that wants them, called after the commit.

A crash between intent and outcome is harmless: the job finds the intent and calls again under the
same number. Retries back off; after `POISON_AFTER` attempts, or when WeChat says a final no, the
intent is set aside as `failed` for a person to look at.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.expressions import F

from domain.errors import OutsideFault, OutsideRefusal
from models import OutsideCall
from models.sql import insert_many
from services.shop import Shop
from services.transaction import after_commit

POISON_AFTER = 12
LEASE = timedelta(seconds=30)

Caller = Callable[[Shop, OutsideCall], Awaitable[None]]
"""Makes the call and records its outcome in a transaction of its own."""


def wait_after(attempts: int) -> timedelta:
    """How long after so many attempts the next one is made: five seconds and twice as long each time, up to an hour."""
    return min(timedelta(seconds=5 << min(attempts, 10)), timedelta(hours=1))


_callers: dict[str, Caller] = {}
log = structlog.get_logger()


def caller(kind: str) -> Callable[[Caller], Caller]:
    """Name the function that makes calls of a kind."""

    def register(function: Caller) -> Caller:
        _callers[kind] = function
        return function

    return register


async def want(
    shop: Shop,
    kind: str,
    ref: str,
    *,
    now_too: bool = True,
    not_before: datetime | None = None,
    **payload: Any,
) -> None:
    """Write the intent (once per kind and ref) and, after the commit, try it at once.

    With `not_before` it waits until then, for the job.
    """
    now = shop.now()
    await OutsideCall.bulk_create(
        [OutsideCall(kind=kind, ref=ref, payload=payload, next_at=not_before or now, created_at=now)],
        on_conflict=("kind", "ref"),
        ignore_conflicts=True,
    )
    if now_too:

        async def attempt() -> None:
            await call_now(shop, kind, ref)

        after_commit(attempt)


async def want_again(shop: Shop, kind: str, ref: str) -> None:
    """Take up an intent that was set aside, with fresh attempts; it is tried after the commit."""
    now = shop.now()
    await OutsideCall.filter(kind=kind, ref=ref).update(
        state="wanted", attempts=0, next_at=now, failure="", updated_at=now
    )

    async def attempt() -> None:
        await call_now(shop, kind, ref)

    after_commit(attempt)


async def want_many(shop: Shop, kind: str, wanted: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """Write many intents of one kind at once, `(ref, payload)`; the job makes the calls."""
    now = shop.now()
    await insert_many(
        OutsideCall,
        [{"kind": kind, "ref": ref, "payload": payload, "next_at": now, "created_at": now} for ref, payload in wanted],
        once=("kind", "ref"),
    )


async def call_now(shop: Shop, kind: str, ref: str) -> bool:
    """Try one wanted call; True when it is done. The attempt is leased, so two workers never share it."""
    now = shop.now()
    leased = await OutsideCall.filter(kind=kind, ref=ref, state="wanted", next_at__lte=now).update(
        next_at=now + LEASE, attempts=F("attempts") + 1, updated_at=now
    )
    if not leased:
        return False
    call = await OutsideCall.get(kind=kind, ref=ref)
    try:
        await _callers[kind](shop, call)
    except OutsideFault as fault:
        poison = call.attempts >= POISON_AFTER
        await OutsideCall.filter(id=call.id).update(
            state="failed" if poison else "wanted",
            next_at=shop.now() + wait_after(call.attempts),
            failure=str(fault)[:200],
            updated_at=shop.now(),
        )
        log.warning("outside.failed", kind=kind, ref=ref, attempts=call.attempts, set_aside=poison)
        return False
    except OutsideRefusal as refusal:
        await OutsideCall.filter(id=call.id).update(state="failed", failure=str(refusal)[:200], updated_at=shop.now())
        log.error("outside.refused", kind=kind, ref=ref, code=refusal.code)
        return False
    await OutsideCall.filter(id=call.id).update(state="done", failure="", updated_at=shop.now())
    return True


async def call_due(shop: Shop, *, limit: int = 200) -> int:
    """Try everything that is due: the job that heals what a crash or a fault left behind."""
    due = (
        await OutsideCall.filter(state="wanted", next_at__lte=shop.now())
        .order_by("next_at")
        .limit(limit)
        .values("kind", "ref")
    )
    done = 0
    for row in due:
        done += await call_now(shop, row["kind"], row["ref"])
    return done
