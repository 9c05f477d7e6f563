"""A shop order on its way: packed, told to WeChat, followed, signed – or lost.

It travels in one parcel. The carrier's words come in any order and more than once, so a state only moves
forward; what is never heard of again counts as received after some days.
"""

from datetime import UTC, datetime

import structlog

from domain.box import PARCEL_LIFE, ParcelState
from domain.errors import Invalid, NotFound, WrongState
from domain.loyalty import earned, usable_from
from domain.order import ORDER_LIFE, PIECE_LIFE, OrderState, PieceState, received_by, warranty_ends
from domain.payment import PaymentState
from domain.ports import ShippedParcel
from models import InboxNote, Order, OrderParcel, OutsideCall, Payment
from models.base import move, move_all
from services import (
    addresses,
    audit,
    benefits,
    catalog,
    coupons,
    labels,
    members,
    orders,
    outside,
    parcels,
    perks,
    points,
)
from services.catalog import Piece
from services.order_money import ref
from services.orders import order_for_staff, page_of, pieces_of
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def ship(shop: Shop, staff_id: int, order_id: int, carrier: str, waybill: str) -> Order:
    """Hand the packed order to the carrier; without a waybill the label is ordered at WeChat.

    Its pieces are sold now. Raises WrongState unless it is paid and not shipped, Invalid for a waybill
    another parcel has, NotFound.
    """
    now, who = shop.now(), f"staff:{staff_id}"
    order = await order_for_staff(order_id)
    ORDER_LIFE.require_move(order.state, OrderState.SHIPPED)
    if not waybill:
        names = [piece.name for piece in await pieces_of(order_id)]
        waybill = await labels.label(
            shop, f"HO{order_id}", order.member_id, order.address_sealed, page_of(order), carrier, names
        )
    async with transaction():
        order = await order_for_staff(order_id, lock=True)
        await move(
            order, ORDER_LIFE, OrderState.SHIPPED, at=now, who=who,
            shipped_at=now, receive_by=received_by(now, shop.rules.order),
        )  # fmt: skip
        await OrderParcel.bulk_create(
            [
                OrderParcel(
                    order_id=order_id, direction="out", state=ParcelState.WANTED, carrier=carrier, waybill=waybill,
                    created_at=now,
                )
            ],
            on_conflict=("waybill",),
            ignore_conflicts=True,
        )  # fmt: skip
        if not await OrderParcel.exists(order_id=order_id, waybill=waybill, direction="out"):
            raise Invalid("waybill", "another parcel has this waybill")
        await catalog.sell(shop, [Piece(sku_id, ref(order), n) for sku_id, n in await orders.by_sku(order_id)])
        if order.member_coupon_id is not None:
            await coupons.use(shop, order.member_coupon_id, ref(order))
        await audit.note(shop, staff_id, "order.ship", ref(order))
        for payment in await Payment.filter(ref=ref(order), state=PaymentState.PAID):
            # The money is frozen at WeChat until it is told what was shipped for it.
            await outside.want(shop, "upload_order", payment.transaction_id or "", order_id=order.id)
    log.info("order.shipped", order=order_id)
    return order


@outside.caller("upload_order")
async def _upload(shop: Shop, call: OutsideCall) -> None:
    order = await Order.get(id=int(str(call.payload["order_id"])))
    parcel = await OrderParcel.get(order_id=order.id, direction="out")
    openid = await members.openid_of(order.member_id, shop.accounts.mini_appid)
    phone = addresses.unseal(shop, order.address_sealed).phone
    names = "、".join(piece.name for piece in await pieces_of(order.id))[:120]
    shipped = [ShippedParcel(parcel.waybill or "", parcel.carrier, names, addresses.masked_phone(phone))]
    await shop.wechat.mini.upload_shipping(call.ref, openid or "", shipped, shop.now(), True)


async def on_carrier_event(shop: Shop, waybill: str, action_type: int, at: datetime, text: str = "") -> bool:
    """One word of a carrier about a waybill of ours, an order's or a box's; False when it changes nothing."""
    found = await OrderParcel.filter(waybill=waybill).first()
    if found is None:
        return await parcels.on_carrier_event(shop, waybill, action_type, at, text)
    at = min(at, shop.now()).astimezone(UTC)
    async with transaction():
        order = await order_for_staff(found.order_id, lock=True)
        parcel = await OrderParcel.filter(id=found.id).select_for_update().get()
        before = (parcel.state, parcel.accepted_at, parcel.heard_at)
        if parcel.heard_at is None or at > parcel.heard_at:
            await OrderParcel.filter(id=parcel.id).update(heard_at=at)
            parcel.heard_at = at
        if action_type in parcels.ON_THE_WAY:
            await parcels.accepted(shop, parcel, at)
        elif action_type == parcels.SIGNED and parcel.state in (ParcelState.WANTED, ParcelState.ACCEPTED):
            await move(parcel, PARCEL_LIFE, ParcelState.SIGNED, at=shop.now(), who="carrier", signed_at=at)
            if parcel.direction == "out" and order.state is OrderState.SHIPPED:
                await _signed(shop, order, at, "carrier")
        fresh = before != (parcel.state, parcel.accepted_at, parcel.heard_at)
    log.info("order.parcel_told", parcel=parcel.id, order=order.id, action=action_type, fresh=fresh)
    return fresh


