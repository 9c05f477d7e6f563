"""The desk: hand-offs, guides, canned replies; chats that a person holds already get their hand-off."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.desk import HandoffState
from models.constraints import Check, PartialIndex, PartialUnique


class Migration(migrations.Migration):
    dependencies = [("models", "0031_exchanges")]

    operations = [
        ops.CreateModel(
            name="CannedReply",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("code", fields.CharField(unique=True, max_length=32)),
                ("title", fields.CharField(max_length=64)),
                ("text", fields.TextField(unique=False)),
            ],
            options={
                "table": "canned_reply",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A reply the desk keeps ready. Names in braces are filled from the member's own rows.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="GuideBinding",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "member",
                    fields.OneToOneField(
                        "models.Member",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="guide_binding",
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("staff_id", fields.BigIntField()),
            ],
            options={
                "table": "guide_binding",
                "app": "models",
                "pk_attr": "id",
                "table_description": "The shopping guide of a member, one at a time.",
            },
            bases=["Row"],
        ),
        ops.CreateModel(
            name="Handoff",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("openid", fields.CharField(max_length=64)),
                ("member_id", fields.BigIntField(null=True)),
                ("reason", fields.CharField(max_length=32)),
                ("priority", fields.IntField(default=0)),
                (
                    "state",
                    fields.CharEnumField(
                        default=HandoffState.WAITING,
                        description="WAITING: waiting\nTAKEN: taken\nCLOSED: closed",
                        enum_type=HandoffState,
                        max_length=8,
                    ),
                ),
                ("offered_to", fields.BigIntField(default=0)),
                ("passes", fields.IntField(default=0)),
                ("tried", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("staff_id", fields.BigIntField(null=True)),
                ("waiting_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("first_answer_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("rating", fields.IntField(null=True)),
                ("rated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "handoff",
                "app": "models",
                "indexes": [Index(fields=["openid"]), Index(fields=["state", "priority"])],
                "pk_attr": "id",
                "table_description": "One time that a chat was given to the desk, until it was given back. One is open per follower.",
            },
            bases=["Row"],
        ),
        ops.AddField(
            model_name="ChatLine",
            name="delivery",
            field=fields.CharField(null=True, max_length=8),
        ),
        ops.AddField(
            model_name="ChatLine",
            name="flagged",
            field=fields.BooleanField(null=True),
        ),
        ops.AddField(
            model_name="ChatLine",
            name="staff_id",
            field=fields.BigIntField(null=True),
        ),
        PartialUnique("handoff", "handoff_one_open", "openid", "state <> 'closed'"),
        PartialIndex("handoff", "handoff_due", "due_at", "due_at IS NOT NULL"),
        Check("handoff", "handoff_rating", "@rating IS NULL OR (@rating >= 1 AND @rating <= 5)"),
        ops.RunSQL(
            "INSERT INTO handoff (openid, member_id, reason, priority, state, offered_to, passes, tried, staff_id, "
            "waiting_since, due_at, created_at) "
            "SELECT openid, member_id, 'human_agent', 0, "
            "CASE WHEN owner = 'desk' THEN 'waiting' ELSE 'taken' END, 0, 0, '[]', "
            "CASE WHEN owner = 'desk' THEN NULL ELSE CAST(substr(owner, 7) AS BIGINT) END, "
            "last_said_at, last_said_at, last_said_at FROM conversation WHERE owner <> 'bot'",
            reverse_sql="",
        ),
    ]
