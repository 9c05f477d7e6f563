"""Boxes over HTTP: confirmed (quota, stock, cover intent, history in one transaction) and settled.

The boxes are put there by the database itself; what is measured goes through the door. Afterwards the stock
must be exact, and each box confirmed or settled once.
"""

import asyncio
import json

import asyncpg

from bench.callbacks import count_rows
from bench.driver import CONFIRM, SETTLE, driver_rate
from bench.orders import buyers, fill_shelves
from bench.running import Running, summary

BOXES, PIECES = 3_000, 6

BOX = """
INSERT INTO box (member_id, state, version, occasion, wish, stylist_words, cover, deposit_fen, highest_fen,
  freight_out_fen, freight_back_fen, address_sealed, extended, kept_all, points_percent, goods_fen, charge_fen,
  damage_fen, created_at)
SELECT ($2::bigint[])[1 + n % cardinality($2::bigint[])], 'proposed', 1, '', '', '', '', 0, 0, 0, 0, '', false, false,
  100, 0, 0, 0, now()
FROM generate_series(0, $1::int - 1) AS n
"""
ITEMS = """
INSERT INTO box_item (box_id, sku_id, name, size, colour, picture, price_fen, state, reason, feedback, grade, statement,
  created_at)
SELECT b.id, s.id, p.name, s.size, s.colour, p.picture, p.member_price_fen, 'proposed', '', '', '', '', now()
FROM box b
CROSS JOIN generate_series(0, $1::int - 1) AS k
JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS many FROM sku) s
  ON s.place = (b.id * 7 + k * 11) % s.many
JOIN product p ON p.id = s.product_id
WHERE b.state = 'proposed' AND NOT EXISTS (SELECT 1 FROM box_item i WHERE i.box_id = b.id)
"""
PLAN = """
WITH plans AS (
  INSERT INTO membership (member_id, plan, state, price_fen, price_locked_until, months_from_anchor, starts_at, ends_at,
    created_at)
  SELECT m, 'yearly', 'active', 39800, now(), 0, now() - interval '1 day', now() + interval '1 year', now()
  FROM unnest($1::bigint[]) AS m RETURNING id
)
INSERT INTO quota_counter (membership_id, kind, granted, held, used, created_at)
SELECT id, 'round_trip', 1000000, 0, 0, now() FROM plans
"""
# What lies between the member's yes and her last word: covered, sent, signed, everything kept.
SIGNED = """
WITH paid AS (
  UPDATE payment SET state = 'paid', transaction_id = 'T' || id, paid_at = now()
  WHERE purpose = 'deposit' AND state = 'wanted'
), kept AS (
  UPDATE box_item SET state = 'keeping' WHERE state = 'reserved'
)
UPDATE box SET state = 'deciding', shipped_at = now(), delivered_at = now(), deadline_at = now() + interval '5 days'
WHERE state = 'confirmed'
"""


async def _prepare(url: str, members: list[int]) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(PLAN, members)
        await connection.execute(BOX, BOXES, members)
        await connection.execute(ITEMS, PIECES)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _statement(url: str, text: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(text)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _post(running: Running, path: str, token: str, body: dict[str, object] | None = None) -> bytes:
    data = b"" if body is None else json.dumps(body).encode()
    head = (
        f"POST /api/v1{path} HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def boxes(running: Running, _: float) -> None:
    """Both figures, beside the bare driver's rate; the rows prove what the statuses say."""
    url = running.database_url
    asyncio.run(fill_shelves(url))
    people = buyers(running)
    # Another benchmark of this run may have left boxes of its own.
    first = 1 + asyncio.run(count_rows(url, "SELECT COALESCE(max(id), 0) FROM box"))
    asyncio.run(_prepare(url, [one.member_id for one in people]))
    numbered = [(number, people[(number - first) % len(people)]) for number in range(first, first + BOXES)]

    yes = [
        _post(
            running, f"/boxes/{number}/confirm", one.token,
            {"version": 1, "cover": "deposit", "address_id": one.address_id},
        )
        for number, one in numbered
    ]  # fmt: skip
    bare = driver_rate(url, "the rows of a confirmation", CONFIRM)
    before = asyncio.run(count_rows(url, "SELECT sum(reserved) FROM sku"))
    running.fire(yes[:200], connections=32, most_seconds=5)
    told = running.fire(yes[200:], connections=32, most_seconds=12)
    print(summary("confirm a box of 6 (with prepay)", told, "≥ 150/s", bare))
    confirmed = asyncio.run(count_rows(url, "SELECT count(*) FROM box WHERE state = 'confirmed'"))
    held = asyncio.run(count_rows(url, "SELECT sum(reserved) FROM sku")) - before
    assert held == PIECES * confirmed, f"{held} pieces reserved for {confirmed} boxes"
    assert confirmed >= told["statuses"].get("200", 0)

    asyncio.run(_statement(url, SIGNED))
    bare = driver_rate(url, "the rows of a settlement", SETTLE)
    held = asyncio.run(count_rows(url, "SELECT sum(reserved) FROM sku"))
    keep = [_post(running, f"/boxes/{number}/keep-all", one.token) for number, one in numbered[:confirmed]]
    running.fire(keep[:100], connections=32, most_seconds=5)
    told = running.fire(keep[100:], connections=32, most_seconds=12)
    print(summary("settle a box of 6, all kept", told, "≥ 150/s", bare))
    settled = asyncio.run(count_rows(url, "SELECT count(*) FROM box WHERE state = 'settled'"))
    sold = held - asyncio.run(count_rows(url, "SELECT sum(reserved) FROM sku"))
    assert sold == PIECES * settled, f"{sold} pieces sold with {settled} boxes"
    lines = asyncio.run(count_rows(url, "SELECT count(DISTINCT event) FROM ledger_line WHERE event LIKE 'settle:%'"))
    assert lines == settled, f"{lines} settlements booked for {settled} boxes"
