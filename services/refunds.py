"""Money given back through WeChat Pay, over the payments it came by.

A refund is wanted under a number made of the payment's number and its cause, so asking again, after a
crash or a fault, never gives back twice. Who wants one books `ACCOUNT + / refunds_due -` in the same
transaction; when WeChat says it is done, `record` books `refunds_due + / wechat -` (`refunded:NUMBER`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.case import CaseKind
from domain.errors import AmountMismatch, NotFound, NotYet, OutsideFault, OutsideRefusal, TooMany, WrongState
from domain.ledger import Account
from domain.money import Fen, yuan
from domain.payment import (
    REFUND_FIRST,
    REFUND_LIFE,
    REFUND_WORDS,
    PaymentPurpose,
    RefundState,
    next_refund_at,
    refund_allocation,
    refund_number,
)
from domain.ports import RefundFact, RefundOrder
from models import Approval, Box, InboxNote, Member, Membership, Order, OutsideCall, Refund, TopUp, Wallet
from models.base import move
from models.sql import instant, run
from services import approvals, audit, cases, ledger, outside
from services.shop import Shop
from services.transaction import transaction

NO_MONEY = "NOT_ENOUGH"
"""WeChat's refusal when our own balance is too small: it passes when money comes in."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Source:
    """One payment (or Pay Score deduction) money can be given back from."""

    number: str  # out_trade_no or out_order_no
    transaction_id: str
    total_fen: Fen
    left_fen: Fen
    refunds: int
    last_wanted_at: datetime | None


NOTHING_BACK: Mapping[str, Any] = {"back_fen": 0, "refunds": 0, "last_at": None}


def box_id_of(ref: str) -> int | None:
    """The box a `ref` is about: `box:9` → 9."""
    noun, _, number = ref.partition(":")
    return int(number) if noun == "box" else None


async def lock_owner(ref: str) -> None:
    """Lock what the money is for before the money itself: whoever locks both does it in this order."""
    noun, _, number = ref.partition(":")
    if noun == "box":
        await Box.filter(id=int(number)).select_for_update().first()
    elif noun == "order":
        await Order.filter(id=int(number)).select_for_update().first()
    elif noun == "membership":
        membership = await Membership.get(id=int(number))
        await Member.filter(id=membership.member_id).select_for_update().first()
    elif noun == "topup":
        top_up = await TopUp.get(id=int(number))
        await Wallet.filter(member_id=top_up.member_id).select_for_update().first()


async def sources(ref: str) -> list[Source]:
    """What was paid for `ref`, in the order refunds take from it: balance, Pay Score, the deposit last.

    Locks the payments, so two refunds of one thing at once are worked one after the other. What was
    refused by WeChat still counts as given back: a person decides about it, nothing is paid out twice.
    """
    paid = sorted(await run("money_paid", ref=ref, box_id=box_id_of(ref)), key=_turn)
    if not paid:
        return []
    rows = await run("money_given_back", transaction_ids=[row["transaction_id"] for row in paid])
    given_back = {row["transaction_id"]: row for row in rows}
    found = []
    for row in paid:
        back = given_back.get(row["transaction_id"], NOTHING_BACK)
        left_fen = row["total_fen"] - int(back["back_fen"])
        found.append(
            Source(
                row["number"], row["transaction_id"], row["total_fen"], left_fen, back["refunds"],
                instant(back["last_at"]),
            )
        )  # fmt: skip
    return found


def _turn(row: Mapping[str, Any]) -> tuple[bool, bool, int]:
    """Where a deposit was taken above the cap, what Pay Score collected is the balance: before it, after the rest."""
    purpose, score = row["purpose"], row["purpose"] == "score"
    return purpose == PaymentPurpose.DEPOSIT, score, 0 if score else REFUND_FIRST.index(purpose)


