"""What came side by side is one line again: the next migration follows this one."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("models", "0010_turns"), ("models", "0043_day_bills")]

    operations = []
