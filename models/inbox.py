"""What came in from outside, once each: callbacks and payment notices."""

from tortoise import fields

from models.base import Row


class InboundEvent(Row):
    """One event. A repeat hits the unique key, and is answered with the stored reply."""

    source = fields.CharField(max_length=16)  # official | mini | pay
    external_id = fields.CharField(max_length=160)
    kind = fields.CharField(max_length=48)
    # Only what is needed to work the event again after a crash; emptied once it is handled.
    payload: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    reply = fields.TextField(null=True)
    handled_at = fields.DatetimeField(null=True)
    attempts = fields.IntField(default=0)
    failure = fields.CharField(max_length=200, default="")

    class Meta:
        table = "inbound_event"
        unique_together = (("source", "external_id"),)
