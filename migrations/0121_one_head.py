"""Two that landed side by side follow the same one: from here on there is one head again."""

from tortoise import migrations


class Migration(migrations.Migration):
    dependencies = [("models", "0120_packing"), ("models", "0201_send_pace")]

    operations = []
