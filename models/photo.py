"""Photos of pieces, as evidence."""

from tortoise import fields

from models.base import Row


class Photo(Row):
    """One photo of one piece of a box, by its member or by the staff. The same picture is kept once."""

    item_id = fields.BigIntField()
    who = fields.CharField(max_length=64)  # member:7 | staff:3
    kind = fields.CharField(max_length=16)  # image/jpeg | image/png | image/webp
    sha256 = fields.CharField(max_length=64)
    data = fields.BinaryField()

    class Meta:
        table = "photo"
        unique_together = (("item_id", "sha256"),)
