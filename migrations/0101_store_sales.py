"""What is paid at a shop's till."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Check


class Migration(migrations.Migration):
    dependencies = [("models", "0100_perks")]

    initial = False

    operations = [
        ops.CreateModel(
            name="StoreSale",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("member", fields.ForeignKeyField("models.Member", source_field="member_id", db_constraint=True, to_field="id", related_name="store_sales", on_delete=OnDelete.CASCADE)),
                ("out_trade_no", fields.CharField(unique=True, max_length=32)),
                ("store", fields.CharField(max_length=32)),
                ("amount_fen", fields.BigIntField()),
                ("returned_fen", fields.BigIntField(default=0)),
                ("points_percent", fields.IntField()),
                ("sold_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "store_sale", "app": "models", "indexes": [Index(fields=["store", "sold_at"]), Index(fields=["member_id"])], "pk_attr": "id", "table_description": "One sale. Its payment is a row of `payment` under the same number, its worth one of `purchase`."},
            bases=["Row"],
        ),
        Check("store_sale", "store_sale_returned", "@amount_fen > 0 AND @returned_fen BETWEEN 0 AND @amount_fen"),
    ]
