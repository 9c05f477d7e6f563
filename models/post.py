"""Posts of members."""

from tortoise import fields

from domain.post import PostState
from models.base import Row
from models.member import Member


class Post(Row):
    """A few words of one member, about a product perhaps. Shown to others only while it is published."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "posts")
    member_id: int
    words = fields.TextField()
    product_id = fields.BigIntField(null=True)
    state = fields.CharEnumField(PostState, max_length=12, default=PostState.CHECKING)
    suggest = fields.CharField(max_length=12, default="")  # WeChat's word: pass, review, risky; or unchecked
    label = fields.IntField(default=0)  # and its kind of risk
    decided_by = fields.BigIntField(null=True)
    why = fields.CharField(max_length=200, default="")  # told to the author

    class Meta:
        table = "post"
        indexes = (("state", "id"), ("member_id", "created_at"))
