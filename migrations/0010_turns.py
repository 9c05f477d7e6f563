"""A line of a follower has the turn in the conversation, in whichever process it is worked."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0051_tiers')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Conversation',
            name='turn_event_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='Conversation',
            name='turn_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
