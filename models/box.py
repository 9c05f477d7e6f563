"""Boxes, what is in them, and the parcels they travel in."""

from tortoise import fields

from domain.box import BoxState, ItemState, ParcelState
from models.base import FenField, Row
from models.member import Member


class Box(Row):
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "boxes")
    member_id: int
    stylist_id = fields.BigIntField(null=True)
    booking_id = fields.BigIntField(null=True)
    state = fields.CharEnumField(BoxState, max_length=16)
    version = fields.IntField(default=1)  # rises with every edit of the proposal
    occasion = fields.CharField(max_length=64, default="")
    budget_fen = FenField(null=True)
    wish = fields.TextField(default="")
    stylist_words = fields.TextField(default="")
    cover = fields.CharField(max_length=16, default="")  # pay_score | deposit | stored_value
    deposit_fen = FenField(default=0)  # the deposit this cover asks for; beside Pay Score it tops the cap up
    exchange_of_id = fields.BigIntField(null=True)  # the item of another box that this one-piece box replaces
    highest_fen = FenField(default=0)  # the highest sum that can ever be charged, frozen at confirmation
    freight_out_fen = FenField(default=0)
    freight_back_fen = FenField(default=0)
    quota_counter_id = fields.BigIntField(null=True)  # the round-trip unit, when one is held
    member_coupon_id = fields.BigIntField(null=True)
    profile_id = fields.BigIntField(null=True)  # whom of the family it is for; empty = the member
    address_id = fields.BigIntField(null=True)
    address_sealed = fields.TextField(default="")  # its own copy: the member may change theirs meanwhile
    confirmed_at = fields.DatetimeField(null=True)
    shipped_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)  # signing of the last parcel
    deadline_at = fields.DatetimeField(null=True)
    extended = fields.BooleanField(default=False)
    kept_all = fields.BooleanField(default=False)  # the member actively chose to keep everything
    disputed_at = fields.DatetimeField(null=True)  # something announced was not in the parcel
    points_percent = fields.IntField(default=100)  # the multiplier its points were earned with
    swap_allowed = fields.BooleanField(
        default=False, db_default=False
    )  # the warehouse may put in another size or colour
    warranty_until = fields.DatetimeField(null=True)  # of what was bought, frozen at settlement
    settled_at = fields.DatetimeField(null=True)
    goods_fen = FenField(default=0)  # kept goods at settlement, net of discounts
    charge_fen = FenField(default=0)  # goods + freight + damage fees owed
    damage_fen = FenField(default=0)  # approved damage fees

    class Meta:
        table = "box"
        indexes = (("member_id", "id"), ("state", "deadline_at"))


class BoxItem(Row):
    box: fields.ForeignKeyRelation[Box] = fields.ForeignKeyField("models.Box", "items")
    box_id: int
    sku_id = fields.BigIntField()
    name = fields.CharField(max_length=64)
    size = fields.CharField(max_length=16)
    colour = fields.CharField(max_length=16)
    picture = fields.CharField(max_length=128)
    price_fen = FenField()  # what it costs this member, frozen at the proposal
    state = fields.CharEnumField(ItemState, max_length=16)
    reason = fields.CharField(max_length=16, default="")  # size | colour | style | price | quality | other
    feedback = fields.TextField(default="")
    parcel_id = fields.BigIntField(null=True)  # the parcel it went out in
    back_parcel_id = fields.BigIntField(null=True)  # the parcel it comes back in
    reclaimed_at = fields.DatetimeField(null=True)  # bought, then returned by the law's right
    net_fen = FenField(null=True)  # its share of the bill, frozen at settlement
    grade = fields.CharField(max_length=16, default="")
    statement = fields.TextField(default="")  # the member's words on a dispute

    class Meta:
        table = "box_item"
        indexes = (("box_id",),)


class Travelling(Row):
    """What every parcel has, whatever it belongs to: one leg, out or back, and what the carrier said of it."""

    direction = fields.CharField(max_length=4)  # out | back
    state = fields.CharEnumField(ParcelState, max_length=16)
    carrier = fields.CharField(max_length=16, default="")
    waybill = fields.CharField(max_length=64, null=True, unique=True)
    return_id = fields.CharField(max_length=64, default="")  # of WeChat's return component
    pickup_at = fields.DatetimeField(null=True)  # when the courier is to come
    booked_at = fields.DatetimeField(null=True)  # WeChat told us that the pick-up is booked
    asked_at = fields.DatetimeField(null=True)  # when we last asked WeChat about it
    heard_at = fields.DatetimeField(null=True)  # the newest word of the carrier
    accepted_at = fields.DatetimeField(null=True)
    signed_at = fields.DatetimeField(null=True)
    received_at = fields.DatetimeField(null=True)  # by our warehouse

    class Meta:
        abstract = True


class Parcel(Travelling):
    """One parcel of a box, out or back."""

    box: fields.ForeignKeyRelation[Box] = fields.ForeignKeyField("models.Box", "parcels")
    box_id: int
    # A seal closes one parcel, once: two partial unique keys.
    seal = fields.CharField(max_length=32, default="", db_default="")  # put on when it was packed
    return_seal = fields.CharField(max_length=32, default="", db_default="")  # enclosed for the way back
    packed_grams = fields.IntField(null=True)
    opened_grams = fields.IntField(null=True)
    seal_found = fields.CharField(max_length=32, default="", db_default="")  # on it when it came back

    class Meta:
        table = "parcel"
        indexes = (("box_id",), ("state",))


class ParcelEvent(Row):
    """One carrier event, once each."""

    parcel: fields.ForeignKeyRelation[Parcel] = fields.ForeignKeyField("models.Parcel", "events")
    parcel_id: int
    action = fields.IntField()
    told_at = fields.DatetimeField()
    text = fields.CharField(max_length=200, default="")

    class Meta:
        table = "parcel_event"
        unique_together = (("parcel_id", "action", "told_at"),)
