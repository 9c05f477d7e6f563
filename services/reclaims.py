"""The law's right: what was bought may come back until the 7th day after signing, and is refunded.

The member sees the refund and the points before she decides; the money moves when the warehouse has
the piece. The way back is not billed. A piece that cannot be sold again is refunded all the same:
nothing is taken off without an approved damage fee.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from domain.bill import ReturnFigures, after_return, bought, points_lost
from domain.box import ITEM_LIFE, BoxState, Grade, ItemState, ParcelState, law_window_ends, silent_after
from domain.coupon import net_shares, off
from domain.errors import NotFound, TooLate, WrongState
from domain.loyalty import earned
from domain.money import Fen, yuan
from domain.payment import ScoreState
from models import Box, BoxItem, History, Parcel
from models.base import move
from services import (
    box_money,
    box_notes,
    catalog,
    coupons,
    covers,
    ledger,
    losses,
    payments,
    perks,
    pickups,
    points,
    purchases,
    settlement,
    wallets,
)
from services.box_covers import PAY_SCORE, ref, stock_ref
from services.catalog import Piece
from services.outlook import owed_fen
from services.proposals import box_for_staff, box_of, items_of
from services.shop import Shop
from services.transaction import transaction
from services.wallets import STORED

OPEN = (ParcelState.WANTED, ParcelState.ACCEPTED, ParcelState.SIGNED)
REASON, ACCEPTED = "七日无理由退货", "售后退货"
log = structlog.get_logger()


@dataclass(frozen=True)
class ReclaimPreview:
    """What the return of one bought item changes."""

    item_id: int
    until: datetime
    refund_fen: Fen  # what the bill falls by
    unpaid_fen: Fen  # of it, what is not paid yet and asked for no more
    points_lost: int
    coupon_back: bool


def window_ends(shop: Shop, box: Box) -> datetime:
    """Until when the law lets what was bought come back, counted from the last signing."""
    assert box.delivered_at is not None, "only what was signed can be bought"
    return law_window_ends(box.delivered_at, shop.rules.box)


async def preview(shop: Shop, member_id: int, box_id: int, item_id: int) -> ReclaimPreview:
    """The figures before she decides. Raises WrongState unless the item is bought, TooLate, NotFound."""
    box = await box_of(member_id, box_id)
    items = await items_of(box_id)
    item = _bought(items, item_id)
    until = _still_open(shop, box)
    if box.state is not BoxState.SETTLED:
        return ReclaimPreview(item_id, until, 0, 0, 0, False)
    figures = await _figures(box, items, item)
    lost = points_lost(box.goods_fen, figures.goods_fen, box.points_percent, shop.rules.points)
    lost += await perks.points_at_stake(shop, ref(box), figures.goods_fen)
    unpaid_fen = await _unpaid(box, figures.refund_fen)
    return ReclaimPreview(item_id, until, figures.refund_fen, unpaid_fen, lost, figures.coupon_back)


def _bought(items: Sequence[BoxItem], item_id: int) -> BoxItem:
    item = next((i for i in items if i.id == item_id), None)
    if item is None:
        raise NotFound("item")
    if item.state is not ItemState.BOUGHT:
        raise WrongState("item", item.state, ItemState.RETURNED)
    return item


def _still_open(shop: Shop, box: Box) -> datetime:
    until = window_ends(shop, box)
    if shop.now() >= until:
        raise TooLate("return", until.isoformat())
    return until


async def _figures(box: Box, items: Sequence[BoxItem], item: BoxItem) -> ReturnFigures:
    sold = [i for i in items if i.net_fen is not None]
    held = await coupons.held(box.member_coupon_id)
    # A coupon that was not met at the settlement is none.
    coupon = held if off(sum(i.price_fen for i in sold), held) else None
    pieces = dict(zip((i.id for i in sold), bought([i.price_fen for i in sold], coupon), strict=True))
    kept = [pieces.pop(i.id) for i in _kept(items, item)]
    told = after_return(box.goods_fen, kept, list(pieces.values()), coupon=coupon)
    falls = told.coupon_back and await coupons.at_work(box.member_coupon_id, ref(box))
    return replace(told, coupon_back=falls)


def _kept(items: Sequence[BoxItem], item: BoxItem) -> list[BoxItem]:
    return [i for i in items if i.state is ItemState.BOUGHT and i.id != item.id]


async def reclaim(
    shop: Shop,
    member_id: int,
    box_id: int,
    item_id: int,
    *,
    pickup_at: datetime | None = None,
    address_id: int | None = None,
) -> Parcel:
    """The member sends a bought item back by the law's right; again, it is the same parcel.

    Raises TooLate after the 7th day, WrongState unless the item is bought, NotFound.
    """
    now = shop.now()
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        item = _bought(await items_of(box_id), item_id)
        if item.reclaimed_at is None:
            _still_open(shop, box)
            await note_reclaim(shop, item, f"member:{member_id}")
        standing = await Parcel.filter(id=item.back_parcel_id or 0, state__in=OPEN).first()
        parcel = standing or await pickups.book(shop, box, [item], pickup_at, address_id)
    await parcel.refresh_from_db()
    log.info("box.reclaimed", box=box_id, item=item_id, at=now.isoformat())
    return parcel


async def note_reclaim(shop: Shop, item: BoxItem, who: str, why: str = "law return") -> None:
    """A bought item is on its way back; its state changes when the warehouse has it."""
    now = shop.now()
    await BoxItem.filter(id=item.id).update(reclaimed_at=now, updated_at=now)
    item.reclaimed_at = now
    await History.create(
        noun="box_item", row_id=item.id, old=item.state.value, new=item.state.value,
        who=who, why=why[:200], created_at=now,
    )  # fmt: skip


async def finish(shop: Shop, box: Box, item: BoxItem, grade: Grade, who: str, why: str = "") -> None:
    """The warehouse has graded a reclaimed item, inside the caller's transaction: refund, points, stock.

    `missing`: it was not in the parcel, so it stays bought and nothing is refunded. Before the box is
    settled nothing was charged yet, so the item only leaves the bill.
    """
    now = shop.now()
    if grade in (Grade.MISSING, Grade.WRONG):
        await BoxItem.filter(id=item.id).update(
            grade=grade.value, reclaimed_at=None, back_parcel_id=None, updated_at=now
        )
        return
    name = stock_ref(item, box)
    if box.state is not BoxState.SETTLED:
        if grade is Grade.OK:
            await catalog.release(shop, [Piece(item.sku_id, name)])
        else:
            await catalog.lose(shop, item.sku_id, ref=name)
        await move(item, ITEM_LIFE, ItemState.RETURNED, at=now, who=who, why=why, grade=grade.value)
        return
    items = await items_of(box.id)
    figures = await _figures(box, items, item)
    await (catalog.take_back if grade is Grade.OK else catalog.scrap)(shop, item.sku_id, ref=name)
    await move(item, ITEM_LIFE, ItemState.RETURNED, at=now, who=who, why=why or "law return", grade=grade.value)
    kept = _kept(items, item)
    prices = [other.price_fen for other in kept]
    for other, net_fen in zip(kept, net_shares(prices, sum(prices) - figures.goods_fen), strict=True):
        await BoxItem.filter(id=other.id).update(net_fen=net_fen, updated_at=now)
        other.net_fen = net_fen
    changes = {
        "goods_fen": figures.goods_fen,
        "charge_fen": box.charge_fen - figures.refund_fen,
        "kept_all": False,
    }
    await Box.filter(id=box.id).update(**changes, updated_at=now)
    for field, value in changes.items():
        setattr(box, field, value)
    await purchases.keep(shop, box.member_id, ref(box), figures.goods_fen)
    if figures.coupon_back and box.member_coupon_id is not None:
        await coupons.give_back(shop, box.member_coupon_id, ref(box))
    if figures.refund_fen:
        await _pay_back(shop, box, item, kept, figures.refund_fen)
    lost = await points.take_back(
        shop, box.member_id, reason="box", ref=ref(box), cause=f"item:{item.id}",
        earned_now=earned(figures.goods_fen, [box.points_percent], shop.rules.points),
    )  # fmt: skip
    await perks.take_back(shop, ref(box), figures.goods_fen)
    log.info("box.item_refunded", box=box.id, item=item.id, refund_fen=figures.refund_fen, points_lost=lost)


async def _pay_back(shop: Shop, box: Box, item: BoxItem, kept: Sequence[BoxItem], refund_fen: Fen) -> None:
    """What is not paid yet is asked for no more; what is paid goes back, the balance first."""
    if box.cover == STORED:
        await _pay_back_stored(shop, box, item, refund_fen)
        return
    less_fen, reason = await _unpaid(box, refund_fen), _reason(shop, box, item)
    if less_fen and box.cover == PAY_SCORE:
        cover = await covers.cover_of(box.id)
        assert cover is not None, "it has just been looked at"
        assert cover.total_fen is not None, "only what is collected can be unpaid"
        lower_fen = cover.total_fen - less_fen
        lines = box_money.score_lines(kept, box.charge_fen - box.goods_fen, lower_fen)
        if not await covers.lower(shop, box.id, lines, lower_fen, reason):
            less_fen = 0
    elif less_fen:
        open_fen = await owed_fen(box.id) - less_fen
        await payments.close(shop, ref(box), reason)
        if open_fen:
            await box_money.want_balance(shop, box, open_fen)
        rest = f"还有 {yuan(open_fen)} 元请在盒子里支付" if open_fen else "没有要付的了"
        await box_notes.tell(shop, box, "账单变少了", f"{reason}：少付 {yuan(less_fen)} 元，{rest}。")
    # What was given back out of kindness is not given back a second time.
    back_fen = min(refund_fen - less_fen, await payments.paid_fen(ref(box)))
    made_good = refund_fen - less_fen - back_fen
    await ledger.post(
        shop,
        f"reclaim:item:{item.id}",
        {"sales": refund_fen, "receivable": -less_fen, "refunds_due": -back_fen, "compensation": -made_good},
        member_id=box.member_id,
        box_id=box.id,
    )
    if back_fen:
        await payments.want_refund(shop, box.member_id, ref(box), back_fen, reason, key=f"item:{item.id}")


async def _unpaid(box: Box, refund_fen: Fen) -> Fen:
    """What of a refund is not paid yet: Pay Score still collects it, or it is part of a balance that is owed."""
    if box.cover == STORED:
        return 0
    if box.cover == PAY_SCORE:
        cover = await covers.cover_of(box.id)
        collecting = cover is not None and cover.state != ScoreState.DONE
        return min(cover.total_fen or 0, refund_fen) if cover is not None and collecting else 0
    return min(await owed_fen(box.id), refund_fen)


def _reason(shop: Shop, box: Box, item: BoxItem) -> str:
    """What the member reads of the refund: the law's right, or that it was accepted all the same."""
    in_time = item.reclaimed_at is not None and item.reclaimed_at < window_ends(shop, box)
    return REASON if in_time else ACCEPTED


