"""What all rows share: an id, two instants, money as integer fen, and moves by compare-and-set."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from tortoise import fields
from tortoise.models import Model

from domain.errors import WrongState
from domain.states import Transitions
from models.sql import insert_many


class Row(Model):
    """Every table's id and instants. The instants are handed in: only the shop's clock tells time."""

    id = fields.BigIntField(primary_key=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField(null=True)

    noun: ClassVar[str] = ""
    """What its history is kept under, where two tables share one life; else the life's own name."""

    class Meta:
        abstract = True


def FenField(**options: Any) -> fields.BigIntField:  # noqa: N802 - reads as a field type.
    """An amount in integer fen."""
    return fields.BigIntField(**options)


class History(Row):
    """Every change of state: who, from, to, why, when."""

    noun = fields.CharField(max_length=32)
    row_id = fields.BigIntField()
    old = fields.CharField(max_length=32)
    new = fields.CharField(max_length=32)
    who = fields.CharField(max_length=64)
    why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "history"
        indexes = (("noun", "row_id"),)


S = TypeVar("S", bound=StrEnum)


async def move(
    row: Row, life: Transitions[S], new: S, *, at: datetime, who: str, why: str = "", **changes: Any
) -> None:
    """Move `row.state` to `new` if the table allows it and nobody else moved it first; writes history.

    `changes` are written in the same statement. Raises WrongState when the move is not allowed or
    lost the race (0 rows). `who` is `member:7`, `staff:3`, `job:deadlines`, `wechat`.
    """
    old: S = row.state  # type: ignore[attr-defined]  # Every row that moves has a `state`.
    life.require_move(old, new)
    changed = await type(row).filter(id=row.id, state=old).update(state=new, updated_at=at, **changes)
    if not changed:
        raise WrongState(life.what, str(old), str(new))
    for name, value in {"state": new, "updated_at": at, **changes}.items():
        setattr(row, name, value)
    noun = row.noun or life.what
    await History.create(noun=noun, row_id=row.id, old=str(old), new=str(new), who=who, why=why, created_at=at)


async def move_all(
    rows: Sequence[Row], life: Transitions[S], new: S, *, at: datetime, who: str, why: str = "", **changes: Any
) -> None:
    """Move rows together, as `move` moves one: all of them, or WrongState."""
    old: dict[int, S] = {row.id: row.state for row in rows}  # type: ignore[attr-defined]  # As in `move`.
    for state in dict.fromkeys(old.values()):
        life.require_move(state, new)
        ids = [row_id for row_id, its in old.items() if its is state]
        if await type(rows[0]).filter(id__in=ids, state=state).update(state=new, updated_at=at, **changes) != len(ids):
            raise WrongState(life.what, str(state), str(new))
    for row in rows:
        for name, value in {"state": new, "updated_at": at, **changes}.items():
            setattr(row, name, value)
    lines = [
        {
            "noun": row.noun or life.what, "row_id": row.id, "old": str(old[row.id]), "new": str(new), "who": who,
            "why": why, "created_at": at,
        }
        for row in rows
    ]  # fmt: skip
    await insert_many(History, lines)
