"""Settling a box: exactly once, whoever comes first – the warehouse, the member, or the deadline.

The box's row is locked, the bill is reckoned by domain/bill.py, and everything that follows is written
in that one transaction: items, stock, ledger, coupon, points, care, and what WeChat is to be asked for.
Money that comes later is booked by payments and covers; here only the bill is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from tortoise.exceptions import BaseORMException

from domain.benefits import Benefits
from domain.bill import SettlementFigures
from domain.box import BOX_LIFE, ITEM_LIFE, BoxState, Fate, ItemState
from domain.case import CaseKind
from domain.errors import OutsideFault, OutsideRefusal, Refusal
from domain.ledger import Account
from domain.loyalty import combined, earned, usable_from
from domain.money import Fen
from domain.order import warranty_ends
from domain.path import Event
from models import Box, BoxItem, Parcel
from models.base import move, move_all
from models.sql import run
from services import (
    benefits,
    box_money,
    box_notes,
    care,
    cases,
    catalog,
    coupons,
    exchanges,
    ledger,
    losses,
    perks,
    pickups,
    points,
    purchases,
)
from services.box_covers import ref, stock_ref
from services.catalog import Piece
from services.outlook import LIVE, back_parcels, came_back, fates, figures_for, overdue
from services.proposals import items_of
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def settle(shop: Shop, box_id: int, who: str, *, skip_locked: bool = False) -> SettlementFigures | None:
    """Settle the box if it is time: every item decided, what came back graded, or the deadline over.

    None when it is not time yet, or somebody else has settled it. At the deadline the undecided is
    bought even while a parcel sent in time is still awaited; the bill is then made when that is graded.
    """
    async with transaction():
        rows = Box.filter(id=box_id, state__in=LIVE).select_for_update(skip_locked=skip_locked)
        box = await rows.first()
        if box is None:
            return None
        items = await items_of(box_id)
        return await settle_locked(shop, box, items, await back_parcels(items), who)


async def settle_locked(
    shop: Shop, box: Box, items: Sequence[BoxItem], back: Mapping[int, Parcel], who: str
) -> SettlementFigures | None:
    """The same for a live box whose row the caller has locked, with its pieces and its parcels on their way back."""
    await losses.give_up_silent(shop, box, items, back, who)
    decided = fates(shop, box, items, back)
    await _close(shop, box, items, decided, who)
    if Fate.WAIT in decided.values():
        return None
    kept = [item for item in items if decided[item.id] is Fate.BUY]
    figures = await figures_for(shop, box, kept, anything_back=any(came_back(i) for i in items))
    await _book(shop, box, kept, figures, who)
    log.info("box.settled", box=box.id, kept=len(kept), charge_fen=box.charge_fen, who=who)
    return figures


async def _close(shop: Shop, box: Box, items: Sequence[BoxItem], decided: Mapping[int, Fate], who: str) -> None:
    """Write down what the deadline, or the end of a dispute, has decided."""
    unsent = [i for i in items if decided[i.id] is Fate.BUY and i.state is ItemState.RETURNING]
    if unsent:
        await exchanges.call_off(shop, unsent, who, "the first piece was not sent back", late=True)
    if overdue(shop, box):
        late = [i for i in items if decided[i.id] is Fate.BUY and i.state is not ItemState.BOUGHT]
        await move_all(late, ITEM_LIFE, ItemState.BOUGHT, at=shop.now(), who=who, why="deadline")
    for item in sorted(items, key=lambda i: i.sku_id):
        if decided[item.id] is Fate.FREE and item.state is ItemState.MISSING:
            await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
            await move(item, ITEM_LIFE, ItemState.LOST, at=shop.now(), who=who, why="dispute not decided")
            await cases.settle_case(shop, CaseKind.DISPUTE, f"item:{item.id}", "ran_out", who, "in the member's favour")
            await box_notes.tell(
                shop, box, "核对结束，不收费", f"{box_notes.named([item])}核对期已过，不会收取任何费用。"
            )


async def _book(shop: Shop, box: Box, kept: Sequence[BoxItem], figures: SettlementFigures, who: str) -> None:
    now = shop.now()
    await catalog.sell(shop, [Piece(item.sku_id, stock_ref(item, box)) for item in kept])
    await _buy(shop, kept, figures.nets, who)
    enjoys = await benefits.of(shop, box.member_id)
    percent = combined(enjoys.multipliers_percent, shop.rules.points)
    await move(
        box, BOX_LIFE, BoxState.SETTLED, at=now, who=who, settled_at=now,
        goods_fen=figures.goods_fen, charge_fen=figures.charge_fen + box.damage_fen, points_percent=percent,
        warranty_until=_warranty(shop, box, enjoys) if kept else None, kept_all=box.kept_all,
    )  # fmt: skip
    await ledger.post(
        shop,
        f"settle:{ref(box)}",
        {
            Account.RECEIVABLE: box.charge_fen,
            Account.SALES: -figures.goods_fen,
            Account.FREIGHT: -figures.freight_fen,
            Account.DAMAGES: -box.damage_fen,
        },
        member_id=box.member_id,
        box_id=box.id,
    )
    await purchases.keep(shop, box.member_id, ref(box), figures.goods_fen)
    if box.member_coupon_id is not None:
        if figures.coupon_used:
            await coupons.use(shop, box.member_coupon_id, ref(box))
        else:
            await coupons.give_back(shop, box.member_coupon_id, ref(box))
    await box_money.collect(shop, box, kept, figures)
    assert box.delivered_at is not None, "only what was signed is settled"
    usable_at = max(now, usable_from(box.delivered_at, shop.rules.points))
    await points.award(
        shop, box.member_id, earned(figures.goods_fen, [percent], shop.rules.points),
        reason="box", ref=ref(box), usable_at=usable_at,
    )  # fmt: skip
    await perks.for_order(shop, box.member_id, ref(box), figures.goods_fen, box.confirmed_at or now, usable_at)
    await care.stop(shop, ref(box), "settled")
    await care.start_many(shop, Event.BOX_AFTER, [(box.member_id, ref(box), now)])


async def _buy(shop: Shop, kept: Sequence[BoxItem], nets: Sequence[Fen], who: str) -> None:
    """What is kept is bought, each piece at its share of the bill; the deadline has bought some before."""
    now, fresh = shop.now(), [item for item in kept if item.state is not ItemState.BOUGHT]
    await move_all(fresh, ITEM_LIFE, ItemState.BOUGHT, at=now, who=who)
    for item, net_fen in zip(kept, nets, strict=True):
        item.net_fen = net_fen
    if kept:
        await run("box_item_nets", lines=[{"id": item.id, "net_fen": item.net_fen} for item in kept], now=now)


def _warranty(shop: Shop, box: Box, enjoys: Benefits) -> datetime:
    """What is kept is under warranty from its signing on, longer in the higher tiers."""
    assert box.delivered_at is not None, "only what was signed is settled"
    return warranty_ends(box.delivered_at, enjoys.warranty_days, shop.rules.order)


async def due(shop: Shop) -> list[int]:
    """The boxes to be settled now, the longest overdue first: it costs what is due, not what is open."""
    disputed = shop.now() - timedelta(hours=shop.rules.box.dispute_hours)
    return [row["id"] for row in await run("boxes_due", now=shop.now(), disputed=disputed)]


async def settle_due(shop: Shop) -> int:
    """The deadline job: settles what is due; how many. Any number of workers may run it at once.

    Open returns are asked about at WeChat first: nothing is charged that was sent back in time. A box
    whose return cannot be asked about now is left for the next run.
    """
    settled = 0
    for box_id in await due(shop):
        try:
            for parcel in (await back_parcels(await items_of(box_id))).values():
                await pickups.ask(shop, parcel)
            settled += await settle(shop, box_id, "job:deadlines", skip_locked=True) is not None
        except (OutsideFault, OutsideRefusal, Refusal, BaseORMException) as fault:
            # One bad box must not keep the others from being settled; the next run tries it again.
            log.error("box.not_settled", box=box_id, fault=str(fault))
    return settled
