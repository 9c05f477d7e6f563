"""Where each member stands in the life cycle, how they came there, and the rules that said so."""

from tortoise import fields
from tortoise.models import Model

from domain.stage import Stage
from models.base import Row


class MemberStage(Model):
    """One row per member. A member without one has just joined: observation, until the first pass.

    Found by the member and as narrow as can be, for a full pass reads each of them: when it was last
    written, and why, is in the history.
    """

    member_id = fields.BigIntField(primary_key=True)
    stage = fields.CharEnumField(Stage, max_length=16)
    since_at = fields.DatetimeField()
    # The earliest instant at which the stage could change: by time, or because something was just bought.
    look_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member_stage"
        # What is due is found by `member_stage_due`, which leaves out those whom time alone does not move.
        indexes = (("stage", "member_id"),)


class StageChange(Row):
    """The history: `created_at` is the instant of the change. Appended to, never changed."""

    member_id = fields.BigIntField()
    old = fields.CharField(max_length=16)  # empty for the first stage
    new = fields.CharField(max_length=16)
    reason = fields.CharField(max_length=32)
    rules_version = fields.IntField()

    class Meta:
        table = "stage_change"
        # A member's own are few, and are put in order when they are read.
        indexes = (("member_id",), ("created_at",))


class StageRuleSet(Row):
    """One version of the entry rules, saved by a person. Without any, config.toml's hold (version 0)."""

    version = fields.IntField(unique=True)
    rules: fields.Field[dict[str, object]] = fields.JSONField()
    staff_id = fields.BigIntField()
    why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "stage_rule_set"


class StagePass(Row):
    """One full pass over all members, resumable: members up to `done_id` have been looked at."""

    # The instant all of this pass is judged by, also when it is resumed later.
    judged_at = fields.DatetimeField()
    rules_version = fields.IntField()
    done_id = fields.BigIntField(default=0)
    changed = fields.BigIntField(default=0)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "stage_pass"
