"""The cells of one booking are found by it: freeing them reads four rows, not the table."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0021_order_constraints')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='BookingCell',
            index=Index(fields=['booking_id']),
        ),
    ]
