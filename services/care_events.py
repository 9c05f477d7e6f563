"""Events that come from rows rather than from an act: purchases, changes of stage, birthdays.

They are told to care page by page behind a bookmark, so that settling a box or staging millions does not
wait for them. A page that is told twice changes nothing: each event has its own occurrence.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from tortoise.functions import Max

from domain.clock import at, day_of
from domain.path import Event
from domain.perk import birthdays_kept
from models import CareBookmark, Purchase, StageChange, sql
from services import care
from services.shop import Shop
from services.transaction import transaction

PAGE = 2000
STILL_COMMITTING = timedelta(seconds=5)
"""Rows so young are left for the next run: one with a smaller id may not be committed yet."""
OLD_NEWS = timedelta(days=2)
"""What happened so long before the first run begins no path: a shop's whole past is not told at once."""
STAGES = {"growth": Event.GROWTH, "maturity": Event.MATURITY, "decline": Event.DECLINE}


async def tell_due(shop: Shop) -> int:
    """Tell care of what was bought and of who changed their stage since the last run; how many events. A job."""
    return await _tell(shop, "purchase", Purchase, _bought) + await _tell(shop, "stage", StageChange, _staged)


Tell = Callable[[Shop, list[Any]], Awaitable[None]]


async def _tell(shop: Shop, name: str, model: type[Purchase] | type[StageChange], tell: Tell) -> int:
    told, now = 0, shop.now()
    done = await _bookmark(shop, name, model)
    while True:
        rows: list[Any] = await (
            model.filter(id__gt=done, created_at__lte=now - STILL_COMMITTING).order_by("id").limit(PAGE)
        )
        if not rows:
            return told
        done = rows[-1].id
        async with transaction():
            await tell(shop, rows)
            await CareBookmark.filter(name=name).update(done_id=done, updated_at=now)
        told += len(rows)


async def _bookmark(shop: Shop, name: str, model: type[Purchase] | type[StageChange]) -> int:
    """The last row told."""
    found = await CareBookmark.filter(name=name).first()
    if found is not None:
        return int(found.done_id)
    old = model.filter(created_at__lt=shop.now() - OLD_NEWS)
    first = int((await old.annotate(top=Max("id")).values("top"))[0]["top"] or 0)
    made = CareBookmark(name=name, done_id=first, created_at=shop.now())
    await CareBookmark.bulk_create([made], on_conflict=("name",), ignore_conflicts=True)
    return first


async def _bought(shop: Shop, rows: list[Purchase]) -> None:
    kept = [row for row in rows if row.net_fen > 0]
    await care.start_many(shop, Event.BOUGHT, [(row.member_id, f"purchase:{row.id}", row.bought_at) for row in kept])


async def _staged(shop: Shop, rows: list[StageChange]) -> None:
    """Who changes; a first stage is no change, and observation is what joining begins."""
    for stage, event in STAGES.items():
        came = [row for row in rows if row.new == stage and row.old]
        await care.start_many(shop, event, [(row.member_id, f"stage:{row.id}", row.created_at) for row in came])


async def tell_birthdays(shop: Shop) -> int:
    """Tell care whose birthday is kept today; how many. A job."""
    today, told = day_of(shop.now()), 0
    for year, month, day in birthdays_kept(today, 0):
        born = [row["id"] for row in await sql.run("born_on", month=month, day=day)]
        for i in range(0, len(born), PAGE):
            starts = [(member_id, f"birthday:{year}", at(today)) for member_id in born[i : i + PAGE]]
            await care.start_many(shop, Event.BIRTHDAY, starts)
        told += len(born)
    return told
