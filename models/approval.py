"""Steps that need a second person, whatever they are about."""

from tortoise import fields

from domain.approval import ApprovalKind, ApprovalState
from models.base import Row


class Approval(Row):
    """Asked by one of the staff, decided by another (CHECK). One open question per kind and ref.

    `facts` hold ids and sums as they were asked about, never names.
    """

    kind = fields.CharEnumField(ApprovalKind, max_length=32)
    ref = fields.CharField(max_length=64)  # what it is about: goodwill:7, item:9
    facts: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    reason = fields.CharField(max_length=200)
    state = fields.CharEnumField(ApprovalState, max_length=16, default=ApprovalState.ASKED)
    asked_by = fields.BigIntField()
    decided_by = fields.BigIntField(null=True)
    decided_at = fields.DatetimeField(null=True)
    note = fields.CharField(max_length=200, default="")  # the second person's words

    class Meta:
        table = "approval"
        indexes = (("state", "id"),)
