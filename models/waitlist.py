"""Who waits for a session's time that is taken."""

from tortoise import fields

from domain.waitlist import WaitState
from models.base import Row
from models.member import Member


class WaitEntry(Row):
    """A place in line, the lower id before the higher. One open place per member and time (partial unique index)."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "waits")
    member_id: int
    stylist_id = fields.BigIntField(null=True)  # empty = whoever becomes free
    starts_at = fields.DatetimeField()
    mode = fields.CharField(max_length=8)
    skill = fields.CharField(max_length=32, default="")
    state = fields.CharEnumField(WaitState, max_length=16)
    booking_id = fields.BigIntField(null=True)  # the held booking, once there is an offer
    offer_from = fields.DatetimeField(null=True)
    offer_until = fields.DatetimeField(null=True)  # the first instant that is too late

    class Meta:
        table = "wait_entry"
        indexes = (("starts_at", "state"), ("state", "offer_until"))
