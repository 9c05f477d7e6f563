"""Accounts of partners, matched to our tiers."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.partner import MatchState


class Migration(migrations.Migration):
    dependencies = [('models', '0101_store_sales'), ('models', '0200_sending')]

    initial = False

    operations = [
        ops.CreateModel(
            name='PartnerLink',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='partner_links', on_delete=OnDelete.CASCADE)),
                ('partner', fields.CharField(max_length=16)),
                ('account_index', fields.CharField(null=True, max_length=32)),
                ('level', fields.IntField(default=0)),
                ('matched', fields.IntField(default=0)),
                ('state', fields.CharEnumField(default=MatchState.NONE, description='NONE: none\nTRIAL: trial\nCONFIRMED: confirmed\nENDED: ended', enum_type=MatchState, max_length=16)),
                ('trial_used', fields.BooleanField(default=False)),
                ('linked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('settles_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'partner_link', 'app': 'models', 'unique_together': (('member_id', 'partner'), ('partner', 'account_index')), 'indexes': [Index(fields=['state', 'settles_at'])], 'pk_attr': 'id', 'table_description': 'A member and one partner. The account is a blind index, gone with the link. The row stays: one trial.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PartnerTicket',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ticket_hash', fields.CharField(unique=True, max_length=64)),
                ('partner', fields.CharField(max_length=16)),
                ('member_id', fields.BigIntField(null=True)),
                ('account_index', fields.CharField(null=True, max_length=32)),
                ('level', fields.IntField(default=0)),
                ('told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('until', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'partner_ticket', 'app': 'models', 'indexes': [Index(fields=['until'])], 'pk_attr': 'id', 'table_description': 'One half of a link that waits for the other: a member asked for it here, or the partner told an account.'},
            bases=['Row'],
        ),
        ops.CreateModel(
            name='PartnerTrial',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('partner', fields.CharField(max_length=16)),
                ('account_index', fields.CharField(max_length=32)),
            ],
            options={'table': 'partner_trial', 'app': 'models', 'unique_together': (('partner', 'account_index'),), 'pk_attr': 'id', 'table_description': 'That an account had its trial, kept after unlinking so that it gets no second one through another member.'},
            bases=['Row'],
        ),
    ]
