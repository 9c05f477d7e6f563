"""Points: lots that were earned and the spends pinned to them. The balance is derived."""

from tortoise import fields

from models.base import Row
from models.member import Member


class PointsLot(Row):
    """Points earned (or taken back: negative) at once, with the day they become usable and lapse."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "points_lots")
    member_id: int
    points = fields.IntField()
    usable_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    reason = fields.CharField(max_length=32)  # welcome | box | plan | clawback | adjust
    ref = fields.CharField(max_length=64)

    class Meta:
        table = "points_lot"
        # A second award for the same cause is impossible, not unlikely.
        unique_together = (("member_id", "reason", "ref"),)
        indexes = (("expires_at",),)


class PointsSpend(Row):
    """Points taken out of one lot: spent, expired, or (negative) given back."""

    lot: fields.ForeignKeyRelation[PointsLot] = fields.ForeignKeyField("models.PointsLot", "spends")
    lot_id: int
    points = fields.IntField()
    reason = fields.CharField(max_length=32)
    ref = fields.CharField(max_length=64)

    class Meta:
        table = "points_spend"
        unique_together = (("lot_id", "reason", "ref"),)
