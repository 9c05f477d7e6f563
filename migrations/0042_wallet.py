"""Stored value."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from domain.wallet import WalletStep
from tortoise.fields.base import OnDelete
from tortoise import fields
from tortoise.indexes import Index

from models.constraints import Check

class Migration(migrations.Migration):
    dependencies = [('models', '0051_tiers'), ('models', '0073_gifts')]

    initial = False

    operations = [
        ops.CreateModel(
            name='TopUp',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='top_ups', on_delete=OnDelete.CASCADE)),
                ('amount_fen', fields.BigIntField()),
                ('bonus_fen', fields.BigIntField(default=0)),
                ('refunded_fen', fields.BigIntField(default=0)),
                ('paid_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'top_up', 'app': 'models', 'indexes': [Index(fields=['member_id'])], 'pk_attr': 'id', 'table_description': 'One top-up: ordered, then paid (its payment says so). `refunded_fen` went back unspent.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='Wallet',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='wallets', on_delete=OnDelete.CASCADE)),
                ('principal_fen', fields.BigIntField(default=0)),
                ('bonus_fen', fields.BigIntField(default=0)),
                ('held_principal_fen', fields.BigIntField(default=0)),
                ('held_bonus_fen', fields.BigIntField(default=0)),
            ],
            options={'table': 'wallet', 'app': 'models', 'unique_together': (('member_id',),), 'pk_attr': 'id', 'table_description': 'What a member has stored: free and held, principal and bonus apart, none ever below 0 (CHECK).'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='WalletEntry',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('wallet', fields.ForeignKeyField('models.Wallet', source_field='wallet_id', db_constraint=True, to_field='id', related_name='entries', on_delete=OnDelete.CASCADE)),
                ('step', fields.CharEnumField(description='TOP_UP: top_up\nBONUS: bonus\nHOLD: hold\nRELEASE: release\nUSE: use\nGIVE_BACK: give_back\nREFUND: refund\nVOID: void', enum_type=WalletStep, max_length=16)),
                ('principal_fen', fields.BigIntField(default=0)),
                ('bonus_fen', fields.BigIntField(default=0)),
                ('ref', fields.CharField(max_length=64)),
            ],
            options={'table': 'wallet_entry', 'app': 'models', 'unique_together': (('wallet_id', 'step', 'ref'),), 'pk_attr': 'id', 'table_description': 'One line of the statement, once per step and ref. The sums are magnitudes: the step says which way.'},
            bases=['Row'],
        ),
        Check(
            "wallet",
            "wallet_never_below_zero",
            "@principal_fen >= 0 AND @bonus_fen >= 0 AND @held_principal_fen >= 0 AND @held_bonus_fen >= 0",
        ),
        Check("wallet_entry", "wallet_entry_magnitudes", "@principal_fen >= 0 AND @bonus_fen >= 0"),
        Check("top_up", "top_up_sums", "@amount_fen > 0 AND @bonus_fen >= 0 AND @refunded_fen BETWEEN 0 AND @amount_fen"),
    ]
