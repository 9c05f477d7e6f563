"""What the staff gave members by surprise, and what each may still give this month."""

from tortoise import fields

from domain.gift import GiftState
from models.base import FenField, Row
from models.member import Member


class Gift(Row):
    """One gift: a coupon of the shop, or one without a threshold that is made for the member."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "gifts")
    member_id: int
    staff_id = fields.BigIntField()
    amount_fen = FenField()
    words = fields.CharField(max_length=200)
    state = fields.CharEnumField(GiftState, max_length=16)
    coupon_id = fields.BigIntField(null=True)  # of a sum, the one made for it once it is given

    class Meta:
        table = "gift"
        indexes = (("staff_id", "id"), ("member_id",))


class GiftBudget(Row):
    """What one person gave alone in a month of the shop. It is raised by a conditional update only."""

    staff_id = fields.BigIntField()
    month = fields.CharField(max_length=7)  # 2026-11
    spent_fen = FenField(default=0)

    class Meta:
        table = "gift_budget"
        unique_together = (("staff_id", "month"),)
