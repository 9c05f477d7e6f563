"""Pieces of a shop order that came back: opened, graded and refunded, or given up where the carrier fell silent.

The way back is not billed; a piece that cannot be sold again is refunded all the same.
"""

from collections.abc import Mapping, Sequence

import structlog

from domain.box import PARCEL_LIFE, Grade, ParcelState, silent_after
from domain.errors import Invalid, NotFound, OutsideFault, OutsideRefusal, WrongState
from domain.loyalty import earned
from domain.order import PIECE_LIFE, PieceState
from models import InboxNote, Order, OrderItem, OrderParcel
from models.base import move
from services import audit, catalog, coupons, order_money, perks, pickups, points, purchases
from services.order_money import ref
from services.order_returns import back_parcel, figures_of, stays
from services.orders import order_for_staff, page_of, pieces_of
from services.shop import Shop
from services.transaction import transaction

REASON, ACCEPTED = "七日无理由退货", "售后退货"
NOT_THERE = (Grade.MISSING, Grade.WRONG)
log = structlog.get_logger()


async def receive(shop: Shop, staff_id: int, waybill: str) -> Order:
    """A parcel has come back and is opened. Again, it changes nothing. Raises NotFound, WrongState."""
    if not await OrderParcel.exists(waybill=waybill):
        await ask_returns(shop)
    now, who = shop.now(), f"staff:{staff_id}"
    async with transaction():
        found = await OrderParcel.filter(waybill=waybill, direction="back").first()
        if found is None:
            raise NotFound("parcel")
        order = await order_for_staff(found.order_id, lock=True)
        parcel = await back_parcel(id=found.id)
        if parcel.state is not ParcelState.RECEIVED:
            await move(parcel, PARCEL_LIFE, ParcelState.RECEIVED, at=now, who=who, received_at=now)
            await audit.note(shop, staff_id, "parcel.receive", f"order_parcel:{parcel.id}", order=order.id)
    return order


async def grade(shop: Shop, staff_id: int, order_id: int, grades: Mapping[int, Grade], note: str = "") -> Order:
    """What the warehouse found in the opened parcels: good or damaged is refunded, missing or wrong stays bought.

    A piece that came back without a return, the law's seven days over too, is accepted with `note` as its reason.
    Raises WrongState for a piece that did not come back, Invalid without the reason, NotFound.
    """
    who = f"staff:{staff_id}"
    async with transaction():
        order = await order_for_staff(order_id, lock=True)
        pieces = {piece.id: piece for piece in await pieces_of(order_id)}
        words = REASON
        opened = {p.id for p in await OrderParcel.filter(order_id=order_id, state=ParcelState.RECEIVED)}
        for piece_id, found in grades.items():
            piece = pieces.get(piece_id)
            if piece is None:
                raise NotFound("item")
            if piece.state is PieceState.BOUGHT and found not in NOT_THERE:
                await _accept(shop, piece, who, note)
                words = ACCEPTED
            elif piece.state is not PieceState.RETURNING or piece.parcel_id not in opened:
                raise WrongState("item", piece.state, PieceState.RETURNED)
        await _refund(shop, order, list(pieces.values()), grades, who, note, words)
        items = {str(i): g.value for i, g in grades.items()}
        await audit.note(shop, staff_id, "order.grade", ref(order), items=items, note=note)
    return order


async def _accept(shop: Shop, piece: OrderItem, who: str, why: str) -> None:
    if not why:
        raise Invalid("note", "it came back without a return: a reason is needed to accept it")
    await move(piece, PIECE_LIFE, PieceState.RETURNING, at=shop.now(), who=who, why=why, reason="other")


