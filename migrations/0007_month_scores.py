"""Members' scores of past months; a closed month takes no change."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import AppendOnly, Together

class Migration(migrations.Migration):
    dependencies = [('models', '0006_broadcasts')]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='MonthClose',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('month', fields.CharField(unique=True, max_length=7)),
                    ('rules', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ('members', fields.IntField()),
                ],
                options={'table': 'month_close', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A month that is scored, by these rules. From then on it takes no more rows (triggers).'},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='MonthScore',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('member_id', fields.BigIntField()),
                    ('month', fields.CharField(max_length=7)),
                    ('activity', fields.IntField()),
                    ('immersion', fields.IntField()),
                    ('conversion', fields.IntField()),
                    ('days', fields.IntField()),
                    ('sessions', fields.IntField()),
                    ('boxes', fields.IntField()),
                    ('opinions', fields.IntField()),
                    ('voices', fields.IntField()),
                    ('orders', fields.IntField()),
                    ('net_fen', fields.BigIntField()),
                ],
                options={'table': 'month_score', 'app': 'models', 'unique_together': (('member_id', 'month'),), 'indexes': [Index(fields=['month'])], 'pk_attr': 'id', 'table_description': "One member's scores of one month, with the facts they come from. Never changed (triggers)."},
                bases=['Row'],
            ),
            AppendOnly("month_score", "SELECT 1 FROM month_close WHERE month = @month"),
        ),
    ]
