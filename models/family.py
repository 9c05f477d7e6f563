"""People a member dresses besides herself: under her account, without one of their own."""

from tortoise import fields

from models.base import Row
from models.member import Member


class FamilyProfile(Row):
    """One of them. The name is sealed. Sizes and style are kept only with the member's profile consent."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "family")
    member_id: int
    name_sealed = fields.CharField(max_length=255)
    relation = fields.CharField(max_length=16)
    birthday = fields.DateField(null=True)
    profile: fields.Field[dict[str, object]] = fields.JSONField(default=dict)

    class Meta:
        table = "family_profile"
        indexes = (("member_id",),)
