"""What all rows share: an id, two instants, money as integer fen, and moves by compare-and-set."""

from collections.abc import Mapping, Sequence
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
NOTHING: Mapping[str, Any] = {}


async def move(
    row: Row, life: Transitions[S], new: S, *, at: datetime, who: str, why: str = "", **changes: Any
) -> None:
    """Move `row.state` to `new` if the table allows it and nobody else moved it first; writes history.

    `changes` are written in the same statement. Raises WrongState when the move is not allowed or
    lost the race (0 rows). `who` is `member:7`, `staff:3`, `job:deadlines`, `wechat`.
    """
    await move_all([row], life, new, at=at, who=who, why=why, **changes)


async def move_all(
    rows: Sequence[Row],
    life: Transitions[S],
    new: S,
    *,
    at: datetime,
    who: str,
    why: str = "",
    each: Mapping[str, Sequence[Any]] = NOTHING,
    **changes: Any,
) -> None:
    """Move rows of one table together, as `move` moves one: all of them, or WrongState.

    `each` are changes with a value for every row, in their order.
    """
    if not rows:
        return
    old: list[S] = [row.state for row in rows]  # type: ignore[attr-defined]  # Every row that moves has a `state`.
    for state in dict.fromkeys(old):
        life.require_move(state, new)
    changes = {"state": new, "updated_at": at, **changes}
    own = [dict(zip(each, values, strict=True)) for values in zip(*each.values(), strict=True)] or [{}] * len(rows)
    lines = [{"id": row.id, "state": state, **its} for row, state, its in zip(rows, old, own, strict=True)]
    told = {"noun": rows[0].noun or life.what, "new": str(new), "who": who, "why": why, "created_at": at}
    if not await move_rows(type(rows[0]), lines, changes, told):
        raise WrongState(life.what, str(old[0]), str(new))
    for row, its in zip(rows, own, strict=True):
        for name, value in {**changes, **its}.items():
            setattr(row, name, value)
