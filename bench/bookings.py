"""Bookings: the list of free times, placing them through two processes, and a crowd at one slot."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import cast

import asyncpg

from bench.callbacks import count_rows
from bench.running import Running, summary
from domain.clock import SystemClock, at, day_of
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from miniapp_api.auth import Sessions
from miniapp_api.frame import Person, Who
from models import database
from services import slots
from services.shop import Accounts, Shop

STYLISTS = 20
ON_FILE = 50_000
MEMBERS = 4_000
FIRST_MEMBER = 5_000_000
CROWD = 200
HOURS = (10, 11, 12, 14, 15, 16, 17, 18, 19)

# Stylists of ours work 10–13 and 14–20 every day; those of the seed rest meanwhile.
TEAM = """
UPDATE stylist SET active = false;
INSERT INTO stylist (id, name, words, skills, modes, picture, feed_token, active, weight, created_at)
SELECT 9000 + n, 'bench ' || n, '', '[]', '["store", "video"]', '', 'bench-' || n, true, 100, now()
FROM generate_series(1, {stylists}) AS n;
INSERT INTO working_hours (stylist_id, weekday, starts, ends, created_at)
SELECT 9000 + n, day, period.starts, period.ends, now()
FROM generate_series(1, {stylists}) AS n, generate_series(0, 6) AS day,
     (VALUES ('10:00', '13:00'), ('14:00', '20:00')) AS period(starts, ends);
"""
# Members whose year runs, with units for more than they will book; they joined long ago.
PEOPLE = """
INSERT INTO member (id, level, first_seen_at, first_source, first_scene, last_seen_at, follows, profile, phone_sealed,
                    zone, created_at)
SELECT {first} + n, 'payer', now() - interval '90 days', 'login', '', now(), true, '{{}}', '', '',
       now() - interval '90 days'
FROM generate_series(1, {members}) AS n;
INSERT INTO membership (id, member_id, plan, state, price_fen, price_locked_until, months_from_anchor, starts_at,
                        ends_at, created_at)
SELECT {first} + n, {first} + n, 'yearly', 'active', 39800, now(), 0, now() - interval '30 days',
       now() + interval '335 days', now()
