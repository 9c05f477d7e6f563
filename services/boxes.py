"""A box from the member's yes to the warehouse: previewed, confirmed, covered; or given up before it ships.

Confirming holds a free round trip, the stock, a coupon and the cover in one transaction. The goods are
never charged here: Pay Score fixes the highest sum, a deposit is money of the member's that comes back.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.bill import Freight, highest
from domain.box import BOX_LIFE, ITEM_LIFE, BoxState, ItemState
from domain.coupon import CouponOffer
from domain.errors import Invalid, QuotaSpent, StaleVersion, WrongState
from domain.membership import Quota
from domain.money import Fen
from models import Box, Payment
from models.base import move, move_all
from services import addresses, audit, box_covers, box_notes, catalog, coupons, proposals, quotas
from services.box_covers import DEPOSIT, KINDS, PAY_SCORE, CoverOption, CoverSheet, hold_ref, ref, stock_ref
from services.catalog import Piece
from services.proposals import box_for_staff, box_of, edit, items_of, propose, request
from services.shop import Shop
from services.transaction import transaction
from services.wallets import STORED

__all__ = [
    "cancel", "confirm", "cover_sheet", "edit", "let_go_uncovered", "on_cover_taken", "preview", "propose",
    "request", "switch_cover",
]  # fmt: skip

log = structlog.get_logger()


@dataclass(frozen=True)
class Preview:
    """Everything the member is to know before she confirms."""

    box_id: int
    version: int
    goods_fen: Fen
    coupon_fen: Fen  # what the coupon takes off if everything is kept
    freight_out_fen: Fen
    freight_back_fen: Fen  # only when something comes back
    highest_fen: Fen  # the highest sum that can ever be charged, whatever she keeps
    round_trip_free: bool
    round_trips_left: int  # before this box
    covers: list[CoverOption]


async def preview(shop: Shop, member_id: int, box_id: int, *, coupon_id: int | None = None) -> Preview:
    """The exact figures of confirming now. Raises WrongState unless it is proposed, QuotaSpent, NotFound."""
    box = await box_of(member_id, box_id)
    if box.state is not BoxState.PROPOSED:
        raise WrongState("box", box.state, BoxState.CONFIRMED)
    prices = [item.price_fen for item in await items_of(box_id)]
    coupon = await coupons.usable(shop, member_id, coupon_id) if coupon_id is not None else None
    freight, left = await proposals.freight_for(shop, member_id)
    top = highest(prices, freight, coupon)
    gross = sum(prices)
    return Preview(
        box_id, box.version, gross, coupon.off_fen if coupon and gross >= coupon.threshold_fen else 0,
        freight.out_fen, freight.back_fen, top, left > 0, left,
        box_covers.options(shop, await box_covers.terms_for(shop, member_id), top),
    )  # fmt: skip


async def confirm(
    shop: Shop,
    member_id: int,
    box_id: int,
    version: int,
    cover: str,
    address_id: int,
    *,
    coupon_id: int | None = None,
    highest_fen: Fen | None = None,
) -> CoverSheet:
    """The member's yes to the version she has seen. Again, the same yes gives a fresh sheet.

    With `highest_fen`, the highest sum she was shown, another sum is no yes: the last free trip may have gone
    meanwhile. Raises StaleVersion for that and when items or prices changed, OutOfStock, CoverRefused above the
    risk cap, QuotaSpent where the shop refuses boxes beyond the quota, NotFound, WrongState.
    """
    if cover not in KINDS:
        raise Invalid("cover", ", ".join(KINDS))
    await proposals.refresh_prices(shop, member_id, box_id)
    payment: Payment | None = None
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        repeated = box.state is BoxState.CONFIRMED and (box.version, box.cover) == (version, cover)
        if not repeated:
            payment = await _confirm(shop, box, version, cover, address_id, coupon_id, highest_fen)
    return await box_covers.sheet(shop, box, payment)


async def _confirm(
    shop: Shop, box: Box, version: int, cover: str, address_id: int, coupon_id: int | None, seen_fen: Fen | None
) -> Payment | None:
    if box.state is not BoxState.PROPOSED:
        raise WrongState("box", box.state, BoxState.CONFIRMED)
    if box.version != version:
        raise StaleVersion("box")
    now, who = shop.now(), f"member:{box.member_id}"
    address = await addresses.address_of(box.member_id, address_id)
    coupon: CouponOffer | None = None
    if coupon_id is not None:
        coupon = await coupons.hold(shop, box.member_id, coupon_id, ref(box))
    counter_id: int | None = None
    try:
        counter_id = await quotas.hold(
            shop, box.member_id, Quota.ROUND_TRIP, now, ref=hold_ref(box), reason="box confirmed"
        )
        freight = Freight()
    except QuotaSpent:
        freight = await proposals.freight_beyond(shop, box.member_id)
    items = await items_of(box.id)
    top = highest([i.price_fen for i in items], freight, coupon)
    if seen_fen is not None and seen_fen != top:
        raise StaleVersion("box")
    deposit_fen = await box_covers.deposit_for(shop, box, cover, top)
    await catalog.reserve(shop, [Piece(item.sku_id, stock_ref(item, box)) for item in items])
    await move_all(items, ITEM_LIFE, ItemState.RESERVED, at=now, who=who)
    await move(
        box, BOX_LIFE, BoxState.CONFIRMED, at=now, who=who, cover=cover, confirmed_at=now,
        highest_fen=top, deposit_fen=deposit_fen,
        freight_out_fen=freight.out_fen, freight_back_fen=freight.back_fen, quota_counter_id=counter_id,
        member_coupon_id=coupon_id, address_id=address_id, address_sealed=address.sealed,
    )  # fmt: skip
    payment = await box_covers.want_cover(shop, box, items)
    await _covered_at_once(shop, box)
    log.info("box.confirmed", box=box.id, cover=cover, highest_fen=box.highest_fen, free_trip=bool(counter_id))
    return payment


async def cover_sheet(shop: Shop, member_id: int, box_id: int) -> CoverSheet:
    """A fresh sheet of the cover that was chosen: WeChat's lapse within minutes. Raises WrongState."""
    return await box_covers.sheet(shop, await box_of(member_id, box_id), fresh=True)