async def _pay_back_stored(shop: Shop, box: Box, item: BoxItem, refund_fen: Fen) -> None:
    """Stored value goes back to where it was, less what was given back out of kindness before."""
    back_fen = min(refund_fen, await wallets.used_fen(box.member_id, ref(box)))
    await ledger.post(
        shop,
        f"reclaim:item:{item.id}",
        {"sales": refund_fen, "refunds_due": -back_fen, "compensation": back_fen - refund_fen},
        member_id=box.member_id,
        box_id=box.id,
    )
    if back_fen:
        await wallets.give_back(shop, box.member_id, ref(box), back_fen, f"item:{item.id}")
        words = f"{_reason(shop, box, item)}：{yuan(back_fen)} 元已退回您的储值余额。"
        await box_notes.tell(shop, box, "退款已到账", words)


async def give_up_silent(shop: Shop) -> int:
    """Reclaimed items whose carrier has been silent for 10 days are refunded; how many parcels. A job."""
    count = 0
    rows = await Parcel.filter(direction="back", state=ParcelState.ACCEPTED, box__state=BoxState.SETTLED).order_by("id")
    for row in rows:
        heard_at = row.heard_at or row.accepted_at
        if heard_at is None or shop.now() < silent_after(heard_at, shop.rules.box):
            continue
        await lose(shop, row.id, "job:silent", "the carrier fell silent: claim on it")
        count += 1
    return count


async def lose(shop: Shop, parcel_id: int, who: str, why: str) -> Box:
    """A parcel was lost on its way back, in one action; the box settles if nothing else is awaited."""
    async with transaction():
        found = await Parcel.get(id=parcel_id)
        box = await box_for_staff(found.box_id, lock=True)
        parcel = await Parcel.filter(id=parcel_id).select_for_update().get()
        if parcel.state is ParcelState.LOST:
            return box
        if parcel.state not in (ParcelState.WANTED, ParcelState.ACCEPTED):
            raise WrongState("parcel", parcel.state, ParcelState.LOST)
        items = await items_of(box.id)
        for item in await losses.lose_back(shop, box, parcel, items, who, why):
            # It was in the carrier's hands, so it is refunded; the piece itself is gone.
            await finish(shop, box, item, Grade.DAMAGED, who, why)
        await settlement.settle(shop, box.id, who)
    return box
