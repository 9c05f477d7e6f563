"""The guard against lent memberships: a daily look at where the parcels of each running plan went."""

from collections.abc import Sequence
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
AT_ONCE = 500
log = structlog.get_logger()


async def spreads_of(shop: Shop, member_ids: Sequence[int]) -> dict[int, Spread]:
    """How many different phones each member's parcels of the window went to, and how many are other members'."""
    since = shop.now() - timedelta(days=shop.rules.lending.window_days)
    boxes = Box.filter(member_id__in=member_ids, confirmed_at__gt=since).exclude(address_sealed="")
    orders = Order.filter(member_id__in=member_ids, created_at__gt=since, state__in=SENT).exclude(address_sealed="")
    went: dict[int, set[str]] = {member_id: set() for member_id in member_ids}
    for rows in (boxes, orders):
        for row in await rows.values("member_id", "address_sealed"):
            phone = addresses.unseal(shop, row["address_sealed"]).phone
            went[row["member_id"]].add(shop.sealer.index(phone))
    names = set().union(*went.values())
    known = await Member.filter(phone_index__in=names, merged_into_id=None).values("id", "phone_index")
    owner = {row["phone_index"]: row["id"] for row in known}
    return {
        member_id: Spread(len(phones), sum(owner.get(phone, member_id) != member_id for phone in phones))
        for member_id, phones in went.items()
    }


async def look(shop: Shop) -> int:
    """The job: an unusual spread becomes a case for the desk; how many. Nobody's benefit changes by itself."""
    rules, found = shop.rules.lending, 0
    since = shop.now() - timedelta(days=rules.window_days)
    least = min(rules.recipients_from, rules.others_from)
    candidates = [int(row["member_id"]) for row in await run("lending_candidates", since=since, least=least)]
    for first in range(0, len(candidates), AT_ONCE):
        for member_id, spread in (await spreads_of(shop, candidates[first : first + AT_ONCE])).items():
            if unusual(spread, rules):
                found += await _open(shop, member_id, spread)
    log.info("lending.looked", found=found)
    return found


async def _open(shop: Shop, member_id: int, spread: Spread) -> bool:
    ref = f"member:{member_id}"
    before = await Case.filter(kind=CaseKind.LENT, ref=ref).order_by("-id").first()
    if not is_news(spread, before.facts if before else None):
        return False
    async with transaction():
        facts = {"recipients": spread.recipients, "others": spread.others}
        await cases.open_case(shop, CaseKind.LENT, ref, member_id, facts=facts)
    return True
