"""The money of a shop order: met when it is paid, and given back over the ways it came by.

`stored_fen` of its total is stored value: set aside when it is placed, spent when the rest has come. What goes
back goes over WeChat Pay first, then to the stored value. Ledger: `order:9` (receivable + / sales -, freight -),
what comes back the other way round under the event of its cause.
"""

from dataclasses import dataclass

from domain.money import Fen
from models import Order
from services import ledger, payments, wallets
from services.shop import Shop


def ref(order: Order) -> str:
    """What an order's payments, refunds, coupon, points, stock and stored value are filed under."""
    return f"order:{order.id}"


async def meet(shop: Shop, order: Order) -> None:
    """Book what was bought; what is set aside of stored value pays its part, in the caller's transaction."""
    await ledger.post(
        shop,
        ref(order),
        {"receivable": order.total_fen, "sales": -order.goods_fen, "freight": -order.freight_fen},
        member_id=order.member_id,
        order_id=order.id,
    )
    if order.stored_fen:
        await wallets.use_held(shop, order.member_id, ref(order), ref(order), order.stored_fen)


@dataclass(frozen=True)
class Back:
    """How a sum goes back: over WeChat Pay, and to the stored value."""

    wechat_fen: Fen
    stored_fen: Fen

    @property
    def total_fen(self) -> Fen:
        return self.wechat_fen + self.stored_fen


async def back_for(order: Order, sum_fen: Fen) -> Back:
    """The ways a sum would go back. What was given out of kindness before is not given a second time."""
    if order.paid_at is None:
        return Back(0, 0)
    wechat_fen = min(sum_fen, await payments.paid_fen(ref(order)))
    stored_fen = await wallets.used_fen(order.member_id, ref(order)) if order.stored_fen else 0
    return Back(wechat_fen, min(sum_fen - wechat_fen, stored_fen))


async def pay_back(
    shop: Shop, order: Order, event: str, goods_fen: Fen, freight_fen: Fen, words: str, *, key: str
) -> Back:
    """Goods and freight come back, once per event and key, in the caller's transaction."""
    sum_fen = goods_fen + freight_fen
    if not sum_fen:
        return Back(0, 0)
    back = await back_for(order, sum_fen)
    await ledger.post(
        shop,
        event,
        {
            "sales": goods_fen,
            "freight": freight_fen,
            "refunds_due": -back.total_fen,
            "compensation": back.total_fen - sum_fen,
        },
        member_id=order.member_id,
        order_id=order.id,
    )
    if back.wechat_fen:
        await payments.want_refund(shop, order.member_id, ref(order), back.wechat_fen, words, key=key)
    if back.stored_fen:
        await wallets.give_back(shop, order.member_id, ref(order), back.stored_fen, key)
    return back
