"""Migration operations for what the ORM's own migrations leave out: CHECKs and partial unique keys."""

from typing import Any

from tortoise.migrations.operations import Operation, RunSQL


class Check(RunSQL):
    """A CHECK on both databases: a constraint on PostgreSQL, a pair of triggers on SQLite.

    In `expression` a column is written `@column`.
    """

    def __init__(self, table: str, name: str, expression: str) -> None:
        super().__init__(sql="", reverse_sql="")
        self.table, self.name, self.expression = table, name, expression

    def describe(self) -> str:
        return f"Check {self.name}"

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        if state_editor is None:
            return
        if state_editor.client.capabilities.dialect == "sqlite":
            for event in ("INSERT", "UPDATE"):
                await state_editor.client.execute_script(
                    f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON "{self.table}" '
                    f"WHEN NOT ({self.expression.replace('@', 'NEW.')}) "
                    f"BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: {self.name}'); END"
                )
        else:
            await state_editor.client.execute_script(
                f'ALTER TABLE "{self.table}" ADD CONSTRAINT "{self.name}" CHECK ({self.expression.replace("@", "")})'
            )

    async def database_backward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        if state_editor is None:
            return
        if state_editor.client.capabilities.dialect == "sqlite":
            for event in ("insert", "update"):
                await state_editor.client.execute_script(f'DROP TRIGGER "{self.name}_{event}"')
        else:
            await state_editor.client.execute_script(f'ALTER TABLE "{self.table}" DROP CONSTRAINT "{self.name}"')


class PartialUnique(RunSQL):
    """A unique key over the rows that meet a condition."""

    def __init__(self, table: str, name: str, columns: str, where: str) -> None:
        super().__init__(
            f'CREATE UNIQUE INDEX "{name}" ON "{table}" ({columns}) WHERE {where}',
            reverse_sql=f'DROP INDEX "{name}"',
        )


class PartialIndex(RunSQL):
    """An index over the rows that meet a condition: its size follows the due, not the whole."""

    def __init__(self, table: str, name: str, columns: str, where: str) -> None:
        super().__init__(
            f'CREATE INDEX "{name}" ON "{table}" ({columns}) WHERE {where}',
            reverse_sql=f'DROP INDEX "{name}"',
        )


class AppendOnly(RunSQL):
    """Rows of a table are never changed or deleted, and none is added where the query `closed` finds one.

    In `closed` a column of the new row is written `@column`.
    """

    def __init__(self, table: str, closed: str) -> None:
        super().__init__(sql="", reverse_sql="")
        self.table, self.closed = table, closed

    def describe(self) -> str:
        return f"Append only {self.table}"

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        if state_editor is None:
            return
        added = f"EXISTS ({self.closed.replace('@', 'NEW.')})"
        if state_editor.client.capabilities.dialect == "sqlite":
            for event, condition in (("INSERT", f"WHEN {added}"), ("UPDATE", ""), ("DELETE", "")):
                await state_editor.client.execute_script(
                    f'CREATE TRIGGER "{self.table}_closed_{event.lower()}" BEFORE {event} ON "{self.table}" '
                    f"{condition} BEGIN SELECT RAISE(ABORT, '{self.table} is closed'); END"
                )
        else:
            await state_editor.client.execute_script(
                f'CREATE FUNCTION "{self.table}_closed"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN '
                f"IF TG_OP = 'INSERT' THEN IF NOT {added} THEN RETURN NEW; END IF; END IF; "
                f"RAISE EXCEPTION '{self.table} is closed' USING ERRCODE = 'integrity_constraint_violation'; END $$; "
                f'CREATE TRIGGER "{self.table}_closed" BEFORE INSERT OR UPDATE OR DELETE ON "{self.table}" '
                f'FOR EACH ROW EXECUTE FUNCTION "{self.table}_closed"()'
            )

    async def database_backward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        if state_editor is None:
            return
        if state_editor.client.capabilities.dialect == "sqlite":
            for event in ("insert", "update", "delete"):
                await state_editor.client.execute_script(f'DROP TRIGGER "{self.table}_closed_{event}"')
        else:
            await state_editor.client.execute_script(f'DROP FUNCTION "{self.table}_closed"() CASCADE')


class Together(Operation):
    """Several operations on one picture of the schema.

    Tortoise renders every model anew before each operation of a migration, which costs a hundred tables
    seconds; operations that only add need one picture. Not for an operation that needs to see the schema
    as it stands between two of them (`AlterField`, `RenameField` after an `AddField`).
    """

    def __init__(self, *operations: Operation) -> None:
        self.operations = operations

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)

    def state_forward(self, app_label: str, state: Any) -> None:
        for operation in self.operations:
            operation.state_forward(app_label, state)

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        for operation in self.operations:
            await operation.database_forward(app_label, old_state, new_state, state_editor)

    async def database_backward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        for operation in reversed(self.operations):
            await operation.database_backward(app_label, old_state, new_state, state_editor)


class RoomToUpdate(RunSQL):
    """Leave part of each page free on PostgreSQL, so that a row that changes often stays where its indexes point."""

    def __init__(self, table: str, percent: int) -> None:
        super().__init__(sql="", reverse_sql="")
        self.table, self.percent = table, percent

    async def database_forward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        await self._set(state_editor, f"SET (fillfactor = {self.percent})")

    async def database_backward(self, app_label: str, old_state: Any, new_state: Any, state_editor: Any = None) -> None:
        await self._set(state_editor, "RESET (fillfactor)")

    async def _set(self, state_editor: Any, what: str) -> None:
        if state_editor is not None and state_editor.client.capabilities.dialect != "sqlite":
            await state_editor.client.execute_script(f'ALTER TABLE "{self.table}" {what}')
