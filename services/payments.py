"""Money asked for through WeChat Pay and taken when it comes: JSAPI payments.

A payment is *wanted* in the transaction of what it pays for and *prepared* at WeChat afterwards. When it
comes, `take` books it: `paid:NUMBER`, `wechat` + against the account of its purpose (domain/payment.py
ACCOUNT). What it starts is decided further up (services/notices). One that comes after it was closed is
given back by itself. Refunds stand in services/refunds.
"""

from datetime import datetime

import structlog

from domain.errors import (
    AmountMismatch,
    NotFound,
    NotYet,
    OutsideRefusal,
    PaymentPending,
    TooLate,
    WrongState,
)
from domain.money import Fen
from domain.payment import (
    ACCOUNT,
    PAYMENT_LIFE,
    PaymentPurpose,
    PaymentState,
    pay_until,
    still_payable,
)
from domain.ports import PaymentFact, PayParams, Prepay
from models import OutsideCall, Payment, Refund
from models.base import move
from models.sql import rows_of
from services import inbox, ledger, members, outside, refunds
from services.refunds import want_refund
from services.shop import OUR_PAYMENTS, Shop, fresh_number
from services.transaction import in_one, transaction

__all__ = [
    "close", "close_one", "give_back", "locked", "paid_fen", "payment_of", "prepare", "set_mismatch_aside",
    "standing", "take", "want", "want_refund",
]  # fmt: skip

PAID_WORDS = ("SUCCESS", "REFUND")
"""WeChat's words for an order that was paid; REFUND as soon as any part of it was given back."""

log = structlog.get_logger()


async def want(
    shop: Shop,
    member_id: int,
    purpose: PaymentPurpose,
    ref: str,
    amount_fen: Fen,
    description: str,
    *,
    expires_at: datetime | None = None,
) -> Payment:
    """The open payment of `ref` for this purpose, inside the caller's transaction.

    One that is open for the same sum is returned again until it lapses; another sum, or no time left,
    closes it and opens a new one under a new number. Raises ValueError for a sum below 1.
    """
    if amount_fen < 1:
        raise ValueError("WeChat Pay takes no payment below one fen")
    now = shop.now()
    fresh = {
        "member_id": member_id, "out_trade_no": fresh_number(OUR_PAYMENTS, now), "purpose": purpose, "ref": ref,
        "description": description[:127], "amount_fen": amount_fen,
        "expires_at": expires_at or pay_until(now, shop.rules.payment), "now": now,
    }  # fmt: skip
    # The unique key over open payments decides: between two that are opened at once, and with one that is open.
    opened = await rows_of(Payment, "payment_open", **fresh)
    if not opened:
        open_now = Payment.filter(purpose=purpose, ref=ref, state=PaymentState.WANTED)
        standing = await open_now.select_for_update().first()
        if standing is not None:
            if standing.amount_fen == amount_fen and now < standing.expires_at:
                return standing
            await close_one(shop, standing, "asked for anew")
        opened = await rows_of(Payment, "payment_open", **fresh)
    if not opened:
        raise PaymentPending(ref)
    return opened[0]


async def standing(purpose: PaymentPurpose, ref: str, amount_fen: Fen, now: datetime) -> Payment | None:
    """The open payment of `ref` for this purpose and sum that may still be paid; only looked at."""
    found = Payment.filter(purpose=purpose, ref=ref, state=PaymentState.WANTED, amount_fen=amount_fen)
    return await found.filter(expires_at__gt=now).first()


async def payment_of(member_id: int, out_trade_no: str) -> Payment:
    """The member's own payment. Raises NotFound, for another member's too."""
    payment = None
    if out_trade_no.isascii() and out_trade_no.isalnum() and len(out_trade_no) <= 32:
        payment = await Payment.filter(member_id=member_id, out_trade_no=out_trade_no).first()
    if payment is None:
        raise NotFound("payment")
    return payment


async def prepare(shop: Shop, payment: Payment) -> PayParams:
    """Order it at WeChat (again) and sign what the phone needs; outside any transaction.

    Raises WrongState when it is paid or closed, TooLate when WeChat would not take it any more,
    NotFound when the member has no openid of the mini-program, OutsideFault and OutsideRefusal.
    """
    if in_one():
        raise RuntimeError("WeChat is never called inside a transaction")
    if payment.state is not PaymentState.WANTED:
        raise WrongState("payment", payment.state, "prepared")
    now = shop.now()
    known_there = bool(payment.prepay_id)
    if payment.expires_at <= now or not (known_there or still_payable(payment.expires_at, now, shop.rules.payment)):
        raise TooLate("payment", payment.expires_at.isoformat())
    openid = await members.openid_of(payment.member_id, shop.accounts.mini_appid)
    if openid is None:
        raise NotFound("identity")
    prepay_id = await shop.wechat.pay.prepay(
        Prepay(payment.out_trade_no, payment.description, payment.amount_fen, openid, payment.expires_at)
    )
    payment.prepay_id = prepay_id
    await Payment.filter(id=payment.id).update(prepay_id=prepay_id, updated_at=now)
    log.info("payment.prepared", payment=payment.id, ref=payment.ref, amount_fen=payment.amount_fen)
    return shop.wechat.pay.pay_params(prepay_id)