FROM generate_series(1, {members}) AS n;
INSERT INTO quota_counter (id, membership_id, kind, granted, held, used, created_at)
SELECT {first} + n, {first} + n, 'styling', 60000, 0, 0, now() FROM generate_series(1, {members}) AS n;
"""
# Sessions of the past and two of nine hours of each day to come, all of them on file.
BOOK = """
WITH made AS (
    INSERT INTO booking (member_id, stylist_id, starts_at, ends_at, mode, state, counter_id, quota_ref, skill, occasion,
                         wish, notes, moves, sequence, uid, objection, created_at)
    SELECT $3::bigint + 1 + (b.n % $4::bigint), b.stylist, b.starts_at, b.starts_at + interval '45 minutes', 'store',
           CASE WHEN b.starts_at > now() THEN 'booked' ELSE 'done' END, $3::bigint + 1 + (b.n % $4::bigint), '', '', '',
           '', '', 0, 0, b.stylist || '-' || b.starts_at, '', now()
    FROM unnest($1::bigint[], $2::timestamptz[]) WITH ORDINALITY AS b(stylist, starts_at, n)
    RETURNING id, stylist_id, starts_at
)
INSERT INTO booking_cell (stylist_id, quarter, booking_id, created_at)
SELECT stylist_id, extract(epoch FROM starts_at)::bigint / 900 + k, id, now() FROM made, generate_series(0, 3) AS k
"""


def free_slots(running: Running, _: float) -> None:
    """The list of all that is free in the time ahead, as the API and the chat ask for it."""
    asyncio.run(_fill_once(running))
    wall, cpu = asyncio.run(_list_many(running.database_url))
    print(
        f"free slots of {STYLISTS} stylists over 30 days, {ON_FILE:,} on file: median {1000 * wall:.1f} ms, "
        f"processor {1000 * cpu:.1f} ms in the process   goal ≤ 20 ms"
    )
    [token] = _tokens(running, [FIRST_MEMBER + 1])
    day = day_of(SystemClock().now())
    path = f"/api/v1/slots?from={day}&to={day + timedelta(days=30)}"
    ask = f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    done = running.fire([ask] * 300, connections=1, most_seconds=10)
    print(summary("free slots, by the API, one asker", done, "≤ 20 ms", done["rate"]))


async def _list_many(url: str) -> tuple[float, float]:
    """The median of thirty lists, and the processor time of one."""
    await database.connect(url)
    shop = Shop(SystemClock(), Rules(), cast(Wechat, None), cast(Sealer, None), Accounts("wx", "wx"))
    day = day_of(shop.now())
    try:
        took = []
        for number in range(40):
            if number == 10:
                used = time.process_time()
            began = time.perf_counter()
            found = await slots.free_slots(shop, day, day + timedelta(days=30))
            took.append(time.perf_counter() - began)
        assert sum(len(d.slots) for d in found) > 100, "hardly anything is free: this measures nothing"
        return sorted(took[10:])[15], (time.process_time() - used) / 30
    finally:
        await database.close()


def place(running: Running, _: float) -> None:
    """Sessions booked by many members at once through both processes, each at a time that is free."""
    asyncio.run(_fill_once(running))
    bare = asyncio.run(_driver_books(running.database_url, 3_000))
    print(f"{'the driver alone, a session each':<34}{bare:>9,.0f}/s")
    # The last one is left for the crowd.
    wanted = asyncio.run(_free(running.database_url))[:-1]
    requests = _bookings(running, wanted, first_member=FIRST_MEMBER)
    warm = running.fire(requests[:200], connections=16, most_seconds=10)
    done = running.fire(requests[200:], connections=32, most_seconds=15)
    print(summary("bookings placed", done, "≥ 200/s", bare))
    placed = done["count"] + warm["count"]
    ours = "FROM booking b JOIN booking_cell c ON c.booking_id = b.id WHERE b.uid LIKE 'booking-%'"
    cells = asyncio.run(count_rows(running.database_url, f"SELECT count(*) {ours}"))
    assert cells == 4 * placed, f"{cells} quarters are held for {placed} bookings"


def crowd(running: Running, _: float) -> None:
    """So many members at one free slot at one instant: one gets it."""
    asyncio.run(_fill_once(running))
    one = asyncio.run(_free(running.database_url))[-1]
    requests = _bookings(running, [one] * CROWD, first_member=FIRST_MEMBER + MEMBERS - CROWD)
    done = running.fire(requests, connections=CROWD, most_seconds=20)
    told = dict(sorted(done["statuses"].items()))
    print(f"{CROWD} members at one slot: {told}   p99 {done['p99_ms']:.0f} ms   goal: one gets it")
    assert told == {"201": 1, "409": CROWD - 1}, told


def _bookings(running: Running, wanted: list[tuple[int, datetime]], *, first_member: int) -> list[bytes]:
    tokens = _tokens(running, [first_member + 1 + n for n in range(min(len(wanted), MEMBERS))])
    made = []
    for n, (stylist_id, starts_at) in enumerate(wanted):
        body = json.dumps({"starts_at": starts_at.isoformat(), "mode": "store", "stylist_id": stylist_id}).encode()
        head = (
            f"POST /api/v1/bookings HTTP/1.1\r\nHost: {running.host}\r\n"
            f"Authorization: Bearer {tokens[n % len(tokens)]}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: bench-{first_member}-{n}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


def _tokens(running: Running, member_ids: list[int]) -> list[str]:
    """Sessions as the log-in would give them: logging in is not what is measured."""
    sessions = Sessions(running.session_key, 24)
    now = SystemClock().now()
    return [sessions.issue(Person(member_id=number, role=Who.MEMBER), now)[0] for number in member_ids]


async def _fill_once(running: Running) -> None:
    """Stylists, members and fifty thousand sessions, unless they are there."""
    connection = await asyncpg.connect(running.database_url)
    try:
        if await connection.fetchval("SELECT count(*) FROM stylist WHERE id > 9000"):
            return
        await connection.execute(TEAM.format(stylists=STYLISTS))
        await connection.execute(PEOPLE.format(first=FIRST_MEMBER, members=MEMBERS))
        stylists, starts = [], []
        last = day_of(SystemClock().now()) + timedelta(days=30)
        for n in range(ON_FILE // STYLISTS):
            day = last - timedelta(days=n // 2) if n < 60 else last - timedelta(days=31 + (n - 60) // len(HOURS))
            hour = HOURS[n % 2] if n < 60 else HOURS[(n - 60) % len(HOURS)]
            for stylist in range(STYLISTS):
                stylists.append(9001 + stylist)
                starts.append(at(day) + timedelta(hours=hour))
        await connection.execute(BOOK, stylists, starts, FIRST_MEMBER, MEMBERS, timeout=120)
        for table in ("member", "membership", "quota_counter", "booking", "booking_cell"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def _free(url: str) -> list[tuple[int, datetime]]:
    """Every free (stylist, start) from the day after tomorrow on; neighbours in the list have different stylists."""
    await database.connect(url)
    shop = Shop(SystemClock(), Rules(), cast(Wechat, None), cast(Sealer, None), Accounts("wx", "wx"))
    day = day_of(shop.now())
    try:
        days = await slots.free_slots(shop, day + timedelta(days=2), day + timedelta(days=30))
        return [(stylist, slot.starts_at) for d in days for slot in d.slots for stylist in slot.stylist_ids]
    finally:
        await database.close()


async def _driver_books(url: str, count: int, *, connections: int = 16) -> float:
    """Sessions a second when the bare driver writes one a transaction, in the far past: the baseline of booking."""
    pool = await asyncpg.create_pool(url, min_size=connections, max_size=connections)
    early = datetime(2001, 1, 1, tzinfo=UTC)

    async def worker(number: int) -> None:
        for n in range(number, count, connections):
            whose, when = FIRST_MEMBER + 1 + n % MEMBERS, early + timedelta(hours=n)
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT 1 FROM member WHERE id = $1 FOR NO KEY UPDATE", whose)
                await connection.execute(BOOK, [9001 + n % STYLISTS], [when], FIRST_MEMBER, MEMBERS)
                await connection.execute(
                    "UPDATE quota_counter SET held = held + 1 WHERE id = $1 AND granted > held + used", whose
                )

    started = time.perf_counter()
    await asyncio.gather(*(worker(n) for n in range(connections)))
    rate = count / (time.perf_counter() - started)
    await pool.close()
    return rate
