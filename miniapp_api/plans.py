"""Plans on sale, ordering one, and the member's own plan with its quotas and what it was worth."""

from datetime import datetime

from pydantic import Field

from domain.membership import PlanState, Quota
from miniapp_api.frame import Body, Call, FenAmount, Ok, View
from miniapp_api.payments import PaymentView, PayParamsView
from services import extras, payments, plans


class CampaignView(View):
    """A price that holds from `starts_at` (included) until `ends_at` (excluded)."""

    price_fen: int
    starts_at: datetime
    ends_at: datetime


class PlanView(View):
    code: str
    name: str
    months: int = Field(description="12 for a year")
    price_fen: int = Field(description="The list price, integer fen")
    price_now_fen: int = Field(description="What an order made now costs; 0 begins at once")
    campaign: CampaignView | None
    campaign_on: bool
    stylings: int = Field(description="One-to-one stylings in each period")
    round_trips: int = Field(description="Free round trips of boxes in each period")
    points_multiplier_percent: int


class PlansView(View):
    items: list[PlanView]


class PeriodView(View):
    """One bought period. It is valid from `starts_at` until `ends_at`, its last day's 24:00."""

    id: int
    plan: str
    state: PlanState
    price_fen: int
    price_locked_until: datetime
    starts_at: datetime | None
    ends_at: datetime | None


class OrderQuery(Body):
    renew: bool = Field(False, description="The period is to follow the running one")


class OrderView(View):
    """`payment` and `pay_params` are absent when the plan costs nothing: it runs already."""

    membership: PeriodView
    payment: PaymentView | None = None
    pay_params: PayParamsView | None = None


class QuotaView(View):
    kind: Quota
    granted: int
    held: int = Field(description="Promised to a booking or box, not used yet")
    used: int
    left: int
    resets_at: datetime | None


class QuotaLineView(View):
    """One line of the quota statement."""

    at: datetime
    kind: Quota
    step: str = Field(description="grant, hold, use or restore")
    reason: str
    ref: str = Field(description="What it was for: booking:7, box:9:v1")


class ValueView(View):
    """What the running period was worth so far."""

    fee_fen: int
    saved_fen: int
    saved_goods_fen: int = Field(description="Kept goods of boxes and orders: public price less what was paid")
    saved_freight_fen: int
    stylings_used: int
    stylings_left: int
    round_trips_used: int
    round_trips_left: int


class MembershipView(View):
    """The member's plan now. Without a running one `current` and `value` are null."""

    current: PeriodView | None
    queued: PeriodView | None
    ordered: PaymentView | None = Field(description="An order that is still to be paid")
    renewal: bool = Field(description="Consent to automatic renewal stands")
    quotas: list[QuotaView]
    lines: list[QuotaLineView]
    value: ValueView | None


class RenewalView(Ok):
    renewal: bool


async def get_plans(call: Call) -> PlansView:
    """The plans on sale with their price now."""
    return PlansView(
        items=[
            PlanView(
                code=o.offer.code,
                name=o.offer.name,
                months=o.offer.months,
                price_fen=o.offer.price_fen,
                price_now_fen=o.price_fen,
                campaign=_campaign(o),
                campaign_on=o.campaign_on,
                stylings=o.offer.stylings,
                round_trips=o.offer.round_trips,
                points_multiplier_percent=o.offer.points_multiplier_percent,
            )
            for o in plans.offers(call.shop)
        ]
    )


def _campaign(on_sale: plans.OfferNow) -> CampaignView | None:
    offer = on_sale.offer
    if offer.campaign_price_fen is None:
        return None
    return CampaignView(
        price_fen=offer.campaign_price_fen,
        starts_at=datetime.fromisoformat(offer.campaign_from),
        ends_at=datetime.fromisoformat(offer.campaign_until),
    )


