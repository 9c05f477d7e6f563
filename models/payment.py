"""Money asked for and given back through WeChat Pay, and Pay Score covers of boxes."""

from tortoise import fields

from domain.payment import PaymentPurpose, PaymentState, RefundState
from models.base import FenField, Row
from models.member import Member


class Payment(Row):
    """One JSAPI order. `ref` names what it pays for: `membership:7`, `box:9`."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "payments")
    member_id: int
    out_trade_no = fields.CharField(max_length=32, unique=True)
    purpose = fields.CharEnumField(PaymentPurpose, max_length=16)
    ref = fields.CharField(max_length=64)
    description = fields.CharField(max_length=127)
    amount_fen = FenField()
    state = fields.CharEnumField(PaymentState, max_length=16, default=PaymentState.WANTED)
    prepay_id = fields.CharField(max_length=64, default="")
    transaction_id = fields.CharField(max_length=64, null=True, unique=True)
    paid_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField()

    class Meta:
        table = "payment"
        indexes = (("ref",), ("state", "created_at"), ("member_id",))


class Refund(Row):
    """One refund of one payment (JSAPI, or a Pay Score deduction by its transaction)."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "refunds")
    member_id: int
    out_refund_no = fields.CharField(max_length=64, unique=True)
    transaction_id = fields.CharField(max_length=64)
    ref = fields.CharField(max_length=64)
    reason = fields.CharField(max_length=80)
    amount_fen = FenField()
    total_fen = FenField()
    state = fields.CharEnumField(RefundState, max_length=16, default=RefundState.WANTED)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "refund"
        indexes = (("ref",), ("state", "created_at"), ("transaction_id",), ("member_id",))


class ScoreCover(Row):
    """A Pay Score order that covers one box. `state` is WeChat's own word."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "score_covers")
    member_id: int
    box_id = fields.BigIntField()
    out_order_no = fields.CharField(max_length=32, unique=True)
    risk_fen = FenField()
    state = fields.CharField(max_length=16, default="WANTED")
    description = fields.CharField(max_length=16, default="")
    collection = fields.CharField(max_length=16, default="")
    package = fields.CharField(max_length=512, default="")
    total_fen = FenField(null=True)
    transaction_id = fields.CharField(max_length=64, null=True, unique=True)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()

    class Meta:
        table = "score_cover"
        indexes = (("box_id",), ("state", "created_at"))
