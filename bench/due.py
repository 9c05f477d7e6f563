"""What the clock brings due among a million: boxes past their deadline, points that lapse, one long statement."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import cast

import asyncpg

from bench.running import Running
from domain.clock import SystemClock
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from models import database
from models.sql import statements
from services import points, settlement
from services.shop import Accounts, Shop
from tests.support import postgres

OPEN, DUE, ENTRIES, LOTS = 1_000_000, 2_000, 10_000, 1_000_000
# Neither is asked.
NOBODY, NO_SEALER = cast(Wechat, None), cast(Sealer, None)

MEMBERS = """
INSERT INTO member (id, level, first_seen_at, first_source, first_scene, last_seen_at, follows, profile, zone,
  phone_sealed, created_at)
SELECT n, 'registered', now(), 'login', '', now(), true, '{}', '', '', now() FROM generate_series(1, 1000) AS n
"""
# Every n-th is past its deadline; the rest have days left.
BOXES = """
INSERT INTO box (member_id, state, version, occasion, wish, stylist_words, cover, deposit_fen, highest_fen,
  freight_out_fen, freight_back_fen, address_sealed, extended, kept_all, points_percent, goods_fen, charge_fen,
  damage_fen, deadline_at, created_at)
SELECT 1 + n % 1000, 'deciding', 1, '', '', '', '', 0, 0, 0, 0, '', false, false, 100, 0, 0, 0,
  now() + CASE WHEN n % ($1::int / $2::int) = 0 THEN interval '-1 hour' ELSE make_interval(days => 1 + n % 5) END, now()
FROM generate_series(1, $1::int) AS n
"""
STATEMENT = """
WITH lots AS (
  INSERT INTO points_lot (member_id, points, unspent, usable_at, expires_at, reason, ref, created_at)
  SELECT 1, 10, 10, now() - interval '1 day', now() + make_interval(days => 1 + n % 365), 'order', n::text, now()
  FROM generate_series(1, $1::int) AS n RETURNING id
)
INSERT INTO points_entry (member_id, lot_id, points, reason, ref, created_at)
SELECT 1, id, 10, 'order', '1', now() FROM lots
"""
LAPSED = """
INSERT INTO points_lot (member_id, points, unspent, usable_at, expires_at, reason, ref, created_at)
SELECT 2 + n % 998, 10, 10, now() - interval '1 year', now() - interval '1 hour', 'box', n::text, now()
FROM generate_series(1, $1::int) AS n
"""


def due(running: Running, _: float) -> None:
    """Each beside the bare driver asking the database the least that it must."""
    asyncio.run(_due(running.database_url.rsplit("/", 1)[0]))


async def _due(server: str) -> None:
    url = postgres.create_database(server, "due")
    await database.migrate(url)
    await database.connect(url)
    bare = await asyncpg.connect(url)
    shop = Shop(SystemClock(), Rules(), NOBODY, NO_SEALER, Accounts("wx", "wx"))
    try:
        await bare.execute(MEMBERS)
        for opened in (OPEN // 10, OPEN - OPEN // 10):
            await bare.execute(BOXES, opened, DUE // 2, timeout=300)
            await bare.execute("VACUUM ANALYZE box")
            await _boxes(shop, bare)
        await bare.execute(STATEMENT, ENTRIES)
        await bare.execute("VACUUM ANALYZE points_lot, points_entry")
        await _long_statement(shop, bare)
        await bare.execute(LAPSED, LOTS, timeout=300)
        await bare.execute("VACUUM ANALYZE points_lot")
        began = time.perf_counter()
        lapsed = await points.lapse_due(shop)
        print(f"{lapsed:,} lots of points lapse in {time.perf_counter() - began:.1f} s   goal ≤ 60 s")
        assert lapsed == LOTS, "each lot lapses once"
    finally:
        await bare.close()
        await database.close()


async def _best(work: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of the middle one of nine."""
    took = []
    for _ in range(9):
        began = time.perf_counter()
        await work()
        took.append(1000 * (time.perf_counter() - began))
    return sorted(took)[4]


async def _boxes(shop: Shop, bare: asyncpg.Connection) -> None:
    opened = await bare.fetchval("SELECT count(*) FROM box")
    found = len(await settlement.due(shop))
    [(text, _)] = statements("boxes_due", "postgres")
    now = shop.now()
    plan = "\n".join(row[0] for row in await bare.fetch(f"EXPLAIN {text}", now, now))
    index = next((name for name in ("box_deadline_due", "idx_box_state") if name in plan), "no index")
    alone = await _best(lambda: bare.fetch("SELECT id FROM box WHERE id <= $1", found))
    ours = await _best(lambda: settlement.due(shop))
    print(
        f"{found:,} due among {opened:,} open boxes found and queued in {ours:.1f} ms   goal ≤ 1,000 ms   by {index}   "
        f"ratio to as many ids read by the driver alone {ours / alone:.1f}"
    )
    assert found == await bare.fetchval("SELECT count(*) FROM box WHERE deadline_at <= now()")


async def _long_statement(shop: Shop, bare: asyncpg.Connection) -> None:
    async def ours() -> None:
        await points.balance(shop, 1)
        await points.statement(1)

    took = await _best(ours)
    alone = await _best(lambda: bare.fetch("SELECT sum(unspent) FROM points_lot WHERE member_id = 1"))
    print(
        f"balance and statement of a member with {ENTRIES:,} entries, all lots alive, in {took:.1f} ms   "
        f"goal ≤ 5 ms   ratio to the sum alone {took / alone:.1f}"
    )
