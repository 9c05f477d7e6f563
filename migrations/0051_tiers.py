"""Where members stand in the tiers."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [("models", "0032_evidence"), ("models", "0072_cells_of_a_booking"), ("models", "0081_campaigns")]

    initial = False

    operations = [
        ops.CreateModel(
            name='MemberTier',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member_id', fields.BigIntField(unique=True)),
                ('local', fields.IntField(default=1)),
                ('matched', fields.IntField(default=0)),
                ('super_year', fields.IntField(null=True)),
                ('fall_year', fields.IntField(null=True)),
                ('fall_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'member_tier', 'app': 'models', 'indexes': [Index(fields=['fall_year']), Index(fields=['local'])], 'pk_attr': 'id', 'table_description': 'One row per member who has bought or was matched, and without one the first tier. History says why.'},
            bases=['Row'],
        ),
    ]
