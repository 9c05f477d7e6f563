"""Set-based statements beside the rows: `NAME.pg.sql` and `NAME.sqlite.sql`, or one `NAME.sql` for both.

Parameters are written `:name`. Lists travel as one JSON text, unpacked by the statement itself.
`{{NAME}}` stands for another file's text: what two statements must agree on is written once. `{{old_:NAME}}`
is that text with `old_` before the name of each of its parameters, for a statement that needs it twice.
What PostgreSQL says in one statement may be several on SQLite, which knows no writing CTEs: each but the
last ends with `;` at a line's end, and they are run in one transaction.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import orjson
from tortoise.backends.base.client import BaseDBAsyncClient, TransactionalDBClient
from tortoise.connection import get_connection
from tortoise.models import Model
from tortoise.transactions import in_transaction

M = TypeVar("M", bound=Model)
HERE = Path(__file__).parent
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_INCLUDE = re.compile(r"\{\{(?:([a-z]+_):)?([a-z_]+)\}\}")


def dialect() -> str:
    """`postgres` or `sqlite`, of the database in use."""
    return get_connection("default").capabilities.dialect


@cache
def statements(name: str, dialect_name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
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

    def included(match: re.Match[str]) -> str:
        prefix, told = match[1] or "", _text(match[2], short)
        return _PARAMETER.sub(lambda found: f":{prefix}{found[1]}", told)

    return _INCLUDE.sub(included, "\n".join(lines))


def _plain(value: Any) -> str:
    """Instants and days as SQLite keeps them, so that they compare with those of the rows."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} does not travel as JSON")


def _value(value: Any, dialect_name: str) -> Any:
    if isinstance(value, list | tuple | dict):
        # PostgreSQL reads them in any form, so the fastest is good enough.
        option = orjson.OPT_PASSTHROUGH_DATETIME if dialect_name == "sqlite" else None
        return orjson.dumps(value, default=_plain, option=option).decode()
    if dialect_name == "sqlite" and isinstance(value, datetime | date):
        return _plain(value)
    return value


async def run(name: str, **params: Any) -> list[dict[str, Any]]:
    """Run a named statement through the current transaction, if there is one; returns its (last) rows."""
    connection = get_connection("default")
    texts = statements(name, connection.capabilities.dialect)
    # An open transaction is joined as it is: a savepoint within has SQLite keep every page that changes twice.
    if len(texts) == 1 or isinstance(connection, TransactionalDBClient):
        return await _execute_all(connection, texts, params)
    async with in_transaction() as own:
        return await _execute_all(own, texts, params)


