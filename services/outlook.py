"""How a box stands before it is settled: what becomes of each item, and what the bill would be now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tortoise.functions import Sum

from domain.bill import CoverUse, Freight, SettlementFigures, use_deposit
from domain.bill import settle as reckon
from domain.box import BoxState, Fate, ItemState, ParcelState, fate, sent_back_in_time
from domain.errors import TooLate, WrongState
from domain.loyalty import earned
from domain.money import Fen
from models import Box, BoxItem, LedgerLine, Parcel
from services import benefits, coupons, payments, perks
from services.box_covers import DEPOSIT, ref
from services.proposals import box_of, items_of
from services.shop import Shop

LIVE = (BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING, BoxState.GRADING, BoxState.DISPUTED)
"""Signed and not settled."""
DECIDABLE = (BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING, BoxState.GRADING, BoxState.DISPUTED)
"""The member may still decide, while nothing is overdue: a dispute about one piece does not hold up the others."""
CAME_BACK = (ItemState.RETURNED, ItemState.RECEIVED, ItemState.MISSING)


def overdue(shop: Shop, box: Box) -> bool:
    """The deadline has passed: its very instant is too late."""
    return box.deadline_at is not None and shop.now() >= box.deadline_at


async def open_box(shop: Shop, member_id: int, box_id: int, wanted: str, *, lock: bool = True) -> Box:
    """The member's box while its clock runs. Raises WrongState, TooLate, NotFound."""
    box = await box_of(member_id, box_id, lock=lock)
    require_open(shop, box, wanted)
    return box


def require_open(shop: Shop, box: Box, wanted: str) -> None:
    """Raises WrongState unless the box's clock runs, TooLate when it has run out."""
    if box.state not in DECIDABLE:
        raise WrongState("box", box.state, wanted)
    if overdue(shop, box):
        assert box.deadline_at is not None, "overdue() has looked"
        raise TooLate("box", box.deadline_at.isoformat())


async def back_parcels(items: Sequence[BoxItem]) -> dict[int, Parcel]:
    """The parcels in which pieces of a box go back."""
    ids = {item.back_parcel_id for item in items if item.back_parcel_id is not None}
    return {p.id: p for p in await Parcel.filter(id__in=list(ids)).order_by("id")} if ids else {}


def fates(shop: Shop, box: Box, items: Sequence[BoxItem], back: Mapping[int, Parcel]) -> dict[int, Fate]:
    """What becomes of each item if the box were settled now."""
    late, hours = overdue(shop, box), timedelta(hours=shop.rules.box.dispute_hours)
    dispute_over = box.disputed_at is not None and shop.now() >= box.disputed_at + hours
    return {
        item.id: fate(
            item.state, overdue=late, in_time=in_time(box, back.get(item.back_parcel_id or 0)),
            dispute_over=dispute_over,
        )
        for item in items
    }  # fmt: skip


def in_time(box: Box, parcel: Parcel | None) -> bool:
    if parcel is None or box.deadline_at is None or parcel.state is ParcelState.CANCELLED:
        return False
    return sent_back_in_time(
        box.deadline_at,
        accepted_at=parcel.accepted_at or parcel.received_at,
        pickup_booked_at=parcel.booked_at,
        pickup_at=parcel.pickup_at,
    )


async def figures_for(shop: Shop, box: Box, kept: Sequence[BoxItem], *, anything_back: bool) -> SettlementFigures:
    """The bill of a box for what is kept of it."""
    return reckon(
        [item.price_fen for item in kept],
        Freight(box.freight_out_fen, box.freight_back_fen),
        anything_back=anything_back,
        coupon=await coupons.held(box.member_coupon_id),
        keep_all_percent=shop.rules.box.keep_all_discount_percent if box.kept_all else 0,
    )


def came_back(item: BoxItem) -> bool:
    """Whether an item travelled the way back (one lost on its way out did not)."""
    return item.state in CAME_BACK or (item.state is ItemState.LOST and item.back_parcel_id is not None)


async def exchanged(item_ids: Collection[int]) -> dict[int, Box]:
    """The small boxes of exchanged pieces that were not called off, by the piece they replace."""
    if not item_ids:
        return {}
    rows = await Box.filter(exchange_of_id__in=list(item_ids)).exclude(state=BoxState.CANCELLED)
    return {row.exchange_of_id: row for row in rows if row.exchange_of_id is not None}


async def kept_after_all(items: Sequence[BoxItem], back: Mapping[int, Parcel]) -> list[BoxItem]:
    """Of what is marked to be returned, what keeping all would keep: what is neither sent nor exchanged."""
    returning = [item for item in items if item.state is ItemState.RETURNING]
    replaced = await exchanged([item.id for item in returning])
    waiting = {parcel.id for parcel in back.values() if parcel.state is ParcelState.WANTED}
    return [i for i in returning if i.id not in replaced and (i.back_parcel_id or 0) in (0, *waiting)]


async def deposit_use(box: Box, charge_fen: Fen) -> CoverUse:
    """How the deposit that is held would meet a charge."""
    return use_deposit(await payments.paid_fen(ref(box)), charge_fen)


async def owed_fen(box_id: int) -> Fen:
    """What the member still owes for a settled box, by the ledger."""
    [row] = await LedgerLine.filter(box_id=box_id, account="receivable").annotate(sum=Sum("amount_fen")).values("sum")
    return int(row["sum"] or 0)


@dataclass(frozen=True)
class SettlementPreview:
    """The bill if the box were settled as the member has decided so far; the undecided counts as kept."""

    kept_ids: list[int]
    back_ids: list[int]
    figures: SettlementFigures
    damage_fen: Fen  # approved fees that join the bill
    charge_fen: Fen  # all of it
    cover: CoverUse | None  # how a deposit meets it; None with Pay Score alone
    points: int
    perk_points: int  # what else it is given for: a first order, a threshold, a member day


async def settlement_preview(shop: Shop, member_id: int, box_id: int, *, keep_all: bool = False) -> SettlementPreview:
    """Exact figures before the member decides for good. Raises WrongState unless the clock runs, NotFound."""
    box = await box_of(member_id, box_id)
    if box.state not in LIVE:
        raise WrongState("box", box.state, BoxState.SETTLED)
    items = await items_of(box_id)
    undecided = (ItemState.AT_MEMBER, ItemState.KEEPING, ItemState.BOUGHT)
    kept = [i for i in items if i.state in undecided]
    back = [i for i in items if came_back(i) or i.state is ItemState.RETURNING]
    if keep_all:
        stays = await kept_after_all(items, await back_parcels(items))
        kept, back = [i for i in items if i in kept or i in stays], [i for i in back if i not in stays]
        box.kept_all = not back
    figures = await figures_for(shop, box, kept, anything_back=bool(back))
    percent = await benefits.points_percent(shop, member_id)
    charge_fen = figures.charge_fen + box.damage_fen
    return SettlementPreview(
        [i.id for i in kept],
        [i.id for i in back],
        figures,
        box.damage_fen,
        charge_fen,
        await deposit_use(box, charge_fen) if box.cover == DEPOSIT or box.deposit_fen else None,
        earned(figures.goods_fen, [percent], shop.rules.points),
        await perks.expected(shop, member_id, ref(box), figures.goods_fen, box.confirmed_at or shop.now()),
    )
