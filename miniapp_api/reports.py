"""Reports on people: how far they come, what became of those who came one way, and who renews."""

from typing import Annotated

from pydantic import Field

from domain.report import Layer
from miniapp_api.bookings import Day
from miniapp_api.frame import Body, Call, View
from services import reports


class SpanQuery(Body):
    """Days of the shop, both included."""

    first: Day
    last: Day


class StepView(View):
    """`of_previous`: how many of them are in the layer before, too; the percentage is of that layer."""

    layer: Layer
    people: int
    of_previous: int
    from_previous_percent: float | None


class FunnelView(View):
    source: Annotated[str, Field(description="The first way in; empty = everybody")]
    steps: list[StepView]


class FunnelsView(View):
    items: list[FunnelView]


async def get_funnel(call: Call, query: SpanQuery) -> FunnelsView:
    """The four layers of everybody first seen in those days: together, then by first source."""
    found = await reports.funnels(query.first, query.last)
    return FunnelsView(items=[FunnelView.model_validate(group) for group in found])


class CohortsQuery(SpanQuery):
    by_scene: Annotated[bool, Field(description="Apart by entry code, poster or store as well")] = False


class KeptView(View):
    """`old_enough`: first seen at least so many days ago. `kept`: still seen so many days after their first time."""

    days: int
    old_enough: int
    kept: int
    percent: float | None


class CohortView(View):
    """`again`: with a second purchase. Sums are net of what came back."""

    month: str
    source: str
    scene: str
    members: int
    registered: int
    buyers: int
    again: int
    net_fen: int
    kept: list[KeptView]


class CohortsView(View):
    items: list[CohortView]


async def get_cohorts(call: Call, query: CohortsQuery) -> CohortsView:
    """What became of those first seen in one month by one way in: registered, bought, bought again, still seen."""
    found = await reports.cohorts(call.shop, query.first, query.last, by_scene=query.by_scene)
    return CohortsView(items=[CohortView.model_validate(one) for one in found])


class RenewalView(View):
    """Renewed: another paid period began at the end or within thirty days; `still_open`: those days still run."""

    month: str
    plan: str
    ended: int
    renewed: int
    still_open: int
    percent: Annotated[float | None, Field(description="Of those that are decided")]


class RenewalsView(View):
    items: list[RenewalView]


async def get_renewals(call: Call, query: SpanQuery) -> RenewalsView:
    """Of the membership periods whose last day lies in those days: how many were renewed, by month and plan."""
    found = await reports.renewals(call.shop, query.first, query.last)
    return RenewalsView(items=[RenewalView.model_validate(one) for one in found])
