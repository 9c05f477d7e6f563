"""Limited drops: so many pieces of one product, in a window, so many a member."""

from tortoise import fields

from models.base import Row
from models.catalog import Product
from models.member import Member


class LimitedDrop(Row):
    """While one is coming or running, its product is sold through it alone. taken ≤ pieces (CHECK)."""

    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField("models.Product", "drops")
    product_id: int
    title = fields.CharField(max_length=64)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    pieces = fields.IntField()
    per_member = fields.IntField()
    taken = fields.IntField(default=0)

    class Meta:
        table = "limited_drop"
        indexes = (("product_id", "ends_at"),)


class DropClaim(Row):
    """What one member has taken of a drop: taken ≤ most (CHECK), so the cap holds under any race."""

    drop: fields.ForeignKeyRelation[LimitedDrop] = fields.ForeignKeyField("models.LimitedDrop", "claims")
    drop_id: int
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "drop_claims")
    member_id: int
    taken = fields.IntField()
    most = fields.IntField()

    class Meta:
        table = "drop_claim"
        unique_together = (("drop_id", "member_id"),)
