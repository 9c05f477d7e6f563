"""A shop order after it was placed: paid, given up, looked at. What travels stands in services/order_parcels,
how its money goes back in services/order_money (`cancel:order:9`, `lost:order:9`)."""

from dataclasses import dataclass

import structlog
from tortoise.functions import Sum

from domain.errors import NotFound
from domain.membership import Level
from domain.money import Fen
from domain.order import ORDER_LIFE, PIECE_LIFE, OrderState, PieceState
from domain.payment import PaymentPurpose, PaymentState, RefundState, lapsed
from domain.ports import Address
from models import Member, Order, OrderItem, OrderParcel, Payment, Refund
from models.base import move, move_all
from services import addresses, audit, catalog, coupons, drops, order_money, payments, purchases, wallets
from services.catalog import Piece
from services.order_money import ref
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


def page_of(order: Order) -> str:
    """Where the mini-program shows it."""
    return f"pages/order/order?id={order.id}"


async def order_of(member_id: int, order_id: int, *, lock: bool = False) -> Order:
    """The member's own order, the only way to fetch one on her behalf. Raises NotFound."""
    found = Order.filter(id=order_id, member_id=member_id)
    order = await (found.select_for_update() if lock else found).first()
    if order is None:
        raise NotFound("order")
    return order


async def order_for_staff(order_id: int, *, lock: bool = False) -> Order:
    """Any order, for staff and jobs. Raises NotFound."""
    found = Order.filter(id=order_id)
    order = await (found.select_for_update() if lock else found).first()
    if order is None:
        raise NotFound("order")
    return order


async def pieces_of(order_id: int) -> list[OrderItem]:
    return await OrderItem.filter(order_id=order_id).order_by("id")


async def by_sku(order_id: int) -> list[tuple[int, int]]:
    """(sku_id, pieces) by rising sku_id: the order in which stock is moved."""
    counts: dict[int, int] = {}
    for piece in await pieces_of(order_id):
        counts[piece.sku_id] = counts.get(piece.sku_id, 0) + 1
    return sorted(counts.items())


# Paid --------------------------------------------------------------------------------------------------


async def on_paid(shop: Shop, payment: Payment) -> None:
    """The money has come, in the caller's transaction: the warehouse may pack. An order given up gives it back."""
    order = await order_for_staff(int(payment.ref.partition(":")[2]), lock=True)
    if order.state is not OrderState.PLACED:
        await payments.give_back(shop, payment, "订单已取消，自动退款")
        return
    await paid(shop, order, "wechat")


async def paid(shop: Shop, order: Order, who: str) -> None:
    """Everything that was asked for has come, in the caller's transaction."""
    await move(order, ORDER_LIFE, OrderState.PAID, at=shop.now(), who=who, paid_at=shop.now())
    await order_money.meet(shop, order)
    await purchases.keep(shop, order.member_id, ref(order), order.goods_fen)
    if order.member_coupon_id is not None:
        await coupons.use(shop, order.member_coupon_id, ref(order))
    await Member.filter(id=order.member_id).exclude(level=Level.PAYER).update(level=Level.PAYER, updated_at=shop.now())
    log.info("order.paid", order=order.id, total_fen=order.total_fen)


# Given up ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CancelPreview:
    """What giving the order up brings back; `stored_fen` of the refund goes to the stored value."""

    order_id: int
    refund_fen: Fen
    stored_fen: Fen
    coupon_back: bool


async def cancel_preview(member_id: int, order_id: int) -> CancelPreview:
    """Exact figures before the step. Raises WrongState once it is shipped, NotFound."""
    order = await order_of(member_id, order_id)
    ORDER_LIFE.require_move(order.state, OrderState.CANCELLED)
    back = await order_money.back_for(order, order.total_fen)
    return CancelPreview(order_id, back.total_fen, back.stored_fen, order.member_coupon_id is not None)


async def cancel(
    shop: Shop,
    order_id: int,
    *,
    who: str,
    why: str = "",
    member_id: int | None = None,
    staff_id: int | None = None,
) -> Order:
    """Give the order up before it is shipped: money, stock, coupon and drop go back. Again, nothing changes.

    Raises WrongState once it is shipped, NotFound for another member's.
    """
    async with transaction():
        if member_id is not None:
            order = await order_of(member_id, order_id, lock=True)
        else:
            order = await order_for_staff(order_id, lock=True)
        if order.state is OrderState.CANCELLED:
            return order
        await _let_go(shop, order, who, why, "订单已取消")
        if staff_id is not None:
            await audit.note(shop, staff_id, "order.cancel", ref(order), refund_fen=order.refunded_fen)
    return order


