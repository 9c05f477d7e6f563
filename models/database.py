"""Opening the database: one description for the application, the migrations and the tests."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tortoise import Tortoise
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext, get_current_context, set_global_context
from tortoise.migrations.api.migrate import migrate as _migrate

MODULES = ["models"]
MIGRATIONS = "migrations"


def config(url: str, *, pool_max: int = 10) -> dict[str, Any]:
    """Tortoise's configuration for a database address (`sqlite://path` or `postgres://…`).

    UTC throughout: with any other zone SQLite would compare instants as texts of different offsets.
    """
    if url.startswith("sqlite://"):
        path = url.removeprefix("sqlite://").split("?")[0]
        connection: Any = {
            "engine": "tortoise.backends.sqlite",
            "credentials": {
                "file_path": path,
                "journal_mode": "WAL",
                "synchronous": "NORMAL",
                "foreign_keys": "ON",
                # In KiB and pages of 4 KiB: what one transaction of a full pass over a million touches stays in memory,
                # and is carried over into the file once.
                "cache_size": "-32768",
                "wal_autocheckpoint": "8000",
            },
        }
    else:
        connection = {
            "engine": "tortoise.backends.asyncpg",
            "credentials": {
                **postgres_credentials(url),
                "minsize": 1,
                "maxsize": pool_max,
                "reset": _as_it_is,
                "statement_cache_size": 500,
            },
        }
    return {
        "connections": {"default": connection},
        "apps": {"models": {"models": MODULES, "default_connection": "default", "migrations": MIGRATIONS}},
        "use_tz": True,
        "timezone": "UTC",
    }


def postgres_credentials(url: str) -> dict[str, Any]:
    """The parts of a `postgres://…` address, as asyncpg and Tortoise both name them."""
    parts = urlsplit(url)
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    return {
        "host": query.get("host") or parts.hostname or "127.0.0.1",
        "port": parts.port or 5432,
        "user": parts.username or "postgres",
        "password": parts.password,
        "database": parts.path.lstrip("/") or "postgres",
    }


async def _as_it_is(_: object) -> None:
    """A connection goes back to the pool without a question to the server, which doubled every statement's way.

    An open transaction is rolled back all the same. There is nothing else to reset: nothing is SET for a
    session, locks are of transactions, and the jobs' lock has a connection of its own.
    """


_opened: tuple[str, TortoiseContext] | None = None
"""The engine this process opened last, and what Tortoise knows of our tables on it."""


async def connect(url: str, *, pool_max: int = 10) -> None:
    """Open the database for every task of this process, whatever context it was started in.

    Describing a hundred tables to Tortoise takes longer than opening a file, so a process that opens one
    database after another (our tests: a fresh one each) does it again only when the engine changes.
    """
    global _opened
    wanted = config(url, pool_max=pool_max)
    engine = wanted["connections"]["default"]["engine"]
    if _opened is not None and _opened[0] == engine:
        context = _opened[1]
        await context.connections._init(wanted["connections"], False)
        set_global_context(context)
        if get_current_context() is not context:
            # This task has migrated a database before: what it knows of that one goes before the global one.
            context.__enter__()
        return
    # Tortoise keeps INSERT statements by connection name alone: a process that was connected to the
    # other kind of database before would go on with that one's placeholders.
    EXECUTOR_CACHE.clear()
    _opened = engine, await Tortoise.init(config=wanted, _enable_global_fallback=True)


async def migrate(url: str) -> None:
    """Bring the schema up to date and close; doing it again changes nothing.

    SQLite changes its schema on a copy that then takes the file's place, so a migration that is cut
    off half-way has changed nothing. PostgreSQL does each migration in a transaction.
    """
    if not url.startswith("sqlite://"):
        await _migrate_and_close(url)
        return
    path = Path(url.removeprefix("sqlite://").split("?")[0])
    copy = path.with_name(path.name + ".migrating")
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (copy, Path(f"{copy}-wal"), Path(f"{copy}-shm")):
        leftover.unlink(missing_ok=True)
    if path.exists():
        with closing(sqlite3.connect(path)) as old, closing(sqlite3.connect(copy)) as new:
            old.backup(new)
    await _migrate_and_close(f"sqlite://{copy}")
    # The write-ahead log is folded in before the file moves: it belongs to the name it was made under.
    with closing(sqlite3.connect(copy)) as new:
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for leftover in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        leftover.unlink(missing_ok=True)
    copy.replace(path)


async def _migrate_and_close(url: str) -> None:
    try:
        await _migrate(config=config(url))
    finally:
        await close()


async def close() -> None:
    """Close every connection: an open SQLite thread would keep the interpreter from ending."""
    context = get_current_context()
    if context is not None:
        await context.close_connections()


TORTOISE_ORM = config("sqlite://var/makemigrations.sqlite3")
"""What the `tortoise` command line reads to write migrations; it never serves."""
