"""A small box for an exchanged piece, and the deposit a cover asks for."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.constraints import PartialUnique


class Migration(migrations.Migration):
    dependencies = [("models", "0080_life_cycle"), ("models", "0041_books")]

    operations = [
        ops.AddField(model_name="Box", name="deposit_fen", field=fields.BigIntField(default=0)),
        ops.AddField(model_name="Box", name="exchange_of_id", field=fields.BigIntField(null=True)),
        PartialUnique(
            "box", "box_one_exchange", "exchange_of_id", "exchange_of_id IS NOT NULL AND state <> 'cancelled'"
        ),
    ]
