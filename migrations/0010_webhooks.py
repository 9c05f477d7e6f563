"""Other systems that are told of business events, and how each telling went."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.event import EndpointState
from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [("models", "0009_rule_trials"), ("models", "0009_turns_in_order")]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name="WebhookEndpoint",
                fields=[
                    ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ("url", fields.CharField(unique=True, max_length=500)),
                    ("events", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                    (
                        "state",
                        fields.CharEnumField(
                            default=EndpointState.ON,
                            description="ON: on\nOFF: off\nASIDE: aside",
                            enum_type=EndpointState,
                            max_length=8,
                        ),
                    ),
                    ("secret_sealed", fields.TextField(unique=False)),
                    ("old_secret_sealed", fields.TextField(default="", unique=False)),
                    ("old_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ("cursor", fields.BigIntField()),
                    ("attempts", fields.IntField(default=0)),
                    ("next_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("failure", fields.CharField(default="", max_length=200)),
                ],
                options={
                    "table": "webhook_endpoint",
                    "app": "models",
                    "pk_attr": "id",
                    "table_description": "One address. Events are told in order: `cursor` is the last one it has taken, the next waits until `next_at`.",
                },
                bases=["Row"],
            ),
            ops.CreateModel(
                name="WebhookDelivery",
                fields=[
                    ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    (
                        "endpoint",
                        fields.ForeignKeyField(
                            "models.WebhookEndpoint",
                            source_field="endpoint_id",
                            db_constraint=True,
                            to_field="id",
                            related_name="deliveries",
                            on_delete=OnDelete.CASCADE,
                        ),
                    ),
                    ("event_id", fields.BigIntField()),
                    ("name", fields.CharField(max_length=32)),
                    ("attempt", fields.IntField()),
                    ("status", fields.IntField(default=0)),
                    ("failure", fields.CharField(default="", max_length=200)),
                ],
                options={
                    "table": "webhook_delivery",
                    "app": "models",
                    "indexes": [Index(fields=["endpoint_id", "id"]), Index(fields=["created_at"])],
                    "pk_attr": "id",
                    "table_description": "One attempt to tell one event, kept for a while.",
                },
                bases=["Row"],
            ),
        ),
    ]
