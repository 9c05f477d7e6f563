"""What members are asked when a stylist is out; zones of members and weights of stylists."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.swap import SwapState
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index
from models.constraints import PartialUnique


class Migration(migrations.Migration):
    dependencies = [('models', '0031_exchanges')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Swap',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('booking', fields.ForeignKeyField('models.Booking', source_field='booking_id', db_constraint=True, to_field='id', related_name='swaps', on_delete=OnDelete.CASCADE)),
                ('absence_id', fields.BigIntField()),
                ('from_stylist_id', fields.BigIntField()),
                ('to_stylist_id', fields.BigIntField(null=True)),
                ('state', fields.CharEnumField(description='OPEN: open\nACCEPTED: accepted\nMOVED: moved\nGIVEN_BACK: given_back\nLAPSED: lapsed\nWITHDRAWN: withdrawn', enum_type=SwapState, max_length=16)),
                ('answer_by', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'swap', 'app': 'models', 'indexes': [Index(fields=['booking_id']), Index(fields=['state', 'answer_by']), Index(fields=['absence_id'])], 'pk_attr': 'id', 'table_description': 'One question to one member. One open question per booking (partial unique index).'},
            bases=['Row'],
        ),
        PartialUnique("swap", "swap_one_open", "booking_id", "state = 'open'"),
        ops.AddField(
            model_name='Member',
            name='zone',
            field=fields.CharField(default='', max_length=48),
        ),
        ops.AddField(
            model_name='Stylist',
            name='weight',
            field=fields.IntField(default=100),
        ),
    ]
