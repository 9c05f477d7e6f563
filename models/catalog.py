"""Products, their sizes and colours with the stock of each, and the outfit board."""

from tortoise import fields

from models.base import FenField, Row


class Product(Row):
    code = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=64)
    category = fields.CharField(max_length=32)
    story = fields.TextField(default="")
    material = fields.CharField(max_length=128, default="")
    price_fen = FenField()
    member_price_fen = FenField()
    picture = fields.CharField(max_length=128)  # path below /pictures/
    weight_grams = fields.IntField(default=0, db_default=0)  # of one piece; 0 = not known, so it is not checked
    on_sale = fields.BooleanField(default=True)
    quality_passed = fields.BooleanField(default=True)
    position = fields.IntField(default=0)

    class Meta:
        table = "product"
        indexes = (("on_sale", "position"), ("category",))


class Sku(Row):
    """One size of one colour, with its stock: received = sold + lost + on_hand + reserved (CHECK).

    `on_hand` is free to sell, `reserved` is promised or at a member's home.
    """

    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField("models.Product", "skus")
    product_id: int
    code = fields.CharField(max_length=48, unique=True)
    size = fields.CharField(max_length=16)
    colour = fields.CharField(max_length=16)
    received = fields.IntField(default=0)
    on_hand = fields.IntField(default=0)
    reserved = fields.IntField(default=0)
    sold = fields.IntField(default=0)
    lost = fields.IntField(default=0)
    retired = fields.BooleanField(default=False, db_default=False)  # offered to nobody any more; what is promised stays

    @property
    def left(self) -> int:
        """How many a member may still take."""
        return 0 if self.retired else int(self.on_hand)

    class Meta:
        table = "sku"
        unique_together = (("product_id", "size", "colour"),)


class StockEntry(Row):
    """One movement of stock with its reason, unique per cause, so a repeat moves nothing."""

    sku: fields.ForeignKeyRelation[Sku] = fields.ForeignKeyField("models.Sku", "entries")
    sku_id: int
    step = fields.CharField(max_length=16)  # receive | reserve | release | sell | lose | take_back | surplus | shrink …
    quantity = fields.IntField()
    ref = fields.CharField(max_length=64)

    class Meta:
        table = "stock_entry"
        unique_together = (("sku_id", "step", "ref"),)
        indexes = (("ref",),)


class Look(Row):
    """One outfit on the inspiration board."""

    title = fields.CharField(max_length=64)
    words = fields.TextField(default="")
    picture = fields.CharField(max_length=128)
    published = fields.BooleanField(default=True)

    class Meta:
        table = "look"


class LookItem(Row):
    look: fields.ForeignKeyRelation[Look] = fields.ForeignKeyField("models.Look", "items")
    look_id: int
    product: fields.ForeignKeyRelation[Product] = fields.ForeignKeyField("models.Product", "looks")
    product_id: int

    class Meta:
        table = "look_item"
        unique_together = (("look_id", "product_id"),)
