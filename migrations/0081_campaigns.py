from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.campaign import CampaignState, Goal
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0050_points'), ('models', '0060_desk'), ('models', '0071_swaps_zones')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Campaign',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(max_length=64)),
                ('goal', fields.CharEnumField(description='ATTRACT: attract\nDEEPEN: deepen\nLOYALTY: loyalty\nRETAIN: retain', enum_type=Goal, max_length=16)),
                ('state', fields.CharEnumField(default=CampaignState.DRAFT, description='DRAFT: draft\nASKED: asked\nPLANNING: planning\nRUNNING: running\nPAUSED: paused\nKILLED: killed\nDONE: done', enum_type=CampaignState, max_length=16)),
                ('audience', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('variants', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('priority', fields.IntField(default=50)),
                ('start_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('useful_until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('spread_minutes', fields.IntField()),
                ('stop_when_bought', fields.BooleanField(default=False)),
                ('made_by', fields.BigIntField()),
                ('planned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('planned_id', fields.BigIntField(default=0)),
                ('passed_over', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('paused_why', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'campaign', 'app': 'models', 'indexes': [Index(fields=['state'])], 'pk_attr': 'id', 'table_description': 'One promotion to an audience. What it says and to whom is fixed once it is launched.'},
            bases=['Row'],
        ),
        ops.AddIndex(
            model_name='Conversation',
            index=Index(fields=['member_id']),
        ),
        ops.RemoveIndex(
            model_name='MemberStage',
            name=None,
            fields=['stage'],
        ),
        ops.AddIndex(
            model_name='MemberStage',
            index=Index(fields=['stage', 'member_id']),
        ),
    ]
