"""The four stages of a member's life with the shop, and the rules that tell them apart.

Every member is in exactly one stage at any instant: the first rule that matches wins, decline is the rest
(rules: life cycle). A stage changes by an event (a purchase, a return) or by the mere passing of time;
`next_look` names the earliest instant at which time alone could change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.money import Fen


class Stage(StrEnum):
    """In the order in which their rules are asked."""

    MATURITY = "maturity"  # 成熟期: buys often and lately; the word must keep exceeding what is expected
    GROWTH = "growth"  # 发展期: has bought lately; better service, the next contact
    OBSERVATION = "observation"  # 考察期: new, has not bought; is made welcome
    DECLINE = "decline"  # 衰退期: everybody else; what was lost, and why


class Begins(StrEnum):
    """The event from which a member counts as new."""

    SEEN = "seen"  # the first trace: a follow, a message, a login
    REGISTERED = "registered"  # the registration, and until then the first trace


class Ends(StrEnum):
    """The event that ends the relation before time does."""

    NEVER = "never"
    UNFOLLOWED = "unfollowed"  # whoever leaves the account is in decline, whatever they bought, until they are back


@dataclass(frozen=True)
class BuyingRule:
    """A stage of those who buy: so many paid orders in a rolling window, the last one lately, so much spent.

    Kept boxes count as orders. Windows are half-open: an order exactly N × 24 h old is out.
    """

    orders: int
    window_days: int
    last_within_days: int
    spend_fen: Fen = 0


@dataclass(frozen=True)
class StageRules:
    """The entry rules of all four stages, and the events a life begins and ends with; decline is the rest."""

    maturity: BuyingRule = BuyingRule(orders=3, window_days=365, last_within_days=120)
    growth: BuyingRule = BuyingRule(orders=1, window_days=120, last_within_days=120)
    observation_days: int = 90
    begins: Begins = Begins.SEEN
    ends: Ends = Ends.NEVER


@dataclass(frozen=True)
class Bought:
    """One paid order that was not given back whole."""

    at: datetime
    net_fen: Fen


@dataclass(frozen=True)
class Standing:
    """Where a member stands, why, and when time alone could change it (None: never)."""

    stage: Stage
    reason: str
    next_look_at: datetime | None


def standing(
    joined_at: datetime, bought: Sequence[Bought], rules: StageRules, now: datetime, *, unfollowed: bool = False
) -> Standing:
    """The one stage of a member now. What was bought after `now` does not count yet.

    `joined_at` is the instant of the event that the rules begin with.
    """
    known = [b for b in bought if b.at <= now]
    looks = [joined_at + timedelta(days=rules.observation_days)]
    stage = None
    for name, rule in ((Stage.MATURITY, rules.maturity), (Stage.GROWTH, rules.growth)):
        inside = [b for b in known if b.at > now - timedelta(days=rule.window_days)]
        lately = any(b.at > now - timedelta(days=rule.last_within_days) for b in known)
        if stage is None and _meets(inside, lately, rule):
            stage = name
        looks += [b.at + timedelta(days=rule.window_days) for b in inside]
        looks += [max(b.at for b in known) + timedelta(days=rule.last_within_days)] if known else []
    if stage is None:
        new = not known and joined_at > now - timedelta(days=rules.observation_days)
        stage = Stage.OBSERVATION if new else Stage.DECLINE
    next_look = min((look for look in looks if look > now), default=None)
    if unfollowed and rules.ends is Ends.UNFOLLOWED:
        return Standing(Stage.DECLINE, "unfollowed", next_look)
    return Standing(stage, _reason(stage, known), next_look)


def _meets(inside: Sequence[Bought], lately: bool, rule: BuyingRule) -> bool:
    return lately and len(inside) >= rule.orders and sum(b.net_fen for b in inside) >= rule.spend_fen


def _reason(stage: Stage, known: Sequence[Bought]) -> str:
    """Why, as a stable word for the history."""
    if stage in (Stage.MATURITY, Stage.GROWTH):
        return "bought"
    if stage is Stage.OBSERVATION:
        return "new"
    return "silent" if known else "never_bought"
