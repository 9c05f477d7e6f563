"""What a reward for inviting may be: a table a shop owner can check."""

import dataclasses
from typing import Any

import pytest

from domain.errors import Unlawful
from domain.growth import GrowthRules, Law, RewardRule, broken_laws, require_lawful

FINE = RewardRule("老友带新友")


def test_one_level_fixed_and_capped_is_lawful() -> None:
    assert broken_laws(FINE) == []
    require_lawful(FINE)


@pytest.mark.parametrize(
    ("change", "law"),
    [
        ({"levels": 2}, Law.SECOND_LEVEL),  # a reward for what the invited invite
        ({"needs_invitees": 160}, Law.HEAD_COUNT),  # "160 invited make a mentor"
        ({"share_percent": 1}, Law.FEE_SHARE),  # "170 yuan from each new fee"
        ({"needs_plan": True}, Law.ENTRY_FEE),  # "a yearly fee allows to recruit"
        ({"trigger": "follow"}, Law.PAID_SHARE),
        ({"trigger": "share"}, Law.PAID_SHARE),
        ({"trigger": "sign_up"}, Law.PAID_SHARE),
        ({"least_fen": 0}, Law.PAID_SHARE),  # a purchase of nothing is a sign-up
        ({"cap_per_year": 0}, Law.UNCAPPED),
        ({"levels": 3, "share_percent": 5}, Law.SECOND_LEVEL),  # the gravest is named
    ],
)
def test_what_the_law_refuses_is_named(change: dict[str, Any], law: Law) -> None:
    rule = dataclasses.replace(FINE, **change)
    with pytest.raises(Unlawful) as refused:
        require_lawful(rule)
    assert (refused.value.rule, refused.value.law) == ("老友带新友", law.value)
    with pytest.raises(ValueError, match="unlawful"):
        GrowthRules(referral=rule)
