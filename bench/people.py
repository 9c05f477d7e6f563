"""Members by the million, made by the database itself: for what is measured by sets."""

import asyncpg

MEMBERS = """
INSERT INTO member (id, level, first_seen_at, first_source, first_scene, last_seen_at, follows, profile,
                    phone_sealed, created_at)
SELECT n, 'follower', now() - make_interval(days => (n * 7919 % 800)::int), 'follow', '',
       now() - make_interval(days => (n * 7919 % 800)::int), true, '{}', '', now()
FROM generate_series($1::bigint, $2::bigint) AS n
"""
# One member in three has bought, some of them up to four times in the last 500 days.
PURCHASES = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT n, 'box:' || n || '-' || k, now() - make_interval(days => (n * 104729 % 500 + k * 13)::int), 39900, now()
FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(1, (1 + n % 4)::int) AS k
WHERE n % 3 = 0
"""
CHUNK = 500_000


async def fill(url: str, members: int) -> None:
    """So many members with their purchases; the planner's statistics are fresh afterwards."""
    connection = await asyncpg.connect(url)
    try:
        for first in range(1, members + 1, CHUNK):
            last = min(first + CHUNK - 1, members)
            await connection.execute(MEMBERS, first, last, timeout=600)
            await connection.execute(PURCHASES, first, last, timeout=600)
        await connection.execute("SELECT setval(pg_get_serial_sequence('member', 'id'), $1)", members)
        for table in ("member", "purchase"):
            await connection.execute(f"VACUUM ANALYZE {table}", timeout=600)
    finally:
        await connection.close()


async def statement(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text, timeout=600)
    finally:
        await connection.close()
