"""Invoices: one per purchase that is asked for or issued."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.invoice import InvoiceState
from models.constraints import PartialUnique, Together


class Migration(migrations.Migration):
    dependencies = [("models", "0011_care_meanwhile")]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name="Invoice",
                fields=[
                    ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    (
                        "member",
                        fields.ForeignKeyField(
                            "models.Member",
                            source_field="member_id",
                            db_constraint=True,
                            to_field="id",
                            related_name="invoices",
                            on_delete=OnDelete.CASCADE,
                        ),
                    ),
                    ("ref", fields.CharField(max_length=64)),
                    ("amount_fen", fields.BigIntField()),
                    ("title_sealed", fields.TextField(unique=False)),
                    ("tax_no", fields.CharField(default="", max_length=20)),
                    ("channel", fields.CharField(max_length=16)),
                    (
                        "state",
                        fields.CharEnumField(
                            default=InvoiceState.ASKED,
                            description="ASKED: asked\nISSUED: issued\nREFUSED: refused",
                            enum_type=InvoiceState,
                            max_length=16,
                        ),
                    ),
                    ("number", fields.CharField(default="", max_length=32)),
                    ("reason", fields.CharField(default="", max_length=200)),
                ],
                options={
                    "table": "invoice",
                    "app": "models",
                    "indexes": [Index(fields=["member_id"]), Index(fields=["state", "id"])],
                    "pk_attr": "id",
                    "table_description": "One invoice for one purchase, a second one only after a refusal (a partial key).",
                },
                bases=["Row"],
            ),
            PartialUnique("invoice", "invoice_one_per_purchase", "ref", "state <> 'refused'"),
        )
    ]
