"""Where other systems want to be told of business events, and how each telling went."""

from tortoise import fields

from domain.event import EndpointState
from models.base import Row


class WebhookEndpoint(Row):
    """One address. Events are told in order: `cursor` is the last one it has taken, the next waits until `next_at`."""

    url = fields.CharField(max_length=500, unique=True)
    events: fields.Field[list[str]] = fields.JSONField(default=list)  # names; empty: all
    state = fields.CharEnumField(EndpointState, max_length=8, default=EndpointState.ON)
    secret_sealed = fields.TextField()
    old_secret_sealed = fields.TextField(default="")
    old_until = fields.DatetimeField(null=True)
    cursor = fields.BigIntField()
    attempts = fields.IntField(default=0)  # at the event after the cursor
    next_at = fields.DatetimeField()
    failure = fields.CharField(max_length=200, default="")  # of the last attempt

    class Meta:
        table = "webhook_endpoint"


class WebhookDelivery(Row):
    """One attempt to tell one event, kept for a while."""

    endpoint: fields.ForeignKeyRelation[WebhookEndpoint] = fields.ForeignKeyField(
        "models.WebhookEndpoint", "deliveries"
    )
    endpoint_id: int
    event_id = fields.BigIntField()
    name = fields.CharField(max_length=32)
    attempt = fields.IntField()
    status = fields.IntField(default=0)  # of the answer; 0: there was none
    failure = fields.CharField(max_length=200, default="")  # "": taken

    class Meta:
        table = "webhook_delivery"
        indexes = (("endpoint_id", "id"), ("created_at",))
