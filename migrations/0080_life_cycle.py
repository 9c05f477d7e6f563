from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.stage import Stage
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0030_cases')]

    initial = False

    operations = [
        ops.CreateModel(
            name='MemberStage',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member_id', fields.BigIntField(unique=True)),
                ('stage', fields.CharEnumField(description='MATURITY: maturity\nGROWTH: growth\nOBSERVATION: observation\nDECLINE: decline', enum_type=Stage, max_length=16)),
                ('since_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('look_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'member_stage', 'app': 'models', 'indexes': [Index(fields=['look_at']), Index(fields=['stage'])], 'pk_attr': 'id', 'table_description': 'One row per member. A member without one has just joined: observation, until the first pass.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Purchase',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='purchases', on_delete=OnDelete.CASCADE)),
                ('ref', fields.CharField(unique=True, max_length=64)),
                ('bought_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('net_fen', fields.BigIntField()),
            ],
            options={'table': 'purchase', 'app': 'models', 'indexes': [Index(fields=['member_id', 'bought_at']), Index(fields=['bought_at'])], 'pk_attr': 'id', 'table_description': 'Stages, tiers, super users, reports and attribution count these. Money itself is in the ledger.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='StageChange',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member_id', fields.BigIntField()),
                ('old', fields.CharField(max_length=16)),
                ('new', fields.CharField(max_length=16)),
                ('reason', fields.CharField(max_length=32)),
                ('rules_version', fields.IntField()),
            ],
            options={'table': 'stage_change', 'app': 'models', 'indexes': [Index(fields=['member_id', 'created_at']), Index(fields=['created_at'])], 'pk_attr': 'id', 'table_description': 'The history: `created_at` is the instant of the change. Appended to, never changed.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='StagePass',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('judged_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('rules_version', fields.IntField()),
                ('done_id', fields.BigIntField(default=0)),
                ('changed', fields.BigIntField(default=0)),
                ('finished_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'stage_pass', 'app': 'models', 'pk_attr': 'id', 'table_description': 'One full pass over all members, resumable: members up to `done_id` have been looked at.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='StageRuleSet',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.IntField(unique=True)),
                ('rules', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('staff_id', fields.BigIntField()),
                ('why', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'stage_rule_set', 'app': 'models', 'pk_attr': 'id', 'table_description': "One version of the entry rules, saved by a person. Without any, config.toml's hold (version 0)."},
            bases=['Row'],
        ),
    ]
