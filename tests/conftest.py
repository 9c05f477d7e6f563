"""Every flow runs on both databases: a migrated template is copied for each test."""

import asyncio
import fcntl
import gc
import itertools
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, cast

import asyncpg
import pytest
from hypothesis import settings

from domain.clock import ManualClock
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from models import database as rows
from services import seed
from services.shop import Accounts, Shop
from tests.support import postgres
from tests.support.house import START, House, open_house

# How long an example takes says more about the machine than about the rule.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# Filling the window asks neither WeChat nor the sealer.
NOBODY, NO_SEALER = cast(Wechat, None), cast(Sealer, None)
_numbers = itertools.count(1)


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own: the test that asks first has a loop running already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    await rows.migrate(url)


async def _seed(url: str) -> None:
    """The shop window, once per session: a hundred houses are opened on copies of it."""
    await rows.connect(url)
    try:
        await seed.shop_window(Shop(ManualClock(START), Rules(), NOBODY, NO_SEALER, Accounts("wx", "wx")))
    finally:
        await rows.close()


@contextmanager
def _shared(folder: Path, name: str, make: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    """One thing for all workers of a run: the first who asks makes it, and ends it when the others have left."""
    made = folder / f"{name}.made"
    with (folder / f"{name}.gate").open("a") as gate, (folder / f"{name}.users").open("a") as users:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if made.exists():
            fcntl.flock(users, fcntl.LOCK_SH)
            fcntl.flock(gate, fcntl.LOCK_UN)
            yield made.read_text()
            return
        with make() as value:
            made.write_text(value)
            fcntl.flock(gate, fcntl.LOCK_UN)
            yield value
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_EX)
            made.unlink()


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The loop our processes run on, see cli.py."""
    try:
        import uvloop
    except ImportError:  # not on every system
        return asyncio.get_event_loop_policy()
    policy: asyncio.AbstractEventLoopPolicy = uvloop.EventLoopPolicy()
    return policy


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run see."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def sqlite_templates(run_folder: Path) -> Iterator[dict[bool, Path]]:
    """Empty (False) and seeded (True)."""

    @contextmanager
    def make() -> Iterator[str]:
        empty, seeded = run_folder / "empty.sqlite3", run_folder / "seeded.sqlite3"
        _apart(_migrate(f"sqlite://{empty}"))
        shutil.copy(empty, seeded)
        _apart(_seed(f"sqlite://{seeded}"))
        with closing(sqlite3.connect(seeded)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield str(run_folder)

    with _shared(run_folder, "sqlite", make) as folder:
        yield {False: Path(folder) / "empty.sqlite3", True: Path(folder) / "seeded.sqlite3"}


@pytest.fixture(scope="session")
def pg_server(run_folder: Path) -> Iterator[str]:
    """The address of a server with the same two templates in it."""

    @contextmanager
    def make() -> Iterator[str]:
        with postgres.server() as url:
            _apart(_pg(url, 'CREATE DATABASE "template_hezi"'))
            _apart(_migrate(postgres.with_database(url, "template_hezi")))
            _apart(_pg(url, 'CREATE DATABASE "template_seeded" TEMPLATE "template_hezi"'))
            _apart(_seed(postgres.with_database(url, "template_seeded")))
            yield url

    with _shared(run_folder, "postgres", make) as url:
        yield url


async def _pg(url: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres.with_database(url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh, migrated database of each kind: with the shop window where a house is opened, else empty."""
    seeded = "house" in request.fixturenames
    if request.param == "sqlite":
        templates: dict[bool, Path] = request.getfixturevalue("sqlite_templates")
        path = tmp_path / "hezi.sqlite3"
        shutil.copy(templates[seeded], path)
        yield f"sqlite://{path}"
        return
    server = request.getfixturevalue("pg_server")
    name, template = f"t{os.getpid()}_{next(_numbers)}", "template_seeded" if seeded else "template_hezi"
    async with postgres.copied(server, name, template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[str]:
    """The rows alone, connected: for tests of services and statements."""
    await rows.connect(database_url)
    yield database_url
    await rows.close()


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for it before `house`: thousands of calls in a minute that never ends, for the clock stands still."""
    for name in ("PER_ADDRESS_MINUTE", "PER_PERSON_MINUTE", "LOGIN_PER_ADDRESS_MINUTE"):
        monkeypatch.setenv(f"HEZI_LIMITS__{name}", "1000000")


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """The whole house, seeded, at Sunday 2026-11-22 10:00 in Shanghai."""
    async with open_house(database_url, tmp_path) as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One database after the other: between two of a kind the tables need not be described again."""
    items.sort(key=lambda item: "postgres" in item.name)


def pytest_collection_finish() -> None:
    """What is imported by now stays: the cycle collector need not walk it again in every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_configure() -> None:
    """Hundreds of small databases are made and thrown away: in memory where the system has room for them."""
    if folder := postgres.memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def pytest_sessionfinish(exitstatus: int) -> None:
    """A connection that a failing test left open keeps the interpreter from ending: give it a minute."""
    last_word = threading.Timer(60, os._exit, [int(exitstatus)])
    last_word.daemon = True
    last_word.start()
