"""Money given back out of kindness."""

from tortoise import fields

from domain.goodwill import GoodwillState
from models.base import FenField, Row
from models.member import Member


class Goodwill(Row):
    """One goodwill refund, asked for by one of the staff. `alone`: within the limits, without a second person."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "goodwill")
    member_id: int
    ref = fields.CharField(max_length=64)  # what it is about: box:9, membership:7
    amount_fen = FenField()
    reason = fields.CharField(max_length=200)
    state = fields.CharEnumField(GoodwillState, max_length=16, default=GoodwillState.ASKED)
    asked_by = fields.BigIntField()
    alone = fields.BooleanField(default=False)

    class Meta:
        table = "goodwill"
        indexes = (("ref",), ("asked_by", "created_at"))
