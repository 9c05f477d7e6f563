"""What members think, and what the shop says to it."""

from tortoise import fields

from models.base import Row
from models.member import Member


class Opinion(Row):
    """One opinion. Its case has the owner and the due time. Of an answer the author is told, and may rate it."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "opinions")
    member_id: int
    source = fields.CharField(max_length=16)  # chat | miniapp
    text = fields.TextField()
    product_id = fields.BigIntField(null=True)
    sku_id = fields.BigIntField(null=True)
    # The words it is about, found later by a job; empty until then.
    keywords: fields.Field[list[str] | None] = fields.JSONField(null=True)
    answer = fields.TextField(default="")
    answered_at = fields.DatetimeField(null=True)
    answered_by = fields.BigIntField(null=True)
    rating = fields.IntField(null=True)  # of the answer, 1 to 5
    rated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "opinion"
        indexes = (("member_id", "created_at"), ("product_id",), ("created_at",))
