"""What a member asks about refunds in the chat is found by the member, not by reading the table."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0001_initial')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Refund',
            index=Index(fields=['member_id']),
        ),
    ]
