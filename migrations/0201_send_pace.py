"""One pace for all senders of an account; a claim rewrites no index."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.operations import RunSQL

from models.constraints import PartialIndex, RoomToUpdate


class Migration(migrations.Migration):
    dependencies = [("models", "0180_paths")]

    operations = [
        ops.CreateModel(
            name="SendPace",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("account", fields.CharField(unique=True, max_length=32)),
                ("free_at", fields.FloatField()),
            ],
            options={"table": "send_pace", "app": "models", "pk_attr": "id"},
            bases=["Row"],
        ),
        # With the lease in no index, and room left in each page, a claim changes its row in place.
        RunSQL(
            'DROP INDEX "care_message_sending"',
            reverse_sql='CREATE INDEX "care_message_sending" ON "care_message" (lease_until) WHERE state = \'sending\'',
        ),
        PartialIndex("care_message", "care_message_sending", "id", "state = 'sending'"),
        RoomToUpdate("care_message", 70),
    ]