async def switch_cover(shop: Shop, member_id: int, box_id: int, cover: str) -> CoverSheet:
    """Cover the confirmed box in the other way; the first one is given up, or comes back if it was taken.

    Raises WrongState once a cover is taken, CoverRefused, NotFound.
    """
    if cover not in KINDS:
        raise Invalid("cover", ", ".join(KINDS))
    payment: Payment | None = None
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        if box.state is not BoxState.CONFIRMED:
            raise WrongState("box", box.state, BoxState.CONFIRMED)
        if cover != box.cover:
            await box_covers.drop_all(shop, box, "换了支付方式")
            box.cover, box.deposit_fen = cover, await box_covers.deposit_for(shop, box, cover, box.highest_fen)
            await Box.filter(id=box.id).update(cover=cover, deposit_fen=box.deposit_fen, updated_at=shop.now())
            payment = await box_covers.want_cover(shop, box, await items_of(box_id))
            await _covered_at_once(shop, box)
    return await box_covers.sheet(shop, box, payment)


async def _covered_at_once(shop: Shop, box: Box) -> None:
    """Stored value asks nobody: what is held covers the box in the member's own transaction."""
    if box.cover == STORED:
        await on_cover_taken(shop, box.id, f"member:{box.member_id}")
        await box.refresh_from_db()


