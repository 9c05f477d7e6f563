"""Where a member stands in the tiers, and whether they are a super user this year."""

from tortoise import fields

from models.base import Row


class MemberTier(Row):
    """One row per member who has bought or was matched, and without one the first tier. History says why."""

    member_id = fields.BigIntField(unique=True)
    local = fields.IntField(default=1)  # earned here
    matched = fields.IntField(default=0)  # what a partner's level stands for, 0 = nothing
    super_year = fields.IntField(null=True)  # the calendar year in which they are a super user
    # The year at whose end a fall was announced, and when.
    fall_year = fields.IntField(null=True)
    fall_told_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member_tier"
        indexes = (("fall_year",), ("local",))
