"""Campaigns that leave as mass sends: the calls, and the places followers have left this month."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.broadcast import MassState, Way
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import Check, Together

class Migration(migrations.Migration):
    dependencies = [('models', '0005_purchases_of_a_member')]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='BroadcastPlace',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='broadcast_places', on_delete=OnDelete.CASCADE)),
                    ('month', fields.CharField(max_length=7)),
                    ('taken', fields.IntField()),
                ],
                options={'table': 'broadcast_place', 'app': 'models', 'unique_together': (('member_id', 'month'),), 'indexes': [Index(fields=['month', 'taken'])], 'pk_attr': 'id', 'table_description': "How many of a month's broadcasts are meant for a member, from planning on: never above the allowance."},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='MassSend',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('campaign_id', fields.BigIntField()),
                    ('edition', fields.CharField(max_length=16)),
                    ('people', fields.IntField()),
                    ('state', fields.CharEnumField(default=MassState.WANTED, description='WANTED: wanted\nSTARTED: started\nFINISHED: finished\nFAILED: failed', enum_type=MassState, max_length=16)),
                    ('msg_id', fields.BigIntField(null=True, unique=True)),
                    ('status', fields.CharField(default='', max_length=64)),
                    ('total_count', fields.IntField(null=True)),
                    ('filter_count', fields.IntField(null=True)),
                    ('sent_count', fields.IntField(null=True)),
                    ('error_count', fields.IntField(null=True)),
                ],
                options={'table': 'mass_send', 'app': 'models', 'indexes': [Index(fields=['campaign_id']), Index(fields=['state'])], 'pk_attr': 'id', 'table_description': 'One call to WeChat: up to ten thousand followers who get the same words.'},
                bases=['Row'],
            ),
            ops.AddField(
                model_name='Campaign',
                name='way',
                field=fields.CharEnumField(default=Way.LADDER, description='LADDER: ladder\nMASS: mass', enum_type=Way, max_length=8),
            ),
            ops.AddField(
                model_name='CampaignSeries',
                name='way',
                field=fields.CharEnumField(default=Way.LADDER, description='LADDER: ladder\nMASS: mass', enum_type=Way, max_length=8),
            ),
            Check("broadcast_place", "broadcast_place_taken", "@taken >= 0"),
        ),
    ]