async def _execute_all(
    connection: BaseDBAsyncClient, texts: Sequence[tuple[str, tuple[str, ...]]], params: dict[str, Any]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for statement in texts:
        rows = await _execute(connection, statement, params)
    return rows


async def rows_of(model: type[M], name: str, **params: Any) -> list[M]:
    """Run a named statement that returns whole rows of one table, as the ORM would give them."""
    return [model._init_from_db(**row) for row in await run(name, **params)]


async def _execute(
    connection: BaseDBAsyncClient, statement: tuple[str, tuple[str, ...]], params: dict[str, Any]
) -> list[dict[str, Any]]:
    text, names = statement
    values = [_value(params[n], connection.capabilities.dialect) for n in names]
    return list(await connection.execute_query_dict(text, values))


async def insert_many(
    model: type[Model], rows: Sequence[Mapping[str, Any]], *, once: tuple[str, ...] = (), again: str = ""
) -> list[dict[str, Any]]:
    """Insert rows with the same columns by one statement; what they leave out has the model's default.

    `once` names a unique key: rows that are there already stay as they are, or change as the file `again` says
    (`old` and `EXCLUDED` are the two rows), which may also say what is returned. They are locked in the order
    of the key, so that nobody deadlocks.
    """
    if not rows:
        return []
    connection = get_connection("default")
    dialect_name = connection.capabilities.dialect
    text, defaults = _insertion(model, tuple(rows[0]), once, again, dialect_name)
    return list(await connection.execute_query_dict(text, [_value(list(rows), dialect_name), defaults]))


@cache
def _insertion(
    model: type[Model], given: tuple[str, ...], once: tuple[str, ...], again: str, dialect_name: str
) -> tuple[str, str]:
    """The statement that unpacks rows (first parameter) over defaults (second), and those defaults."""
    table = model._meta.db_table
    fields = {column: model._meta.fields_map[name] for name, column in model._meta.fields_db_projection.items()}
    defaults = {
        column: field.default() if callable(field.default) else field.default
        for column, field in fields.items()
        if column not in given and field.default is not None
    }
    columns = [*given, *defaults]
    if dialect_name == "postgres":
        picked = columns
        rows = f'jsonb_populate_recordset(jsonb_populate_record(NULL::"{table}", $2::jsonb), $1::jsonb) AS r'
    else:
        picked = [f"json_extract(r.value, '$.{c}') AS {c}" for c in given]
        picked += [f"json_extract(d.defaults, '$.{c}') AS {c}" for c in defaults]
        rows = "json_each(?) AS r, (SELECT ? AS defaults) AS d WHERE true"
    # All names come from the models, none from outside.
    text = f'INSERT INTO "{table}" AS old ({", ".join(columns)}) SELECT {", ".join(picked)} FROM {rows}'  # noqa: S608
    if once:
        met = _text(again, "pg" if dialect_name == "postgres" else "sqlite") if again else "DO NOTHING"
        text += f" ORDER BY {', '.join(once)} ON CONFLICT ({', '.join(once)}) {met}"
    return text, _value(defaults, dialect_name)


async def move_rows(
    model: type[Model], ids: Sequence[int], old: str, changes: Mapping[str, Any], told: Mapping[str, Any]
) -> bool:
    """Change rows that are in the state `old` still, with a line of history each; whether all of them were.

    `changes` are the same for all, the new `state` among them; `told` is the rest of a line of history.
    """
    connection = get_connection("default")
    dialect_name = connection.capabilities.dialect
    fields = model._meta.fields_map
    given = [_value(fields[name].to_db_value(value, model), dialect_name) for name, value in changes.items()]
    line = [_value(told[name], dialect_name) for name in ("noun", "new", "who", "why", "created_at")]
    text, after = _movement(model._meta.db_table, tuple(changes), dialect_name)
    if dialect_name == "postgres":
        return len(await connection.execute_query_dict(text, [list(ids), old, *line, *given])) == len(ids)
    among = _value(list(ids), dialect_name)
    whole = len(await connection.execute_query_dict(text, [*given, among, old])) == len(ids)
    if whole:
        await connection.execute_query_dict(after, [old, *line, among])
    return whole


@cache
def _movement(table: str, changed: tuple[str, ...], dialect_name: str) -> tuple[str, str]:
    """The statement of `move_rows`, and on SQLite the second one; all names come from the models."""
    into = "INSERT INTO history (noun, row_id, old, new, who, why, created_at)"
    if dialect_name == "postgres":
        sets = ", ".join(f"{name} = ${number}" for number, name in enumerate(changed, 8))
        moved = f'UPDATE "{table}" SET {sets} WHERE id = ANY($1::bigint[]) AND state = $2::text RETURNING id'  # noqa: S608
        told = "SELECT $3, id, $2, $4, $5, $6, $7::timestamptz FROM moved ORDER BY id RETURNING row_id"
        return f"WITH moved AS ({moved}) {into} {told}", ""
    sets = ", ".join(f"{name} = ?" for name in changed)
    moved = f'UPDATE "{table}" SET {sets} WHERE id IN (SELECT value FROM json_each(?)) AND state = ? RETURNING id'  # noqa: S608
    return moved, f"{into} SELECT ?2, value, ?1, ?3, ?4, ?5, ?6 FROM json_each(?7)"  # noqa: S608


def instant(value: Any) -> datetime | None:
    """An instant read back from a raw row: SQLite gives texts, PostgreSQL gives datetimes."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def known_instant(value: Any) -> datetime:
    """The same of a column that is never empty."""
    read = instant(value)
    assert read is not None, "the column is never empty"
    return read
