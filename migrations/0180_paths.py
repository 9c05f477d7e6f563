"""Paths as data, the turns members take in them, and what members think."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Check, PartialIndex

class Migration(migrations.Migration):
    dependencies = [('models', '0105_family'), ('models', '0160_claims')]

    initial = False

    operations = [
        ops.CreateModel(
            name='CareBookmark',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(unique=True, max_length=16)),
                ('done_id', fields.BigIntField()),
            ],
            options={'table': 'care_bookmark', 'app': 'models', 'pk_attr': 'id', 'table_description': 'How far care has been told of the rows of one kind: `purchase`, `stage`.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Opinion',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='opinions', on_delete=OnDelete.CASCADE)),
                ('source', fields.CharField(max_length=16)),
                ('text', fields.TextField(unique=False)),
                ('product_id', fields.BigIntField(null=True)),
                ('sku_id', fields.BigIntField(null=True)),
                ('keywords', fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ('answer', fields.TextField(default='', unique=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by', fields.BigIntField(null=True)),
                ('rating', fields.IntField(null=True)),
                ('rated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'opinion', 'app': 'models', 'indexes': [Index(fields=['member_id', 'created_at']), Index(fields=['product_id']), Index(fields=['created_at'])], 'pk_attr': 'id', 'table_description': "One opinion. Its case has the owner and the due time. Of an answer the author is told, and may rate it."},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PathTurn',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='path_turns', on_delete=OnDelete.CASCADE)),
                ('path', fields.CharField(max_length=32)),
                ('version', fields.IntField()),
                ('step', fields.CharField(max_length=48)),
                ('occurrence', fields.CharField(max_length=64)),
                ('anchor_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('awaits', fields.CharField(default='', max_length=16)),
                ('state', fields.CharField(default='waiting', max_length=16)),
                ('outcome', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'path_turn', 'app': 'models', 'unique_together': (('member_id', 'step', 'occurrence'),), 'indexes': [Index(fields=['occurrence']), Index(fields=['path', 'version', 'step'])], 'pk_attr': 'id', 'table_description': 'One step of a member that is no message (task, gift, branch, wait, exit), due at its instant, taken once.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PathVersion',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('name', fields.CharField(max_length=24)),
                ('version', fields.IntField()),
                ('spec', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ('staff_id', fields.BigIntField()),
                ('why', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'path_version', 'app': 'models', 'unique_together': (('name', 'version'),), 'pk_attr': 'id', 'table_description': 'One published version of a path (0 is the file that ships), never changed: who is inside keeps it.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='CareMessage',
            name='anchor_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='CareMessage',
            name='version',
            field=fields.IntField(null=True),
        ),
        PartialIndex("path_turn", "path_turn_due", "due_at", "state = 'waiting'"),
        PartialIndex("path_turn", "path_turn_awaits", "member_id, awaits", "state = 'waiting' AND awaits <> ''"),
        Check("opinion", "opinion_rating", "@rating IS NULL OR (@rating >= 1 AND @rating <= 5)"),
    ]
