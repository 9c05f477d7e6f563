"""What a member sends back of a shop order within the law's seven days: previewed, opened, called off.

The money moves when the warehouse has the piece (services/order_grading).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from domain.bill import Bought, after_return
from domain.box import PARCEL_LIFE, RETURN_REASONS, ParcelState, law_window_ends
from domain.errors import Invalid, NotFound, OutsideRefusal, TooLate, WrongState
from domain.loyalty import earned
from domain.money import Fen
from domain.order import PIECE_LIFE, OrderState, PieceState, freight_back
from domain.ports import ReturnOrder
from models import MemberAddress, Order, OrderItem, OrderParcel, OutsideCall
from models.base import move
from services import addresses, coupons, members, order_money, outside, perks
from services.order_money import ref
from services.orders import order_of, page_of, pieces_of
from services.shop import Shop
from services.transaction import transaction

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
    figures = await figures_of(order, pieces, set(reasons))
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


async def figures_of(order: Order, pieces: Sequence[OrderItem], back: set[int]) -> Figures:
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
        parcel = await back_parcel(order_id=order_id, id=parcel_id)
        if parcel.state is ParcelState.CANCELLED:
            return
        await move(parcel, PARCEL_LIFE, ParcelState.CANCELLED, at=now, who=who)
        for piece in await OrderItem.filter(parcel_id=parcel_id, state=PieceState.RETURNING).order_by("id"):
            await stays(shop, piece, who, "return called off")


async def stays(shop: Shop, piece: OrderItem, who: str, why: str) -> None:
    await move(piece, PIECE_LIFE, PieceState.BOUGHT, at=shop.now(), who=who, why=why, reason="", parcel_id=None)


async def back_parcel(**which: object) -> OrderParcel:
    parcel = await OrderParcel.filter(direction="back", **which).select_for_update().first()
    if parcel is None:
        raise NotFound("parcel")
    return parcel
