"""Accounts of partners that members linked, and the tickets by which they do it."""

from tortoise import fields

from domain.partner import MatchState
from models.base import Row
from models.member import Member


class PartnerLink(Row):
    """A member and one partner. The account is a blind index, gone with the link. The row stays: one trial."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "partner_links")
    member_id: int
    partner = fields.CharField(max_length=16)
    account_index = fields.CharField(max_length=32, null=True)  # None: not linked
    level = fields.IntField(default=0)  # the partner's
    matched = fields.IntField(default=0)  # ours
    state = fields.CharEnumField(MatchState, max_length=16, default=MatchState.NONE)
    trial_used = fields.BooleanField(default=False)
    linked_at = fields.DatetimeField(null=True)
    settles_at = fields.DatetimeField(null=True)
    told_at = fields.DatetimeField(null=True)  # of the newest word; an older one that arrives late changes nothing

    class Meta:
        table = "partner_link"
        unique_together = (("member_id", "partner"), ("partner", "account_index"))
        indexes = (("state", "settles_at"),)


class PartnerTrial(Row):
    """That an account had its trial, kept after unlinking so that it gets no second one through another member."""

    partner = fields.CharField(max_length=16)
    account_index = fields.CharField(max_length=32)

    class Meta:
        table = "partner_trial"
        unique_together = (("partner", "account_index"),)


class PartnerTicket(Row):
    """One half of a link that waits for the other: a member asked for it here, or the partner told an account."""

    ticket_hash = fields.CharField(max_length=64, unique=True)
    partner = fields.CharField(max_length=16)
    member_id = fields.BigIntField(null=True)
    account_index = fields.CharField(max_length=32, null=True)
    level = fields.IntField(default=0)
    told_at = fields.DatetimeField(null=True)
    until = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "partner_ticket"
        indexes = (("until",),)
