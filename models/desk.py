"""Chats in the hands of people: hand-offs, whose guide serves whom, and replies written once."""

from tortoise import fields

from domain.desk import POOL, HandoffState
from models.base import Row
from models.member import Member


class Handoff(Row):
    """One time that a chat was given to the desk, until it was given back. One is open per follower.

    `due_at` is empty while the follower waits for nothing. `tried` holds who was asked and let it lie.
    """

    openid = fields.CharField(max_length=64)
    member_id = fields.BigIntField(null=True)
    reason = fields.CharField(max_length=32)  # the intent that led to it, or unclear
    priority = fields.IntField(default=0)
    state = fields.CharEnumField(HandoffState, max_length=8, default=HandoffState.WAITING)
    offered_to = fields.BigIntField(default=POOL)  # a staff id, 0 for everybody at the desk
    passes = fields.IntField(default=0)  # how often it went to the next in line
    tried: fields.Field[list[int]] = fields.JSONField(default=list)
    staff_id = fields.BigIntField(null=True)  # who has taken it
    waiting_since = fields.DatetimeField(null=True)  # the follower's first line nobody answered
    due_at = fields.DatetimeField(null=True)
    first_answer_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    rating = fields.IntField(null=True)  # 1 to 5
    rated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "handoff"
        indexes = (("openid",), ("state", "priority"))


class GuideBinding(Row):
    """The shopping guide of a member, one at a time."""

    member: fields.OneToOneRelation[Member] = fields.OneToOneField("models.Member", "guide_binding")
    member_id: int
    staff_id = fields.BigIntField()

    class Meta:
        table = "guide_binding"


class CannedReply(Row):
    """A reply the desk keeps ready. Names in braces are filled from the member's own rows."""

    code = fields.CharField(max_length=32, unique=True)
    title = fields.CharField(max_length=64)
    text = fields.TextField()

    class Meta:
        table = "canned_reply"
