"""The guard against lent memberships: a daily look at where the parcels of each running plan went."""

from datetime import timedelta

import structlog

from domain.case import CaseKind
from domain.lending import Spread, is_news, unusual
from domain.order import OrderState
from models import Box, Case, Member, Order
from models.sql import run
from services import addresses, cases
from services.shop import Shop
from services.transaction import transaction

SENT = (OrderState.PAID, OrderState.SHIPPED, OrderState.SIGNED)
log = structlog.get_logger()


async def spread_of(shop: Shop, member_id: int) -> Spread:
    """How many different phones the member's parcels of the window went to, and how many are other members'."""
    since = shop.now() - timedelta(days=shop.rules.lending.window_days)
    boxes = await Box.filter(member_id=member_id, confirmed_at__gt=since).exclude(address_sealed="")
    orders = await Order.filter(member_id=member_id, created_at__gt=since, state__in=SENT).exclude(address_sealed="")
    sealed = [box.address_sealed for box in boxes] + [order.address_sealed for order in orders]
    phones = {addresses.unseal(shop, one).phone for one in sealed}
    indexes = [shop.sealer.index(phone) for phone in phones]
    others = await Member.filter(phone_index__in=indexes, merged_into_id=None).exclude(id=member_id).count()
    return Spread(len(phones), others)


async def look(shop: Shop) -> int:
    """The job: an unusual spread becomes a case for the desk; how many. Nobody's benefit changes by itself."""
    rules, found = shop.rules.lending, 0
    since = shop.now() - timedelta(days=rules.window_days)
    least = min(rules.recipients_from, rules.others_from)
    for row in await run("lending_candidates", since=since, least=least):
        member_id = int(row["member_id"])
        spread = await spread_of(shop, member_id)
        ref = f"member:{member_id}"
        before = await Case.filter(kind=CaseKind.LENT, ref=ref).order_by("-id").first()
        if unusual(spread, rules) and is_news(spread, before.facts if before else None):
            async with transaction():
                await cases.open_case(
                    shop, CaseKind.LENT, ref, member_id,
                    facts={"recipients": spread.recipients, "others": spread.others},
                )  # fmt: skip
            found += 1
    log.info("lending.looked", found=found)
    return found
