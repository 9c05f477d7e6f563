"""Partner match: tables a shop owner can check."""

from datetime import UTC, datetime

import pytest

from domain.clock import SHANGHAI
from domain.partner import MatchState, Partner, PartnerRules, Verdict, linked, settles_at, told

NONE, TRIAL, CONFIRMED, ENDED = MatchState


@pytest.mark.parametrize(
    ("began", "confirmed"),
    [
        ("2026-11-22 15:00", "2027-02-23 00:00"),  # three calendar months: 22 February is the last day
        ("2026-11-30 00:00", "2027-03-01 00:00"),  # no 30 February: its last day
        ("2027-11-30 23:59", "2028-03-01 00:00"),  # a leap year: 29 February is the last day
    ],
)
def test_when_a_trial_is_confirmed(began: str, confirmed: str) -> None:
    at = datetime.fromisoformat(began).replace(tzinfo=SHANGHAI).astimezone(UTC)
    assert settles_at(at, PartnerRules()).astimezone(SHANGHAI) == datetime.fromisoformat(confirmed).replace(
        tzinfo=SHANGHAI
    )


@pytest.mark.parametrize(("level", "ours"), [(0, 0), (1, 1), (4, 4), (7, 7), (9, 7)])
def test_what_a_level_stands_for(level: int, ours: int) -> None:
    assert PartnerRules().partners[0].matched(level) == ours


def test_linking() -> None:
    assert linked(4, trial_used=False) == Verdict(TRIAL, 4)
    assert linked(4, trial_used=True) == Verdict(NONE, 0)  # no second trial
    assert linked(0, trial_used=False) == Verdict(NONE, 0)


@pytest.mark.parametrize(
    ("state", "had", "now", "then", "matched"),
    [
        (TRIAL, 4, 4, TRIAL, 4),
        (TRIAL, 4, 5, TRIAL, 5),  # a rise counts at once
        (TRIAL, 4, 3, ENDED, 0),  # the level it was given for is lost
        (TRIAL, 4, 0, ENDED, 0),
        (CONFIRMED, 4, 0, CONFIRMED, 4),  # it is the member's own now
        (CONFIRMED, 4, 6, CONFIRMED, 6),
        (ENDED, 0, 5, ENDED, 0),  # no second trial
        (NONE, 0, 5, NONE, 0),
    ],
)
def test_what_a_word_of_the_partner_does(state: MatchState, had: int, now: int, then: MatchState, matched: int) -> None:
    assert told(state, had, now) == Verdict(then, matched)


@pytest.mark.parametrize("wrong", [{"code": "a-b"}, {"levels": ()}, {"levels": (2, 1)}, {"levels": (-1, 1)}])
def test_a_partner_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rules\.partner"):
        Partner(**{"code": "a", "name": "A", "levels": (1,), **wrong})  # type: ignore[arg-type]  # That is tried.
