"""Calls to the outside that are intended, and what became of them."""

from tortoise import fields

from models.base import Row


class OutsideCall(Row):
    """The intent of one call: committed before WeChat is called, the outcome after.

    Unique per (kind, ref): the same intent is never written twice, and is retried under its own number.
    """

    kind = fields.CharField(max_length=32)  # upload_shipping, score_complete, refund, …
    ref = fields.CharField(max_length=64)
    payload: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    state = fields.CharField(max_length=8, default="wanted")  # wanted | done | failed
    attempts = fields.IntField(default=0)
    next_at = fields.DatetimeField()
    failure = fields.CharField(max_length=200, default="")

    class Meta:
        table = "outside_call"
        unique_together = (("kind", "ref"),)
        indexes = (("state", "next_at"),)
