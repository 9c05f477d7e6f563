"""Rules tried against last year's purchases."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import Together

class Migration(migrations.Migration):
    dependencies = [('models', '0008_shop_days')]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='RuleTrial',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('changes', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ('staff_id', fields.BigIntField()),
                    ('until_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('done_id', fields.BigIntField(default=0)),
                    ('last_id', fields.BigIntField()),
                    ('gathered', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                    ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ],
                options={'table': 'rule_trial', 'app': 'models', 'indexes': [Index(fields=['finished_at'])], 'pk_attr': 'id', 'table_description': 'One simulation. Nothing but this row is ever written by it.'},
                bases=['Row'],
            ),
        ),
    ]
