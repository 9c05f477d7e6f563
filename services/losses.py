"""Parcels that are gone: lost before signing, lost on their way back, or never told of again by the carrier.

Nothing is owed for what was in them. Each loss is one act: the bill, stock, quotas, a claim on the carrier, and
one word to the member.
"""

from collections.abc import Mapping, Sequence

import structlog

from domain.box import BOX_LIFE, ITEM_LIFE, PARCEL_LIFE, BoxState, ItemState, ParcelState, law_window_ends, silent_after
from domain.case import CaseKind
from domain.errors import WrongState
from models import Booking, Box, BoxItem, Parcel, QuotaEntry
from models.base import move
from services import audit, box_covers, box_notes, cases, catalog, parcels, quotas
from services.box_covers import stock_ref
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def mark_lost_out(shop: Shop, staff_id: int, parcel_id: int) -> Box:
    """A parcel was lost before signing, in one action: its items leave the bill, the clock of the rest runs.

    When nothing of the box is left, it ends: nothing is charged, cover, coupon and both quotas go back,
    the member is told once. Raises WrongState once it is signed, NotFound.
    """
    now, who = shop.now(), f"staff:{staff_id}"
    async with transaction():
        found = await parcels.parcel_of(parcel_id)
        box = await box_for_staff(found.box_id, lock=True)
        parcel = await Parcel.filter(id=parcel_id).select_for_update().get()
        if parcel.state is ParcelState.LOST:
            return box
        if parcel.state not in (ParcelState.WANTED, ParcelState.ACCEPTED):
            raise WrongState("parcel", parcel.state, ParcelState.LOST)
        await move(parcel, PARCEL_LIFE, ParcelState.LOST, at=now, who=who)
        gone = await BoxItem.filter(parcel_id=parcel_id, state=ItemState.RESERVED).order_by("sku_id")
        await _claim(shop, box, parcel, gone, "lost before signing")
        for item in gone:
            await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
            await move(item, ITEM_LIFE, ItemState.LOST, at=now, who=who, why="lost before signing")
        await audit.note(shop, staff_id, "parcel.lost", f"parcel:{parcel_id}", box=box.id)
        out = await Parcel.filter(box_id=box.id, direction="out")
        if all(p.state is ParcelState.LOST for p in out):
            await _box_lost(shop, box, who)
        else:
            await box_notes.tell(
                shop, box, "有一个包裹在途中遗失了",
                f"很抱歉，您的盒子有一个包裹在送达前被快递遗失。里面的{box_notes.named(gone)}不会收取任何费用；"
                "其余的照常，期限请看盒子。",
            )  # fmt: skip
            await parcels.delivered(shop, box, who)
    log.info("parcel.lost", parcel=parcel_id, box=box.id)
    return box


async def _claim(shop: Shop, box: Box, parcel: Parcel, items: Sequence[BoxItem], why: str) -> None:
    """A parcel is gone: its worth is claimed from the carrier by a person, inside the caller's transaction."""
    facts = {
        "box": box.id, "direction": parcel.direction, "carrier": parcel.carrier, "waybill": parcel.waybill,
        "worth_fen": sum(item.price_fen for item in items), "pieces": len(items), "why": why,
    }  # fmt: skip
    await cases.open_case(shop, CaseKind.CARRIER_CLAIM, f"parcel:{parcel.id}", box.member_id, facts=facts)


async def _box_lost(shop: Shop, box: Box, who: str) -> None:
    await move(box, BOX_LIFE, BoxState.LOST, at=shop.now(), who=who, why="lost before signing")
    await box_covers.release_holds(shop, box, "包裹在签收前遗失")
    given_back = ["支付担保已解除"]
    if box.quota_counter_id is not None:
        given_back.append("往返次数已退回")
    if box.booking_id is not None:
        booking = await Booking.get(id=box.booking_id)
        counter, name = booking.counter_id, booking.quota_ref
        held = await QuotaEntry.exists(counter_id=counter, step="hold", ref=name)
        if held and not await QuotaEntry.exists(counter_id=counter, step="restore", ref=name):
            await quotas.restore(shop, counter, ref=name, reason="its box was lost")
            given_back.append("造型次数已退回")
    await box_notes.tell(
        shop, box, "您的盒子在途中遗失了",
        f"很抱歉，您的盒子在送达前被快递遗失。本次不会收取任何费用，{'，'.join(given_back)}。",
    )  # fmt: skip
    log.info("box.lost", box=box.id)


async def give_up_silent(shop: Shop, box: Box, items: Sequence[BoxItem], back: Mapping[int, Parcel], who: str) -> None:
    """What the carrier accepted and never told of again is never charged; the rest is not held up."""
    for parcel in back.values():
        heard_at = parcel.heard_at or parcel.accepted_at
        silent = parcel.state is ParcelState.ACCEPTED and heard_at is not None
        if silent and heard_at is not None and shop.now() >= silent_after(heard_at, shop.rules.box):
            await lose_back(shop, box, parcel, items, who, "the carrier fell silent: claim on it")


async def lose_back(
    shop: Shop, box: Box, parcel: Parcel, items: Sequence[BoxItem], who: str, why: str
) -> list[BoxItem]:
    """A parcel is lost on its way back: nothing is owed for what was in it, and the member is told so.

    Returns what was in it of a settled box: that is still to be refunded.
    """
    await move(parcel, PARCEL_LIFE, ParcelState.LOST, at=shop.now(), who=who, why=why)
    reclaimed, free = [], []
    mine = [item for item in items if item.back_parcel_id == parcel.id]
    await _claim(shop, box, parcel, mine, why)
    for item in sorted(mine, key=lambda i: i.sku_id):
        bought_back = item.state is ItemState.BOUGHT and (
            item.reclaimed_at is not None or _sent_within_the_law(shop, box, parcel)
        )
        if bought_back and box.state is BoxState.SETTLED:
            reclaimed.append(item)
        elif item.state is ItemState.RETURNING or bought_back:
            await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
            new = ItemState.RETURNED if bought_back else ItemState.LOST
            await move(item, ITEM_LIFE, new, at=shop.now(), who=who, why=why)
            free.append(item)
    if free or reclaimed:
        words = [f"{box_notes.named(free)}不会收取任何费用"] if free else []
        words += [f"{box_notes.named(reclaimed)}照常退款"] if reclaimed else []
        await box_notes.tell(
            shop, box, "退回的包裹没有到我们这里",
            f"您退回的包裹在快递途中没有了下落。里面的{'，'.join(words)}，由我们向快递追查，您不用做什么。",
        )  # fmt: skip
    log.warning("parcel.lost", parcel=parcel.id, box=box.id)
    return reclaimed


def _sent_within_the_law(shop: Shop, box: Box, parcel: Parcel) -> bool:
    """Handed over too late for the box, but inside the law's window."""
    return (
        parcel.accepted_at is not None
        and box.delivered_at is not None
        and parcel.accepted_at < law_window_ends(box.delivered_at, shop.rules.box)
    )
