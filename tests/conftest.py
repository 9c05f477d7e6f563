"""Every flow runs on both databases: a migrated template is copied for each test."""

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models import database as rows
from tests.support import postgres
from tests.support.house import House, open_house

_numbers = itertools.count(1)


def _apart(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own: the test that asks first has a loop running already."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def _migrate(url: str) -> None:
    try:
        await rows.migrate(url)
    finally:
        await rows.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    _apart(_migrate(f"sqlite://{path}"))
    return path


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    with postgres.server() as url:
        _apart(_pg(url, 'CREATE DATABASE "template_hezi"'))
        _apart(_migrate(postgres.with_database(url, "template_hezi")))
        yield url


async def _pg(url: str, statement: str) -> None:
    connection = await asyncpg.connect(postgres.with_database(url, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """A fresh, migrated, empty database of each kind."""
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        path = tmp_path / "hezi.sqlite3"
        shutil.copy(template, path)
        yield f"sqlite://{path}"
        return
    server = request.getfixturevalue("pg_server")
    name = f"t{next(_numbers)}"
    await _pg(server, f'CREATE DATABASE "{name}" TEMPLATE "template_hezi"')
    yield postgres.with_database(server, name)
    await _pg(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


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
        from services import seed

        await seed.shop_window(opened.shop)
        yield opened
