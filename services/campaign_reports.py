"""What a campaign brought: receivers against the control group, net of what came back since."""

from dataclasses import dataclass

from tortoise.functions import Count

from domain.campaign import KPI, Lift, Outcome, lift
from models import Campaign, CareMessage, sql
from services.campaign_audience import occurrence
from services.shop import Shop

CONTROL = ""
"""The control group's name among the variants'."""


@dataclass(frozen=True)
class GroupReport:
    """A variant's receivers, or (named "") the control group."""

    variant: str
    outcome: Outcome
    first_orders: int
    returned: int  # ordered again after a silence
    value: int  # the figure the campaign's goal is judged by
    lift: Lift | None


@dataclass(frozen=True)
class ChannelReport:
    """The receivers whom one channel reached."""

    channel: str
    outcome: Outcome


@dataclass(frozen=True)
class Report:
    """`states` counts every message by what became of it, with the reason of those that were not sent."""

    kpi: str
    states: dict[str, int]
    passed_over: dict[str, int]
    received: Outcome
    control: Outcome
    lift: Lift | None
    groups: list[GroupReport]
    channels: list[ChannelReport]


def _value(kpi: str, outcome: Outcome, first_orders: int, returned: int) -> int:
    figures = {
        "first_orders": first_orders, "orders": outcome.ordered, "net_fen": outcome.net_fen, "returned": returned,
    }  # fmt: skip
    return figures[kpi]


async def report(shop: Shop, campaign: Campaign) -> Report:
    """As of now: later returns lower it until the window of the law is over."""
    name = occurrence(campaign)
    counted = (
        await CareMessage.filter(occurrence=name)
        .annotate(n=Count("id"))
        .group_by("state", "reason")
        .values("state", "reason", "n")
    )
    states: dict[str, int] = {}
    for row in counted:
        key = f"{row['state']}:{row['reason']}" if row["reason"] and row["state"] != "sent" else row["state"]
        states[key] = states.get(key, 0) + int(row["n"])
    groups: dict[str, Outcome] = {}
    first: dict[str, int] = {}
    returned: dict[str, int] = {}
    silent_days = shop.rules.stage.growth.last_within_days
    for row in await sql.run("campaign_outcome", occurrence=name, silent_days=silent_days):
        groups[row["grp"]] = Outcome(int(row["members"]), int(row["ordered"]), int(row["net_fen"]))
        first[row["grp"]] = int(row["first_orders"])
        returned[row["grp"]] = int(row["returned"])
    control = groups.get(CONTROL, Outcome(0, 0, 0))
    told = [outcome for variant, outcome in groups.items() if variant != CONTROL]
    received = Outcome(sum(o.members for o in told), sum(o.ordered for o in told), sum(o.net_fen for o in told))
    return Report(
        kpi=KPI[campaign.goal],
        states=states,
        passed_over=dict(campaign.passed_over),
        received=received,
        control=control,
        lift=lift(received, control),
        groups=[
            GroupReport(
                variant,
                outcome,
                first[variant],
                returned[variant],
                _value(KPI[campaign.goal], outcome, first[variant], returned[variant]),
                None if variant == CONTROL else lift(outcome, control),
            )
            for variant, outcome in sorted(groups.items())
        ],
        channels=[
            ChannelReport(row["channel"], Outcome(int(row["members"]), int(row["ordered"]), int(row["net_fen"])))
            for row in await sql.run("campaign_channels", occurrence=name)
        ],
    )