async def post_order(call: Call, code: str, query: OrderQuery) -> OrderView:
    """Order a plan: the membership and what the phone needs to pay it.

    The price holds for 15 minutes; within them the same order is given again. 409 plan_active while a
    plan runs, unless `renew` says that the new period is to follow it.
    """
    return await _to_pay(call, await plans.order(call.shop, call.member_id, code, renew=query.renew))


async def _to_pay(call: Call, ordered: plans.Ordered) -> OrderView:
    membership, payment = ordered
    period = PeriodView.model_validate(membership)
    if payment is None:
        return OrderView(membership=period)
    params = await payments.prepare(call.shop, payment)
    return OrderView(
        membership=period,
        payment=PaymentView.model_validate(payment),
        pay_params=PayParamsView.model_validate(params),
    )


class RenewalOfferView(View):
    """What renewing in one tap would order, and what the running period was worth so far."""

    plan: str
    name: str
    price_fen: int
    starts_at: datetime
    ends_at: datetime
    value: ValueView


async def get_renewal(call: Call) -> RenewalOfferView:
    """What renewing my plan would cost and bring: price, dates, and the value statement of this period."""
    wanted = await plans.renewal(call.shop, call.member_id)
    return RenewalOfferView(
        plan=wanted.offer.code,
        name=wanted.offer.name,
        price_fen=wanted.price_fen,
        starts_at=wanted.period.starts_at,
        ends_at=wanted.period.ends_at,
        value=ValueView.model_validate(wanted.value),
    )


async def post_renewal_order(call: Call) -> OrderView:
    """Renew my plan in one tap: the order, and what the phone needs to pay it. It follows without a gap."""
    return await _to_pay(call, await plans.renew(call.shop, call.member_id))


class ExtraStylingView(View):
    """One styling more in the running period; it is booked like the others."""

    price_fen: int
    left: int = Field(description="Stylings left without it")
    until: datetime = Field(description="The first instant at which it is too late to use it")


class ExtraStylingBody(Body):
    """`price_fen` is the price that was shown."""

    price_fen: FenAmount


class ExtraStylingOrderView(View):
    payment: PaymentView
    pay_params: PayParamsView


async def get_extra_styling(call: Call) -> ExtraStylingView:
    """What a styling above the quota costs, before it is ordered."""
    return ExtraStylingView.model_validate(await extras.offer(call.shop, call.member_id))


async def post_extra_styling(call: Call, body: ExtraStylingBody) -> ExtraStylingOrderView:
    """Order one more styling at the price shown; the unit is there once it is paid."""
    payment = await extras.order(call.shop, call.member_id, body.price_fen)
    params = await payments.prepare(call.shop, payment)
    return ExtraStylingOrderView(
        payment=PaymentView.model_validate(payment), pay_params=PayParamsView.model_validate(params)
    )


async def get_membership(call: Call) -> MembershipView:
    """My plan: the period, its quotas line by line, and what it was worth."""
    seen = await plans.overview(call.shop, call.member_id)
    return MembershipView(
        current=PeriodView.model_validate(seen.current) if seen.current else None,
        queued=PeriodView.model_validate(seen.queued) if seen.queued else None,
        ordered=PaymentView.model_validate(seen.ordered) if seen.ordered else None,
        renewal=seen.renewal,
        quotas=[QuotaView.model_validate(q) for q in seen.quotas],
        lines=[
            QuotaLineView(at=line.created_at, kind=line.counter.kind, step=line.step, reason=line.reason, ref=line.ref)
            for line in seen.lines
        ],
        value=ValueView.model_validate(seen.value) if seen.value else None,
    )


async def post_renewal(call: Call) -> RenewalView:
    """Consent to automatic renewal, apart from any purchase."""
    await plans.allow_renewal(call.shop, call.member_id, "miniapp")
    return RenewalView(renewal=True)


async def delete_renewal(call: Call) -> RenewalView:
    """End automatic renewal, at once and without conditions."""
    await plans.stop_renewal(call.shop, call.member_id, "miniapp")
    return RenewalView(renewal=False)
