"""Returns meanwhile, and the messages of paths by path for their reports."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from models.constraints import PartialIndex, Together

class Migration(migrations.Migration):
    dependencies = [('models', '0010_webhooks')]

    initial = False

    operations = [
        Together(
            ops.AddField(
                model_name='Campaign',
                name='stop_when_returned',
                field=fields.BooleanField(default=True),
            ),
            ops.AddField(
                model_name='CampaignSeries',
                name='stop_when_returned',
                field=fields.BooleanField(default=True),
            ),
            PartialIndex("care_message", "care_message_of_path", "path, version, created_at", "path <> 'campaign'"),
        ),
    ]
