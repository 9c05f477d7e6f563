"""What WeChat Pay tells, and what it is asked when it is silent: both end in the same three functions.

A notice is worked once, in one transaction with its own row. Payments start plans, cover boxes and settle
balances; Pay Score orders cover boxes and are collected; refunds reach their end.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

import structlog
from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from domain.errors import AmountMismatch, OutsideFault, OutsideRefusal
from domain.payment import (
    PaymentPurpose,
    PaymentState,
    RefundState,
    ScoreState,
    lapsed,
)
from domain.ports import Notice, PaymentFact, RefundFact, ScoreFact
from models import OutsideCall, Payment, Refund, ScoreCover
from models.base import Row
from services import (
    audit,
    box_money,
    boxes,
    covers,
    extras,
    inbox,
    orders,
    payments,
    plans,
    refunds,
    store_sales,
    wallets,
)
from services.payments import PAID_WORDS
from services.shop import Shop
from services.transaction import transaction

ASKED_AT_ONCE = 200
OWED = (RefundState.WANTED, RefundState.ACCEPTED, RefundState.ABNORMAL)
"""Refunds WeChat still owes us an end of; an abnormal one may have been paid out in its console."""
SCORE_EVENTS = ("PAYSCORE.USER_CONFIRM", "PAYSCORE.USER_PAID")
R = TypeVar("R", bound=Row)
log = structlog.get_logger()


class Outcome(StrEnum):
    """What became of a notice; each of them tells WeChat to stop repeating it."""

    APPLIED = "applied"  # worked now
    REPEATED = "repeated"  # worked before
    WRONG_AMOUNT = "wrong_amount"  # kept and alerted, never applied
    IGNORED = "ignored"  # of a kind that concerns nothing here


async def on_notice(shop: Shop, notice: Notice, store: str = "") -> Outcome:
    """Work a verified notice once, in any order with others. `store`: it was told to that store's address.

    Raises NotYet when it is about something that is not committed here yet: nothing is stored then, and
    WeChat is to send it again.
    """
    outcome = Outcome.APPLIED

    async def work() -> str:
        nonlocal outcome
        if notice.event_type == "TRANSACTION.SUCCESS":
            paid = shop.wechat.pay.payment_told(notice)
            if store and store_sales.is_the_tills(paid.out_trade_no):
                await store_sales.on_paid(shop, paid, store)
            else:
                await _payment_made(shop, paid)
        elif notice.event_type.startswith("REFUND."):
            back, number = shop.wechat.pay.refund_told(notice), str(notice.resource.get("out_trade_no") or "")
            if store and store_sales.is_the_tills(number):
                await store_sales.on_refunded(shop, number, back)
            else:
                await refunds.record(shop, back)
        elif notice.event_type in SCORE_EVENTS:
            await _score_told(shop, shop.wechat.score.score_told(notice))
        else:
            outcome = Outcome.IGNORED
        return outcome.value

    try:
        _, fresh = await inbox.once("pay", notice.id, notice.event_type, work, now=shop.now())
    except AmountMismatch as mismatch:
        number = next((str(notice.resource[n]) for n in NUMBERS if n in notice.resource), "")
        await payments.set_mismatch_aside(shop, notice.id, notice.event_type, number, mismatch)
        return Outcome.WRONG_AMOUNT
    return outcome if fresh else Outcome.REPEATED


NUMBERS = ("out_refund_no", "out_order_no", "out_trade_no")
"""Where a notice names what it is about: a refund's names its payment too."""


async def _payment_made(shop: Shop, fact: PaymentFact) -> None:
    payment = await payments.take(shop, fact)
    if payment is None:
        return
    if payment.purpose is PaymentPurpose.PLAN:
        await plans.on_paid(shop, payment)
    elif payment.purpose is PaymentPurpose.STYLING:
        await extras.on_paid(shop, payment)
    elif payment.purpose is PaymentPurpose.TOP_UP:
        await wallets.on_paid(shop, payment)
    elif payment.purpose is PaymentPurpose.DEPOSIT:
        box_id = refunds.box_id_of(payment.ref)
        assert box_id is not None, "a deposit covers a box"
        await boxes.on_cover_taken(shop, box_id, "wechat")
    elif payment.purpose is PaymentPurpose.BALANCE:
        await box_money.on_balance_paid(shop, payment)
    elif payment.purpose is PaymentPurpose.ORDER:
        await orders.on_paid(shop, payment)


async def _score_told(shop: Shop, fact: ScoreFact) -> None:
    news = await covers.record(shop, fact)
    if news is None:
        return
    if news.confirmed:
        await boxes.on_cover_taken(shop, news.cover.box_id, "wechat")
    if news.paid:
        await box_money.on_charged(shop, news.cover)


# Asking ------------------------------------------------------------------------------------------


async def ask_payment(shop: Shop, payment: Payment) -> Payment:
    """Ask WeChat how a payment stands and work the answer as its notice; the row as it is afterwards.

    One that was not made in time is closed. Outside any transaction. Raises OutsideFault, OutsideRefusal.
    """
    fact = await shop.wechat.pay.query(payment.out_trade_no)
    try:
        async with transaction():
            if fact.state in PAID_WORDS:
                await _payment_made(shop, fact)
            elif lapsed(payment.expires_at, shop.now(), shop.rules.payment):
                await _lapse(shop, payment.out_trade_no)
    except AmountMismatch as mismatch:
        await payments.set_mismatch_aside(
            shop, f"asked:{payment.out_trade_no}", "TRANSACTION", payment.out_trade_no, mismatch
        )
    await payment.refresh_from_db()
    return payment


