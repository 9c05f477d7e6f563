"""Polls about things that may be made."""

from tortoise import fields

from domain.poll import PollState
from models.base import FenField, Row
from models.member import Member


class Poll(Row):
    """One idea, with its price and how many would have to want it."""

    title = fields.CharField(max_length=64)
    words = fields.TextField(default="")
    picture = fields.CharField(max_length=128)
    price_fen = FenField()
    goal = fields.IntField()
    closes_at = fields.DatetimeField()  # the first instant that is too late
    state = fields.CharEnumField(PollState, max_length=8, default=PollState.OPEN)
    product_id = fields.BigIntField(null=True)  # what became of it
    answer = fields.CharField(max_length=200, default="")

    class Meta:
        table = "poll"
        indexes = (("state", "closes_at"),)


class PollVote(Row):
    """One member who would buy it, in one size. One vote per poll and member."""

    poll: fields.ForeignKeyRelation[Poll] = fields.ForeignKeyField("models.Poll", "votes")
    poll_id: int
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "poll_votes")
    member_id: int
    size = fields.CharField(max_length=16, default="")

    class Meta:
        table = "poll_vote"
        unique_together = (("poll_id", "member_id"),)
