from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Check, Together


class Migration(migrations.Migration):
    dependencies = [("models", "0101_store_sales"), ("models", "0200_sending")]

    initial = False

    operations = [
        Together(
            ops.AddField(model_name="LedgerLine", name="order_id", field=fields.BigIntField(null=True)),
            ops.AddIndex(model_name="LedgerLine", index=Index(fields=["order_id"])),
            ops.AddField(model_name="Order", name="stored_fen", field=fields.BigIntField(default=0, db_default=0)),
            Check("shop_order", "order_stored", "@stored_fen >= 0 AND @stored_fen <= @total_fen"),
        ),
    ]
