"""Members' scores of past months, and the months that are closed."""

from tortoise import fields

from models.base import FenField, Row


class MonthScore(Row):
    """One member's scores of one month, with the facts they come from. Never changed (triggers)."""

    member_id = fields.BigIntField()
    month = fields.CharField(max_length=7)  # 2026-11
    activity = fields.IntField()
    immersion = fields.IntField()
    conversion = fields.IntField()
    days = fields.IntField()
    sessions = fields.IntField()
    boxes = fields.IntField()
    opinions = fields.IntField()
    voices = fields.IntField()
    orders = fields.IntField()
    net_fen = FenField()

    class Meta:
        table = "month_score"
        unique_together = (("member_id", "month"),)
        indexes = (("month",),)


class MonthClose(Row):
    """A month that is scored, by these rules. From then on it takes no more rows (triggers)."""

    month = fields.CharField(max_length=7, unique=True)
    rules: fields.Field[dict[str, int]] = fields.JSONField()
    members = fields.IntField()  # who has a row: everybody else scores 0

    class Meta:
        table = "month_close"
