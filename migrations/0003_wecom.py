"""WeCom: contacts, tasks, letters and places; whose account is whose; campaigns with an order of channels."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.wecom import HandOutcome, TaskState
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Check, PartialUnique, Together

class Migration(migrations.Migration):
    dependencies = [("models", "0002_red_invoices"), ("models", "0002_stage_by_member")]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='StylistPlace',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='stylist_places', on_delete=OnDelete.CASCADE)),
                    ('month', fields.CharField(max_length=7)),
                    ('taken', fields.IntField()),
                ],
                options={'table': 'stylist_place', 'app': 'models', 'unique_together': (('member_id', 'month'),), 'pk_attr': 'id', 'table_description': 'How many letters by hand a member has had in a month, or may have had: never above the allowance.'},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='WecomContact',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('member', fields.ForeignKeyField('models.Member', source_field='member_id', null=True, db_constraint=True, to_field='id', related_name='wecom_contacts', on_delete=OnDelete.CASCADE)),
                    ('external_userid', fields.CharField(max_length=64)),
                    ('userid', fields.CharField(max_length=64)),
                    ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ],
                options={'table': 'wecom_contact', 'app': 'models', 'unique_together': (('external_userid', 'userid'),), 'indexes': [Index(fields=['member_id']), Index(fields=['userid'])], 'pk_attr': 'id', 'table_description': 'A customer and one of the staff who have each other in WeCom. The member is known once the unionid was read.'},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='WecomTask',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('staff_id', fields.BigIntField()),
                    ('userid', fields.CharField(max_length=64)),
                    ('text', fields.TextField(unique=False)),
                    ('words_key', fields.CharField(max_length=64)),
                    ('until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('state', fields.CharEnumField(default=TaskState.GATHERING, description='GATHERING: gathering\nWANTED: wanted\nCALLING: calling\nOPEN: open\nDONE: done\nFAILED: failed\nUNKNOWN: unknown', enum_type=TaskState, max_length=16)),
                    ('msg_id', fields.CharField(default='', max_length=64)),
                ],
                options={'table': 'wecom_task', 'app': 'models', 'indexes': [Index(fields=['state', 'until']), Index(fields=['staff_id', 'until'])], 'pk_attr': 'id', 'table_description': "One 企业群发: the same words for one person's customers, to be confirmed by hand."},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='WecomLetter',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('task', fields.ForeignKeyField('models.WecomTask', source_field='task_id', db_constraint=True, to_field='id', related_name='letters', on_delete=OnDelete.CASCADE)),
                    ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='wecom_letters', on_delete=OnDelete.CASCADE)),
                    ('message_id', fields.BigIntField()),
                    ('external_userid', fields.CharField(max_length=64)),
                    ('outcome', fields.CharEnumField(default=HandOutcome.WAITS, description='WAITS: \nSENT: sent\nNOT_SENT: not_sent\nTAKEN_BACK: taken_back\nNOT_A_CONTACT: not_a_contact\nMONTH_FULL: month_full\nREFUSED: refused\nUNKNOWN: unknown', enum_type=HandOutcome, max_length=16)),
                ],
                options={'table': 'wecom_letter', 'app': 'models', 'unique_together': (('task_id', 'message_id'),), 'indexes': [Index(fields=['member_id'])], 'pk_attr': 'id', 'table_description': 'One message in a task. A message that is taken back may come into another task.'},
                bases=['Row'],
            ),
            ops.AddField(
                model_name='Campaign',
                name='channels',
                field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
            ),
            ops.AddField(
                model_name='CampaignSeries',
                name='channels',
                field=fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads),
            ),
            ops.AddField(
                model_name='StaffUser',
                name='wecom_userid',
                field=fields.CharField(null=True, max_length=64),
            ),
            Check("stylist_place", "stylist_place_taken", "@taken >= 0"),
            PartialUnique("staff_user", "staff_wecom_once", "wecom_userid", "wecom_userid IS NOT NULL"),
            PartialUnique("wecom_task", "wecom_task_one_gathers", "userid, words_key, until", "state = 'gathering'"),
        )
    ]