async def _refund(
    shop: Shop,
    order: Order,
    pieces: Sequence[OrderItem],
    grades: Mapping[int, Grade],
    who: str,
    why: str,
    words: str = REASON,
) -> None:
    """The pieces are here (or given up): stock, money, coupon and points follow, in the caller's transaction."""
    now = shop.now()
    back = sorted((p for p in pieces if p.id in grades), key=lambda p: p.sku_id)
    not_there = [p for p in back if grades[p.id] in NOT_THERE]
    for piece in not_there:
        log.warning("order.piece_missing", order=order.id, item=piece.id)
        await stays(shop, piece, who, why or "not in the parcel")
    if not_there:
        names = "、".join(piece.name for piece in not_there)
        await InboxNote.create(
            member_id=order.member_id, title="退货包裹里少了商品", page=page_of(order), created_at=now,
            text=f"我们打开了您的退货包裹，没有找到：{names}。这几件暂不退款，如有疑问请联系客服。",
        )  # fmt: skip
    back = [p for p in back if p not in not_there]
    if not back:
        return
    figures = await figures_of(order, pieces, {p.id for p in back})
    for piece in back:
        here = grades[piece.id] is Grade.OK
        await (catalog.take_back if here else catalog.scrap)(shop, piece.sku_id, ref=f"order_item:{piece.id}")
        await move(
            piece,
            PIECE_LIFE,
            PieceState.RETURNED,
            at=now,
            who=who,
            why=why or "law return",
            grade=grades[piece.id].value,
        )
    cause = f"item:{min(p.id for p in back)}"
    goods_fen = figures.refund_fen - figures.freight_fen
    refund = await order_money.pay_back(
        shop, order, f"return:order_{cause}", goods_fen, figures.freight_fen, words, key=cause
    )
    order.goods_fen, order.refunded_fen = figures.goods_fen, order.refunded_fen + refund.total_fen
    await Order.filter(id=order.id).update(goods_fen=order.goods_fen, refunded_fen=order.refunded_fen, updated_at=now)
    await purchases.keep(shop, order.member_id, ref(order), order.goods_fen)
    if figures.coupon_back and order.member_coupon_id is not None:
        await coupons.give_back(shop, order.member_coupon_id, ref(order))
    lost = await points.take_back(
        shop, order.member_id, reason="order", ref=ref(order), cause=cause,
        earned_now=earned(order.goods_fen, [order.points_percent], shop.rules.points),
    )  # fmt: skip
    await perks.take_back(shop, ref(order), order.goods_fen)
    log.info("order.refunded", order=order.id, pieces=len(back), refund_fen=refund.total_fen, points_lost=lost)


async def ask_returns(shop: Shop) -> int:
    """The job that asks WeChat about open returns, and refunds what the carrier lost; how many were asked."""
    since = shop.now() - pickups.ASKED_FOR
    rows = OrderParcel.filter(direction="back", state__in=pickups.ASKABLE, created_at__gt=since)
    asked = 0
    for parcel in await rows.exclude(return_id="").order_by("id"):
        try:
            fact = await shop.wechat.logistics.get_return(parcel.return_id)
        except (OutsideFault, OutsideRefusal) as fault:
            log.warning("order.return_not_told", parcel=parcel.id, fault=str(fault))
            continue
        async with transaction():
            order = await order_for_staff(parcel.order_id, lock=True)
            fresh = await back_parcel(id=parcel.id)
            if fresh.state in pickups.ASKABLE:
                await pickups.note(shop, fresh, fact)
            await _give_up_silent(shop, order, fresh)
        asked += 1
    return asked


async def _give_up_silent(shop: Shop, order: Order, parcel: OrderParcel) -> None:
    """Accepted by the carrier and silent for ten days: refunded all the same, and a claim on the carrier."""
    heard_at = parcel.heard_at or parcel.accepted_at
    silent = parcel.state is ParcelState.ACCEPTED and heard_at is not None
    if not silent or heard_at is None or shop.now() < silent_after(heard_at, shop.rules.box):
        return
    why = "the carrier fell silent: claim on it"
    await move(parcel, PARCEL_LIFE, ParcelState.LOST, at=shop.now(), who="job:silent", why=why)
    pieces = await pieces_of(order.id)
    gone = {p.id: Grade.DAMAGED for p in pieces if p.parcel_id == parcel.id and p.state is PieceState.RETURNING}
    log.warning("order.parcel_lost", parcel=parcel.id, order=order.id)
    await _refund(shop, order, pieces, gone, "job:silent", why)
