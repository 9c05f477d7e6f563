"""WeChat's daily bills, line by line, and where they and our rows differ."""

from tortoise import fields

from domain.day_bill import DifferenceState, Differs, LineKind
from models.base import FenField, Row


class DayBill(Row):
    """The bill of one Shanghai day, once it was fetched."""

    day = fields.DateField(unique=True)
    lines = fields.IntField()

    class Meta:
        table = "day_bill"


class DayBillLine(Row):
    """One payment or refund as WeChat lists it. `number` is ours: the order's or the refund's."""

    day = fields.DateField()
    kind = fields.CharEnumField(LineKind, max_length=8)
    number = fields.CharField(max_length=64)
    amount_fen = FenField()
    state = fields.CharField(max_length=16)

    class Meta:
        table = "day_bill_line"
        unique_together = (("kind", "number"),)
        indexes = (("day",),)


class BillDifference(Row):
    """Where the bill of a day and our rows differ, once per day, way and number."""

    day = fields.DateField()
    differs = fields.CharEnumField(Differs, max_length=16)
    kind = fields.CharEnumField(LineKind, max_length=8)
    number = fields.CharField(max_length=64)
    ours_fen = FenField(null=True)
    theirs_fen = FenField(null=True)
    ours_state = fields.CharField(max_length=16, default="")
    theirs_state = fields.CharField(max_length=16, default="")
    state = fields.CharEnumField(DifferenceState, max_length=16, default=DifferenceState.OPEN)
    note = fields.CharField(max_length=200, default="")
    resolved_by = fields.BigIntField(null=True)

    class Meta:
        table = "bill_difference"
        unique_together = (("day", "differs", "kind", "number"),)
        indexes = (("state", "day"),)
