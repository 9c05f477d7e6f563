"""Shop orders over HTTP: from nothing to placed, with stock allocated and the payment intent written.

`python -m bench order` measures with the goods spread over the shelf, and with one hot piece; afterwards the
stock must be exact.
"""

import asyncio
import json
import random
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench.callbacks import count_rows
from bench.driver import ORDER, driver_rate
from bench.pages import ask
from bench.running import Running, summary

PEOPLE, ORDERS, STOCK = 64, 4_000, 1_000_000
ADDRESS = {
    "name": "测", "phone": "13800001234", "province": "上海市", "city": "上海市", "area": "徐汇区", "detail": "1 号",
}  # fmt: skip
# What was promised or sold, and not by a movement that says so ("bare": the driver's own).
INEXACT = """
SELECT count(*) FROM sku s WHERE reserved + sold <> (
  SELECT COALESCE(sum(quantity), 0) FROM stock_entry e WHERE e.sku_id = s.id AND step IN ('reserve', 'bare'))
"""


@dataclass(frozen=True)
class Caller:
    """A member with a session and an address."""

    token: str
    address_id: int
    member_id: int


def buyers(running: Running) -> list[Caller]:
    """So many members, through the doors."""
    sandbox, api = f"http://{running.host}:{running.sandbox_port}/sandbox", f"{running.base}/api/v1"
    found = []
    for number in range(PEOPLE):
        person = ask(f"{sandbox}/people", {"name": f"测{number}"})
        code = ask(f"{sandbox}/people/{person['id']}/login-code", {})["code"]
        told = ask(f"{api}/session", {"code": code})
        address = ask(f"{api}/me/addresses", ADDRESS, told["token"])
        found.append(Caller(told["token"], int(address["id"]), int(told["member_id"])))
    return found


async def fill_shelves(url: str) -> list[tuple[int, int]]:
    """Plenty on every shelf; (sku_id, price) of all."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE sku SET received = received - on_hand + $1, on_hand = $1", STOCK)
        rows = await connection.fetch("SELECT s.id, p.price_fen FROM sku s JOIN product p ON p.id = s.product_id")
        return [(row["id"], row["price_fen"]) for row in rows]
    finally:
        await connection.close()


def _orders(running: Running, people: list[Caller], goods: list[tuple[int, int]], count: int) -> list[bytes]:
    """Whole requests, each an order of one piece at the sum it comes to."""
    chance = random.Random(7)
    made = []
    for number in range(count):
        one = people[number % len(people)]
        sku_id, fen = chance.choice(goods)
        body: dict[str, Any] = {
            "items": [{"sku_id": sku_id}],
            "address_id": one.address_id,
            "total_fen": fen + (0 if fen >= 29900 else 1200),
        }
        data = json.dumps(body).encode()
        head = (
            f"POST /api/v1/orders HTTP/1.1\r\nHost: {running.host}\r\nAuthorization: Bearer {one.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        made.append(head.encode() + data)
    return made


def order(running: Running, _: float) -> None:
    """Both figures, beside the bare driver's rate; the rows prove what the statuses say."""
    goods = asyncio.run(fill_shelves(running.database_url))
    people = buyers(running)
    bare = driver_rate(running.database_url, "the rows of an order", ORDER)
    running.fire(_orders(running, people, goods, 300), connections=64, most_seconds=5)
    for name, shelf in (("shop order, nothing → placed", goods), ("the same, one hot piece", goods[:1])):
        before = asyncio.run(count_rows(running.database_url, "SELECT sum(reserved) FROM sku"))
        told = running.fire(_orders(running, people, shelf, ORDERS), connections=64, most_seconds=12)
        print(summary(name, told, "≥ 250/s, p99 ≤ 600", bare))
        placed = told["statuses"].get("201", 0)
        held = asyncio.run(count_rows(running.database_url, "SELECT sum(reserved) FROM sku")) - before
        assert held == placed, f"{held} pieces reserved for {placed} orders"
    url = running.database_url
    wanted = asyncio.run(
        count_rows(url, "SELECT count(*) FROM payment WHERE out_trade_no LIKE 'HZ%' AND purpose = 'order'")
    )
    placed = asyncio.run(count_rows(url, "SELECT count(*) FROM shop_order WHERE state = 'placed'"))
    assert (wanted, asyncio.run(count_rows(url, INEXACT))) == (placed, 0), f"{wanted} payments for {placed} orders"
