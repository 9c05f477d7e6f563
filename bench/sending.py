"""Sending measured: claims and outcomes alone, and whole messages over HTTP to a WeChat that answers a constant."""

import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

import asyncpg

from bench import people
from bench.running import cpu_seconds_of, database_pids
from integrations.nats_belt import open_belt
from jobs.senders import relay
from models import CareHalt, CareMessage, sql
from services.care_claims import LEASE, claim
from services.shop import Shop
from tests.support import nats
from tests.support.ports import free_port
from tests.support.processes import Process, Site, end

AT_ONCE, BATCH = 2, 1000
MESSAGES = 30_000
SENDERS = 2
RELAYS = 5
"""Rounds of as many as the relay lays ahead."""


async def claim_and_record(shop: Shop, url: str) -> None:
    """Claimed, marked, recorded, by two workers at once; without gate and call."""
    await due_again(url)
    began, done = time.perf_counter(), 0
    before = used(url)

    async def worker() -> None:
        nonlocal done
        while claims := await claim(shop, BATCH):
            now, lease = shop.now(), shop.now() + LEASE
            ids = [one.message_id for one in claims]
            await sql.run("care_mark", ids=ids, now=now, lease_until=lease)
            same = {"lease": lease, "state": "sent", "reason": "", "channel": "window", "tried": [["window", ""]],
                    "attempts": 1, "send_at": None, "may_be_seen": True}  # fmt: skip
            rows = [{"id": i, **same} for i in ids]
            recorded = await sql.run("care_record", rows=rows, now=now)
            done += len(recorded)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    took = time.perf_counter() - began
    cpu = (used(url) - before) / done
    print(
        f"  claimed and recorded: {done:,} in {took:.2f} s = {done / took:,.0f}/s (goal ≥ 15,000/s); "
        f"processor time each {1e6 * cpu:.0f} µs",
        flush=True,
    )


async def due_again(url: str, count: int = 10**9) -> None:
    """So many of the campaign's letters are due by any clock, as if nobody had looked at them; the others are done."""
    await people.tell(url, "DELETE FROM reply_window")
    await people.tell(url, "UPDATE care_message SET state = 'skipped' WHERE path = 'campaign'")
    await people.tell(
        url,
        "UPDATE care_message SET state = 'planned', send_at = now() - interval '1 minute', lease_until = NULL, "
        "useful_until = now() + interval '1 day', sent_at = NULL, attempts = 0, channel = '' WHERE id IN "
        f"(SELECT id FROM care_message WHERE path = 'campaign' AND reason = '' ORDER BY id LIMIT {count})",
    )
    await people.tell(url, "VACUUM ANALYZE care_message")


async def relayed(shop: Shop, url: str) -> None:
    """What the leader lays on a NATS belt, each acknowledged by the server; what is on it is taken off unmeasured."""
    if nats.binary() is None:
        print("  relayed to NATS: no nats-server here, not measured", flush=True)
        return
    await due_again(url)
    laid, took, before = 0, 0.0, 0.0
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as name, nats.server(Path(name)) as address:
        async with open_belt(address) as belt:
            for _ in range(RELAYS):
                began, cpu = time.perf_counter(), used(url)
                laid += await relay(shop, belt)
                took, before = took + time.perf_counter() - began, before + used(url) - cpu
                while handed := await belt.take(500, 0.2):
                    for one in handed:
                        await one.done()
    print(
        f"  relayed to NATS JetStream: {laid:,} in {took:.2f} s = {laid / took:,.0f}/s; processor time of relay and "
        f"database each {1e6 * before / max(1, laid):.0f} µs",
        flush=True,
    )


def used(url: str, *processes: Process) -> float:
    """Processor seconds so far of this process, of the database and of others."""
    pids = [os.getpid(), *(one.pid for one in processes), *database_pids(url)]
    return sum(cpu_seconds_of(pid) for pid in pids)


