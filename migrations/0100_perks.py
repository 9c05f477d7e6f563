from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Perk',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='perks', on_delete=OnDelete.CASCADE)),
                ('rule', fields.CharField(max_length=16)),
                ('occurrence', fields.CharField(default='', max_length=16)),
                ('state', fields.CharField(default='open', max_length=16)),
                ('ref', fields.CharField(max_length=64)),
                ('points', fields.IntField(default=0)),
                ('member_coupon_id', fields.BigIntField(null=True)),
            ],
            options={'table': 'perk', 'app': 'models', 'unique_together': (('member_id', 'rule', 'occurrence'),), 'indexes': [Index(fields=['ref'])], 'pk_attr': 'id', 'table_description': '`occurrence` is a year, a member day, or empty for once in a life. `ref` names the cause: order:9, card.'},
            bases=['Row'],
        ),
    ]
