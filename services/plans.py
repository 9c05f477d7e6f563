"""Plans: ordered explicitly, begun when paid, followed without a gap when renewed early.

One running plan a member, whatever is fired in parallel: every step here holds the member's row, and the
partial unique keys over active, ordered and following periods decide what the lock cannot see.
"""

from dataclasses import dataclass

import structlog

from domain.box import ItemState
from domain.errors import NotAMember, NotFound, PlanActive, WrongState
from domain.membership import (
    LEVELS,
    PLAN_LIFE,
    Level,
    Period,
    PlanOffer,
    PlanState,
    Purpose,
    Quota,
    ValueStatement,
    higher,
    locked_until,
    period_bought,
    price_now,
    saved_on_freight,
    saved_on_goods,
)
from domain.money import Fen
from domain.order import PieceState
from domain.payment import PaymentPurpose, PaymentState
from models import BoxItem, Member, Membership, OrderItem, Payment, QuotaEntry, Sku
from models.base import move
from services import consents, payments, quotas
from services.periods import (
    begin,
    end_of,
    lock,
    offer_of,
    period_of,
    ref_of,
    start_of,
    turn_over,
    turn_over_member,
)
from services.quotas import QuotaView
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "OfferNow", "Ordered", "Overview", "allow_renewal", "offers", "on_closed", "on_paid", "order", "overview",
    "renew", "renewal", "stop_renewal", "turn_over",
]  # fmt: skip

STATEMENT_LINES = 200
Ordered = tuple[Membership, Payment | None]
"""An ordered period and its payment; None where it costs nothing."""
log = structlog.get_logger()


@dataclass(frozen=True)
class OfferNow:
    """A plan on sale and its price at this instant."""

    offer: PlanOffer
    price_fen: int
    campaign_on: bool


def offers(shop: Shop) -> list[OfferNow]:
    """Every plan on sale."""
    now = shop.now()
    return [
        OfferNow(offer, fen, fen != offer.price_fen)
        for offer in shop.rules.membership.plans
        for fen in [price_now(offer, now)]
    ]


async def order(shop: Shop, member_id: int, code: str, *, renew: bool = False) -> Ordered:
    """Order a plan: the explicit purchase without which none begins.

    Within the price lock the same order is given again; after it the price is computed anew, under a new
    number. A plan that costs nothing now begins at once, without WeChat and without a payment.
    `renew` says that a period is to follow the running one. Raises NotFound for no such plan, NotAMember,
    PlanActive while one runs (or, renewing, while one is waiting to follow already).
    """
    offer = offer_of(shop, code)
    async with transaction():
        member = await lock(member_id)
        if LEVELS.index(member.level) < LEVELS.index(Level.REGISTERED):
            raise NotAMember
        running = await turn_over_member(shop, member_id)
        if running and (not renew or len(running) > 1 or running[0].state is PlanState.QUEUED):
            raise PlanActive(max(end_of(m) for m in running).isoformat())
        membership = await _order_row(shop, member, offer, running[0].id if running else None)
        if membership.price_fen == 0:
            if not await begin(shop, membership, shop.now()):
                raise WrongState("plan", membership.state, PlanState.ACTIVE)
            return membership, None
        payment = await payments.want(
            shop,
            member_id,
            PaymentPurpose.PLAN,
            ref_of(membership.id),
            membership.price_fen,
            offer.name,
            expires_at=membership.price_locked_until,
        )
    log.info("plan.ordered", member=member_id, membership=membership.id, price_fen=membership.price_fen)
    return membership, payment


