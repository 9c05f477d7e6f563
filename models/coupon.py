"""Coupons on offer and the ones members hold."""

from tortoise import fields

from models.base import FenField, Row
from models.member import Member


class Coupon(Row):
    """A coupon of the shop: `off_fen` when kept goods reach `threshold_fen`."""

    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=64)
    threshold_fen = FenField()
    off_fen = FenField()
    valid_from = fields.DatetimeField()
    valid_until = fields.DatetimeField()
    points_price = fields.IntField(null=True)  # what it costs in points; empty = it is not sold for points

    class Meta:
        table = "coupon"


class MemberCoupon(Row):
    """One coupon in one member's hand."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "coupons")
    member_id: int
    coupon: fields.ForeignKeyRelation[Coupon] = fields.ForeignKeyField("models.Coupon", "held")
    coupon_id: int
    state = fields.CharField(max_length=16, default="open")  # open | held | used | lapsed
    ref = fields.CharField(max_length=64, default="")  # box:9 while held or used
    reason = fields.CharField(max_length=32)

    class Meta:
        table = "member_coupon"
        unique_together = (("member_id", "coupon_id", "reason"),)