async def on_cover_taken(shop: Shop, box_id: int, who: str) -> None:
    """A cover of the box, or a part of it, was taken. Inside the caller's transaction; safe to repeat.

    When all of it is there the warehouse may pack. One that comes when the box is given up goes back.
    """
    async with transaction():
        box = await box_for_staff(box_id, lock=True)
        if box.state is BoxState.CONFIRMED:
            if not await box_covers.is_taken(box):
                return
            await move(box, BOX_LIFE, BoxState.PACKING, at=shop.now(), who=who, why=box.cover)
            log.info("box.covered", box=box_id, cover=box.cover)
        if box.state in (*proposals.OPEN, BoxState.CANCELLED, BoxState.LOST):
            await box_covers.drop_all(shop, box, "盒子已取消")
            return
        if box.cover != PAY_SCORE:
            await box_covers.drop_cover(shop, box, PAY_SCORE, "另一种方式已生效")
        if box.cover != DEPOSIT and not box.deposit_fen:
            await box_covers.drop_cover(shop, box, DEPOSIT, "另一种方式已生效")


async def cancel(
    shop: Shop,
    box_id: int,
    *,
    who: str,
    why: str = "",
    member_id: int | None = None,
    staff_id: int | None = None,
) -> Box:
    """Give the box up before it is shipped: cover, free round trip, coupon and stock are as they were.

    Raises WrongState once it is shipped, NotFound for another member's.
    """
    async with transaction():
        if member_id is not None:
            box = await box_of(member_id, box_id, lock=True)
        else:
            box = await box_for_staff(box_id, lock=True)
        if box.state is BoxState.CANCELLED:
            return box
        BOX_LIFE.require_move(box.state, BoxState.CANCELLED)
        await _let_go(shop, box, who, ItemState.CANCELLED, "盒子已取消")
        await move(box, BOX_LIFE, BoxState.CANCELLED, at=shop.now(), who=who, why=why)
        if staff_id is not None:
            await audit.note(shop, staff_id, "box.cancel", ref(box))
            await box_notes.tell(
                shop, box, "您的盒子取消了",
                "很抱歉，我们没能为您备好这一盒，已经取消。没有产生费用，占用的次数和支付担保都已退回。",
            )  # fmt: skip
    log.info("box.cancelled", box=box_id)
    return box


async def let_go_uncovered(shop: Shop) -> int:
    """Boxes whose cover was not taken in time go back to proposed, so that nobody waits for their stock."""
    before = shop.now() - timedelta(minutes=shop.rules.box.cover_within_minutes)
    due = await Box.filter(state=BoxState.CONFIRMED, confirmed_at__lte=before).values("id")
    count = 0
    for box_id in [row["id"] for row in due]:
        async with transaction():
            box = await box_for_staff(box_id, lock=True)
            if box.state is not BoxState.CONFIRMED or box.confirmed_at is None or box.confirmed_at > before:
                continue
            if box.exchange_of_id is not None:
                # The piece it replaces is with the member still, marked to be returned.
                await cancel(shop, box_id, who="job:uncovered", why="no cover in time")
                count += 1
                continue
            await _let_go(shop, box, "job:uncovered", ItemState.PROPOSED, "未在时限内完成支付方式")
            await move(
                box, BOX_LIFE, BoxState.PROPOSED, at=shop.now(), who="job:uncovered", why="no cover in time",
                version=box.version + 1, cover="", confirmed_at=None, quota_counter_id=None,
                member_coupon_id=None,
            )  # fmt: skip
            await proposals.reckon(shop, box)
            await box_notes.tell(
                shop, box, "盒子还没有确认好",
                "支付方式没有在时限内完成，为您留的货先放回去了，没有产生费用。喜欢的话请在盒子里再确认一次。",
            )  # fmt: skip
            count += 1
            log.info("box.uncovered", box=box_id)
    return count


async def _let_go(shop: Shop, box: Box, who: str, items_to: ItemState, why: str) -> None:
    items = await items_of(box.id)
    held = [item for item in items if item.state is ItemState.RESERVED]
    await catalog.release(shop, [Piece(item.sku_id, stock_ref(item, box)) for item in held])
    for item in items:
        if item.state is not items_to:
            await move(item, ITEM_LIFE, items_to, at=shop.now(), who=who)
    await box_covers.release_holds(shop, box, why)
