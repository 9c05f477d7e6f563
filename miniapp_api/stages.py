"""The life cycle as marketing sees it: who stands where, by which rules, and what other rules would do."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.stage import Begins, BuyingRule, Ends, Stage, StageRules
from miniapp_api.frame import Body, Call, FenAmount, Text, View
from services import lookalikes, members, stages

Days = Annotated[int, Field(ge=1, le=3650)]


class StageCountView(View):
    """`came` and `left`: since yesterday's midnight in Shanghai."""

    stage: Stage
    members: int
    came: int
    left: int


class StagesView(View):
    stages: list[StageCountView]
    total: Annotated[int, Field(description="All members: everybody is in exactly one stage")]


class BuyingRuleBody(Body):
    """So many orders in a rolling window, the last one lately, so much spent in the window."""

    orders: Annotated[int, Field(ge=1, le=1000)]
    window_days: Days
    last_within_days: Days
    spend_fen: FenAmount = 0

    def rule(self) -> BuyingRule:
        return BuyingRule(self.orders, self.window_days, self.last_within_days, self.spend_fen)


class StageRulesBody(Body):
    maturity: BuyingRuleBody
    growth: BuyingRuleBody
    observation_days: Days
    begins: Begins = Begins.SEEN
    ends: Ends = Ends.NEVER

    def rules(self) -> StageRules:
        return StageRules(self.maturity.rule(), self.growth.rule(), self.observation_days, self.begins, self.ends)


class SaveRulesBody(StageRulesBody):
    based_on: Annotated[int, Field(ge=0, le=2**31 - 2, description="The version these rules were made from")]
    why: Annotated[Text, Field(min_length=1, max_length=200)]


class BuyingRuleView(View):
    orders: int
    window_days: int
    last_within_days: int
    spend_fen: int


class StageRulesView(View):
    """Version 0 is config.toml's."""

    version: int
    maturity: BuyingRuleView
    growth: BuyingRuleView
    observation_days: int
    begins: Begins
    ends: Ends


class FlowView(View):
    old: Stage
    new: Stage
    members: int


class PreviewView(View):
    """From each stage to each; `old` = `new` counts those who would stay."""

    flows: list[FlowView]
    would_be: dict[Stage, int]


class ChangeView(View):
    """`old` is empty for the first stage."""

    old: str
    new: str
    reason: str
    rules_version: int
    created_at: datetime


class HistoryView(View):
    stage: Stage
    changes: list[ChangeView]


async def get_stages(call: Call) -> StagesView:
    """How many members stand in each stage, and how many came and left since yesterday."""
    counts = await stages.counts(call.shop)
    return StagesView(stages=[StageCountView.model_validate(c) for c in counts], total=sum(c.members for c in counts))


def _view(force: stages.RulesInForce) -> StageRulesView:
    return StageRulesView(
        version=force.version,
        maturity=BuyingRuleView.model_validate(force.rules.maturity),
        growth=BuyingRuleView.model_validate(force.rules.growth),
        observation_days=force.rules.observation_days,
        begins=force.rules.begins,
        ends=force.rules.ends,
    )


async def get_rules(call: Call) -> StageRulesView:
    """The entry rules in force, with their version."""
    return _view(await stages.rules_in_force(call.shop))


async def post_preview(call: Call, body: StageRulesBody) -> PreviewView:
    """Who would stand where under other rules; nothing is written."""
    flows = await stages.preview(call.shop, body.rules())
    would_be = {stage: sum(f.members for f in flows if f.new is stage) for stage in Stage}
    return PreviewView(flows=[FlowView.model_validate(f) for f in flows], would_be=would_be)


async def put_rules(call: Call, body: SaveRulesBody) -> StageRulesView:
    """Save the next version of the rules; refused when somebody saved meanwhile."""
    return _view(await stages.save_rules(call.shop, call.staff_id, body.rules(), body.based_on, body.why))


async def get_history(call: Call, member_id: int) -> HistoryView:
    """A member's stage, and how they came there, the newest change first."""
    await members.get(member_id)
    changes = await stages.history(member_id)
    return HistoryView(stage=await stages.stage_of(member_id), changes=[ChangeView.model_validate(c) for c in changes])


class FactorsView(View):
    """Orders and their net sum within 365 days, orders within 90, sessions held within 365."""

    orders: float
    net_fen: float
    lately: float
    sessions: float


class LookalikeView(View):
    """`likeness`: the mean of the factors, each a share of the super users' average (where there is one), at most 1."""

    member_id: int
    stage: Stage
    likeness: float
    factors: FactorsView


class LookalikesView(View):
    """`model` is the super users' average of this year; null where there is none."""

    model: FactorsView | None
    people: list[LookalikeView]


class LookalikesQuery(Body):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


async def get_lookalikes(call: Call, query: LookalikesQuery) -> LookalikesView:
    """Members who are not loyal yet, the most like this year's super users first, with the factors."""
    return LookalikesView.model_validate(await lookalikes.lookalikes(call.shop, query.limit))
