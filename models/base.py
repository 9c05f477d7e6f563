"""What all rows share: an id, two instants, money as integer fen, and moves by compare-and-set."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from tortoise import fields
from tortoise.models import Model

from domain.errors import WrongState
from domain.states import Transitions
from models.sql import move_rows


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
    await move_all([row], life, new, at=at, who=who, why=why, **changes)


async def move_all(
    rows: Sequence[Row], life: Transitions[S], new: S, *, at: datetime, who: str, why: str = "", **changes: Any
) -> None:
    """Move rows of one table together, as `move` moves one: all of them, or WrongState."""
    old: dict[S, list[Row]] = {}
    for row in rows:
        old.setdefault(row.state, []).append(row)  # type: ignore[attr-defined]  # Every row that moves has a `state`.
    changes = {"state": new, "updated_at": at, **changes}
    for state, some in old.items():
        life.require_move(state, new)
        told = {"noun": some[0].noun or life.what, "new": str(new), "who": who, "why": why, "created_at": at}
        if not await move_rows(type(some[0]), [row.id for row in some], str(state), changes, told):
            raise WrongState(life.what, str(state), str(new))
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
