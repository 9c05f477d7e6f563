"""What a member has put into the cart, with a version that rises with every change."""

from tortoise import fields

from models.base import Row
from models.member import Member


class Cart(Row):
    """One per member. Who changes or orders an older version than this is told to look again."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "carts")
    member_id: int
    version = fields.IntField(default=1)

    class Meta:
        table = "cart"
        unique_together = (("member_id",),)


class CartLine(Row):
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "cart_lines")
    member_id: int
    sku_id = fields.BigIntField()
    quantity = fields.IntField()

    class Meta:
        table = "cart_line"
        unique_together = (("member_id", "sku_id"),)
