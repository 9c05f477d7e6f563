"""WeChat's daily bills, and where they differ from our rows."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.approval import ApprovalKind
from domain.day_bill import DifferenceState, Differs, LineKind
from domain.payment import PaymentPurpose
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0042_wallet')]

    initial = False

    operations = [
        ops.CreateModel(
            name='BillDifference',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('day', fields.DateField()),
                ('differs', fields.CharEnumField(description='OURS_ONLY: ours_only\nTHEIRS_ONLY: theirs_only\nAMOUNT: amount_differs\nSTATE: state_differs', enum_type=Differs, max_length=16)),
                ('kind', fields.CharEnumField(description='PAYMENT: payment\nREFUND: refund', enum_type=LineKind, max_length=8)),
                ('number', fields.CharField(max_length=64)),
                ('ours_fen', fields.BigIntField(null=True)),
                ('theirs_fen', fields.BigIntField(null=True)),
                ('ours_state', fields.CharField(default='', max_length=16)),
                ('theirs_state', fields.CharField(default='', max_length=16)),
                ('state', fields.CharEnumField(default=DifferenceState.OPEN, description='OPEN: open\nRESOLVED: resolved\nGONE: gone', enum_type=DifferenceState, max_length=16)),
                ('note', fields.CharField(default='', max_length=200)),
                ('resolved_by', fields.BigIntField(null=True)),
            ],
            options={'table': 'bill_difference', 'app': 'models', 'unique_together': (('day', 'differs', 'kind', 'number'),), 'indexes': [Index(fields=['state', 'day'])], 'pk_attr': 'id', 'table_description': 'Where the bill of a day and our rows differ, once per day, way and number.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='DayBill',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('day', fields.DateField(unique=True)),
                ('lines', fields.IntField()),
            ],
            options={'table': 'day_bill', 'app': 'models', 'pk_attr': 'id', 'table_description': 'The bill of one Shanghai day, once it was fetched.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='DayBillLine',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('day', fields.DateField()),
                ('kind', fields.CharEnumField(description='PAYMENT: payment\nREFUND: refund', enum_type=LineKind, max_length=8)),
                ('number', fields.CharField(max_length=64)),
                ('amount_fen', fields.BigIntField()),
                ('state', fields.CharField(max_length=16)),
            ],
            options={'table': 'day_bill_line', 'app': 'models', 'unique_together': (('kind', 'number'),), 'indexes': [Index(fields=['day'])], 'pk_attr': 'id', 'table_description': "One payment or refund as WeChat lists it. `number` is ours: the order's or the refund's."},
            bases=['Row'],
        ),
    ]
