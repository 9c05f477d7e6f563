"""Cases for people of the staff, and what they note on them."""

from tortoise import fields

from domain.case import CaseState
from models.base import Row


class Case(Row):
    """Something only a person can decide. Open at most once per kind and thing (partial unique key)."""

    kind = fields.CharField(max_length=24)  # domain/case.CaseKind; a new kind needs no migration
    ref = fields.CharField(max_length=64)  # what it is about: box:7, parcel:9, item:4
    member_id = fields.BigIntField(null=True)
    state = fields.CharEnumField(CaseState, max_length=8, default=CaseState.OPEN)
    priority = fields.IntField()
    owner_staff_id = fields.BigIntField(null=True)
    due_at = fields.DatetimeField()
    facts: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    outcome = fields.CharField(max_length=32, default="")
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "staff_case"
        indexes = (("state", "priority", "due_at"), ("member_id",), ("ref",))


class CaseNote(Row):
    """Append-only: what somebody of the staff wrote on a case."""

    case: fields.ForeignKeyRelation[Case] = fields.ForeignKeyField("models.Case", "notes")
    case_id: int
    staff_id = fields.BigIntField()
    text = fields.CharField(max_length=500)

    class Meta:
        table = "case_note"
