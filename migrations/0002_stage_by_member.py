"""A member's stage is found by the member and nothing else; a member's own changes of stage need no order in their index."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from domain.stage import Stage
from models.constraints import PartialIndex, Together


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    # A table's key cannot be altered: what is in it is laid aside while it is made anew.
    operations = [
        Together(
            ops.RunSQL("CREATE TEMP TABLE kept_stage AS SELECT member_id, stage, since_at, look_at FROM member_stage"),
            ops.DeleteModel(name="MemberStage"),
            ops.CreateModel(
                name="MemberStage",
                fields=[
                    ("member_id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                    (
                        "stage",
                        fields.CharEnumField(
                            description="MATURITY: maturity\nGROWTH: growth\nOBSERVATION: observation\nDECLINE: decline",
                            enum_type=Stage,
                            max_length=16,
                        ),
                    ),
                    ("since_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                    ("look_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ],
                options={
                    "table": "member_stage",
                    "app": "models",
                    "indexes": [Index(fields=["stage", "member_id"])],
                    "pk_attr": "member_id",
                    "table_description": "One row per member. A member without one has just joined: observation, "
                    "until the first pass.",
                },
                bases=["Model"],
            ),
            ops.RunSQL("INSERT INTO member_stage (member_id, stage, since_at, look_at) SELECT * FROM kept_stage ORDER BY member_id"),
            ops.RunSQL("DROP TABLE kept_stage"),
            PartialIndex("member_stage", "member_stage_due", "look_at", "look_at IS NOT NULL"),
            ops.RemoveIndex(model_name="StageChange", name=None, fields=["member_id", "created_at"]),
            ops.AddIndex(model_name="StageChange", index=Index(fields=["member_id"])),
        )
    ]
