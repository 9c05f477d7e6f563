"""Rules tried against last year's purchases before they are switched on: asked, carried on, read."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.membership import Quota
from miniapp_api.frame import Body, Call, Page, PageQuery, View
from services import rule_trials

Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class TrialBody(Body):
    """Keys of `[rules.*]` with other numbers: `{"rules.points.fen_per_point": 50}`; tiers and plans by their code."""

    changes: Annotated[
        dict[str, bool | Number], Field(min_length=1, max_length=20, examples=[{"rules.points.fen_per_point": 50}])
    ]


class FiguresView(View):
    purchases: int
    goods_fen: int
    freight_fen: int
    points: int


class TrialMonthView(View):
    """`affected`: members whose figures of the month differ."""

    month: str
    affected: int
    before: FiguresView
    after: FiguresView


class QuotaChangeView(View):
    plan: str
    kind: Quota
    before: int
    after: int
    periods: int
    affected_periods: int
    cut_units: int
    at_the_limit: int


class TierCountView(View):
    level: int
    before: int
    after: int


class TrialView(View):
    id: int
    changes: dict[str, bool | int]
    staff_id: int
    until_at: datetime
    finished_at: datetime | None


class TrialResultView(TrialView):
    """`cost_fen`: what would not have come in; `cost_points`: given on top. `unknown`: what no figure here tells."""

    done_percent: int
    members: int
    members_affected: int
    cost_fen: int
    cost_points: int
    months: list[TrialMonthView]
    tiers: Annotated[list[TierCountView], Field(description="Buyers of two years by the tier they end in")]
    super_users_before: int
    super_users_after: int
    quotas: list[QuotaChangeView]
    unknown: list[str]


def _view(row: rule_trials.RuleTrial) -> TrialResultView:
    result = rule_trials.result_of(row)
    found = result.compared
    none = FiguresView(purchases=0, goods_fen=0, freight_fen=0, points=0)

    def figures(month: str, sums: dict[str, rule_trials.Figures]) -> FiguresView:
        return FiguresView.model_validate(sums[month]) if month in sums else none

    months = [
        TrialMonthView(
            month=month, affected=found.affected.get(month, 0), before=figures(month, found.before),
            after=figures(month, found.after),
        )
        for month in sorted(found.before)
    ]  # fmt: skip
    levels = sorted(found.levels_before.keys() | found.levels_after.keys())
    return TrialResultView(
        **TrialView.model_validate(row).model_dump(),
        done_percent=result.done_percent,
        members=found.members,
        members_affected=found.members_affected,
        cost_fen=result.cost_fen,
        cost_points=result.cost_points,
        months=months,
        tiers=[
            TierCountView(level=n, before=found.levels_before.get(n, 0), after=found.levels_after.get(n, 0))
            for n in levels
        ],
        super_users_before=found.super_before,
        super_users_after=found.super_after,
        quotas=[QuotaChangeView.model_validate(one) for one in result.quotas],
        unknown=result.unknown,
    )


async def post_simulate(call: Call, body: TrialBody) -> TrialResultView:
    """Try other numbers against the last 365 days' purchases; nothing is applied. Read it again for its progress."""
    return _view(await rule_trials.ask(call.shop, call.staff_id, body.changes))


async def get_simulations(call: Call, query: PageQuery) -> Page[TrialView]:
    """All simulations, the newest first."""
    found = await rule_trials.listed(int(query.cursor) if query.cursor else None, query.limit + 1)
    return Page[TrialView](
        items=[TrialView.model_validate(row) for row in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


async def get_simulation(call: Call, trial_id: int) -> TrialResultView:
    """One simulation: how far it is, and what it has come to."""
    return _view(await rule_trials.get(trial_id))
