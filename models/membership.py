"""Bought membership periods and the two quotas that come with them."""

from tortoise import fields

from domain.membership import PlanState, Quota
from models.base import FenField, Row
from models.member import Member


class Membership(Row):
    """One bought period, half-open in instants. At most one `active` per member (partial unique index)."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "memberships")
    member_id: int
    plan = fields.CharField(max_length=32)
    state = fields.CharEnumField(PlanState, max_length=16)
    price_fen = FenField()
    price_locked_until = fields.DatetimeField()
    follows_id = fields.BigIntField(null=True)  # the period this one was ordered to follow: a renewal
    anchor = fields.DateField(null=True)
    months_from_anchor = fields.IntField(default=0)
    starts_at = fields.DatetimeField(null=True)
    ends_at = fields.DatetimeField(null=True)

    class Meta:
        table = "membership"
        indexes = (("member_id", "state"),)


class QuotaCounter(Row):
    """What is left of one quota in one membership period: granted ≥ held + used (CHECK)."""

    membership: fields.ForeignKeyRelation[Membership] = fields.ForeignKeyField("models.Membership", "quotas")
    membership_id: int
    kind = fields.CharEnumField(Quota, max_length=16)
    granted = fields.IntField()
    held = fields.IntField(default=0)
    used = fields.IntField(default=0)

    class Meta:
        table = "quota_counter"
        unique_together = (("membership_id", "kind"),)


class QuotaEntry(Row):
    """One line of the quota statement: hold, use or restore, with its reason and what it was for."""

    counter: fields.ForeignKeyRelation[QuotaCounter] = fields.ForeignKeyField("models.QuotaCounter", "entries")
    counter_id: int
    step = fields.CharField(max_length=8)  # hold | use | restore
    reason = fields.CharField(max_length=64)
    ref = fields.CharField(max_length=64)  # booking:7, box:9

    class Meta:
        table = "quota_entry"
        # One unit per thing is held once, used once, restored once.
        unique_together = (("counter_id", "step", "ref"),)
