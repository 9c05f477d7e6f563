"""What a stage asks of a member's purchases is in the index: the rows themselves are not read."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [("models", "0004_campaign_series")]

    initial = False

    operations = [
        Together(
            ops.RemoveIndex(model_name="Purchase", name=None, fields=["member_id", "bought_at"]),
            ops.AddIndex(model_name="Purchase", index=Index(fields=["member_id", "bought_at", "net_fen"])),
        )
    ]
