"""A styling above the quota: priced first, paid, and then one unit more in the running period."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from tortoise.expressions import F

from domain.errors import NotFound, StaleVersion
from domain.membership import Level, PlanState, Quota, higher
from domain.money import Fen
from domain.payment import PaymentPurpose
from models import Member, Payment, QuotaCounter, QuotaEntry
from services import payments, quotas
from services.periods import end_of, lock
from services.shop import Shop
from services.transaction import transaction

WORDS = "加购一次造型"
log = structlog.get_logger()


@dataclass(frozen=True)
class Offer:
    """What one more styling costs now, how many are left without it, and until when it may be used."""

    price_fen: Fen
    left: int
    until: datetime


async def offer(shop: Shop, member_id: int) -> Offer:
    """Raises NotFound without a running plan, or where the shop sells none."""
    price_fen = shop.rules.membership.extra_styling_fen
    counter = await quotas.counter_for(member_id, Quota.STYLING, shop.now())
    if counter is None or not price_fen:
        raise NotFound("styling")
    await counter.fetch_related("membership")
    return Offer(price_fen, counter.granted - counter.held - counter.used, end_of(counter.membership))


async def order(shop: Shop, member_id: int, price_fen: Fen) -> Payment:
    """Order one more styling at the price that was shown. Raises StaleVersion for another price, NotFound."""
    async with transaction():
        await lock(member_id)
        seen = await offer(shop, member_id)
        if seen.price_fen != price_fen:
            raise StaleVersion("styling")
        counter = await quotas.counter_for(member_id, Quota.STYLING, shop.now())
        assert counter is not None, "the offer has looked"
        payment = await payments.want(
            shop, member_id, PaymentPurpose.STYLING, f"styling:{counter.id}", price_fen, WORDS
        )
    log.info("styling.ordered", member=member_id, payment=payment.id, price_fen=price_fen)
    return payment


async def on_paid(shop: Shop, payment: Payment) -> None:
    """The payment has come: one unit more, inside the caller's transaction. After the period it is given back."""
    member = await lock(payment.member_id)
    now = shop.now()
    counter = await QuotaCounter.get(id=int(payment.ref.partition(":")[2])).select_related("membership")
    running = counter.membership.state in (PlanState.ACTIVE, PlanState.QUEUED)
    if not running or end_of(counter.membership) <= now:
        await payments.give_back(shop, payment, "会员期已结束，加购的造型自动退款")
        return
    await QuotaEntry.create(
        counter_id=counter.id, step="grant", reason="bought", ref=f"payment:{payment.id}", created_at=now
    )
    await QuotaCounter.filter(id=counter.id).update(granted=F("granted") + 1, updated_at=now)
    await Member.filter(id=member.id).update(level=higher(member.level, Level.PAYER), updated_at=now)
    log.info("styling.bought", member=member.id, payment=payment.id)
