"""WeCom: who is whose contact there, the tasks laid before the staff, the letters in them, and the month's places."""

from tortoise import fields

from domain.wecom import HandOutcome, TaskState
from models.base import Row
from models.member import Member


class WecomContact(Row):
    """A customer and one of the staff who have each other in WeCom. The member is known once the unionid was read."""

    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", "wecom_contacts", null=True
    )
    member_id: int | None
    external_userid = fields.CharField(max_length=64)  # WeCom's name for the customer
    userid = fields.CharField(max_length=64)  # and for the member of staff
    told_at = fields.DatetimeField()  # of the newest word about the two
    ended_at = fields.DatetimeField(null=True)  # one of them deleted the other

    class Meta:
        table = "wecom_contact"
        unique_together = (("external_userid", "userid"),)
        indexes = (("member_id",), ("userid",))


class WecomTask(Row):
    """One 企业群发: the same words for one person's customers, to be confirmed by hand."""

    staff_id = fields.BigIntField()
    userid = fields.CharField(max_length=64)
    text = fields.TextField()
    words_key = fields.CharField(max_length=64)  # a hash of the words
    until = fields.DatetimeField()
    state = fields.CharEnumField(TaskState, max_length=16, default=TaskState.GATHERING)
    msg_id = fields.CharField(max_length=64, default="")  # WeCom's

    class Meta:
        table = "wecom_task"
        indexes = (("state", "until"), ("staff_id", "until"))


class WecomLetter(Row):
    """One message in a task. A message that is taken back may come into another task."""

    task: fields.ForeignKeyRelation[WecomTask] = fields.ForeignKeyField("models.WecomTask", "letters")
    task_id: int
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "wecom_letters")
    member_id: int
    message_id = fields.BigIntField()
    external_userid = fields.CharField(max_length=64)
    outcome = fields.CharEnumField(HandOutcome, max_length=16, default=HandOutcome.WAITS)

    class Meta:
        table = "wecom_letter"
        unique_together = (("task_id", "message_id"),)
        indexes = (("member_id",),)


class StylistPlace(Row):
    """How many letters by hand a member has had in a month, or may have had: never above the allowance."""

    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField("models.Member", "stylist_places")
    member_id: int
    month = fields.CharField(max_length=7)  # 2026-11
    taken = fields.IntField()

    class Meta:
        table = "stylist_place"
        unique_together = (("member_id", "month"),)
