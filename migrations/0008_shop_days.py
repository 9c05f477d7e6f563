"""Days the staff sets, and sizes that are offered no more."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from domain.booking import DayKind
from models.constraints import Together


class Migration(migrations.Migration):
    dependencies = [("models", "0007_month_scores")]

    initial = False

    operations = [
        Together(
            ops.CreateModel(
                name="ShopDay",
                fields=[
                    ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("updated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                    ("day", fields.DateField(unique=True)),
                    (
                        "kind",
                        fields.CharEnumField(
                            description="ORDINARY: ordinary\nHOLIDAY: holiday\nMAKE_UP: make_up",
                            enum_type=DayKind,
                            max_length=16,
                        ),
                    ),
                    ("why", fields.CharField(default="", max_length=64)),
                ],
                options={
                    "table": "shop_day",
                    "app": "models",
                    "pk_attr": "id",
                    "table_description": "What the staff says of a day, before the settings and the public calendar.",
                },
                bases=["Row"],
            ),
            ops.AddField(
                model_name="Sku", name="retired", field=fields.BooleanField(default=False, db_default=False)
            ),
        )
    ]
