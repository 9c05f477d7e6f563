"""What a member has bought: one row per paid order or settled box, worth what was kept of it."""

from tortoise import fields

from models.base import FenField, Row
from models.member import Member


class Purchase(Row):
    """Stages, tiers, super users, reports and attribution count these. Money itself is in the ledger.

    `net_fen` is the goods' sum less what came back since, and 0 when all of it did.
    """

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "purchases")
    member_id: int
    ref = fields.CharField(max_length=64, unique=True)  # box:9, order:12
    bought_at = fields.DatetimeField()
    net_fen = FenField()
    guide_staff_id = fields.BigIntField(null=True)  # who has the credit of what was bought online

    class Meta:
        table = "purchase"
        indexes = (("member_id", "bought_at", "net_fen"), ("bought_at",), ("guide_staff_id", "bought_at"))
