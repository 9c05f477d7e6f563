"""Campaigns: one promotion to an audience, with a goal, variants, a control group and a measured effect."""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Invalid
from domain.money import Fen
from domain.states import Transitions

ATTRIBUTED = timedelta(days=7)
"""An order counts for a message up to and including this long after it."""


@dataclass(frozen=True)
class CampaignRules:
    second_person_above: int = 1000  # a launch to more receivers needs another person's yes
    broadcasts_a_month: int = 4  # mass sends that a follower gets; fewer leaves room for those sent by hand
    spread_minutes: int = 60  # sends are spread over so long, so that the shop is not run over


class Goal(StrEnum):
    """The four things care can be for."""

    ATTRACT = "attract"  # 拉新
    DEEPEN = "deepen"  # 促活
    LOYALTY = "loyalty"  # 忠诚
    RETAIN = "retain"  # 挽留


KPI: Mapping[Goal, str] = {
    Goal.ATTRACT: "first_orders",  # receivers whose first order ever came in the window
    Goal.DEEPEN: "orders",  # receivers who ordered in the window
    Goal.LOYALTY: "net_fen",  # what receivers spent in the window, net of returns
    Goal.RETAIN: "returned",  # receivers who ordered again after being silent for as long as growth lasts
}


class CampaignState(StrEnum):
    """How a campaign stands."""

    DRAFT = "draft"  # may be changed
    ASKED = "asked"  # waits for a second person's yes
    PLANNING = "planning"  # launched: its messages are being written
    RUNNING = "running"  # all planned; they leave at their times
    PAUSED = "paused"  # nothing leaves until it is resumed
    KILLED = "killed"  # what has not left never will
    DONE = "done"  # nothing is left to send


CAMPAIGN_LIFE = Transitions(
    "campaign",
    CampaignState,
    CampaignState.DRAFT,
    {
        CampaignState.DRAFT: [CampaignState.ASKED, CampaignState.PLANNING, CampaignState.KILLED],
        CampaignState.ASKED: [CampaignState.DRAFT, CampaignState.PLANNING, CampaignState.KILLED],
        CampaignState.PLANNING: [CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.KILLED],
        CampaignState.RUNNING: [CampaignState.PAUSED, CampaignState.KILLED, CampaignState.DONE],
        CampaignState.PAUSED: [CampaignState.PLANNING, CampaignState.RUNNING, CampaignState.KILLED],
        CampaignState.KILLED: [],
        CampaignState.DONE: [],
    },
)


@dataclass(frozen=True)
class Variant:
    """One wording; `weight` is its share of the receivers beside the others'."""

    name: str
    title: str
    text: str
    page: str
    link: str
    weight: int = 1


def _share(text: str) -> float:
    """A stable number in [0, 1) for a text: the same for ever, evenly spread."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def variant_of(campaign_id: int, member_id: int, variants: Sequence[Variant]) -> Variant:
    """Which wording a member gets: the same one whenever it is asked."""
    point = _share(f"hezi campaign {campaign_id} {member_id}") * sum(v.weight for v in variants)
    for variant in variants:
        point -= variant.weight
        if point < 0:
            return variant
    return variants[-1]


def send_time(campaign_id: int, member_id: int, start_at: datetime, spread_minutes: int) -> datetime:
    """When a member's message leaves: spread evenly over the minutes after the start, and stable."""
    seconds = int(_share(f"hezi spread {campaign_id} {member_id}") * spread_minutes * 60)
    return start_at + timedelta(seconds=seconds)


def require_sound(variants: Sequence[Variant], start_at: datetime, useful_until: datetime) -> None:
    """Raises Invalid naming what cannot be launched as it is."""
    if len({v.name for v in variants}) != len(variants):
        raise Invalid("variants", "two have one name")
    if start_at >= useful_until:
        raise Invalid("useful_until", "not after the start")


# What it brought -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """One group after the window: how many, how many of them ordered, and for how much net of returns."""

    members: int
    ordered: int
    net_fen: Fen

    @property
    def rate(self) -> float:
        return self.ordered / self.members if self.members else 0.0


@dataclass(frozen=True)
class Lift:
    """How much more often receivers ordered than the control group, with its 95 % interval.

    None where one of the groups is empty: nothing can be said then.
    """

    points: float
    low: float
    high: float


Z95 = 1.959963984540054


def _wilson(group: Outcome) -> tuple[float, float]:
    n, p = group.members, group.rate
    middle = (p + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * math.sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    return middle - half, middle + half


def lift(received: Outcome, control: Outcome) -> Lift | None:
    """The difference of the two rates with Newcombe's interval, which holds for small groups too."""
    if not received.members or not control.members:
        return None
    (low1, high1), (low2, high2) = _wilson(received), _wilson(control)
    p1, p2 = received.rate, control.rate
    return Lift(
        p1 - p2,
        p1 - p2 - math.sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2),
        p1 - p2 + math.sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2),
    )


def counts_for(sent_at: datetime, bought_at: datetime) -> bool:
    """Whether an order counts for a message: after it, up to and including 7 × 24 h."""
    return sent_at < bought_at <= sent_at + ATTRIBUTED
