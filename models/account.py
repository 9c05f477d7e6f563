"""Staff, the audit log of what they do, answers kept for repeats, when each job last ran, and who leads."""

from tortoise import fields

from models.base import Row


class StaffUser(Row):
    """role: stylist | guide | warehouse | marketing | service | finance | admin."""

    login = fields.CharField(max_length=32, unique=True)
    name = fields.CharField(max_length=32)
    role = fields.CharField(max_length=16)
    password_hash = fields.CharField(max_length=255)
    active = fields.BooleanField(default=True)
    wecom_userid = fields.CharField(max_length=64, null=True)  # their account in WeCom (企业微信)

    class Meta:
        table = "staff_user"


class AuditEntry(Row):
    """Append-only: what a person of the staff did to what."""

    staff_id = fields.BigIntField()
    action = fields.CharField(max_length=48)
    ref = fields.CharField(max_length=64)
    facts: fields.Field[dict[str, object]] = fields.JSONField(default=dict)

    class Meta:
        table = "audit_entry"
        indexes = (("ref",),)


class IdempotentAnswer(Row):
    """The first answer to a write, given again when the same key comes back with the same body."""

    actor = fields.CharField(max_length=64)
    key = fields.CharField(max_length=64)
    body_hash = fields.CharField(max_length=64)
    status = fields.IntField(null=True)
    body = fields.TextField(default="")

    class Meta:
        table = "idempotent_answer"
        unique_together = (("actor", "key"),)


class JobState(Row):
    """When a job last began and ended, by the shop's clock."""

    name = fields.CharField(max_length=48, unique=True)
    last_run_at = fields.DatetimeField(null=True)
    last_note = fields.CharField(max_length=200, default="")

    class Meta:
        table = "job_state"


class LeaderEpoch(Row):
    """How often the lead has changed hands: whoever takes it raises the epoch, and older ones may write no more."""

    name = fields.CharField(max_length=16, unique=True)
    epoch = fields.BigIntField()

    class Meta:
        table = "leader_epoch"
