"""Where each conversation stands, and what was said."""

from tortoise import fields

from models.base import Row


class Conversation(Row):
    """One follower's chat. `form` holds the slots of an open form, owner `bot` or `staff:3`.

    A line being worked has the turn (`turn_event_id`) until it is finished, or has run out. The earliest that waits
    for it goes first (`waiting_event_id`), as long as it goes on asking.
    """

    openid = fields.CharField(max_length=64, unique=True)
    member_id = fields.BigIntField(null=True)
    owner = fields.CharField(max_length=32, default="bot")
    form: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    unclear = fields.IntField(default=0)
    last_said_at = fields.DatetimeField()
    turn_event_id = fields.BigIntField(null=True)
    turn_until = fields.DatetimeField(null=True)
    waiting_event_id = fields.BigIntField(null=True)
    waiting_until = fields.DatetimeField(null=True)

    class Meta:
        table = "conversation"
        indexes = (("member_id",),)


class ChatLine(Row):
    """One line, in or out, kept for the thread a person sees when taking over.

    side `note` is a colleague's private remark. A staff line's `delivery`: wanted until WeChat was asked,
    then sent (chat), inbox (no reply window: the mini-program's inbox has it) or unknown (no answer came).
    """

    openid = fields.CharField(max_length=64)
    side = fields.CharField(max_length=8)  # follower | bot | staff | note
    text = fields.TextField()
    intent = fields.CharField(max_length=32, default="")
    staff_id = fields.BigIntField(null=True)
    delivery = fields.CharField(max_length=8, null=True)
    flagged = fields.BooleanField(null=True)  # holds a sensitive word

    class Meta:
        table = "chat_line"
        indexes = (("openid", "id"),)
