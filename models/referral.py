"""Who invited whom, in one level, and the rules by which that is rewarded."""

from typing import Any

from tortoise import fields

from domain.growth import ReferralState
from models.base import Row
from models.member import Member


class InviteCode(Row):
    """The code a member gives to friends, one for life."""

    member: fields.OneToOneRelation[Member] = fields.OneToOneField("models.Member", "invite_code")
    member_id: int
    code = fields.CharField(max_length=16, unique=True)

    class Meta:
        table = "invite_code"


class Referral(Row):
    """One friend and who invited them. A friend has one inviter for life."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "referrals")  # the inviter
    member_id: int
    friend_id = fields.BigIntField(unique=True)
    state = fields.CharEnumField(ReferralState, max_length=16, default=ReferralState.BOUND)
    rule_version = fields.IntField()  # the rule that held when the friend accepted
    points = fields.IntField(default=0)  # what was given
    earned_at = fields.DatetimeField(null=True)

    class Meta:
        table = "referral"
        indexes = (("member_id", "id"),)


class ReferralYear(Row):
    """Rewards of one inviter in a calendar year. It is raised by a conditional update only."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "referral_years")
    member_id: int
    year = fields.IntField()
    earned = fields.IntField(default=0)

    class Meta:
        table = "referral_year"
        unique_together = (("member_id", "year"),)


class ReferralRuleSet(Row):
    """One version of the rule, saved by a person. Without any, config.toml's holds (version 0)."""

    version = fields.IntField(unique=True)
    rule: fields.Field[dict[str, Any]] = fields.JSONField()
    staff_id = fields.BigIntField()

    class Meta:
        table = "referral_rule_set"
