"""The wait-list: one open place per member and time."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.waitlist import WaitState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import PartialUnique


class Migration(migrations.Migration):
    dependencies = [('models', '0040_approvals'), ('models', '0080_life_cycle')]

    initial = False

    operations = [
        ops.CreateModel(
            name='WaitEntry',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='waits', on_delete=OnDelete.CASCADE)),
                ('stylist_id', fields.BigIntField(null=True)),
                ('starts_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('mode', fields.CharField(max_length=8)),
                ('skill', fields.CharField(default='', max_length=32)),
                ('state', fields.CharEnumField(description='WAITING: waiting\nOFFERED: offered\nTAKEN: taken\nDECLINED: declined\nLAPSED: lapsed\nLEFT: left\nOVER: over', enum_type=WaitState, max_length=16)),
                ('booking_id', fields.BigIntField(null=True)),
                ('offer_from', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('offer_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'wait_entry', 'app': 'models', 'indexes': [Index(fields=['starts_at', 'state']), Index(fields=['state', 'offer_until'])], 'pk_attr': 'id', 'table_description': 'A place in line, the lower id before the higher. One open place per member and time (partial unique index).'},
            bases=['Row'],
        ),
        PartialUnique("wait_entry", "wait_one_open", "member_id, starts_at", "state IN ('waiting', 'offered')"),
    ]