async def _let_go(shop: Shop, order: Order, who: str, why: str, words: str) -> None:
    now, paid = shop.now(), order.state is OrderState.PAID
    ORDER_LIFE.require_move(order.state, OrderState.CANCELLED)
    await catalog.release(shop, [Piece(sku_id, ref(order), count) for sku_id, count in await by_sku(order.id)])
    await move_all(await pieces_of(order.id), PIECE_LIFE, PieceState.CANCELLED, at=now, who=who, why=why)
    if order.member_coupon_id is not None:
        await coupons.give_back(shop, order.member_coupon_id, ref(order))
    await drops.give_back(shop, order)
    await payments.close(shop, ref(order), words)
    if paid:
        await refund_whole(shop, order, words, key="cancel")
    elif order.stored_fen:
        await wallets.release(shop, order.member_id, ref(order))
    await move(order, ORDER_LIFE, OrderState.CANCELLED, at=now, who=who, why=why)
    log.info("order.cancelled", order=order.id, refund_fen=order.refunded_fen, who=who)


async def refund_whole(shop: Shop, order: Order, words: str, *, key: str) -> None:
    """Everything that was paid goes back, freight too, because the order came to nothing."""
    event = f"{key}:{ref(order)}"
    back = await order_money.pay_back(shop, order, event, order.goods_fen, order.freight_fen, words, key=key)
    await purchases.keep(shop, order.member_id, ref(order), 0)
    changes = {"goods_fen": 0, "refunded_fen": back.total_fen}
    await Order.filter(id=order.id).update(**changes, updated_at=shop.now())
    order.goods_fen, order.refunded_fen = 0, back.total_fen


async def on_closed(shop: Shop, payment: Payment) -> None:
    """Its payment lapsed, in the caller's transaction: the order is given up and its stock is free."""
    order = await order_for_staff(int(payment.ref.partition(":")[2]), lock=True)
    if order.state is OrderState.PLACED:
        await _let_go(shop, order, "job:unpaid", "not paid in time", "未在时限内付款")


async def lapse_unpaid(shop: Shop) -> int:
    """The job: orders nobody paid in time are given up; how many. A payment that comes even later goes back."""
    now, rules = shop.now(), shop.rules.payment
    due = await Order.filter(state=OrderState.PLACED, expires_at__lte=now).order_by("expires_at").values("id")
    count = 0
    for row in due:
        async with transaction():
            order = (
                await Order.filter(id=row["id"], state=OrderState.PLACED).select_for_update(skip_locked=True).first()
            )
            if order is None or not lapsed(order.expires_at, now, rules):
                continue
            await _let_go(shop, order, "job:unpaid", "not paid in time", "未在时限内付款")
            count += 1
    return count


# Looked at ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """An order with all that belongs to it. `out_trade_no` is there while it may be paid."""

    order: Order
    pieces: list[OrderItem]
    parcels: list[OrderParcel]
    out_trade_no: str
    refunded_done_fen: Fen  # what has arrived, kindness included: by WeChat's word, or as stored value


async def detail(member_id: int, order_id: int) -> Seen:
    """The member's order. Raises NotFound."""
    return await seen(await order_of(member_id, order_id))


async def seen(order: Order) -> Seen:
    open_payment = await Payment.filter(ref=ref(order), purpose=PaymentPurpose.ORDER, state=PaymentState.WANTED).first()
    [done] = await Refund.filter(ref=ref(order), state=RefundState.DONE).annotate(sum=Sum("amount_fen")).values("sum")
    stored_back = 0
    if order.stored_fen and order.paid_at is not None:
        stored_back = order.stored_fen - await wallets.used_fen(order.member_id, ref(order))
    return Seen(
        order,
        await pieces_of(order.id),
        await OrderParcel.filter(order_id=order.id).order_by("id"),
        open_payment.out_trade_no if open_payment else "",
        int(done["sum"] or 0) + stored_back,
    )


async def page(member_id: int, *, before_id: int | None, limit: int) -> tuple[list[Order], int | None]:
    """The member's orders, the newest first, and the id before which the next page begins."""
    found = Order.filter(member_id=member_id)
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    rows = await found.order_by("-id").limit(limit + 1)
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


async def queue(state: OrderState, *, skip: int, limit: int) -> tuple[list[Order], int | None]:
    """Orders in a state for staff, the higher priority and then the older first; and how many to skip next."""
    rows = await Order.filter(state=state).order_by("-priority", "id").offset(skip).limit(limit + 1)
    return rows[:limit], skip + limit if len(rows) > limit else None


async def address_for(shop: Shop, staff_id: int, order: Order) -> Address | None:
    """Where to, while it is to be packed; opening it is written to the audit log."""
    if order.state is not OrderState.PAID:
        return None
    await audit.note(shop, staff_id, "order.read_address", ref(order))
    return addresses.unseal(shop, order.address_sealed)
