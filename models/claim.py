"""Evidence for claim words in the texts of products."""

from tortoise import fields

from domain.claim import ClaimState
from models.base import Row
from models.catalog import Product


class ProductClaim(Row):
    """One word of one product with its evidence. One that stands per product and word (partial unique key).

    Who named the evidence never decides about it (CHECK).
    """

    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField("models.Product", "claims")
    product_id: int
    word = fields.CharField(max_length=16)
    evidence = fields.CharField(max_length=500)  # which report, by whom, of when, or where it lies
    state = fields.CharEnumField(ClaimState, max_length=8, default=ClaimState.ASKED)
    asked_by = fields.BigIntField()
    decided_by = fields.BigIntField(null=True)
    note = fields.CharField(max_length=200, default="")  # the second person's words

    class Meta:
        table = "product_claim"
        indexes = (("product_id",), ("state", "id"))
