"""Perks that were given, each once per member, rule and occurrence."""

from tortoise import fields

from models.base import Row
from models.member import Member


class Perk(Row):
    """`occurrence` is a year, a member day, or empty for once in a life. `ref` names the cause: order:9, card."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "perks")
    member_id: int
    rule = fields.CharField(max_length=16)
    occurrence = fields.CharField(max_length=16, default="")
    state = fields.CharField(max_length=16, default="given")  # given | reversed
    ref = fields.CharField(max_length=64)
    points = fields.IntField(default=0)
    member_coupon_id = fields.BigIntField(null=True)

    class Meta:
        table = "perk"
        unique_together = (("member_id", "rule", "occurrence"),)
        indexes = (("ref",),)
