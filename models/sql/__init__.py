"""Set-based statements beside the rows: `NAME.pg.sql` and `NAME.sqlite.sql`, or one `NAME.sql` for both.

Parameters are written `:name`. Lists travel as one JSON text, unpacked by the statement itself.
`{{NAME}}` stands for another file's text: what two statements must agree on is written once.
What PostgreSQL says in one statement may be several on SQLite, which knows no writing CTEs: each but the
last ends with `;` at a line's end, and they are run in one transaction.
"""

import re
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

HERE = Path(__file__).parent
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_INCLUDE = re.compile(r"\{\{([a-z_]+)\}\}")


def dialect() -> str:
    """`postgres` or `sqlite`, of the database in use."""
    return get_connection("default").capabilities.dialect


@cache
def _statements(name: str, dialect_name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each text with this dialect's placeholders, and the names in the order they are to be given."""
    short = "pg" if dialect_name == "postgres" else "sqlite"
    return tuple(_prepared(text, short) for text in _text(name, short).split(";\n"))


def _prepared(text: str, short: str) -> tuple[str, tuple[str, ...]]:
    names: list[str] = []

    def placeholder(match: re.Match[str]) -> str:
        if short == "sqlite":
            names.append(match[1])
            return "?"
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    return _PARAMETER.sub(placeholder, text), tuple(names)


def _text(name: str, short: str) -> str:
    path = HERE / f"{name}.{short}.sql"
    if not path.exists():
        path = HERE / f"{name}.sql"
    lines = (line for line in path.read_text().splitlines() if not line.lstrip().startswith("--"))
    return _INCLUDE.sub(lambda match: _text(match[1], short), "\n".join(lines))


def _value(value: Any, dialect_name: str) -> Any:
    if isinstance(value, list | tuple | dict):
        return orjson.dumps(value).decode()
    if dialect_name == "sqlite":
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(" ")
        if isinstance(value, date):
            return value.isoformat()
    return value


async def run(name: str, **params: Any) -> list[dict[str, Any]]:
    """Run a named statement through the current transaction, if there is one; returns its (last) rows."""
    connection = get_connection("default")
    statements = _statements(name, connection.capabilities.dialect)
    if len(statements) == 1:
        return await _execute(connection, statements[0], params)
    rows: list[dict[str, Any]] = []
    async with in_transaction() as joined:
        for statement in statements:
            rows = await _execute(joined, statement, params)
    return rows


async def _execute(
    connection: BaseDBAsyncClient, statement: tuple[str, tuple[str, ...]], params: dict[str, Any]
) -> list[dict[str, Any]]:
    text, names = statement
    values = [_value(params[n], connection.capabilities.dialect) for n in names]
    return list(await connection.execute_query_dict(text, values))


def instant(value: Any) -> datetime | None:
    """An instant read back from a raw row: SQLite gives texts, PostgreSQL gives datetimes."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)).astimezone(UTC)
