"""Who invited whom."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.growth import ReferralState
from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [('models', '0103_privacy'), ('models', '0140_order_money')]

    initial = False

    operations = [
        Together(
        ops.CreateModel(
            name='InviteCode',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.OneToOneField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='invite_code', on_delete=OnDelete.CASCADE)),
                ('code', fields.CharField(unique=True, max_length=16)),
            ],
            options={'table': 'invite_code', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The code a member gives to friends, one for life.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Referral',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='referrals', on_delete=OnDelete.CASCADE)),
                ('friend_id', fields.BigIntField(unique=True)),
                ('state', fields.CharEnumField(default=ReferralState.BOUND, description='BOUND: bound\nEARNED: earned\nCAPPED: capped\nUNDONE: undone\nVOID: void', enum_type=ReferralState, max_length=16)),
                ('rule_version', fields.IntField()),
                ('points', fields.IntField(default=0)),
                ('earned_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'referral', 'app': 'models', 'indexes': [Index(fields=['member_id', 'id'])], 'pk_attr': 'id', 'table_description': 'One friend and who invited them. A friend has one inviter for life.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ReferralRuleSet',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.IntField(unique=True)),
                ('rule', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('staff_id', fields.BigIntField()),
            ],
            options={'table': 'referral_rule_set', 'app': 'models', 'pk_attr': 'id', 'table_description': "One version of the rule, saved by a person. Without any, config.toml's holds (version 0)."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='ReferralYear',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='referral_years', on_delete=OnDelete.CASCADE)),
                ('year', fields.IntField()),
                ('earned', fields.IntField(default=0)),
            ],
            options={'table': 'referral_year', 'app': 'models', 'unique_together': (('member_id', 'year'),), 'pk_attr': 'id', 'table_description': 'Rewards of one inviter in a calendar year. It is raised by a conditional update only.'},
            bases=['Row'],
        ),
        )
    ]
