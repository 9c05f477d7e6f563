"""A membership is one person's: many strangers at the other end of its parcels are looked at, never punished unseen."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class LendingRules:
    window_days: int = 90
    recipients_from: int = 4  # so many different phones on the parcels of one membership are looked at
    others_from: int = 2  # or so many phones that belong to other members


@dataclass(frozen=True)
class Spread:
    """Where a membership's parcels went: different phones, and how many of them are other members'."""

    recipients: int
    others: int


def unusual(spread: Spread, rules: LendingRules) -> bool:
    """Whether somebody should look. Family counts as everybody else: a person decides what it means."""
    return spread.recipients >= rules.recipients_from or spread.others >= rules.others_from


def is_news(spread: Spread, looked_at: Mapping[str, object] | None) -> bool:
    """Whether it goes beyond what was looked at last: nobody is asked twice about the same parcels."""
    if looked_at is None:
        return True
    before = Spread(int(str(looked_at.get("recipients", 0))), int(str(looked_at.get("others", 0))))
    return spread.recipients > before.recipients or spread.others > before.others
