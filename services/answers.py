"""Answers kept under an Idempotency-Key, so that a repeated write gets the first answer again."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from models import IdempotentAnswer
from models.sql import run
from services.shop import Shop

RUNNING_FOR = timedelta(seconds=30)
"""After this long without an answer the first request is taken for dead, and a repeat may run."""

SEALED_AS = "idempotent_answer/body"
"""Answers name people, and one of them is a session: they are kept sealed."""


@dataclass(frozen=True)
class Kept:
    status: int
    body: str


class Other(Enum):
    BODY = "another body came under this key"
    RUNNING = "the first request is still running"


OTHER_BODY, RUNNING = Other.BODY, Other.RUNNING


async def begin(shop: Shop, actor: str, key: str, body_hash: str) -> Kept | Other | None:
    """Take the key: None = it is ours, go on. The unique key decides between requests at once."""
    now = shop.now()
    if await run("answer_key", actor=actor, key=key, body_hash=body_hash, now=now):
        return None
    row = await IdempotentAnswer.get(actor=actor, key=key)
    if row.body_hash != body_hash:
        return OTHER_BODY
    if row.status is not None:
        return Kept(row.status, shop.sealer.open(row.body, SEALED_AS))
    if row.updated_at is not None and row.updated_at > now - RUNNING_FOR:
        return RUNNING
    # Taking over from one that died is a compare-and-set on the instant it was last taken.
    mine = IdempotentAnswer.filter(id=row.id, updated_at=row.updated_at, status=None)
    taken = await mine.update(updated_at=now)
    return None if taken else RUNNING


async def keep(shop: Shop, actor: str, key: str, status: int, body: str) -> None:
    sealed = shop.sealer.seal(body, SEALED_AS)
    await run("answer_keep", actor=actor, key=key, status=status, body=sealed, now=shop.now())


async def forget(actor: str, key: str) -> None:
    """A fault is not an answer: the repeat may run."""
    await IdempotentAnswer.filter(actor=actor, key=key, status=None).delete()
