"""Paid at a shop's till: whoever pays is a member from then on, and what they bought counts as everywhere.

The till orders and gives back money by itself, under its own numbers; we hear of both from WeChat Pay alone.
"""

import structlog

from domain.errors import AmountMismatch, NotYet
from domain.loyalty import earned, usable_from
from domain.membership import Level, Source
from domain.money import Fen
from domain.payment import ACCOUNT, REFUND_WORDS, PaymentPurpose, PaymentState, RefundState
from domain.ports import PaymentFact, RefundFact
from models import Member, OutsideCall, Payment, Refund, StoreSale
from services import benefits, ledger, outside, perks, points, purchases
from services.members import Arrival, join_many, link_unionid, member_by_openid
from services.shop import OUR_PAYMENTS, Shop
from services.transaction import transaction

PURPOSE = PaymentPurpose.STORE
log = structlog.get_logger()


def ref(out_trade_no: str) -> str:
    """What a sale is called everywhere else."""
    return f"store:{out_trade_no}"


def is_the_tills(out_trade_no: str) -> bool:
    """Whether a number is a till's own. Ours are never taken for one, whatever address they are told to."""
    return not out_trade_no.startswith(OUR_PAYMENTS)


async def on_paid(shop: Shop, fact: PaymentFact, store: str) -> None:
    """A sale: the payer becomes a member where they were none, and it is booked, inside the caller's transaction.

    Told again it changes nothing. Raises AmountMismatch when it is told again with another sum.
    """
    known = await StoreSale.filter(out_trade_no=fact.out_trade_no).first()
    if known is not None:
        if known.amount_fen != fact.total_fen:
            raise AmountMismatch(known.amount_fen, fact.total_fen)
        return
    now, sold_at = shop.now(), fact.paid_at or shop.now()
    arrival = Arrival(fact.appid or shop.accounts.mini_appid, fact.openid, Source.PAYMENT, sold_at, f"store:{store}")
    [joined] = await join_many(shop, [arrival])
    member_id = joined.member_id
    percent = await benefits.points_percent(shop, member_id)
    await StoreSale.create(
        member_id=member_id, out_trade_no=fact.out_trade_no, store=store, amount_fen=fact.total_fen,
        points_percent=percent, sold_at=sold_at, created_at=now,
    )  # fmt: skip
    await Payment.create(
        member_id=member_id, out_trade_no=fact.out_trade_no, purpose=PURPOSE, ref=ref(fact.out_trade_no),
        description=f"门店 {store}", amount_fen=fact.total_fen, state=PaymentState.PAID,
        transaction_id=fact.transaction_id, paid_at=sold_at, expires_at=sold_at, created_at=now,
    )  # fmt: skip
    await ledger.post(
        shop, f"paid:{fact.out_trade_no}", {"wechat": fact.total_fen, ACCOUNT[PURPOSE]: -fact.total_fen},
        member_id=member_id,
    )  # fmt: skip
    await Member.filter(id=member_id).exclude(level=Level.PAYER).update(level=Level.PAYER, updated_at=now)
    cause, usable_at = ref(fact.out_trade_no), max(now, usable_from(sold_at, shop.rules.points))
    await purchases.keep(shop, member_id, cause, fact.total_fen, bought_at=sold_at)
    await points.award(
        shop, member_id, earned(fact.total_fen, [percent], shop.rules.points),
        reason="store", ref=cause, usable_at=usable_at,
    )  # fmt: skip
    await perks.for_order(shop, member_id, cause, fact.total_fen, sold_at, usable_at)
    if arrival.appid == shop.accounts.mini_appid:
        # Who paid may be known under another account already; a follower's unionid is asked for by joining.
        await outside.want(
            shop, "paid_unionid", fact.transaction_id, openid=fact.openid, transaction_id=fact.transaction_id
        )
    log.info("store.sold", member=member_id, store=store, amount_fen=fact.total_fen, fresh=joined.fresh)


@outside.caller("paid_unionid")
async def _ask_unionid(shop: Shop, call: OutsideCall) -> None:
    """Within five minutes of a payment WeChat tells the payer's unionid: the two openids of one person meet."""
    openid = str(call.payload["openid"])
    unionid = await shop.wechat.mini.paid_unionid(openid, str(call.payload["transaction_id"]))
    if unionid is None:
        return
    async with transaction():
        member = await member_by_openid(shop.accounts.mini_appid, openid)
        if member is not None:
            await link_unionid(shop, member.id, unionid)


async def on_refunded(shop: Shop, out_trade_no: str, fact: RefundFact) -> None:
    """The till gave money back: points and gifts follow what is left, inside the caller's transaction.

    Raises NotYet for a sale we have not heard of, AmountMismatch for more than was paid.
    """
    if REFUND_WORDS.get(fact.status) is not RefundState.DONE:
        return  # The till looks after what its refund still lacks.
    sale = await StoreSale.filter(out_trade_no=out_trade_no).select_for_update().first()
    if sale is None:
        raise NotYet("store_sale")
    if await Refund.exists(out_refund_no=fact.out_refund_no):
        return
    left: Fen = sale.amount_fen - sale.returned_fen - fact.refund_fen
    if left < 0:
        raise AmountMismatch(sale.amount_fen - sale.returned_fen, fact.refund_fen)
    now, cause = shop.now(), ref(out_trade_no)
    await StoreSale.filter(id=sale.id).update(returned_fen=sale.amount_fen - left, updated_at=now)
    payment = await Payment.get(out_trade_no=out_trade_no)
    await Refund.create(
        member_id=sale.member_id, out_refund_no=fact.out_refund_no, transaction_id=payment.transaction_id or "",
        ref=cause, reason="门店退款", amount_fen=fact.refund_fen, total_fen=sale.amount_fen, state=RefundState.DONE,
        done_at=fact.done_at or now, created_at=now,
    )  # fmt: skip
    await ledger.post(
        shop, f"refunded:{fact.out_refund_no}", {ACCOUNT[PURPOSE]: fact.refund_fen, "wechat": -fact.refund_fen},
        member_id=sale.member_id,
    )  # fmt: skip
    await purchases.keep(shop, sale.member_id, cause, left)
    await points.take_back(
        shop, sale.member_id, reason="store", ref=cause, cause=fact.out_refund_no,
        earned_now=earned(left, [sale.points_percent], shop.rules.points),
    )  # fmt: skip
    await perks.take_back(shop, cause, left)
    log.info("store.refunded", member=sale.member_id, refund_fen=fact.refund_fen, left_fen=left)
