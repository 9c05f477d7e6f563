"""Steps that need two persons, and goodwill refunds."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.approval import ApprovalKind, ApprovalState
from domain.goodwill import GoodwillState
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Check, PartialUnique

class Migration(migrations.Migration):
    dependencies = [('models', '0030_cases')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Approval',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('kind', fields.CharEnumField(description='GOODWILL: goodwill\nREFUND_BY_HAND: refund_by_hand', enum_type=ApprovalKind, max_length=32)),
                ('ref', fields.CharField(max_length=64)),
                ('facts', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('reason', fields.CharField(max_length=200)),
                ('state', fields.CharEnumField(default=ApprovalState.ASKED, description='ASKED: asked\nAPPROVED: approved\nREFUSED: refused', enum_type=ApprovalState, max_length=16)),
                ('asked_by', fields.BigIntField()),
                ('decided_by', fields.BigIntField(null=True)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('note', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'approval', 'app': 'models', 'indexes': [Index(fields=['state', 'id'])], 'pk_attr': 'id', 'table_description': 'Asked by one of the staff, decided by another (CHECK). One open question per kind and ref.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Goodwill',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='goodwill', on_delete=OnDelete.CASCADE)),
                ('ref', fields.CharField(max_length=64)),
                ('amount_fen', fields.BigIntField()),
                ('reason', fields.CharField(max_length=200)),
                ('state', fields.CharEnumField(default=GoodwillState.ASKED, description='ASKED: asked\nGRANTED: granted\nREFUSED: refused', enum_type=GoodwillState, max_length=16)),
                ('asked_by', fields.BigIntField()),
                ('alone', fields.BooleanField(default=False)),
            ],
            options={'table': 'goodwill', 'app': 'models', 'indexes': [Index(fields=['ref']), Index(fields=['asked_by', 'created_at'])], 'pk_attr': 'id', 'table_description': 'One goodwill refund, asked for by one of the staff. `alone`: within the limits, without a second person.'},
            bases=['Row'],
        ),
        PartialUnique("approval", "approval_one_open", "kind, ref", "state = 'asked'"),
        Check("approval", "approval_two_persons", "@decided_by IS NULL OR @decided_by <> @asked_by"),
        Check("goodwill", "goodwill_amount", "@amount_fen > 0"),
    ]
