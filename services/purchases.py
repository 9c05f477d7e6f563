"""What members have bought, in one place for everything that counts it: stages, tiers, reports."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from tortoise.functions import Sum

from domain.money import Fen
from models import Purchase, sql
from services.shop import Shop

Listener = Callable[[Shop, int], Awaitable[None]]
"""Told of each member whose purchases have changed, inside the same transaction."""

ONLINE = ("box:", "order:")
"""What is bought without a till."""
_listeners: list[Listener] = []


def changed(function: Listener) -> Listener:
    """Name a function that looks at a member when something was bought or came back."""
    _listeners.append(function)
    return function


async def keep(shop: Shop, member_id: int, ref: str, net_fen: Fen, *, bought_at: datetime | None = None) -> None:
    """What `ref` (a settled box, a paid order) is worth by now, inside the caller's transaction.

    Said when it is bought and again whenever part of it comes back: the instant of buying stays, the
    sum is the last one said, 0 when nothing is left. A purchase of nothing is none.
    """
    now = shop.now()
    kept = await sql.run(
        "purchase_keep", member_id=member_id, ref=ref, net_fen=net_fen, bought_at=bought_at or now,
        online=ref.startswith(ONLINE), now=now,
    )  # fmt: skip
    if not kept:
        return
    for listener in _listeners:
        await listener(shop, member_id)


async def net_between(member_id: int, since: datetime, until: datetime) -> Fen:
    """The net sum of what was bought in a half-open span, less what came back since."""
    return (await nets_between([member_id], since, until)).get(member_id, 0)


async def nets_between(member_ids: Sequence[int], since: datetime, until: datetime) -> dict[int, Fen]:
    """The same for several members by one statement; who bought nothing is not in it."""
    bought = Purchase.filter(member_id__in=list(member_ids), bought_at__gte=since, bought_at__lt=until)
    rows = await bought.annotate(sum=Sum("net_fen")).group_by("member_id").values("member_id", "sum")
    return {row["member_id"]: int(row["sum"] or 0) for row in rows}
