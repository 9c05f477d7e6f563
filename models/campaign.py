"""Campaigns and what was decided about them; their messages are care messages."""

from tortoise import fields

from domain.campaign import CampaignState, Goal
from models.base import Row


class Campaign(Row):
    """One promotion to an audience. What it says and to whom is fixed once it is launched."""

    name = fields.CharField(max_length=64)
    goal = fields.CharEnumField(Goal, max_length=16)
    state = fields.CharEnumField(CampaignState, max_length=16, default=CampaignState.DRAFT)
    audience: fields.Field[dict[str, object]] = fields.JSONField(default=dict)
    # The segment it was made for, in this very version; empty where the audience is its own.
    segment_id = fields.BigIntField(null=True)
    segment_version = fields.IntField(null=True)
    variants: fields.Field[list[dict[str, object]]] = fields.JSONField(default=list)
    priority = fields.IntField(default=50)
    start_at = fields.DatetimeField()
    useful_until = fields.DatetimeField()
    spread_minutes = fields.IntField()
    # Whoever buys before the message leaves needs it no more (win-back).
    stop_when_bought = fields.BooleanField(default=False)
    made_by = fields.BigIntField()
    # The audience is fixed at this instant; members up to `planned_id` have their message, or the reason why not.
    planned_at = fields.DatetimeField(null=True)
    planned_id = fields.BigIntField(default=0)
    # Reason → how many were passed over for it when it was planned.
    passed_over: fields.Field[dict[str, int]] = fields.JSONField(default=dict)
    # What a running campaign goes back to when it is resumed.
    paused_why = fields.CharField(max_length=200, default="")

    class Meta:
        table = "campaign"
        indexes = (("state",),)
