"""Campaigns, the series some of them belong to, and what was decided about them; messages are care messages."""

from tortoise import fields

from domain.broadcast import Way
from domain.campaign import CampaignState, Goal
from domain.series import Every, SeriesState
from models.base import Row


class Said(Row):
    """What a campaign or a series of them says, to whom, and how it leaves."""

    name = fields.CharField(max_length=64)
    goal = fields.CharEnumField(Goal, max_length=16)
    audience: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    # The segment it was made for, in this very version; empty where the audience is its own.
    segment_id = fields.BigIntField(null=True)
    segment_version = fields.IntField(null=True)
    way = fields.CharEnumField(Way, max_length=8, default=Way.LADDER)
    # The order of its channels: stylist, window, credit, template; empty = the usual one.
    channels: fields.Field[list[str] | None] = fields.JSONField(null=True)
    variants: fields.Field[list[dict[str, object]]] = fields.JSONField(default=list)
    priority = fields.IntField(default=50)
    spread_minutes = fields.IntField()
    # Whoever buys before the message leaves needs it no more (win-back).
    stop_when_bought = fields.BooleanField(default=False)
    # Whoever sends something back before the message leaves is left in peace.
    stop_when_returned = fields.BooleanField(default=True)
    made_by = fields.BigIntField()
    # What a running campaign goes back to when it is resumed.
    paused_why = fields.CharField(max_length=200, default="")

    class Meta:
        abstract = True


class CampaignSeries(Said):
    """A campaign that recurs by the shop's clock. Each occurrence is a campaign of its own."""

    state = fields.CharEnumField(SeriesState, max_length=16, default=SeriesState.DRAFT)
    every = fields.CharEnumField(Every, max_length=8)
    at = fields.CharField(max_length=5)
    on_day = fields.IntField(default=0)
    first_on = fields.DateField()
    last_on = fields.DateField(null=True)
    useful_hours = fields.IntField()
    # Whether a second person said yes to all of it: then no single occurrence asks again.
    seconded = fields.BooleanField(default=False)

    class Meta:
        table = "campaign_series"
        indexes = (("state",),)


class Campaign(Said):
    """One promotion to an audience. What it says and to whom is fixed once it is launched."""

    state = fields.CharEnumField(CampaignState, max_length=16, default=CampaignState.DRAFT)
    start_at = fields.DatetimeField()
    useful_until = fields.DatetimeField()
    # The series and the day of it that this one is; planned once whoever asks for it.
    series_id = fields.BigIntField(null=True)
    series_on = fields.DateField(null=True)
    # The audience is fixed at this instant; members up to `planned_id` have their message, or the reason why not.
    planned_at = fields.DatetimeField(null=True)
    planned_id = fields.BigIntField(default=0)
    # Reason → how many were passed over for it when it was planned.
    passed_over: fields.Field[dict[str, int]] = fields.JSONField(default=dict)

    class Meta:
        table = "campaign"
        indexes = (("state",),)
