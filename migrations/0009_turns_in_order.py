"""The earliest line that waits for its turn in a conversation."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [("models", "0008_shop_days")]

    initial = False

    operations = [
        Together(
            ops.AddField(model_name="Conversation", name="waiting_event_id", field=fields.BigIntField(null=True)),
            ops.AddField(model_name="Conversation", name="waiting_until", field=fields.DatetimeField(null=True)),
        )
    ]
