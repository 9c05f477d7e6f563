"""Pieces of a shop order that come back within the law's seven days: previewed, sent, opened, graded, refunded.

The money moves when the warehouse has the piece, or when the carrier that accepted it fell silent. The way
back is not billed; a piece that cannot be sold again is refunded all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from domain.bill import Bought, after_return
from domain.box import PARCEL_LIFE, RETURN_REASONS, Grade, ParcelState, law_window_ends, silent_after
from domain.errors import Invalid, NotFound, OutsideFault, OutsideRefusal, TooLate, WrongState
from domain.loyalty import earned
from domain.money import Fen
from domain.order import PIECE_LIFE, OrderState, PieceState, freight_back
from domain.ports import ReturnOrder
from models import InboxNote, MemberAddress, Order, OrderItem, OrderParcel, OutsideCall
from models.base import move
from services import (
    addresses,
    audit,
    catalog,
    coupons,
    members,
    order_money,
    outside,
    perks,
    pickups,
    points,
    purchases,
)
from services.order_money import ref
from services.orders import order_for_staff, order_of, page_of, pieces_of
from services.shop import Shop
from services.transaction import transaction

REASON, ACCEPTED = "七日无理由退货", "售后退货"
NOT_THERE = (Grade.MISSING, Grade.WRONG)
log = structlog.get_logger()


@dataclass(frozen=True)
class Figures:
    """What a return brings: net goods that stay paid, the refund, and freight where that goes back too."""

    goods_fen: Fen
    refund_fen: Fen  # freight included
    freight_fen: Fen
    coupon_back: bool


@dataclass(frozen=True)
class ReturnPreview:
    """What sending these pieces back changes, and until when it may be asked for."""

    order_id: int
    until: datetime
    refund_fen: Fen
    freight_fen: Fen
    stored_fen: Fen  # what of the refund goes to the stored value
    points_lost: int
    coupon_back: bool


async def preview(shop: Shop, member_id: int, order_id: int, reasons: Mapping[int, str]) -> ReturnPreview:
    """Exact figures before she decides; `reasons` by piece. Raises TooLate, WrongState, Invalid, NotFound."""
    order = await order_of(member_id, order_id)
    pieces = await pieces_of(order_id)
    until = _still_open(shop, order)
    for piece in _asked(pieces, reasons):
        piece.reason = reasons[piece.id]
    figures = await _figures(order, pieces, set(reasons))
    before, after = (
        earned(fen, [order.points_percent], shop.rules.points) for fen in (order.goods_fen, figures.goods_fen)
    )
    lost = before - after + await perks.points_at_stake(shop, ref(order), figures.goods_fen)
    refund = await order_money.back_for(order, figures.refund_fen)
    return ReturnPreview(
        order_id, until, refund.total_fen, figures.freight_fen, refund.stored_fen, lost, figures.coupon_back
    )  # fmt: skip


def _still_open(shop: Shop, order: Order) -> datetime:
    if order.state is not OrderState.SIGNED or order.signed_at is None:
        raise WrongState("order", order.state, "returned")
    until = law_window_ends(order.signed_at, shop.rules.box)
    if shop.now() >= until:
        raise TooLate("return", until.isoformat())
    return until


def _asked(pieces: Sequence[OrderItem], reasons: Mapping[int, str]) -> list[OrderItem]:
    mine = {piece.id: piece for piece in pieces}
    for piece_id, reason in reasons.items():
        if piece_id not in mine:
            raise NotFound("item")
        if reason not in RETURN_REASONS:
            raise Invalid("reason", "one of " + ", ".join(RETURN_REASONS))
        if mine[piece_id].state is not PieceState.BOUGHT:
            raise WrongState("item", mine[piece_id].state, PieceState.RETURNING)
    return [mine[piece_id] for piece_id in sorted(reasons)]


async def _figures(order: Order, pieces: Sequence[OrderItem], back: set[int]) -> Figures:
    """What follows when `back` is gone too; what is still on its way counts as kept until it is here."""
    kept = [p for p in pieces if p.state is not PieceState.RETURNED and p.id not in back]
    coupon = await coupons.held(order.member_coupon_id) if order.coupon_fen else None
    stays, goes = (
        [Bought(p.price_fen, p.net_fen) for p in some] for some in (kept, [p for p in pieces if p not in kept])
    )
    told = after_return(order.goods_fen, stays, goes, coupon=coupon)
    freight_fen = freight_back(order.freight_fen, len(kept), [p.reason for p in pieces])
    falls = told.coupon_back and await coupons.at_work(order.member_coupon_id, ref(order))
    return Figures(told.goods_fen, told.refund_fen + freight_fen, freight_fen, falls)


async def send_back(
    shop: Shop,
    member_id: int,
    order_id: int,
    reasons: Mapping[int, str],
    *,
    pickup_at: datetime | None = None,
    address_id: int | None = None,
) -> OrderParcel:
    """Open a return for these pieces; WeChat's component gives an id to book the courier with.

    Raises TooLate after the 7th day, WrongState unless each piece is at the member's, Invalid, NotFound.
    """
    now, who = shop.now(), f"member:{member_id}"
    async with transaction():
        order = await order_of(member_id, order_id, lock=True)
        _still_open(shop, order)
        asked = _asked(await pieces_of(order_id), reasons)
        if address_id is not None:
            await addresses.address_of(member_id, address_id)
        parcel = await OrderParcel.create(
            order_id=order_id, direction="back", state=ParcelState.WANTED, created_at=now,
            pickup_at=pickup_at.astimezone(UTC) if pickup_at else None,
        )  # fmt: skip
        for piece in asked:
            reason = reasons[piece.id]
            await move(
                piece, PIECE_LIFE, PieceState.RETURNING, at=now, who=who, why=reason, reason=reason, parcel_id=parcel.id
            )
        await outside.want(shop, "open_order_return", f"order_parcel:{parcel.id}", address_id=address_id)
    await parcel.refresh_from_db()
    log.info("order.returning", order=order_id, parcel=parcel.id, pieces=len(asked))
    return parcel


@outside.caller("open_order_return")
async def _open_return(shop: Shop, call: OutsideCall) -> None:
    parcel = await OrderParcel.get(id=int(call.ref.partition(":")[2]))
    if parcel.return_id or parcel.state is not ParcelState.WANTED:
        return
    order = await Order.get(id=parcel.order_id)
    openid = await members.openid_of(order.member_id, shop.accounts.mini_appid)
    if openid is None:
        raise OutsideRefusal("no_openid", "the member has no openid of the mini-program")
    pieces = await OrderItem.filter(parcel_id=parcel.id).order_by("id")
    address_id = call.payload.get("address_id")
    chosen = await MemberAddress.get_or_none(id=address_id, member_id=order.member_id) if address_id else None
    return_id = await shop.wechat.logistics.add_return(
        ReturnOrder(
            # A number opens one return only, and an answer may be lost: each try has its own.
            shop_order_id=f"HOR{parcel.id}T{call.attempts}",
            openid=openid,
            sender=addresses.unseal(shop, chosen.sealed if chosen else order.address_sealed),
            receiver=addresses.warehouse(shop),
            goods=[piece.name for piece in pieces],
            worth_fen=sum(piece.price_fen for piece in pieces),
            page=page_of(order),
        )
    )
    await OrderParcel.filter(id=parcel.id, return_id="").update(return_id=return_id, updated_at=shop.now())


async def call_off(shop: Shop, member_id: int, order_id: int, parcel_id: int) -> None:
    """The member keeps the pieces after all. Raises WrongState once the carrier has them, NotFound."""
    now, who = shop.now(), f"member:{member_id}"
    async with transaction():
        await order_of(member_id, order_id, lock=True)
        parcel = await _back_parcel(order_id=order_id, id=parcel_id)
        if parcel.state is ParcelState.CANCELLED:
            return
        await move(parcel, PARCEL_LIFE, ParcelState.CANCELLED, at=now, who=who)
        for piece in await OrderItem.filter(parcel_id=parcel_id, state=PieceState.RETURNING).order_by("id"):
            await _stays(shop, piece, who, "return called off")


async def _stays(shop: Shop, piece: OrderItem, who: str, why: str) -> None:
    await move(piece, PIECE_LIFE, PieceState.BOUGHT, at=shop.now(), who=who, why=why, reason="", parcel_id=None)


async def _back_parcel(**which: object) -> OrderParcel:
    parcel = await OrderParcel.filter(direction="back", **which).select_for_update().first()
    if parcel is None:
        raise NotFound("parcel")
    return parcel


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
        parcel = await _back_parcel(id=found.id)
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
        await _stays(shop, piece, who, why or "not in the parcel")
    if not_there:
        names = "、".join(piece.name for piece in not_there)
        await InboxNote.create(
            member_id=order.member_id, title="退货包裹里少了商品", page=page_of(order), created_at=now,
            text=f"我们打开了您的退货包裹，没有找到：{names}。这几件暂不退款，如有疑问请联系客服。",
        )  # fmt: skip
    back = [p for p in back if p not in not_there]
    if not back:
        return
    figures = await _figures(order, pieces, {p.id for p in back})
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
            fresh = await _back_parcel(id=parcel.id)
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
