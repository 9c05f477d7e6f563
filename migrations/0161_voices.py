from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.poll import PollState
from domain.post import PostState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [('models', '0120_packing'), ('models', '0201_send_pace')]

    initial = False

    operations = [
        Together(
        ops.CreateModel(
            name='Poll',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('title', fields.CharField(max_length=64)),
                ('words', fields.TextField(default='', unique=False)),
                ('picture', fields.CharField(max_length=128)),
                ('price_fen', fields.BigIntField()),
                ('goal', fields.IntField()),
                ('closes_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharEnumField(default=PollState.OPEN, enum_type=PollState, max_length=8)),
                ('product_id', fields.BigIntField(null=True)),
                ('answer', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'poll', 'app': 'models', 'indexes': [Index(fields=['state', 'closes_at'])], 'pk_attr': 'id', 'table_description': 'One idea, with its price and how many would have to want it.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PollVote',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('poll', fields.ForeignKeyField('models.Poll', source_field='poll_id', db_constraint=True, to_field='id', related_name='votes', on_delete=OnDelete.CASCADE)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='poll_votes', on_delete=OnDelete.CASCADE)),
                ('size', fields.CharField(default='', max_length=16)),
            ],
            options={'table': 'poll_vote', 'app': 'models', 'unique_together': (('poll_id', 'member_id'),), 'pk_attr': 'id', 'table_description': 'One member who would buy it, in one size. One vote per poll and member.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Post',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='posts', on_delete=OnDelete.CASCADE)),
                ('words', fields.TextField(unique=False)),
                ('product_id', fields.BigIntField(null=True)),
                ('state', fields.CharEnumField(default=PostState.CHECKING, enum_type=PostState, max_length=12)),
                ('suggest', fields.CharField(default='', max_length=12)),
                ('label', fields.IntField(default=0)),
                ('decided_by', fields.BigIntField(null=True)),
                ('why', fields.CharField(default='', max_length=200)),
            ],
            options={'table': 'post', 'app': 'models', 'indexes': [Index(fields=['state', 'id']), Index(fields=['member_id', 'created_at'])], 'pk_attr': 'id', 'table_description': 'A few words of one member, about a product perhaps. Shown to others only while it is published.'},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Purchase',
            name='guide_staff_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddIndex(
            model_name='Purchase',
            index=Index(fields=['guide_staff_id', 'bought_at']),
        ),
        ),
    ]
