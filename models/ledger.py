"""The double-entry ledger: lines that come in groups whose sum is zero, and what looking at the books found."""

from tortoise import fields

from models.base import FenField, Row


class LedgerLine(Row):
    """One signed amount on one account (domain/ledger.Account). A group (same `event`) always sums to 0."""

    event = fields.CharField(max_length=64)  # settle:box:9, paid:HZ…; unique with the account
    account = fields.CharField(max_length=32)
    amount_fen = FenField()
    member_id = fields.BigIntField(null=True)
    box_id = fields.BigIntField(null=True)
    order_id = fields.BigIntField(null=True)
    day = fields.DateField()  # the shop's day

    class Meta:
        table = "ledger_line"
        unique_together = (("event", "account"),)
        indexes = (("member_id",), ("box_id",), ("order_id",), ("day",))


class BooksCheck(Row):
    """One look at all the books (services/books.check): how many differences, and the first of them."""

    differences = fields.IntField()
    found: fields.Field[list[dict[str, object]]] = fields.JSONField(default=list)

    class Meta:
        table = "books_check"
