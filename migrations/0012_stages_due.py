"""Who waits for no instant has no place in the index of what is due: most members, and most changes, are theirs."""

from tortoise import migrations
from tortoise.migrations import operations as ops

from models.constraints import PartialIndex, Together


class Migration(migrations.Migration):
    dependencies = [("models", "0011_care_meanwhile")]

    initial = False

    operations = [
        Together(
            ops.RemoveIndex(model_name="MemberStage", name=None, fields=["look_at"]),
            PartialIndex("member_stage", "member_stage_due", "look_at", "look_at IS NOT NULL"),
        )
    ]
