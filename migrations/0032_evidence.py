"""Photos as evidence, damage fees with two persons, the member's words on a dispute."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.damage import DamageState
from models.constraints import Check


class Migration(migrations.Migration):
    dependencies = [("models", "0041_books"), ("models", "0060_desk"), ("models", "0021_order_constraints"), ("models", "0071_swaps_zones")]

    operations = [
        ops.CreateModel(
            name="DamageFee",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("item_id", fields.BigIntField(unique=True)),
                ("box_id", fields.BigIntField()),
                ("grade", fields.CharField(max_length=8)),
                ("fee_fen", fields.BigIntField()),
                ("words", fields.CharField(max_length=300)),
                (
                    "state",
                    fields.CharEnumField(
                        default=DamageState.PROPOSED,
                        description="PROPOSED: proposed\nACCEPTED: accepted\nCONTESTED: contested\nUNANSWERED: unanswered\nCHARGED: charged\nWAIVED: waived",
                        enum_type=DamageState,
                        max_length=16,
                    ),
                ),
                ("proposed_by", fields.BigIntField()),
                ("answer_until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("answer", fields.CharField(default="", max_length=300)),
            ],
            options={
                "table": "damage_fee",
                "app": "models",
                "indexes": [Index(fields=["box_id"]), Index(fields=["state", "answer_until"])],
                "pk_attr": "id",
                "table_description": "One fee for one piece, once. Proposed by one of the staff, decided by another.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Photo",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("item_id", fields.BigIntField()),
                ("who", fields.CharField(max_length=64)),
                ("kind", fields.CharField(max_length=16)),
                ("sha256", fields.CharField(max_length=64)),
                ("data", fields.BinaryField()),
            ],
            options={
                "table": "photo",
                "app": "models",
                "unique_together": (("item_id", "sha256"),),
                "pk_attr": "id",
                "table_description": "One photo of one piece of a box, by its member or by the staff. The same picture is kept once.",
            },
            bases=["Row"],
        ),
        ops.AddField(
            model_name="Box",
            name="damage_fen",
            field=fields.BigIntField(default=0),
        ),
        ops.AddField(
            model_name="BoxItem",
            name="statement",
            field=fields.TextField(default="", unique=False),
        ),
        Check("damage_fee", "damage_fee_amount", "@fee_fen > 0"),
    ]
