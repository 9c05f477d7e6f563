"""Stock by what moved it, and payments by who paid: the case screens and a member's timeline read no whole table."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [("models", "0012_stages_due")]

    initial = False

    operations = [
        Together(
            ops.AddIndex(model_name="StockEntry", index=Index(fields=["ref"])),
            ops.AddIndex(model_name="Payment", index=Index(fields=["member_id"])),
        )
    ]
