"""Segments with versions, tags of members, and the segment a campaign was made for."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import Together

class Migration(migrations.Migration):
    dependencies = [('models', '0002_refunds_of_a_member')]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name='MemberTag',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='tags', on_delete=OnDelete.CASCADE)),
                    ('name', fields.CharField(max_length=16)),
                    ('staff_id', fields.BigIntField()),
                ],
                options={'table': 'member_tag', 'app': 'models', 'unique_together': (('member_id', 'name'),), 'indexes': [Index(fields=['name'])], 'pk_attr': 'id', 'table_description': 'A word that staff put on a member, for audiences to find them by.'},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='Segment',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('name', fields.CharField(unique=True, max_length=64)),
                ],
                options={'table': 'segment', 'app': 'models', 'pk_attr': 'id', 'table_description': 'A named audience, which means what its newest version says.'},
                bases=['Row'],
            ),
            ops.CreateModel(
                name='SegmentVersion',
                fields=[
                    ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ('segment', fields.ForeignKeyField('models.Segment', source_field='segment_id', db_constraint=True, to_field='id', related_name='versions', on_delete=OnDelete.CASCADE)),
                    ('version', fields.IntField()),
                    ('audience', fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                    ('staff_id', fields.BigIntField()),
                    ('why', fields.CharField(default='', max_length=200)),
                ],
                options={'table': 'segment_version', 'app': 'models', 'unique_together': (('segment_id', 'version'),), 'pk_attr': 'id', 'table_description': 'One version of what a segment means, never changed: a campaign made for it keeps this one.'},
                bases=['Row'],
            ),
            ops.AddField(
                model_name='Campaign',
                name='segment_id',
                field=fields.BigIntField(null=True),
            ),
            ops.AddField(
                model_name='Campaign',
                name='segment_version',
                field=fields.IntField(null=True),
            ),
        ),
    ]
