"""Invoices members asked for."""

from tortoise import fields

from domain.invoice import InvoiceState
from models.base import FenField, Row
from models.member import Member


class Invoice(Row):
    """One invoice for one purchase, a second one only after it was refused or reversed (a partial key)."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "invoices")
    member_id: int
    ref = fields.CharField(max_length=64)  # the purchase: box:9, order:12
    amount_fen = FenField()  # what was kept of it when it was asked for; when it is issued, then
    title_sealed = fields.TextField()
    tax_no = fields.CharField(max_length=20, default="")
    channel = fields.CharField(max_length=16)  # chat, miniapp, desk
    state = fields.CharEnumField(InvoiceState, max_length=16, default=InvoiceState.ASKED)
    number = fields.CharField(max_length=32, default="")
    reason = fields.CharField(max_length=200, default="")  # of a refusal
    red_number = fields.CharField(max_length=32, default="")  # of the red-letter invoice that reversed it

    class Meta:
        table = "invoice"
        indexes = (("member_id",), ("state", "id"))
