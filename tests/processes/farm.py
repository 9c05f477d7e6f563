"""One shop as its operator runs it: two web processes and one for the jobs, on PostgreSQL, beside the sandbox."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from sandbox.clock import SharedClock
from tests.support import postgres
from tests.support.doors import Doors
from tests.support.house import START
from tests.support.ports import free_port
from tests.support.processes import Process, Site, end

ANSWER_SECONDS = 1.0
"""Within this the farm answers a callback; WeChat would wait five."""
WECHAT_SECONDS = 2.0
"""So long the farm waits for an answer of WeChat's."""
PATIENCE_SECONDS = 30


class Farm:
    """Everything that runs. WeChat calls `webs[1]`, so that `webs[0]` may die without WeChat noticing."""

    def __init__(self, site: Site, webs: list[Process], ports: list[int], jobs: Process, sandbox: Process) -> None:
        self.site, self.webs, self.jobs, self.sandbox = site, webs, jobs, sandbox
        self.bases = [f"http://127.0.0.1:{port}" for port in ports]

    def second_jobs(self) -> Process:
        """Another jobs process, not started: it stands by while the first one leads."""
        return self.site.app("jobs", name="jobs-standby")

    def whole_again(self) -> None:
        """Start what a test has killed, and wait until it serves."""
        for process in (*self.webs, self.jobs):
            if not process.alive:
                process.start()
        for web in self.webs:
            web.await_ready()


@contextmanager
def farm(server: str, folder: Path) -> Iterator[Farm]:
    """Start all of it on a copy of the migrated template; end exactly what was started."""
    url = postgres.create_database(server, f"farm{os.getpid()}", template="template_hezi")
    SharedClock(folder / "clock.json").set(START, frozen=True)
    ports = [free_port(), free_port()]
    site = Site(
        folder, url, callbacks_to=ports[1],
        changes={
            "app": {"callback_answer_seconds": ANSWER_SECONDS, "clock_file": str(folder / "clock.json")},
            "wechat": {"timeout_seconds": WECHAT_SECONDS},
        },
    )  # fmt: skip
    sandbox = site.sandbox().start()
    started = [sandbox]
    try:
        site.run("seed")
        webs = [site.app("web", port=port, name=f"web{n}").start() for n, port in enumerate(ports)]
        started += webs
        jobs = site.app("jobs").start()
        started.append(jobs)
        for process in (sandbox, *webs):
            process.await_ready()
        yield Farm(site, webs, ports, jobs, sandbox)
    finally:
        end(*started)


class Town(Doors):
    """The doors of a farm for one test, its books, and its levers."""

    def __init__(self, http: aiohttp.ClientSession, farm: Farm, books: asyncpg.Connection) -> None:
        super().__init__(http, farm.bases[1], farm.site.sandbox_base)
        self.farm, self.books = farm, books
        self.mortal = Doors(http, farm.bases[0], farm.site.sandbox_base)

    # Looking -------------------------------------------------------------------------------------

    async def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.books.fetch(statement, *values)]

    async def value(self, statement: str, *values: Any) -> Any:
        return await self.books.fetchval(statement, *values)

    async def intent(self, kind: str, ref: str) -> dict[str, Any]:
        """The one intent of a call to WeChat."""
        [row] = await self.rows("SELECT * FROM outside_call WHERE kind = $1 AND ref = $2", kind, ref)
        return row

    async def calls(self, path: str) -> list[dict[str, Any]]:
        """What reached WeChat under an address."""
        told = await self.wechat(f"/calls?path={path}", method="GET")
        calls: list[dict[str, Any]] = told["calls"]
        return calls

    async def money(self) -> dict[str, list[dict[str, Any]]]:
        """WeChat Pay's own books."""
        books: dict[str, list[dict[str, Any]]] = await self.wechat("/pay/state", method="GET")
        return books

    async def balance(self, **where: int) -> dict[str, int]:
        """Account → sum of the ledger lines that match, those at zero left out; all together are zero."""
        [(column, number)] = where.items()
        lines = await self.rows(
            f"SELECT account, sum(amount_fen)::bigint AS fen FROM ledger_line WHERE {column} = $1 GROUP BY account",
            number,
        )
        sums = {row["account"]: row["fen"] for row in lines}
        assert sum(sums.values()) == 0, sums
        return {account: fen for account, fen in sums.items() if fen}

    # Waiting -------------------------------------------------------------------------------------

    async def until(self, what: str, true: Callable[[], Awaitable[Any]]) -> None:
        """The processes work in real time: look until it is so. Fails by name after half a minute."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not await true():
            assert time.monotonic() < end, f"never: {what}"
            await asyncio.sleep(0.03)

    async def tick(self, seconds: float) -> None:
        """Move the clock and wait for nobody: the jobs process will see it."""
        await self.wechat("/clock", {"advance_seconds": seconds})

    async def healed(self, kind: str, ref: str, *, within: timedelta = timedelta(minutes=10)) -> dict[str, Any]:
        """Let the shop's time pass until the call is done; the intent. Fails when it is not within that time."""
        end = await self.now() + within
        while (row := await self.intent(kind, ref))["state"] == "wanted":
            assert await self.now() < end, f"{kind} {ref} is still wanted: {row}"
            await self.move(seconds=31)
        return row

    # Faults --------------------------------------------------------------------------------------

    async def fault(self, match: str, kind: str, **more: Any) -> None:
        await self.wechat("/faults", {"match": match, "kind": kind, **more})

    async def in_flight(self, *, ticking: float = 0) -> None:
        """Wait until the injected fault was met: the call is with WeChat, its answer is not back.

        With `ticking` the shop's time passes meanwhile, so many seconds at every look.
        """

        async def met() -> bool:
            if ticking:
                await self.tick(ticking)
            return not (await self.wechat("/faults", method="GET"))["faults"]

        await self.until("the call reached WeChat", met)

    @asynccontextmanager
    async def locked(self, table: str, mode: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """Hold a table's lock, so that the database is slow; gives the wait until somebody stands before it."""
        holder = await asyncpg.connect(self.farm.site.database_url)

        async def waited_for() -> None:
            await self.until(
                f"somebody waits for {table}",
                lambda: self.value(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = $1::regclass", table
                ),
            )

        try:
            async with holder.transaction():
                await holder.execute(f'LOCK TABLE "{table}" IN {mode} MODE')
                yield waited_for
        finally:
            await holder.close()
