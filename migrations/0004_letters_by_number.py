"""A letter of care names its member without a foreign key; consents are answered by their index alone."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from models.constraints import Together, Unbound


class Migration(migrations.Migration):
    dependencies = [("models", "0003_wecom")]

    initial = False

    operations = [
        Together(
            Unbound("CareMessage", "member"),
            ops.RemoveIndex(model_name="Consent", name=None, fields=["member_id", "purpose", "created_at"]),
            ops.AddIndex(model_name="Consent", index=Index(fields=["member_id", "purpose", "created_at", "id", "given"])),
        )
    ]
