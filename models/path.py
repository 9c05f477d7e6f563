"""Paths that marketing published, and the turns members take in them beside the messages."""

from tortoise import fields

from models.base import Row
from models.member import Member


class PathVersion(Row):
    """One published version of a path (0 is the file that ships), never changed: who is inside keeps it."""

    name = fields.CharField(max_length=24)
    version = fields.IntField()
    spec: fields.Field[dict[str, object]] = fields.JSONField()
    staff_id = fields.BigIntField()
    why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "path_version"
        unique_together = (("name", "version"),)


class PathTurn(Row):
    """One step of a member that is no message (task, gift, branch, wait, exit), due at its instant, taken once."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "path_turns")
    member_id: int
    path = fields.CharField(max_length=32)
    version = fields.IntField()
    step = fields.CharField(max_length=48)
    occurrence = fields.CharField(max_length=64)
    anchor_at = fields.DatetimeField()
    entered_at = fields.DatetimeField()  # the path, not the line
    due_at = fields.DatetimeField()
    awaits = fields.CharField(max_length=16, default="")  # the event a wait is for
    # waiting | taken | dropped
    state = fields.CharField(max_length=16, default="waiting")
    outcome = fields.CharField(max_length=64, default="")  # what it came to, or why it was dropped

    class Meta:
        table = "path_turn"
        unique_together = (("member_id", "step", "occurrence"),)
        indexes = (("occurrence",), ("path", "version", "step"))


class CareBookmark(Row):
    """How far care has been told of the rows of one kind: `purchase`, `stage`."""

    name = fields.CharField(max_length=16, unique=True)
    done_id = fields.BigIntField()

    class Meta:
        table = "care_bookmark"
