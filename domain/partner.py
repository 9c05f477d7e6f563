"""Partner match: another firm's level stands for one of ours, first on trial, then for good.

It begins at the very word of the partner. A trial whose partner level falls below the one it was given for
ends at once; one that lasts is confirmed at 00:00 after the last day of three calendar months. There is no
second trial, neither for the member nor for the partner's account. What is confirmed is the member's own
while the link stands, whatever becomes of the partner's level.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.clock import add_months, day_end, day_of
from domain.states import Transitions


class MatchState(StrEnum):
    """Where a link to a partner's account stands."""

    NONE = "none"  # no match: not linked, a level that matches nothing, or the trial was used up before
    TRIAL = "trial"  # matched, and settling
    CONFIRMED = "confirmed"  # matched for as long as the link stands
    ENDED = "ended"  # the partner's level was lost during the trial


MATCH_LIFE = Transitions(
    "partner_match",
    MatchState,
    MatchState.NONE,
    {
        MatchState.NONE: [MatchState.TRIAL],
        MatchState.TRIAL: [MatchState.CONFIRMED, MatchState.ENDED, MatchState.NONE],
        # Unlinked: what was matched goes, what is known of the account with it.
        MatchState.CONFIRMED: [MatchState.NONE],
        MatchState.ENDED: [MatchState.NONE],
    },
)
MATCHED = (MatchState.TRIAL, MatchState.CONFIRMED)


@dataclass(frozen=True)
class Partner:
    """A firm whose levels are recognised. `levels`: our level for its level 1, 2, 3 and so on."""

    code: str
    name: str
    levels: tuple[int, ...]

    def __post_init__(self) -> None:
        rising = list(self.levels) == sorted(self.levels)
        if not self.code.isalnum() or len(self.code) > 16 or not self.levels or not rising or min(self.levels) < 0:
            raise ValueError(f"rules.partner: {self.code}: a short code, and levels that never fall")

    def matched(self, level: int) -> int:
        """Our level for one of theirs; 0 where it stands for nothing, the highest for one beyond the table."""
        return self.levels[min(level, len(self.levels)) - 1] if level > 0 else 0


@dataclass(frozen=True)
class PartnerRules:
    settle_months: int = 3
    ticket_minutes: int = 10
    signature_minutes: int = 5
    partners: tuple[Partner, ...] = (Partner("xinghe", "星河会员", (1, 2, 3, 4, 5, 6, 7)),)

    def partner(self, code: str) -> Partner | None:
        return next((partner for partner in self.partners if partner.code == code), None)


def settles_at(began_at: datetime, rules: PartnerRules) -> datetime:
    """When a trial that lasts is confirmed: 2026-11-22 → 2027-02-22 is its last day → 2027-02-23 00:00."""
    return day_end(add_months(day_of(began_at), rules.settle_months))


@dataclass(frozen=True)
class Verdict:
    """What a word of the partner's does to a link: its state and our level afterwards."""

    state: MatchState
    matched: int


def linked(matched: int, *, trial_used: bool) -> Verdict:
    """An account was linked: a level that stands for something begins the one trial."""
    return Verdict(MatchState.TRIAL, matched) if matched and not trial_used else Verdict(MatchState.NONE, 0)


def told(state: MatchState, had: int, now_matched: int) -> Verdict:
    """The partner tells another level. A rise counts at once; a fall ends a trial and leaves what is confirmed."""
    if state is MatchState.TRIAL and now_matched < had:
        return Verdict(MatchState.ENDED, 0)
    return Verdict(state, max(had, now_matched)) if state in MATCHED else Verdict(state, 0)
