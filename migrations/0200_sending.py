"""Who leads the jobs has an epoch; care messages are claimed by their importance; a member's openids are found."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.operations import RunSQL

from models.constraints import PartialIndex


class Migration(migrations.Migration):
    dependencies = [("models", "0100_perks")]

    operations = [
        ops.CreateModel(
            name="LeaderEpoch",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("name", fields.CharField(unique=True, max_length=16)),
                ("epoch", fields.BigIntField()),
            ],
            options={"table": "leader_epoch", "app": "models", "pk_attr": "id"},
            bases=["Row"],
        ),
        ops.AddIndex(model_name="Identity", index=Index(fields=["member_id", "appid"])),
        RunSQL(
            'DROP INDEX "care_message_due"',
            reverse_sql='CREATE INDEX "care_message_due" ON "care_message" (send_at) WHERE state IN (\'planned\', \'sending\')',
        ),
        PartialIndex("care_message", "care_message_due", "send_at", "state = 'planned'"),
        PartialIndex("care_message", "care_message_claim", "priority, send_at, id", "state = 'planned'"),
        PartialIndex("care_message", "care_message_sending", "lease_until", "state = 'sending'"),
        PartialIndex("care_message", "care_message_set_aside", "state", "state IN ('failed', 'unknown')"),
    ]
