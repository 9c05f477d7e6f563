"""Shop orders, each piece of them, and the parcels they travel in."""

from tortoise import fields

from domain.order import OrderState, PieceState
from models.base import FenField, Row
from models.box import Travelling
from models.member import Member


class Order(Row):
    """Sums are frozen when it is placed. `goods_fen` alone falls later: the net goods that stay paid."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "orders")
    member_id: int
    number = fields.CharField(max_length=32, unique=True)  # what the member sees
    state = fields.CharEnumField(OrderState, max_length=16)
    gross_fen = FenField()
    coupon_fen = FenField()
    goods_fen = FenField()
    freight_fen = FenField()
    total_fen = FenField()  # what was asked for
    stored_fen = FenField(default=0, db_default=0)  # what of it is paid out of stored value
    refunded_fen = FenField(default=0)  # what was given back of it so far
    member_coupon_id = fields.BigIntField(null=True)
    priority = fields.IntField(default=0)  # higher ones are packed first
    points_percent = fields.IntField(default=100)  # the multiplier of its points, as it stood when placed
    address_sealed = fields.TextField()
    expires_at = fields.DatetimeField()  # until when it may be paid
    paid_at = fields.DatetimeField(null=True)
    shipped_at = fields.DatetimeField(null=True)
    receive_by = fields.DatetimeField(null=True)  # shipped: when it counts as received at the latest
    warranty_until = fields.DatetimeField(null=True)  # of what was bought, frozen when it was signed
    signed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "shop_order"
        indexes = (("member_id", "id"), ("state", "priority", "id"))


class OrderItem(Row):
    """One piece. `price_fen` is what it cost this member, `net_fen` its share of what was paid."""

    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField("models.Order", "items")
    order_id: int
    sku_id = fields.BigIntField()
    name = fields.CharField(max_length=64)
    size = fields.CharField(max_length=16)
    colour = fields.CharField(max_length=16)
    picture = fields.CharField(max_length=128)
    public_fen = FenField()  # the price without membership
    price_fen = FenField()
    net_fen = FenField()
    state = fields.CharEnumField(PieceState, max_length=16)
    reason = fields.CharField(max_length=16, default="")  # of its return
    drop_id = fields.BigIntField(null=True)  # the limited drop it was taken from
    parcel_id = fields.BigIntField(null=True)  # the parcel it comes back in
    grade = fields.CharField(max_length=16, default="")

    class Meta:
        table = "order_item"
        indexes = (("order_id",), ("parcel_id",))


class OrderParcel(Travelling):
    """An order goes out in one parcel, and each return has its own."""

    noun = "order_parcel"

    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField("models.Order", "parcels")
    order_id: int

    class Meta:
        table = "order_parcel"
        indexes = (("order_id",), ("state",))
