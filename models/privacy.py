"""Copies of members' data, wishes to close accounts, and who had a gift before they left."""

from tortoise import fields

from domain.privacy import ClosingState, ExportState
from models.base import Row
from models.member import Member


class DataExport(Row):
    """A copy of everything about a member: sealed, and gone after some days."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "exports")
    member_id: int
    state = fields.CharEnumField(ExportState, max_length=8, default=ExportState.ASKED)
    channel = fields.CharField(max_length=16)  # miniapp | chat
    sealed = fields.TextField(default="")
    ready_at = fields.DatetimeField(null=True)
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "data_export"
        indexes = (("member_id", "id"), ("state", "id"))


class Closing(Row):
    """A wish to close an account. One waits at a time."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "closings")
    member_id: int
    state = fields.CharEnumField(ClosingState, max_length=16, default=ClosingState.ASKED)
    due_at = fields.DatetimeField()  # the law's working days end
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "closing"
        indexes = (("state", "due_at"), ("member_id",))


class GiftOnce(Row):
    """A blind index of somebody who had the welcome gift of a life and closed their account since."""

    name_index = fields.CharField(max_length=32, unique=True)

    class Meta:
        table = "gift_once"
