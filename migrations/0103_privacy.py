"""Copies of members' data, and accounts that are closed."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.privacy import ClosingState, ExportState
from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [('models', '0102_partners')]

    initial = False

    operations = [
        Together(
        ops.CreateModel(
            name='Closing',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='closings', on_delete=OnDelete.CASCADE)),
                ('state', fields.CharEnumField(default=ClosingState.ASKED, description='ASKED: asked\nDONE: done\nWITHDRAWN: withdrawn', enum_type=ClosingState, max_length=16)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'closing', 'app': 'models', 'indexes': [Index(fields=['state', 'due_at']), Index(fields=['member_id'])], 'pk_attr': 'id', 'table_description': 'A wish to close an account. One waits at a time.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='DataExport',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='exports', on_delete=OnDelete.CASCADE)),
                ('state', fields.CharEnumField(default=ExportState.ASKED, description='ASKED: asked\nREADY: ready', enum_type=ExportState, max_length=8)),
                ('channel', fields.CharField(max_length=16)),
                ('sealed', fields.TextField(default='', unique=False)),
                ('ready_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'data_export', 'app': 'models', 'indexes': [Index(fields=['member_id', 'id']), Index(fields=['state', 'id'])], 'pk_attr': 'id', 'table_description': 'A copy of everything about a member: sealed, and gone after some days.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='GiftOnce',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('name_index', fields.CharField(unique=True, max_length=32)),
            ],
            options={'table': 'gift_once', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A blind index of somebody who had the welcome gift of a life and closed their account since.'},
            bases=['Row'],
        ),
        )
    ]
