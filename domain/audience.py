"""Whom a word is meant for: conditions over stage, bands, tier, tags, plan and what was done lately."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from domain.errors import Invalid
from domain.money import Fen
from domain.stage import Stage

TAG_LETTERS_MAX = 16
TAGS_MAX = 20


class Deed(StrEnum):
    """What a member may have done lately, or not."""

    SEEN = "seen"  # any trace at all: a message, a page, a visit
    BOOKED = "booked"  # made a booking for a styling session
    BOXED = "boxed"  # asked for a box
    OPINED = "opined"  # gave an opinion


@dataclass(frozen=True)
class Audience:
    """Who is meant. Every condition that is given must hold; none given means everybody.

    Days count back from the instant of planning. The band of recency is `silent_days` (has bought, but not so
    lately) to `bought_within_days` (an order that lately); those of frequency and spend count 365 days and
    include both ends. 0, empty and None are no condition.
    """

    stages: tuple[Stage, ...] = ()
    bought_within_days: int = 0
    silent_days: int = 0
    orders_365_min: int = 0
    orders_365_max: int = 0
    spend_365_min_fen: Fen = 0
    spend_365_max_fen: Fen = 0
    joined_within_days: int = 0
    plan: bool | None = None  # whether a paid plan runs
    tiers: tuple[int, ...] = ()  # effective levels, partner matches included
    super_user: bool | None = None  # of this calendar year
    tags: tuple[str, ...] = ()  # at least one of them
    did: Deed | None = None  # within `did_within_days`
    did_within_days: int = 0
    missed: Deed | None = None  # not once within `missed_within_days`
    missed_within_days: int = 0

    def __post_init__(self) -> None:
        """Raises Invalid naming what can hold for nobody or says nothing."""
        if self.bought_within_days and self.silent_days and self.silent_days >= self.bought_within_days:
            raise Invalid("silent_days", "not below bought_within_days: nobody is in that band")
        for low, high in (("orders_365_min", "orders_365_max"), ("spend_365_min_fen", "spend_365_max_fen")):
            if getattr(self, high) and getattr(self, low) > getattr(self, high):
                raise Invalid(low, f"above {high}: nobody is in that band")
        for deed, days in (("did", "did_within_days"), ("missed", "missed_within_days")):
            if (getattr(self, deed) is None) is not (getattr(self, days) == 0):
                raise Invalid(days, f"{deed} and {days} belong together")
        if any(not sound_tag(tag) for tag in self.tags):
            raise Invalid("tags", "not a tag's name")

    @property
    def beyond_stages(self) -> bool:
        """Whether it asks for more than a stage."""
        return any(getattr(self, f.name) != f.default for f in fields(self) if f.name != "stages")


def sound_tag(name: str) -> bool:
    """A tag is one short word; a comma would part it."""
    return 0 < len(name) <= TAG_LETTERS_MAX and name == name.strip() and name.isprintable() and "," not in name


def audience_from(kept: Mapping[str, Any]) -> Audience:
    """Read back what was kept as data (`dataclasses.asdict`)."""
    deeds = {name: Deed(kept[name]) for name in ("did", "missed") if kept.get(name)}
    lists = {name: tuple(kept.get(name, ())) for name in ("tiers", "tags")}
    stages = tuple(Stage(stage) for stage in kept.get("stages", ()))
    return Audience(**{**kept, **lists, **deeds, "stages": stages})
