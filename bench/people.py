"""Members by the million with all that care asks about them, made by the database itself."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg

APPID = "wx-bench"
CHUNK = 250_000

MEMBERS = """
INSERT INTO member (id, level, first_seen_at, first_source, first_scene, last_seen_at, follows, profile, zone,
                    phone_sealed, created_at)
SELECT n, 'follower', now() - make_interval(days => (n * 7919 % 800)::int), 'follow', '',
       now() - make_interval(days => (n * 7919 % 800)::int), true, '{}', '', '', now()
FROM generate_series($1::bigint, $2::bigint) AS n
"""
# One member in three has bought, some of them up to four times in the last 500 days.
PURCHASES = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT n, 'box:' || n || '-' || k, now() - make_interval(days => (n * 104729 % 500 + k * 13)::int), 39900, now()
FROM generate_series($1::bigint, $2::bigint) AS n, generate_series(1, (1 + n % 4)::int) AS k
WHERE n % 3 = 0
"""
IDENTITIES = f"""
INSERT INTO identity (member_id, appid, openid, created_at)
SELECT n, '{APPID}', 'o-' || n, now() FROM generate_series($1::bigint, $2::bigint) AS n
"""
# Three in four agreed to promotions; one of those in fifty took it back.
CONSENTS = """
INSERT INTO consent (member_id, purpose, channel, terms_version, given, created_at)
SELECT n, 'promotion', 'miniapp', '1', n % 50 <> 0, now() - interval '30 days'
FROM generate_series($1::bigint, $2::bigint) AS n WHERE n % 4 <> 3
"""
# One in ten had a promotion at ten on the day whose noon is looked at: the cap has something to say about those.
PROMOTED = """
INSERT INTO care_message (member_id, path, step, occurrence, edition, message_class, priority, send_at, useful_until,
                          state, reason, channel, tried, attempts, sent_at, created_at)
SELECT n, 'welcome', 'welcome.opinion', 'join', '', 'promotion', 30, now(), now() + interval '4 days',
       'sent', '', 'inbox', '[]', 1,
       (date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') + interval '34 hours') AT TIME ZONE 'Asia/Shanghai', now()
FROM generate_series($1::bigint, $2::bigint) AS n WHERE n % 10 = 1
"""
TABLES = ("member", "purchase", "identity", "consent", "care_message")


async def fill(url: str, members: int) -> None:
    """So many members with all of it, two chunks at a time; the planner's statistics are fresh afterwards."""
    starts = iter(range(1, members + 1, CHUNK))

    async def some() -> None:
        connection = await asyncpg.connect(url)
        try:
            # What is made here is right by itself: each row need not be looked up again.
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("SET synchronous_commit = off")
            for first in starts:
                last = min(first + CHUNK - 1, members)
                for statement in (MEMBERS, PURCHASES, IDENTITIES, CONSENTS, PROMOTED):
                    await connection.execute(statement, first, last, timeout=600)
        finally:
            await connection.close()

    await asyncio.gather(some(), some())
    await tell(url, "SELECT setval(pg_get_serial_sequence('member', 'id'), (SELECT max(id) FROM member))")
    await asyncio.gather(*(tell(url, f"VACUUM ANALYZE {table}") for table in TABLES))


async def tell(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text, timeout=600)
    finally:
        await connection.close()


SQLITE_MEMBERS = """
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?)
INSERT INTO member (id, level, first_seen_at, first_source, first_scene, last_seen_at, follows, profile, phone_sealed,
                    zone, created_at)
SELECT n, 'follower', strftime('%Y-%m-%d %H:%M:%S+00:00', 'now', '-' || (n * 7919 % 800) || ' days'), 'follow', '',
       strftime('%Y-%m-%d %H:%M:%S+00:00', 'now'), 1, '{}', '', '', strftime('%Y-%m-%d %H:%M:%S+00:00', 'now')
FROM n
"""
SQLITE_PURCHASES = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT m.id, 'box:' || m.id || '-' || k.k,
       strftime('%Y-%m-%d %H:%M:%S+00:00', 'now', '-' || (m.id * 104729 % 500 + k.k * 13) || ' days'), 39900,
       m.created_at
FROM member m JOIN (SELECT 1 AS k UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) k ON k.k <= 1 + m.id % 4
WHERE m.id % 3 = 0
"""
SQLITE_UNTOLD = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT id, 'untold:' || id, created_at, 39900, created_at FROM member WHERE id % 51 = 1 AND id % 3 <> 0
"""


def fill_sqlite(path: Path, members: int) -> None:
    """Members and purchases: what a full pass of the stages reads."""
    with closing(sqlite3.connect(path)) as file:
        file.execute(SQLITE_MEMBERS, (members,))
        file.execute(SQLITE_PURCHASES)
        file.commit()
        file.execute("ANALYZE")
