"""Stylists, their hours, and bookings that hold quarter-hour cells under a unique key."""

from tortoise import fields

from domain.booking import BookingState, DayKind
from models.base import Row
from models.member import Member


class Stylist(Row):
    name = fields.CharField(max_length=32, unique=True)
    staff_id = fields.BigIntField(null=True, unique=True)
    words = fields.TextField(default="")
    skills: fields.Field[list[str]] = fields.JSONField(default=list)
    modes: fields.Field[list[str]] = fields.JSONField(default=list)  # store, video
    picture = fields.CharField(max_length=128, default="")
    feed_token = fields.CharField(max_length=64, unique=True)
    active = fields.BooleanField(default=True)
    weight = fields.IntField(default=100)  # her share when nobody is named: 200 takes twice the load of 100

    class Meta:
        table = "stylist"


class WorkingHours(Row):
    """One period of a weekday (Monday 0), a day may have several."""

    stylist: fields.ForeignKeyRelation[Stylist] = fields.ForeignKeyField("models.Stylist", "hours")
    stylist_id: int
    weekday = fields.IntField()
    starts = fields.CharField(max_length=5)  # "10:00", the shop's wall clock
    ends = fields.CharField(max_length=5)

    class Meta:
        table = "working_hours"
        unique_together = (("stylist_id", "weekday", "starts"),)


class HoursException(Row):
    """A stretch of time off, or of extra work, as half-open instants."""

    stylist: fields.ForeignKeyRelation[Stylist] = fields.ForeignKeyField("models.Stylist", "exceptions")
    stylist_id: int
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    works = fields.BooleanField(default=False)
    why = fields.CharField(max_length=64, default="")

    class Meta:
        table = "hours_exception"
        indexes = (("stylist_id", "starts_at"),)


class ShopDay(Row):
    """What the staff says of a day, before the settings and the public calendar."""

    day = fields.DateField(unique=True)
    kind = fields.CharEnumField(DayKind, max_length=16)
    why = fields.CharField(max_length=64, default="")

    class Meta:
        table = "shop_day"


class Booking(Row):
    """One session of a member with a stylist."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "bookings")
    member_id: int
    stylist: fields.ForeignKeyRelation[Stylist] = fields.ForeignKeyField("models.Stylist", "bookings")
    stylist_id: int
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    mode = fields.CharField(max_length=8)
    state = fields.CharEnumField(BookingState, max_length=16)
    counter_id = fields.BigIntField()  # the quota counter that holds its unit
    quota_ref = fields.CharField(max_length=64, default="")  # and the name the unit is held under
    skill = fields.CharField(max_length=32, default="")  # the skill that was asked for, if any
    occasion = fields.CharField(max_length=64, default="")
    budget_fen = fields.BigIntField(null=True)
    wish = fields.TextField(default="")
    profile_id = fields.BigIntField(null=True)  # whom of the family it is for; empty = the member
    notes = fields.TextField(default="")  # the stylist's
    moves = fields.IntField(default=0)
    sequence = fields.IntField(default=0)  # rises with every change, for calendars
    uid = fields.CharField(max_length=64, unique=True)
    rating = fields.IntField(null=True)  # 1 to 5
    objection = fields.TextField(default="")  # the member's answer to a no-show
    objected_at = fields.DatetimeField(null=True)

    class Meta:
        table = "booking"
        indexes = (("stylist_id", "starts_at"), ("member_id", "starts_at"), ("state", "starts_at"))


class BookingCell(Row):
    """One quarter of an hour of one stylist, held by a live booking, buffer included.

    `quarter` counts quarters of an hour since 1970-01-01 00:00 UTC (domain.booking.quarter_of).
    """

    stylist: fields.ForeignKeyRelation[Stylist] = fields.ForeignKeyField("models.Stylist", "cells")
    stylist_id: int
    quarter = fields.IntField()
    booking: fields.ForeignKeyRelation[Booking] = fields.ForeignKeyField("models.Booking", "cells")
    booking_id: int

    class Meta:
        table = "booking_cell"
        unique_together = (("stylist_id", "quarter"),)
        indexes = (("booking_id",),)
