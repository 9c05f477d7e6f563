"""What was bought at a shop's till and paid through WeChat Pay."""

from tortoise import fields

from models.base import FenField, Row
from models.member import Member


class StoreSale(Row):
    """One sale. Its payment is a row of `payment` under the same number, its worth one of `purchase`."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "store_sales")
    member_id: int
    out_trade_no = fields.CharField(max_length=32, unique=True)  # the till's own number
    store = fields.CharField(max_length=32)
    amount_fen = FenField()
    returned_fen = FenField(default=0)
    points_percent = fields.IntField()  # the multiplier at the instant of the sale
    sold_at = fields.DatetimeField()

    class Meta:
        table = "store_sale"
        indexes = (("store", "sold_at"), ("member_id",))
