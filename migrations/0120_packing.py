"""Seals and weights of parcels, sizes the warehouse may swap, and until when what was bought is under warranty."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from models.constraints import PartialUnique, Together


class Migration(migrations.Migration):
    dependencies = [("models", "0180_paths")]

    initial = False

    operations = [
        Together(
            ops.AddField("Box", "swap_allowed", fields.BooleanField(default=False, db_default=False)),
            ops.AddField("Box", "warranty_until", fields.DatetimeField(null=True)),
            ops.AddField("Order", "warranty_until", fields.DatetimeField(null=True)),
            ops.AddField("Parcel", "opened_grams", fields.IntField(null=True)),
            ops.AddField("Parcel", "packed_grams", fields.IntField(null=True)),
            ops.AddField("Parcel", "return_seal", fields.CharField(max_length=32, default="", db_default="")),
            ops.AddField("Parcel", "seal", fields.CharField(max_length=32, default="", db_default="")),
            ops.AddField("Parcel", "seal_found", fields.CharField(max_length=32, default="", db_default="")),
            ops.AddField("Product", "weight_grams", fields.IntField(default=0, db_default=0)),
            PartialUnique("parcel", "parcel_seal", "seal", "seal <> ''"),
            PartialUnique("parcel", "parcel_return_seal", "return_seal", "return_seal <> ''"),
        ),
    ]
