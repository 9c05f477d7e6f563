"""Inviting friends: the member's code and what came of it, and the rule, which the law is asked about."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.growth import ReferralState, RewardRule, Trigger
from miniapp_api.frame import Body, Call, FenAmount, Text, View
from services import referrals


class RuleView(View):
    """What an inviter gets for a friend's own first purchase, and at most how often in a calendar year."""

    name: str
    points: int
    least_fen: int
    cap_per_year: int
    accept_days: Annotated[int, Field(description="A friend names their inviter so many days after joining at most")]


class FriendView(View):
    """One invitation. Who the friend is is not told."""

    id: int
    state: ReferralState
    points: int
    created_at: datetime
    earned_at: datetime | None


class InvitationView(View):
    code: str
    rule: RuleView
    earned_this_year: int
    friends: list[FriendView]


async def get_invitation(call: Call) -> InvitationView:
    """The member's own code, the rule that holds, and how each invitation stands."""
    return InvitationView.model_validate(await referrals.invitation(call.shop, call.member_id))


class AcceptBody(Body):
    code: Annotated[Text, Field(min_length=1, max_length=16)]


async def post_accept(call: Call, body: AcceptBody) -> FriendView:
    """Name who invited the caller: once, soon after joining, before the first purchase."""
    return FriendView.model_validate(await referrals.accept(call.shop, call.member_id, body.code))


class RuleBody(Body):
    """A rule as it is proposed. What the law forbids can be said here, and is refused by its name."""

    name: Annotated[Text, Field(min_length=1, max_length=32)]
    points: Annotated[int, Field(ge=1, le=100_000)]
    trigger: Trigger = Trigger.FIRST_PURCHASE
    least_fen: FenAmount = 1
    cap_per_year: Annotated[int, Field(ge=0, le=1000)]
    accept_days: Annotated[int, Field(ge=1, le=365)] = 30
    levels: Annotated[int, Field(ge=1, le=9)] = 1
    needs_invitees: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    share_percent: Annotated[int, Field(ge=0, le=100)] = 0
    needs_plan: bool = False


class SavedRuleView(View):
    """`version` 0 is the rule of config.toml."""

    version: int
    rule: RuleView


async def get_rule(call: Call) -> SavedRuleView:
    """The rule that holds for friends who accept now."""
    return SavedRuleView.model_validate(await referrals.rule_now(call.shop))


async def put_rule(call: Call, body: RuleBody) -> SavedRuleView:
    """Save a rule for friends who accept from now on: one level, fixed, capped; anything else is refused."""
    rule = RewardRule(**{**body.model_dump(), "trigger": body.trigger.value})
    return SavedRuleView.model_validate(await referrals.save_rule(call.shop, call.staff_id, rule))