async def ask_if_silent(shop: Shop, payment: Payment) -> Payment:
    """For a member's page that waits: ask WeChat, every few seconds at most, never failing over it."""
    wait = timedelta(seconds=shop.rules.payment.ask_again_seconds)
    told_at = payment.updated_at or payment.created_at
    if payment.state is not PaymentState.WANTED or not payment.prepay_id or shop.now() - told_at < wait:
        return payment
    await Payment.filter(id=payment.id, state=PaymentState.WANTED).update(updated_at=shop.now())
    try:
        return await ask_payment(shop, payment)
    except (OutsideFault, OutsideRefusal) as failed:
        log.warning("payment.ask_failed", payment=payment.id, failure=str(failed)[:80])
        return payment


async def _lapse(shop: Shop, out_trade_no: str) -> None:
    payment = await payments.locked(out_trade_no)
    if payment is None or payment.state is not PaymentState.WANTED:
        return
    await payments.close_one(shop, payment, "not paid in time")
    if payment.purpose is PaymentPurpose.PLAN:
        await plans.on_closed(shop, payment)
    elif payment.purpose is PaymentPurpose.ORDER:
        await orders.on_closed(shop, payment)


async def ask_refund(shop: Shop, refund: Refund) -> None:
    """Ask WeChat how a refund stands. One that WeChat refused for good is marked as failed."""
    fact = await shop.wechat.pay.query_refund(refund.out_refund_no)
    if fact.status == "NOT_FOUND":
        refused = OutsideCall.filter(kind="refund", ref=refund.out_refund_no, state="failed")
        if not await refused.exists():
            return
        fact = RefundFact(refund.out_refund_no, "CLOSED", refund_fen=refund.amount_fen)
    try:
        async with transaction():
            await refunds.record(shop, fact)
    except AmountMismatch as mismatch:
        await payments.set_mismatch_aside(
            shop, f"asked:{refund.out_refund_no}", "REFUND", refund.out_refund_no, mismatch
        )


async def resume_refund(shop: Shop, staff_id: int, refund_id: int) -> Refund:
    """A person takes a stuck refund up: a failed one is wanted again, an abnormal one is asked about.

    Raises NotFound, WrongState for one that moves by itself, OutsideFault, OutsideRefusal.
    """
    refund = await Refund.filter(id=refund_id).first()
    if refund is None or refund.state is not RefundState.ABNORMAL:
        return await refunds.resume(shop, staff_id, refund_id)
    async with transaction():
        await audit.note(shop, staff_id, "refund.ask", f"refund:{refund.id}", amount_fen=refund.amount_fen)
    await ask_refund(shop, refund)
    await refund.refresh_from_db()
    return refund


async def ask_cover(shop: Shop, cover: ScoreCover) -> None:
    """Ask WeChat how a Pay Score order stands: of a refusal or an expiry there is no notice at all."""
    fact = await shop.wechat.score.query(cover.out_order_no)
    try:
        async with transaction():
            await _score_told(shop, fact)
    except AmountMismatch as mismatch:
        await payments.set_mismatch_aside(shop, f"asked:{cover.out_order_no}", "PAYSCORE", cover.out_order_no, mismatch)


async def ask_silent(shop: Shop) -> int:
    """The job that asks about everything WeChat owes us an answer for; how many were asked about."""
    asked = await _ask_each(shop, Payment.filter(state=PaymentState.WANTED), ask_payment)
    asked += await _ask_each(shop, Refund.filter(state__in=OWED), ask_refund)
    # A confirmed cover that no sum was named for yet has nothing to tell.
    owed = Q(state__in=[ScoreState.WANTED, ScoreState.CREATED]) | Q(state=ScoreState.DOING, total_fen__isnull=False)
    return asked + await _ask_each(shop, ScoreCover.filter(owed), ask_cover)


async def _ask_each(shop: Shop, rows: QuerySet[R], ask: Callable[[Shop, R], Awaitable[object]]) -> int:
    """Ask about the silent ones among `rows`, the longest silent first; one that fails waits its turn."""
    now, rules = shop.now(), shop.rules.payment
    soon = now - timedelta(minutes=rules.ask_after_minutes)
    slow = now - timedelta(minutes=rules.ask_slowly_after_minutes)
    silent = Q(updated_at__isnull=True) | Q(updated_at__lte=slow) | Q(created_at__gt=slow, updated_at__lte=soon)
    found = await rows.filter(silent, created_at__lte=soon).order_by("updated_at", "id").limit(ASKED_AT_ONCE)
    for row in found:
        await type(row).filter(id=row.id).update(updated_at=now)
        try:
            await ask(shop, row)
        except (OutsideFault, OutsideRefusal) as failed:
            log.warning("silent.ask_failed", table=type(row).__name__, row=row.id, failure=str(failed)[:80])
        except Exception:
            log.exception("silent.ask_broke", table=type(row).__name__, row=row.id)
    return len(found)
