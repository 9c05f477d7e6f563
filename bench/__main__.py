"""`make bench`: each figure beside a bare baseline of the same run. Notes for docs/benchmarks.md."""

import asyncio
import json
import os
import platform
import time
import urllib.request
from datetime import UTC, datetime

from bench.boxes import a_box
from bench.callbacks import constant, count_rows, driver_joins, opened, prepared, summary
from bench.running import Running, system


def _get(running: Running, path: str, count: int, token: str = "") -> list[bytes]:
    session = f"Authorization: Bearer {token}\r\n" if token else ""
    return [f"GET {path} HTTP/1.1\r\nHost: {running.host}\r\n{session}\r\n".encode()] * count


def _measure(running: Running) -> None:
    fire = running.fire
    fire(constant(running, 4000), connections=32, most_seconds=10)
    bare = fire(constant(running, 40_000), connections=64, most_seconds=20)
    print(f"{'the server answering a constant':<34}{bare['rate']:>9,.0f}/s   p99 {bare['p99_ms']:.1f} ms")
    driver = asyncio.run(driver_joins(running.database_url, 20_000))
    print(f"{'the driver alone, joins in groups':<34}{driver:>9,.0f}/s")

    before = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM member"))
    fire(prepared(running, 2_000, "subscribe"), connections=64, most_seconds=20)
    joins = fire(prepared(running, 20_000, "subscribe", start=2_000), connections=128, most_seconds=30, keep_every=997)
    print(summary("subscribe → member → welcome", joins, "≥ 1,000/s, p99 ≤ 500", driver))
    made = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM member")) - before
    assert made == 2_000 + joins["count"], f"{made} members for {2_000 + joins['count']} follows"
    assert all("欢迎" in opened(running, body) for body in joins["kept"].values()), "a welcome is missing"

    fire(prepared(running, 2_000, "text", people=2_000), connections=64, most_seconds=20)
    texts = fire(
        prepared(running, 20_000, "text", start=2_000, people=5_000),
        connections=96,
        most_seconds=30,
        keep_every=997,
    )
    print(summary("text → understood → answered", texts, "≥ 1,500/s, p99 ≤ 300", bare["rate"]))
    assert all(len(opened(running, body)) > 100 for body in texts["kept"].values()), "a reply is empty"
    stored = asyncio.run(count_rows(running.database_url, "SELECT count(*) FROM inbound_event WHERE kind = 'text'"))
    assert stored == 2_000 + texts["count"], "a text was not stored exactly once"

    listing = fire(_get(running, "/api/v1/products", 30_000), connections=64, most_seconds=20)
    print(summary("catalogue, 20 with price and stock", listing, "≥ 3,000/s", bare["rate"]))
    with urllib.request.urlopen(f"{running.base}/api/v1/products") as answer:
        first = json.load(answer)["items"][0]["id"]
    detail = fire(_get(running, f"/api/v1/products/{first}", 30_000), connections=64, most_seconds=20)
    print(summary("product detail", detail, "≥ 3,000/s", bare["rate"]))

    token, box_id = a_box(running)
    box = fire(_get(running, f"/api/v1/boxes/{box_id}", 10_000, token), connections=64, most_seconds=20)
    print(summary("box detail", box, "≥ 1,000/s", bare["rate"]))

    after_one = running.resident_mb()
    fire(prepared(running, 20_000, "text", start=50_000, people=5_000), connections=96, most_seconds=30)
    fire(_get(running, "/api/v1/products", 30_000), connections=64, most_seconds=20)
    after_two = running.resident_mb()
    fire(prepared(running, 20_000, "text", start=80_000, people=5_000), connections=96, most_seconds=30)
    fire(_get(running, "/api/v1/products", 30_000), connections=64, most_seconds=20)
    after_three = running.resident_mb()
    sizes = " | ".join(", ".join(f"{size:.0f}" for size in sizes) for sizes in (after_one, after_two, after_three))
    print(f"resident MB of each web process, after the first | second | third equal run: {sizes}   (goal ≤ 180)")


def main() -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}  {machine}  PostgreSQL with fsync, 2 web processes, load on the same cores")
    started = time.perf_counter()
    with system(processes=2) as running:
        _measure(running)
    print(f"whole run {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