async def note_by_hand(shop: Shop, staff_id: int, parcel_id: int, action_type: int, at: datetime, text: str) -> bool:
    """What the carrier told a person of the staff. Raises NotFound, Invalid without a waybill."""
    async with transaction():
        parcel = await OrderParcel.get_or_none(id=parcel_id)
        if parcel is None:
            raise NotFound("parcel")
        if parcel.waybill is None:
            raise Invalid("parcel", "it has no waybill yet")
        told = await on_carrier_event(shop, parcel.waybill, action_type, at, text)
        await audit.note(shop, staff_id, "parcel.event", f"order_parcel:{parcel_id}", told=action_type, fresh=told)
    return told


async def _signed(shop: Shop, order: Order, at: datetime, who: str) -> None:
    """It has arrived: the law's seven days begin, and its points wait for their end."""
    now = shop.now()
    enjoys = await benefits.of(shop, order.member_id)
    until = warranty_ends(at, enjoys.warranty_days, shop.rules.order)
    await move(order, ORDER_LIFE, OrderState.SIGNED, at=now, who=who, signed_at=at, warranty_until=until)
    await move_all(await pieces_of(order.id), PIECE_LIFE, PieceState.BOUGHT, at=now, who=who)
    usable_at = max(now, usable_from(at, shop.rules.points))
    await points.award(
        shop, order.member_id, earned(order.goods_fen, [order.points_percent], shop.rules.points),
        reason="order", ref=ref(order), usable_at=usable_at,
    )  # fmt: skip
    await perks.for_order(shop, order.member_id, ref(order), order.goods_fen, order.created_at, usable_at)
    log.info("order.signed", order=order.id, who=who)


async def receive(shop: Shop, member_id: int, order_id: int) -> Order:
    """The member says it has arrived. Again, it changes nothing. Raises WrongState before it is shipped, NotFound."""
    async with transaction():
        order = await orders.order_of(member_id, order_id, lock=True)
        if order.state is not OrderState.SIGNED:
            await _signed(shop, order, shop.now(), f"member:{member_id}")
    return order


async def auto_receive(shop: Shop) -> int:
    """The job: what was shipped long ago and never heard of counts as received; how many."""
    due = await Order.filter(state=OrderState.SHIPPED, receive_by__lte=shop.now()).order_by("receive_by").values("id")
    count = 0
    for row in due:
        async with transaction():
            rows = Order.filter(id=row["id"], state=OrderState.SHIPPED)
            order = await rows.select_for_update(skip_locked=True).first()
            if order is not None:
                await _signed(shop, order, shop.now(), "job:auto_receive")
                count += 1
    return count


async def mark_lost(shop: Shop, staff_id: int, order_id: int) -> Order:
    """The parcel was lost before signing, in one action: all that was paid goes back, the coupon too.

    Again, it changes nothing. Raises WrongState unless it is on its way, NotFound.
    """
    now, who = shop.now(), f"staff:{staff_id}"
    async with transaction():
        order = await order_for_staff(order_id, lock=True)
        if order.state is OrderState.LOST:
            return order
        await move(order, ORDER_LIFE, OrderState.LOST, at=now, who=who, why="lost before signing")
        parcel = await OrderParcel.filter(order_id=order_id, direction="out").select_for_update().get()
        if parcel.state is not ParcelState.WANTED and parcel.state is not ParcelState.ACCEPTED:
            raise WrongState("parcel", parcel.state, ParcelState.LOST)
        await move(parcel, PARCEL_LIFE, ParcelState.LOST, at=now, who=who)
        for sku_id, count in await orders.by_sku(order_id):
            await catalog.scrap(shop, sku_id, ref=ref(order), quantity=count)
        await move_all(await pieces_of(order_id), PIECE_LIFE, PieceState.LOST, at=now, who=who)
        if order.member_coupon_id is not None:
            await coupons.give_back(shop, order.member_coupon_id, ref(order))
        await orders.refund_whole(shop, order, "包裹遗失，全额退款", key="lost")
        await audit.note(shop, staff_id, "order.lost", ref(order), refund_fen=order.refunded_fen)
        await InboxNote.create(
            member_id=order.member_id, title="您的订单在途中遗失了", page=page_of(order), created_at=now,
            text="很抱歉，您的包裹在送达前被快递遗失。已付款项会全额原路退回，优惠券也退还给您了。",
        )  # fmt: skip
    log.warning("order.lost", order=order_id)
    return order