async def want_refund(shop: Shop, member_id: int, ref: str, amount_fen: Fen, reason: str, *, key: str) -> list[Refund]:
    """Give `amount_fen` back over the payments of `ref`, inside the caller's transaction.

    `key` names the cause within `ref` (`settle`, `item:7`): the same cause again gives the same refunds
    and no new ones. Raises ValueError when more is wanted than was paid, TooMany above WeChat's fifty
    refunds of a payment.
    """
    if amount_fen < 1:
        raise ValueError("a refund gives back at least one fen")
    paid = await sources(ref)
    numbers = [refund_number(source.number, key) for source in paid]
    known = await Refund.filter(out_refund_no__in=numbers).order_by("id")
    if known:
        return known
    parts = refund_allocation([(i, source.left_fen) for i, source in enumerate(paid)], amount_fen)
    return [(await want_one(shop, member_id, ref, paid[i], part_fen, reason, key=key))[0] for i, part_fen in parts]


async def want_one(
    shop: Shop, member_id: int, ref: str, source: Source, amount_fen: Fen, reason: str, *, key: str
) -> tuple[Refund, bool]:
    """The refund of one payment for one cause, and whether it is new; WeChat is asked after the commit."""
    number = refund_number(source.number, key)
    known = await Refund.filter(out_refund_no=number).first()
    if known is not None:
        return known, False
    rules = shop.rules.payment
    if source.refunds >= rules.refunds_per_payment:
        raise TooMany("refunds", rules.refunds_per_payment)
    now = shop.now()
    refund = await Refund.create(
        member_id=member_id,
        out_refund_no=number,
        transaction_id=source.transaction_id,
        ref=ref,
        reason=reason[:80],
        amount_fen=amount_fen,
        total_fen=source.total_fen,
        created_at=now,
    )
    await outside.want(shop, "refund", number, not_before=next_refund_at(source.last_wanted_at, now, rules))
    log.info("refund.wanted", refund=refund.id, ref=ref, amount_fen=amount_fen)
    return refund, True


@outside.caller("refund")
async def _ask(shop: Shop, call: OutsideCall) -> None:
    """Ask WeChat under the refund's own number. Its end comes by notice, or is asked about by the job."""
    refund = await Refund.get(out_refund_no=call.ref)
    if refund.state is not RefundState.WANTED:
        return
    if shop.now() < await _may_be_asked_at(shop, refund):
        raise OutsideFault("a refund of the same payment was asked for within the minute")
    try:
        fact = await shop.wechat.pay.refund(
            RefundOrder(
                refund.out_refund_no,
                refund.transaction_id,
                refund.amount_fen,
                refund.total_fen,
                refund.reason,
            )
        )
    except OutsideRefusal as no:
        if no.code != NO_MONEY:
            raise
        log.error("refund.no_money", refund=refund.id, amount_fen=refund.amount_fen)
        raise OutsideFault(NO_MONEY) from None
    # Whatever the answer says already, further up somebody waits for the end to be told.
    async with transaction():
        await record(shop, RefundFact(fact.out_refund_no, "PROCESSING", refund_fen=refund.amount_fen))


async def _may_be_asked_at(shop: Shop, refund: Refund) -> datetime:
    """WeChat wants a minute between two refunds of one payment; late work may have used up the plan's."""
    others = await Refund.filter(transaction_id=refund.transaction_id).exclude(id=refund.id)
    asked = await OutsideCall.filter(kind="refund", ref__in=[r.out_refund_no for r in others], attempts__gt=0)
    last = max((call.updated_at for call in asked if call.updated_at), default=None)
    return next_refund_at(last, refund.created_at, shop.rules.payment)


async def record(shop: Shop, fact: RefundFact) -> Refund | None:
    """Note how a refund stands; the refund when that is news, None when it is not.

    Raises NotYet for a number that is not committed here, AmountMismatch for another sum.
    """
    refund = await Refund.filter(out_refund_no=fact.out_refund_no).select_for_update().first()
    if refund is None:
        raise NotYet("refund")
    if fact.refund_fen != refund.amount_fen:
        raise AmountMismatch(refund.amount_fen, fact.refund_fen)
    new = REFUND_WORDS[fact.status]
    if new is refund.state or not REFUND_LIFE.may(refund.state, new):
        return None
    now = shop.now()
    done_at = (fact.done_at or now) if new is RefundState.DONE else None
    await move(refund, REFUND_LIFE, new, at=now, who="wechat", done_at=done_at)
    if new is RefundState.DONE:
        await ledger.post(
            shop,
            f"refunded:{refund.out_refund_no}",
            {"refunds_due": refund.amount_fen, "wechat": -refund.amount_fen},
            member_id=refund.member_id,
            **ledger.about(refund.ref),
        )
        await cases.settle_case(shop, CaseKind.REFUND, f"refund:{refund.id}", "paid", "wechat")
        await _tell(shop, refund, "退款已到账", "已原路退回")
    if new in STUCK:
        facts = {"about": refund.ref, "amount_fen": refund.amount_fen, "state": new.value}
        await cases.open_case(shop, CaseKind.REFUND, f"refund:{refund.id}", refund.member_id, facts=facts)
        log.error("refund.stuck", refund=refund.id, state=new.value, ref=refund.ref)
    if new is RefundState.ABNORMAL:
        await _tell(shop, refund, "退款没有退成", "退不回原来的账户，可能是换了卡。同事会联系您换一种方式退")
    log.info("refund.moved", refund=refund.id, ref=refund.ref, state=new.value)
    return refund


