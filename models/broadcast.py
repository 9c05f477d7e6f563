"""Mass sends: each call of a broadcast, and the places followers have left this month."""

from tortoise import fields

from domain.broadcast import MassState
from models.base import Row
from models.member import Member


class MassSend(Row):
    """One call to WeChat: up to ten thousand followers who get the same words."""

    campaign_id = fields.BigIntField()
    edition = fields.CharField(max_length=16)  # the variant
    people = fields.IntField()
    state = fields.CharEnumField(MassState, max_length=16, default=MassState.WANTED)
    msg_id = fields.BigIntField(null=True, unique=True)  # WeChat's
    # WeChat's own account of it: whom it meant, whom it let through, and what became of them.
    status = fields.CharField(max_length=64, default="")
    total_count = fields.IntField(null=True)
    filter_count = fields.IntField(null=True)
    sent_count = fields.IntField(null=True)
    error_count = fields.IntField(null=True)

    class Meta:
        table = "mass_send"
        indexes = (("campaign_id",), ("state",))


class BroadcastPlace(Row):
    """How many of a month's broadcasts are meant for a member, from planning on: never above the allowance."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "broadcast_places")
    member_id: int
    month = fields.CharField(max_length=7)  # 2026-11
    taken = fields.IntField()

    class Meta:
        table = "broadcast_place"
        unique_together = (("member_id", "month"),)
        indexes = (("month", "taken"),)