async def take(shop: Shop, fact: PaymentFact) -> Payment | None:
    """Book a payment that WeChat says was made; None when there is nothing more to do for it.

    None: it was taken before, or it had been closed and is given back now. Raises NotYet for a number
    that is not committed here, AmountMismatch for another sum than was asked for.
    """
    now = shop.now()
    payment = await locked(fact.out_trade_no)
    if payment is None:
        raise NotYet("payment")
    if payment.state is PaymentState.PAID:
        return None
    if fact.total_fen != payment.amount_fen:
        raise AmountMismatch(payment.amount_fen, fact.total_fen)
    late = payment.state is PaymentState.CLOSED
    await move(
        payment,
        PAYMENT_LIFE,
        PaymentState.PAID,
        at=now,
        who="wechat",
        why="after it was closed" if late else "",
        transaction_id=fact.transaction_id,
        paid_at=fact.paid_at or now,
    )
    await ledger.post(
        shop,
        f"paid:{payment.out_trade_no}",
        {"wechat": payment.amount_fen, ACCOUNT[payment.purpose]: -payment.amount_fen},
        member_id=payment.member_id,
        **ledger.about(payment.ref),
    )
    log.info("payment.paid", payment=payment.id, ref=payment.ref, amount_fen=payment.amount_fen, late=late)
    if late:
        await give_back(shop, payment, "订单已关闭，自动退款")
        return None
    return payment


async def locked(out_trade_no: str) -> Payment | None:
    """The payment, locked together with what it pays for."""
    found = await Payment.filter(out_trade_no=out_trade_no).first()
    if found is None:
        return None
    await refunds.lock_owner(found.ref)
    return await Payment.filter(id=found.id).select_for_update().get()


async def give_back(shop: Shop, payment: Payment, reason: str) -> Refund:
    """Give back a paid payment whole, because nothing came of it; once, however often it is called."""
    amount_fen = payment.amount_fen
    [source] = [s for s in await refunds.sources(payment.ref) if s.number == payment.out_trade_no]
    back, fresh = await refunds.want_one(shop, payment.member_id, payment.ref, source, amount_fen, reason, key="whole")
    if fresh:
        await ledger.post(
            shop,
            f"given_back:{payment.out_trade_no}",
            {ACCOUNT[payment.purpose]: amount_fen, "refunds_due": -amount_fen},
            member_id=payment.member_id,
            **ledger.about(payment.ref),
        )
    return back


async def close(shop: Shop, ref: str, why: str) -> int:
    """Close every open payment of `ref`, in the caller's transaction; how many. WeChat is told after it."""
    standing = await Payment.filter(ref=ref, state=PaymentState.WANTED).select_for_update().order_by("id")
    for payment in standing:
        await close_one(shop, payment, why)
    return len(standing)


async def close_one(shop: Shop, payment: Payment, why: str) -> None:
    """Close one open payment, inside the caller's transaction."""
    await move(payment, PAYMENT_LIFE, PaymentState.CLOSED, at=shop.now(), who="shop", why=why)
    await outside.want(shop, "pay_close", payment.out_trade_no)


@outside.caller("pay_close")
async def _close_at_wechat(shop: Shop, call: OutsideCall) -> None:
    """Close, then ask: the member may have paid in that very moment."""
    try:
        await shop.wechat.pay.close(call.ref)
    except OutsideRefusal as no:
        # The question below tells whether it was refused because it is paid.
        log.info("payment.close_refused", code=no.code)
    fact = await shop.wechat.pay.query(call.ref)
    if fact.state in PAID_WORDS:
        try:
            async with transaction():
                await take(shop, fact)
        except AmountMismatch as mismatch:
            await set_mismatch_aside(shop, f"asked:{call.ref}", "TRANSACTION", call.ref, mismatch)


async def paid_fen(ref: str) -> Fen:
    """What was paid for `ref` and is not given back: refunds count as soon as they are wanted."""
    return sum(source.left_fen for source in await refunds.sources(ref))


async def set_mismatch_aside(shop: Shop, external_id: str, kind: str, number: str, mismatch: AmountMismatch) -> None:
    """Keep news of a wrong sum for a person to look at, and raise the alarm once; it is never applied."""
    fresh = await inbox.set_aside(
        "pay",
        external_id,
        kind,
        str(mismatch),
        now=shop.now(),
        payload={"number": number, **mismatch.facts()},
    )
    if fresh:
        log.error("payment.wrong_amount", number=number, kind=kind, **mismatch.facts())