async def _tell(shop: Shop, refund: Refund, title: str, words: str) -> None:
    """A note that leads to what was paid for."""
    noun, _, number = refund.ref.partition(":")
    await InboxNote.create(
        member_id=refund.member_id,
        title=title,
        page=f"pages/{noun}/{noun}?id={number}" if noun in ("box", "order") else "pages/me/me",
        text=f"{refund.reason}：{yuan(refund.amount_fen)} 元{words}。",
        created_at=shop.now(),
    )


async def unfinished(before_id: int | None, limit: int) -> list[Refund]:
    """Refunds that are not done, the newest first: what finance keeps an eye on."""
    rows = Refund.exclude(state=RefundState.DONE)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


async def resume(shop: Shop, staff_id: int, refund_id: int) -> Refund:
    """Ask WeChat again for a failed refund, under its own number. Raises NotFound, WrongState."""
    now = shop.now()
    async with transaction():
        refund = await Refund.filter(id=refund_id).select_for_update().first()
        if refund is None:
            raise NotFound("refund")
        await move(refund, REFUND_LIFE, RefundState.WANTED, at=now, who=f"staff:{staff_id}", why="resumed")
        await outside.want_again(shop, "refund", refund.out_refund_no)
        await audit.note(shop, staff_id, "refund.resume", f"refund:{refund.id}", amount_fen=refund.amount_fen)
    await refund.refresh_from_db()
    return refund


STUCK = (RefundState.ABNORMAL, RefundState.FAILED)
"""Neither will move at WeChat by itself."""


async def ask_by_hand(shop: Shop, staff_id: int, refund_id: int, reason: str) -> Approval:
    """Ask for a second person's yes that a stuck refund was paid out past WeChat (a bank transfer).

    Raises WrongState unless it is abnormal or failed, NotFound.
    """
    async with transaction():
        refund = await _stuck(refund_id)
        return await approvals.ask(
            shop, staff_id, ApprovalKind.REFUND_BY_HAND, f"refund:{refund.id}", reason,
            amount_fen=refund.amount_fen, about=refund.ref,
        )  # fmt: skip


@approvals.on_decision(ApprovalKind.REFUND_BY_HAND)
async def _paid_by_hand(shop: Shop, approval: Approval) -> None:
    if approval.state is not ApprovalState.APPROVED:
        return
    refund = await _stuck(int(approval.ref.partition(":")[2]))
    now = shop.now()
    who = f"staff:{approval.decided_by}"
    await move(refund, REFUND_LIFE, RefundState.DONE, at=now, who=who, why="paid by hand", done_at=now)
    await cases.settle_case(shop, CaseKind.REFUND, f"refund:{refund.id}", "by_hand", who, approval.note)
    await ledger.post(
        shop,
        f"by_hand:{refund.out_refund_no}",
        {Account.REFUNDS_DUE: refund.amount_fen, Account.BANK: -refund.amount_fen},
        member_id=refund.member_id,
        **ledger.about(refund.ref),
    )
    await _tell(shop, refund, "退款已转给您", "已用别的方式转给您，没有走微信支付")


async def _stuck(refund_id: int) -> Refund:
    refund = await Refund.filter(id=refund_id).select_for_update().first()
    if refund is None:
        raise NotFound("refund")
    if refund.state not in STUCK:
        raise WrongState("refund", refund.state, RefundState.DONE)
    return refund
