"""Points: lots that were earned, and every movement on them. A balance is what the lots still hold."""

from tortoise import fields

from models.base import Row
from models.member import Member


class PointsLot(Row):
    """Points earned at once, with the day they become usable and lapse, or (negative) a debt.

    `unspent` is the running total of the lot's own entries: from `points` down to 0, never past it (CHECK).
    """

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "points_lots")
    member_id: int
    points = fields.IntField()
    unspent = fields.IntField(db_default=0)
    usable_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    reason = fields.CharField(max_length=32)  # welcome | box | order | debt | adjust
    ref = fields.CharField(max_length=64)

    class Meta:
        table = "points_lot"
        # A second award for the same cause is impossible, not unlikely.
        unique_together = (("member_id", "reason", "ref"),)


class PointsEntry(Row):
    """One line of the points ledger: appended to, never changed. The entries of a lot sum to its `unspent`."""

    member_id = fields.BigIntField()
    lot: fields.ForeignKeyRelation[PointsLot] = fields.ForeignKeyField("models.PointsLot", "entries")
    lot_id: int
    points = fields.IntField()  # plus: earned or given back; minus: spent, taken back, lapsed
    reason = fields.CharField(max_length=32)
    ref = fields.CharField(max_length=64)

    class Meta:
        table = "points_entry"
        # The same thing moves a lot once.
        unique_together = (("lot_id", "reason", "ref"),)
        indexes = (("member_id", "id"), ("member_id", "ref"))
