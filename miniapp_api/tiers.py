"""Tiers: the table, the member's own standing, and the report of super users."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.loyalty import combined
from miniapp_api.frame import Body, Call, View
from services import benefits, tiers


class TierView(View):
    """One tier and all it brings."""

    level: int
    code: str
    name: str
    needs_fen: Annotated[int, Field(description="Net spend of the rolling twelve months")]
    points_percent: int
    member_price: bool
    free_freight: bool
    warranty_days: int
    dispatch_priority: int
    inbox_priority: int


class TiersView(View):
    items: list[TierView]


async def get_tiers(call: Call) -> TiersView:
    """All tiers, the lowest first."""
    return TiersView(items=[TierView.model_validate(tier) for tier in call.shop.rules.tier.tiers])


class BenefitsView(View):
    """What the member has a right to now, from plan and tier together."""

    member_price: bool
    free_freight: bool
    priority: Annotated[int, Field(description="Of two orders the higher one is packed first")]
    points_percent: Annotated[int, Field(description="The multiplier of an order now; 100 = once")]
    warranty_days: int


class TierChangeView(View):
    noun: Annotated[str, Field(description="tier or super_user")]
    old: str
    new: str
    why: str
    at: datetime


class StandingView(View):
    tier: TierView
    local: Annotated[int, Field(description="The level earned here")]
    matched: Annotated[int, Field(description="The level a partner's level stands for; 0 = none")]
    super_user: bool
    spend_fen: Annotated[int, Field(description="Net spend of the rolling twelve months")]
    year_fen: Annotated[int, Field(description="Net purchases of this calendar year")]
    following: TierView | None
    lacking_fen: Annotated[int, Field(description="What is missing for the following tier")]
    benefits: BenefitsView
    history: list[TierChangeView]


async def get_standing(call: Call) -> StandingView:
    """The member's tier, what it brings, what the next one needs, and how it came to be."""
    found = await tiers.standing(call.shop, call.member_id)
    place, following = found.place, found.following
    enjoys = await benefits.of(call.shop, call.member_id)
    return StandingView(
        tier=TierView.model_validate(place.tier),
        local=place.local,
        matched=place.matched,
        super_user=place.super_user,
        spend_fen=found.spend_fen,
        year_fen=found.year_fen,
        following=TierView.model_validate(following) if following else None,
        lacking_fen=found.lacking_fen,
        benefits=BenefitsView(
            member_price=enjoys.member_price,
            free_freight=enjoys.free_freight,
            priority=enjoys.priority,
            points_percent=combined(enjoys.multipliers_percent, call.shop.rules.points),
            warranty_days=enjoys.warranty_days,
        ),
        history=[TierChangeView(noun=h.noun, old=h.old, new=h.new, why=h.why, at=h.created_at) for h in found.history],
    )


class YearQuery(Body):
    year: Annotated[int, Field(ge=2000, le=2200)]


class SuperUsersView(View):
    """Sums in fen, net of what came back."""

    year: int
    above_fen: int
    buyers: int
    total_fen: int
    count: int
    sum_fen: int
    mean_fen: int
    super_percent: Annotated[float | None, Field(description="Their share of the year's net sum")]
    ordinary_mean_fen: Annotated[int, Field(description="What the other buyers spent on average")]
    top_fifth: int
    top_fifth_fen: int
    top_fifth_percent: float | None


async def get_super_users(call: Call, query: YearQuery) -> SuperUsersView:
    """The super users of one calendar year: count, sum, mean, and the share of the top fifth."""
    return SuperUsersView.model_validate(await tiers.super_users(call.shop, query.year))
