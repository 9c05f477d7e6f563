"""The bare driver beside the house: the same rows in one transaction, nothing read, nothing decided."""

import asyncio
import itertools
import time
from collections.abc import Sequence

import asyncpg

CONNECTIONS, SECONDS = 8, 4.0

HISTORY = (
    "INSERT INTO history (noun, row_id, old, new, who, why, created_at) "
    "SELECT 'bare', $1::bigint, '', 'x', 'bare', '', now() FROM generate_series(1, {count})"
)
# Pieces of the shelf by turns, so that two transactions seldom meet.
STOCK = (
    "INSERT INTO stock_entry (sku_id, step, quantity, ref, created_at) "
    "SELECT id, 'bare', 1, 'bare:' || $1::bigint || ':{step}', now() FROM sku WHERE id % 32 = $1::bigint % 32 "
    "ORDER BY id LIMIT {count}",
    "UPDATE sku SET on_hand = on_hand - 1, {column} = {column} + 1 WHERE id IN "
    "(SELECT id FROM sku WHERE id % 32 = $1::bigint % 32 ORDER BY id LIMIT {count} FOR UPDATE)",
)
PAYMENT = (
    "INSERT INTO payment (member_id, out_trade_no, purpose, ref, description, amount_fen, state, prepay_id, "
    "expires_at, created_at) SELECT id, 'BARE{step}' || $1::bigint, 'order', 'bare{step}:' || $1::bigint, '', 1, "
    "'closed', '', now(), now() FROM member LIMIT 1"
)
ORDER = (
    "INSERT INTO shop_order (id, number, member_id, state, gross_fen, coupon_fen, goods_fen, freight_fen, total_fen, "
    "refunded_fen, priority, points_percent, address_sealed, expires_at, created_at) "
    "SELECT -$1::bigint, 'BARE' || $1::bigint, id, 'lost', 1, 0, 1, 0, 1, 0, 0, 100, '', now(), now() "
    "FROM member LIMIT 1",
    "INSERT INTO order_item (order_id, sku_id, name, size, colour, picture, public_fen, price_fen, net_fen, state, "
    "reason, grade, created_at) VALUES (-$1::bigint, 1, '', '', '', '', 1, 1, 1, 'lost', '', '', now())",
    HISTORY.format(count=1),
    PAYMENT.format(step="o"),
    *(text.format(step="o", count=1, column="reserved") for text in STOCK),
)
"""The rows of an order of one piece."""

_BOX = (
    "UPDATE box SET updated_at = now() WHERE id = 1 + $1::bigint % 500",
    "UPDATE box_item SET feedback = '' WHERE box_id = 1 + $1::bigint % 500",
    HISTORY.format(count=7),
)
CONFIRM = (
    *_BOX,
    *(text.format(step="c", count=6, column="reserved") for text in STOCK),
    "UPDATE quota_counter SET updated_at = now() WHERE id = (SELECT min(id) FROM quota_counter) + $1::bigint % 64",
    PAYMENT.format(step="c"),
)
"""The rows of a confirmation of six pieces."""

SETTLE = (
    *_BOX,
    *(text.format(step="s", count=6, column="sold") for text in STOCK),
    "INSERT INTO ledger_line (event, account, amount_fen, day, created_at) "
    "SELECT 'bare:' || $1::bigint, 'a' || n, 0, now(), now() FROM generate_series(1, 4) n",
    PAYMENT.format(step="s"),
)
"""The rows of a settlement of six kept pieces, without what follows from it (points, stage, tier, care)."""


async def _rate(url: str, texts: Sequence[str]) -> float:
    """Transactions a second of these statements, over some connections; each gets its number."""
    pool = await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS)
    numbers, done = itertools.count(int(time.time()) * 1000), 0
    until = time.perf_counter() + SECONDS

    async def worker() -> None:
        nonlocal done
        async with pool.acquire() as connection:
            while time.perf_counter() < until:
                number = next(numbers)
                async with connection.transaction():
                    for text in texts:
                        await connection.execute(text, number)
                done += 1

    await asyncio.gather(*(worker() for _ in range(CONNECTIONS)))
    await pool.close()
    return done / SECONDS


def driver_rate(url: str, name: str, texts: Sequence[str]) -> float:
    """Measured and printed: what the house's own rate is divided by."""
    rate = asyncio.run(_rate(url, texts))
    print(f"{f'the driver alone, {name}':<34}{rate:>9,.0f}/s")
    return rate
