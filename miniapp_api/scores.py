"""Scorecards of stylists. How a score is made is published in docs/scorecard.md."""

from pydantic import Field

from domain.score import ScoreRules
from miniapp_api.bookings import StylistName
from miniapp_api.frame import Call, View
from services import scores, stylists


class FactsView(View):
    sessions: int
    ratings: int
    stars: int
    pieces: int
    kept: int
    members: int
    back: int
    net_fen: int


class ScoreView(View):
    """Each part from 0 to 100; null where nothing was counted yet."""

    satisfaction: int | None
    keep: int | None
    rebooking: int | None
    sales: int | None
    total: int | None


class CardView(View):
    stylist: StylistName
    facts: FactsView
    score: ScoreView


class WeightsView(View):
    days: int
    satisfaction_percent: int
    keep_percent: int
    rebooking_percent: int
    sales_percent: int = Field(description="Always below 50")
    sales_target_fen: int


class CardsView(View):
    weights: WeightsView
    items: list[CardView]


async def get_scores(call: Call) -> CardsView:
    """The caller's own scorecard with its facts and weights; everybody's for admins."""
    rules: ScoreRules = call.shop.rules.score
    cards = await scores.cards(call.shop, await stylists.desk_of(call.staff_id))
    return CardsView(weights=WeightsView.model_validate(rules), items=[CardView.model_validate(card) for card in cards])
