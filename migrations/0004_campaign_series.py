"""Campaigns that recur: the series, and the day of it that a campaign is."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.campaign import Goal
from domain.series import Every, SeriesState
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import PartialUnique, Together

class Migration(migrations.Migration):
    dependencies = [('models', '0003_segments')]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='CampaignSeries',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('name', fields.CharField(max_length=64)),
                    ('goal', fields.CharEnumField(description='ATTRACT: attract\nDEEPEN: deepen\nLOYALTY: loyalty\nRETAIN: retain', enum_type=Goal, max_length=16)),
                    ('audience', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                    ('segment_id', fields.BigIntField(null=True)),
                    ('segment_version', fields.IntField(null=True)),
                    ('variants', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                    ('priority', fields.IntField(default=50)),
                    ('spread_minutes', fields.IntField()),
                    ('stop_when_bought', fields.BooleanField(default=False)),
                    ('made_by', fields.BigIntField()),
                    ('paused_why', fields.CharField(default='', max_length=200)),
                    ('state', fields.CharEnumField(default=SeriesState.DRAFT, description='DRAFT: draft\nASKED: asked\nRUNNING: running\nPAUSED: paused\nKILLED: killed\nDONE: done', enum_type=SeriesState, max_length=16)),
                    ('every', fields.CharEnumField(description='DAY: day\nWEEK: week\nMONTH: month', enum_type=Every, max_length=8)),
                    ('at', fields.CharField(max_length=5)),
                    ('on_day', fields.IntField(default=0)),
                    ('first_on', fields.DateField()),
                    ('last_on', fields.DateField(null=True)),
                    ('useful_hours', fields.IntField()),
                    ('seconded', fields.BooleanField(default=False)),
                ],
                options={'table': 'campaign_series', 'app': 'models', 'indexes': [Index(fields=['state'])], 'pk_attr': 'id', 'table_description': "A campaign that recurs by the shop's clock. Each occurrence is a campaign of its own."},
                bases=['Said'],
            ),
            ops.AddField(
                model_name='Campaign',
                name='series_id',
                field=fields.BigIntField(null=True),
            ),
            ops.AddField(
                model_name='Campaign',
                name='series_on',
                field=fields.DateField(null=True),
            ),
            PartialUnique("campaign", "uid_campaign_series_day", "series_id, series_on", "series_id IS NOT NULL"),
        ),
    ]
