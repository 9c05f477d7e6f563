"""Surprise gifts of the staff, and each person's budget of a month."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.gift import GiftState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import Check


class Migration(migrations.Migration):
    dependencies = [('models', '0072_cells_of_a_booking'), ('models', '0081_campaigns'), ('models', '0032_evidence')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Gift',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='gifts', on_delete=OnDelete.CASCADE)),
                ('staff_id', fields.BigIntField()),
                ('amount_fen', fields.BigIntField()),
                ('words', fields.CharField(max_length=200)),
                ('state', fields.CharEnumField(description='ASKED: asked\nGIVEN: given\nREFUSED: refused', enum_type=GiftState, max_length=16)),
                ('coupon_id', fields.BigIntField(null=True)),
            ],
            options={'table': 'gift', 'app': 'models', 'indexes': [Index(fields=['staff_id', 'id']), Index(fields=['member_id'])], 'pk_attr': 'id', 'table_description': 'One gift: a coupon without a threshold, made for one member.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='GiftBudget',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('staff_id', fields.BigIntField()),
                ('month', fields.CharField(max_length=7)),
                ('spent_fen', fields.BigIntField(default=0)),
            ],
            options={'table': 'gift_budget', 'app': 'models', 'unique_together': (('staff_id', 'month'),), 'pk_attr': 'id', 'table_description': 'What one person gave alone in a month of the shop. It is raised by a conditional update only.'},
            bases=['Row'],
        ),
        Check("gift", "gift_amount", "@amount_fen > 0"),
        Check("gift_budget", "gift_budget_spent", "@spent_fen >= 0"),
    ]
