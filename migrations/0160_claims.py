from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.claim import ClaimState
from models.constraints import Check, PartialUnique


class Migration(migrations.Migration):
    dependencies = [("models", "0103_privacy"), ("models", "0140_order_money")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ProductClaim",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("product", fields.ForeignKeyField("models.Product", source_field="product_id", db_constraint=True, to_field="id", related_name="claims", on_delete=OnDelete.CASCADE)),
                ("word", fields.CharField(max_length=16)),
                ("evidence", fields.CharField(max_length=500)),
                ("state", fields.CharEnumField(default=ClaimState.ASKED, enum_type=ClaimState, max_length=8)),
                ("asked_by", fields.BigIntField()),
                ("decided_by", fields.BigIntField(null=True)),
                ("note", fields.CharField(default="", max_length=200)),
            ],
            options={"table": "product_claim", "app": "models", "indexes": [Index(fields=["product_id"]), Index(fields=["state", "id"])], "pk_attr": "id", "table_description": "One word of one product with its evidence. One that stands per product and word (partial unique key)."},
            bases=["Row"],
        ),
        PartialUnique("product_claim", "product_claim_one_stands", "product_id, word", "state <> 'refused'"),
        Check("product_claim", "product_claim_two_persons", "@decided_by IS NULL OR @decided_by <> @asked_by"),
    ]
