"""Family under one account."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [('models', '0104_invitations')]

    initial = False

    operations = [
        Together(
        ops.CreateModel(
            name='FamilyProfile',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', db_constraint=True, to_field='id', related_name='family', on_delete=OnDelete.CASCADE)),
                ('name_sealed', fields.CharField(max_length=255)),
                ('relation', fields.CharField(max_length=16)),
                ('birthday', fields.DateField(null=True)),
                ('profile', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'family_profile', 'app': 'models', 'indexes': [Index(fields=['member_id'])], 'pk_attr': 'id', 'table_description': "One of them. The name is sealed. Sizes and style are kept only with the member's profile consent."},
            bases=['Row'],
        ),
        ops.AddField(
            model_name='Booking',
            name='profile_id',
            field=fields.BigIntField(null=True),
        ),
        ops.AddField(
            model_name='Box',
            name='profile_id',
            field=fields.BigIntField(null=True),
        ),
        )
    ]