async def over_http(shop: Shop, url: str) -> None:
    """Two sender processes, as an operator starts them, each message through the gate, the window and HTTP."""
    await due_again(url, MESSAGES)
    await people.tell(
        url,
        "INSERT INTO reply_window (openid, trigger, left_count, expires_at, created_at) SELECT 'o-' || member_id, "
        "'message', 5, now() + interval '3 days', now() FROM care_message WHERE state = 'planned'",
    )
    await people.tell(url, "VACUUM ANALYZE reply_window")
    await CareHalt.create(name="all", who="bench", created_at=shop.now())
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as name:
        folder, port = Path(name), free_port()
        Site(folder, url, callbacks_to=free_port(), changes={})
        wechat = Process(["bench.stand_in", str(port), str(folder / "counted.json")], folder / "wechat.log").start()
        more = {
            "HEZI_OVERLAY": str(folder / "overlay.toml"),
            "HEZI_WECHAT__API_BASE": f"http://127.0.0.1:{port}",
            "HEZI_WECHAT__OFFICIAL__APPID": people.APPID,
            # As the shop runs: by the system's clock, whatever the hour.
            "HEZI_APP__CLOCK_FILE": "",
            "HEZI_RULES__CARE__QUIET_FROM": "00:00",
            "HEZI_RULES__CARE__QUIET_UNTIL": "00:00",
            "HEZI_LOG__LEVEL": "warning",
            "HEZI_LOG__JSON_LINES": "true",
        }
        senders = [Process(["app", "sender"], folder / f"sender{n}.log", more=more).start() for n in range(SENDERS)]
        try:
            took, memory, cpu = await _sent(url, senders, wechat)
        finally:
            end(*senders, wechat)
        told = json.loads((folder / "counted.json").read_text())
    sent = await CareMessage.filter(path="campaign", state="sent", channel="window").count()
    once = told["receivers"] == told["calls"] == sent and told["most"] == 1
    print(
        f"  over HTTP, {SENDERS} senders: {sent:,} in {took:.2f} s = {sent / took:,.0f}/s (goal ≥ 2,500/s); "
        f"the receiver counted {told['calls']:,}, each once: {once}; memory of each sender {memory} MB; processor time "
        f"each: {', '.join(f'{who} {1e6 * seconds / sent:.0f} µs' for who, seconds in cpu.items())}",
        flush=True,
    )


async def _sent(url: str, senders: list[Process], wechat: Process) -> tuple[float, str, dict[str, float]]:
    """Seconds from the lifted kill switch until nothing is left to send, the senders' memory, and who worked."""

    def by_whom() -> dict[str, float]:
        return {
            "senders": sum(cpu_seconds_of(one.pid) for one in senders),
            "database": sum(cpu_seconds_of(pid) for pid in database_pids(url)),
            "WeChat": cpu_seconds_of(wechat.pid),
        }

    books = await asyncpg.connect(url)
    try:
        while await books.fetchval(
            "SELECT count(DISTINCT client_port) FROM pg_stat_activity WHERE datname = current_database()"
        ) < 2 + len(senders):
            assert all(one.alive for one in senders), senders[0].words_so_far()[-2000:]
            await asyncio.sleep(0.1)
        await asyncio.sleep(3)
        await books.execute("DELETE FROM care_halt")
        began, before = time.perf_counter(), by_whom()
        while await books.fetchval("SELECT EXISTS (SELECT FROM care_message WHERE state IN ('planned', 'sending'))"):
            assert all(one.alive for one in senders), senders[0].words_so_far()[-2000:]
            assert time.perf_counter() - began < 120, senders[0].words_so_far()[-2000:]
            await asyncio.sleep(0.1)
        took = time.perf_counter() - began
        cpu = {who: seconds - before[who] for who, seconds in by_whom().items()}
    finally:
        await books.close()
    lines = [line for s in senders for line in Path(f"/proc/{s.pid}/status").read_text().splitlines()]
    return took, ", ".join(f"{int(line.split()[1]) / 1024:.0f}" for line in lines if line.startswith("VmHWM")), cpu
