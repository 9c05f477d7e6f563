"""The stream of business events: the history, read in order by whoever keeps a cursor, nothing left out.

A line gets its id when it is written and is seen when its transaction commits, so a smaller id may appear after a
larger one. Events are therefore only told up to a horizon: the newest id that was seen, once every transaction that
ran at that moment has ended.
"""

import asyncio
from typing import Any

from tortoise.expressions import F, Q

from domain.event import BY_MOVE, EVENTS, FACTS, BusinessEvent
from models import Booking, Box, History, Membership, Order, Payment, Refund
from models.base import Row
from models.sql import run

PATIENCE = 40
PAUSE_SECONDS = 0.025
ROWS: dict[str, type[Row]] = {
    "plan": Membership,
    "order": Order,
    "box": Box,
    "booking": Booking,
    "payment": Payment,
    "refund": Refund,
}
_NAMED = Q(
    *(
        Q(noun=noun, new__in=[str(kind.new) for kind in EVENTS if kind.noun == noun])
        for noun in dict.fromkeys(kind.noun for kind in EVENTS)
    ),
    join_type="OR",
)


async def newest() -> int:
    """The id of the newest line that can be seen: where "from now on" begins."""
    [seen] = await run("event_horizon")
    return int(seen["newest"])


async def horizon() -> int | None:
    """The id up to which nothing can appear any more; None while a transaction runs for longer than a second."""
    [seen] = await run("event_horizon")
    now = seen
    for _ in range(PATIENCE):
        if int(now["oldest_running"]) >= int(seen["first_to_come"]):
            return int(seen["newest"])
        await asyncio.sleep(PAUSE_SECONDS)
        [now] = await run("event_horizon")
    return None


async def read(after: int, limit: int) -> tuple[list[BusinessEvent], int]:
    """The next events behind a cursor, the oldest first, and the cursor behind them."""
    until = await horizon()
    if until is None or until <= after:
        return [], after
    lines = History.filter(_NAMED, id__gt=after, id__lte=until).exclude(old=F("new"))
    rows = await lines.order_by("id").limit(limit)
    told = await _named(rows)
    return told, rows[-1].id if len(rows) == limit else until


async def _named(rows: list[History]) -> list[BusinessEvent]:
    facts: dict[tuple[str, int], dict[str, Any]] = {}
    for noun, model in ROWS.items():
        ids = [row.row_id for row in rows if row.noun == noun]
        if ids:
            for found in await model.filter(id__in=ids).values("id", "member_id", *FACTS[noun]):
                facts[noun, found.pop("id")] = found
    told = []
    for row in rows:
        kind = BY_MOVE[row.noun, row.new]
        data = dict(facts.get((row.noun, row.row_id), {}))
        member_id = row.row_id if row.noun == "member" else data.pop("member_id", None)
        ref = f"{'membership' if row.noun == 'plan' else row.noun}:{row.row_id}"
        told.append(BusinessEvent(row.id, kind.name, kind.version, row.created_at, ref, member_id, data))
    return told
