"""Cases for people of the staff: open at most once per kind and thing."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.case import CaseState
from models.constraints import PartialUnique


class Migration(migrations.Migration):
    dependencies = [("models", "0002_constraints")]

    operations = [
        ops.CreateModel(
            name="Case",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("kind", fields.CharField(max_length=24)),
                ("ref", fields.CharField(max_length=64)),
                ("member_id", fields.BigIntField(null=True)),
                (
                    "state",
                    fields.CharEnumField(
                        default=CaseState.OPEN,
                        description="OPEN: open\nCLOSED: closed",
                        enum_type=CaseState,
                        max_length=8,
                    ),
                ),
                ("priority", fields.IntField()),
                ("owner_staff_id", fields.BigIntField(null=True)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("facts", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("outcome", fields.CharField(default="", max_length=32)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "staff_case",
                "app": "models",
                "indexes": [
                    Index(fields=["state", "priority", "due_at"]),
                    Index(fields=["member_id"]),
                    Index(fields=["ref"]),
                ],
                "pk_attr": "id",
                "table_description": "Something only a person can decide. Open at most once per kind and thing (partial unique key).",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="CaseNote",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "case",
                    fields.ForeignKeyField(
                        "models.Case",
                        source_field="case_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="notes",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("staff_id", fields.BigIntField()),
                ("text", fields.CharField(max_length=500)),
            ],
            options={
                "table": "case_note",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Append-only: what somebody of the staff wrote on a case.",
            },
            bases=["Row"],
        ),
        PartialUnique("staff_case", "staff_case_one_open", "kind, ref", "state = 'open'"),
    ]
