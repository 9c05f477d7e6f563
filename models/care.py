"""Messages that are to be sent, and the counters of each channel that may carry them."""

from tortoise import fields

from models.base import Row
from models.member import Member


class CareMessage(Row):
    """One intended message: once per member, step and occurrence, and anew for another anchor of it."""

    # No foreign key: members are never deleted, and to look each up, and lock it, was a third of what planning cost.
    member_id = fields.BigIntField()
    path = fields.CharField(max_length=32)  # welcome | booking | box | … | campaign
    version = fields.IntField(null=True)  # of the path; empty for a campaign
    anchor_at = fields.DatetimeField(null=True)  # what the path's times were counted from; empty for a campaign
    step = fields.CharField(max_length=48)  # booking.day_before, box.last_day, …
    occurrence = fields.CharField(max_length=64)  # what it is about: booking:7, box:9, join
    # The anchor it was planned for, empty where it is said once whatever moves.
    edition = fields.CharField(max_length=16, default="")
    # service | promotion
    message_class = fields.CharField(max_length=16)
    priority = fields.IntField(default=50)
    send_at = fields.DatetimeField()
    useful_until = fields.DatetimeField()
    # planned | sending | sent | skipped | failed | unknown
    state = fields.CharField(max_length=16, default="planned")
    reason = fields.CharField(max_length=64, default="")
    channel = fields.CharField(max_length=16, default="")
    # Each channel tried, with the reason it was passed over.
    tried: fields.Field[list[list[str]]] = fields.JSONField(default=list)
    attempts = fields.IntField(default=0)
    lease_until = fields.DatetimeField(null=True)
    # When the call began, kept only where the message went out or may have.
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "care_message"
        unique_together = (("member_id", "step", "occurrence", "edition"),)
        indexes = (("occurrence",),)


class ReplyWindow(Row):
    """Sends that one act of a follower opened: `left_count` messages until `expires_at`."""

    openid = fields.CharField(max_length=64)
    trigger = fields.CharField(max_length=16)  # message | menu | follow | scan
    left_count = fields.IntField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "reply_window"
        unique_together = (("openid", "trigger"),)


class ConsentCredit(Row):
    """One-time subscription credits: +1 per accept, −1 per send, 0 on 43101."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "consent_credits")
    member_id: int
    template_id = fields.CharField(max_length=64)
    left_count = fields.IntField(default=0)

    class Meta:
        table = "consent_credit"
        unique_together = (("member_id", "template_id"),)


class InboxNote(Row):
    """A message in the mini-program's own inbox: the channel that is always there."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "inbox_notes")
    member_id: int
    title = fields.CharField(max_length=64)
    text = fields.TextField()
    page = fields.CharField(max_length=128, default="")
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "inbox_note"
        indexes = (("member_id", "created_at"),)


class CareHalt(Row):
    """Sending stands still: `all` for the kill switch, a channel's name while its quota rests."""

    name = fields.CharField(max_length=16, unique=True)
    until = fields.DatetimeField(null=True)  # empty = until a person lifts it
    who = fields.CharField(max_length=64)
    why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "care_halt"


class SendPace(Row):
    """Until when (real time, seconds since 1970) the calls of an account are spoken for by its senders."""

    account = fields.CharField(max_length=32, unique=True)
    free_at = fields.FloatField()

    class Meta:
        table = "send_pace"