async def _order_row(shop: Shop, member: Member, offer: PlanOffer, follows_id: int | None) -> Membership:
    """The member's one open order: the standing one within its price lock, else a new one."""
    now = shop.now()
    standing = await Membership.filter(member_id=member.id, state=PlanState.WANTED).first()
    if standing is not None:
        same = (standing.plan, standing.follows_id) == (offer.code, follows_id)
        if same and now < standing.price_locked_until:
            return standing
        await _cancel(shop, standing, "ordered anew")
    # The unique key over open orders decides should two get here at once.
    await Membership.bulk_create(
        [
            Membership(
                member_id=member.id,
                plan=offer.code,
                state=PlanState.WANTED,
                price_fen=price_now(offer, now),
                price_locked_until=locked_until(now, shop.rules.membership),
                follows_id=follows_id,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    return await Membership.get(member_id=member.id, state=PlanState.WANTED)


@dataclass(frozen=True)
class Renewal:
    """What one tap would order: the same plan again, following without a gap, at the price of this instant."""

    offer: PlanOffer
    price_fen: Fen
    period: Period
    value: ValueStatement


async def renewal(shop: Shop, member_id: int) -> Renewal:
    """The member's renewal before she orders it. Raises NotFound without a running plan, PlanActive once renewed."""
    seen = await overview(shop, member_id)
    if seen.current is None or seen.value is None:
        raise NotFound("membership")
    if seen.queued is not None:
        raise PlanActive(end_of(seen.queued).isoformat())
    offer = offer_of(shop, seen.current.plan)
    period = period_bought(period_of(seen.current), shop.now(), offer.months)
    return Renewal(offer, price_now(offer, shop.now()), period, seen.value)


async def renew(shop: Shop, member_id: int) -> Ordered:
    """Order the running plan again, in one step: what WeChat is not allowed to charge by itself, one tap pays.

    Raises as `renewal` and `order` do.
    """
    wanted = await renewal(shop, member_id)
    return await order(shop, member_id, wanted.offer.code, renew=True)


async def on_paid(shop: Shop, payment: Payment) -> None:
    """A plan payment has come: the period begins or waits to follow; inside the caller's transaction.

    What cannot begin (the order was given up, or a plan runs that it was not ordered to follow) is given
    back by itself.
    """
    member = await lock(payment.member_id)
    membership = await Membership.get(id=int(payment.ref.partition(":")[2]))
    if membership.state not in (PlanState.WANTED, PlanState.CANCELLED):
        return
    begun = membership.state is PlanState.WANTED and await begin(shop, membership, payment.paid_at or shop.now())
    if not begun:
        if membership.state is PlanState.WANTED:
            await _cancel(shop, membership, "another plan runs")
        await payments.give_back(shop, payment, "会员已生效，重复付款自动退回")
        log.warning("plan.given_back", membership=membership.id, payment=payment.id)
        return
    await Member.filter(id=member.id).update(level=higher(member.level, Level.PAYER), updated_at=shop.now())


async def on_closed(shop: Shop, payment: Payment) -> None:
    """The payment will not be made any more: the order falls away. Inside the caller's transaction."""
    await lock(payment.member_id)
    membership = await Membership.get(id=int(payment.ref.partition(":")[2]))
    if membership.state is PlanState.WANTED:
        await _cancel(shop, membership, "not paid in time")


async def _cancel(shop: Shop, membership: Membership, why: str) -> None:
    await move(membership, PLAN_LIFE, PlanState.CANCELLED, at=shop.now(), who="shop", why=why)
    await payments.close(shop, ref_of(membership.id), why)


async def allow_renewal(shop: Shop, member_id: int, channel: str) -> None:
    """Note the separate consent to automatic renewal. Raises NotFound without a running plan."""
    async with transaction():
        await lock(member_id)
        if not await turn_over_member(shop, member_id):
            raise NotFound("membership")
        await consents.note(shop, member_id, Purpose.RENEWAL, channel, given=True)


async def stop_renewal(shop: Shop, member_id: int, channel: str) -> None:
    """End automatic renewal: one call, at any time, without conditions."""
    async with transaction():
        await lock(member_id)
        await consents.withdraw_if_given(shop, member_id, Purpose.RENEWAL, channel)


@dataclass(frozen=True)
class Overview:
    """A member's plan at this instant. Without a running one there are no quotas and no statement."""

    current: Membership | None
    queued: Membership | None
    ordered: Payment | None  # an order still to be paid
    renewal: bool  # consent to automatic renewal stands
    quotas: list[QuotaView]
    lines: list[QuotaEntry]  # of the running period, the newest first, each with its counter
    value: ValueStatement | None


async def overview(shop: Shop, member_id: int) -> Overview:
    """What a member's membership page shows."""
    now = shop.now()
    running = await Membership.filter(
        member_id=member_id, state__in=[PlanState.ACTIVE, PlanState.QUEUED], ends_at__gt=now
    ).order_by("starts_at", "id")
    current = next((m for m in running if start_of(m) <= now), None)
    queued = next((m for m in running if start_of(m) > now), None)
    ordered = await Payment.filter(
        member_id=member_id, purpose=PaymentPurpose.PLAN, state=PaymentState.WANTED, expires_at__gt=now
    ).first()
    views = await quotas.overview(member_id) if current else []
    lines: list[QuotaEntry] = []
    if current is not None:
        lines = (
            await QuotaEntry.filter(counter__membership_id=current.id)
            .order_by("-id")
            .limit(STATEMENT_LINES)
            .prefetch_related("counter")
        )
    return Overview(
        current,
        queued,
        ordered,
        await consents.consented(member_id, Purpose.RENEWAL),
        views,
        lines,
        await _value(shop, current, views) if current is not None else None,
    )


async def _value(shop: Shop, current: Membership, views: list[QuotaView]) -> ValueStatement:
    """What this period was worth so far: against public prices, and freight that was not charged."""
    kept = await BoxItem.filter(
        box__member_id=current.member_id,
        box__settled_at__gte=current.starts_at,
        box__settled_at__lt=current.ends_at,
        state=ItemState.BOUGHT,
    )
    public: dict[int, Fen] = {
        sku.id: sku.product.price_fen
        for sku in await Sku.filter(id__in=[item.sku_id for item in kept]).select_related("product")
    }
    bought = await OrderItem.filter(
        order__member_id=current.member_id,
        order__paid_at__gte=current.starts_at,
        order__paid_at__lt=current.ends_at,
        state__in=[PieceState.ORDERED, PieceState.BOUGHT, PieceState.RETURNING],
    )
    by_kind = {view.kind: view for view in views}
    styling, trips = by_kind.get(Quota.STYLING), by_kind.get(Quota.ROUND_TRIP)
    return ValueStatement(
        fee_fen=current.price_fen,
        saved_goods_fen=saved_on_goods(
            [(public.get(i.sku_id, 0), i.price_fen if i.net_fen is None else i.net_fen) for i in kept]
            + [(piece.public_fen, piece.net_fen) for piece in bought]
        ),
        saved_freight_fen=saved_on_freight(trips.used if trips else 0, shop.rules.box.freight_leg_fen),
        stylings_used=styling.used if styling else 0,
        stylings_left=styling.left if styling else 0,
        round_trips_used=trips.used if trips else 0,
        round_trips_left=trips.left if trips else 0,
    )
