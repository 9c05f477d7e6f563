from models.constraints import PartialUnique, Together
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Red-letter invoices: the number of what reversed one, and another may be asked for after it."""

    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        Together(
            ops.AddField(
                model_name="Invoice",
                name="red_number",
                field=fields.CharField(default="", max_length=32),
            ),
            ops.RunSQL(
                'DROP INDEX "invoice_one_per_purchase"',
                reverse_sql='CREATE UNIQUE INDEX "invoice_one_per_purchase" ON "invoice" (ref) WHERE state <> \'refused\'',
            ),
            PartialUnique("invoice", "invoice_one_per_purchase", "ref", "state NOT IN ('refused', 'red')"),
        )
    ]
