"""Bookings whose stylist fell out, and what their members were asked."""

from tortoise import fields

from domain.swap import SwapState
from models.base import Row
from models.booking import Booking


class Swap(Row):
    """One question to one member. One open question per booking (partial unique index)."""

    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField("models.Booking", "swaps")
    booking_id: int
    absence_id = fields.BigIntField()  # the time off it comes from
    from_stylist_id = fields.BigIntField()
    to_stylist_id = fields.BigIntField(null=True)  # whose time is kept meanwhile, empty = no colleague is free
    state = fields.CharEnumField(SwapState, max_length=16)
    answer_by = fields.DatetimeField()  # the first instant that is too late

    class Meta:
        table = "swap"
        indexes = (("booking_id",), ("state", "answer_by"), ("absence_id",))
