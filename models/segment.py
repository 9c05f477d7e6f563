"""Audiences with a name, saved version by version, and the tags that staff put on members."""

from tortoise import fields

from models.base import Row
from models.member import Member


class Segment(Row):
    """A named audience, which means what its newest version says."""

    name = fields.CharField(max_length=64, unique=True)

    class Meta:
        table = "segment"


class SegmentVersion(Row):
    """One version of what a segment means, never changed: a campaign made for it keeps this one."""

    segment: fields.ForeignKeyRelation[Segment] = fields.ForeignKeyField("models.Segment", "versions")
    segment_id: int
    version = fields.IntField()
    audience: fields.Field[dict[str, object]] = fields.JSONField()
    staff_id = fields.BigIntField()
    why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "segment_version"
        unique_together = (("segment_id", "version"),)


class MemberTag(Row):
    """A word that staff put on a member, for audiences to find them by."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "tags")
    member_id: int
    name = fields.CharField(max_length=16)
    staff_id = fields.BigIntField()

    class Meta:
        table = "member_tag"
        unique_together = (("member_id", "name"),)
        indexes = (("name",),)
