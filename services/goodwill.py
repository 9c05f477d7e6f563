"""Money given back out of kindness: previewed, within limits by one person, above them by two.

Never more than what was paid and is not given back yet. It goes back as a return does: over the payments of
WeChat Pay first, the rest to the stored value; booked `compensation + / refunds_due -` (`goodwill:ID`).
"""

from dataclasses import dataclass

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import BoxState
from domain.clock import at, day_of
from domain.errors import AbovePaid, NotFound, PaymentPending, WrongState
from domain.goodwill import GOODWILL_LIFE, GoodwillState, second_person
from domain.ledger import Account
from domain.membership import PlanState
from domain.money import Fen, yuan
from domain.order import OrderState
from domain.payment import refund_allocation
from models import Approval, Box, Goodwill, InboxNote, Membership, Order, StaffUser
from models.base import move
from services import approvals, audit, ledger, refunds, wallets
from services.outlook import owed_fen
from services.shop import Shop
from services.transaction import transaction

WORDS = "售后关怀退款"
log = structlog.get_logger()


@dataclass(frozen=True)
class Part:
    """What one payment gives of it."""

    number: str
    amount_fen: Fen


@dataclass(frozen=True)
class Preview:
    """What would follow. `second_person` says why another must agree: above_limit, month_spent, or ""."""

    ref: str
    member_id: int
    amount_fen: Fen
    left_fen: Fen  # paid and not given back, before this
    second_person: str
    parts: list[Part]
    stored_fen: Fen  # what of it goes to the stored value


async def preview(shop: Shop, staff_id: int, ref: str, amount_fen: Fen) -> Preview:
    """The exact figures, nothing written. Raises NotFound, WrongState, PaymentPending, AbovePaid."""
    async with transaction():
        return await _look(shop, staff_id, ref, amount_fen)


async def give(shop: Shop, staff_id: int, ref: str, amount_fen: Fen, reason: str) -> Goodwill:
    """Give it at once, or ask for a second person where the limits say so. Raises as `preview` does."""
    async with transaction():
        if not _named(ref):
            raise NotFound("ref")
        await refunds.lock_owner(ref)
        # One person's gifts of a month are counted one after the other.
        await StaffUser.filter(id=staff_id).select_for_update().first()
        seen = await _look(shop, staff_id, ref, amount_fen)
        row = await Goodwill.create(
            member_id=seen.member_id, ref=ref, amount_fen=amount_fen, reason=reason[:200], asked_by=staff_id,
            alone=not seen.second_person, created_at=shop.now(),
        )  # fmt: skip
        await audit.note(shop, staff_id, "goodwill.ask", ref, goodwill=row.id, amount_fen=amount_fen)
        if row.alone:
            await _grant(shop, row, f"staff:{staff_id}")
        else:
            await approvals.ask(
                shop, staff_id, ApprovalKind.GOODWILL, f"goodwill:{row.id}", reason,
                about=ref, amount_fen=amount_fen, why=seen.second_person,
            )  # fmt: skip
    log.info("goodwill.asked", goodwill=row.id, ref=ref, amount_fen=amount_fen, alone=row.alone)
    return row


@approvals.on_decision(ApprovalKind.GOODWILL)
async def _decided(shop: Shop, approval: Approval) -> None:
    row = await Goodwill.get(id=int(approval.ref.partition(":")[2]))
    who = f"staff:{approval.decided_by}"
    if approval.state is ApprovalState.REFUSED:
        await move(row, GOODWILL_LIFE, GoodwillState.REFUSED, at=shop.now(), who=who, why=approval.note)
        return
    await refunds.lock_owner(row.ref)
    # What was paid may have gone back since it was asked for.
    await _look(shop, row.asked_by, row.ref, row.amount_fen)
    await _grant(shop, row, who)


async def _grant(shop: Shop, row: Goodwill, who: str) -> None:
    await move(row, GOODWILL_LIFE, GoodwillState.GRANTED, at=shop.now(), who=who, why=row.reason)
    await ledger.post(
        shop,
        f"goodwill:{row.id}",
        {Account.COMPENSATION: row.amount_fen, Account.REFUNDS_DUE: -row.amount_fen},
        member_id=row.member_id,
        **ledger.about(row.ref),
    )
    key = f"goodwill:{row.id}"
    wechat_fen = min(row.amount_fen, sum(source.left_fen for source in await refunds.sources(row.ref)))
    stored_fen = row.amount_fen - wechat_fen
    if wechat_fen:
        await refunds.want_refund(shop, row.member_id, row.ref, wechat_fen, WORDS, key=key)
    if stored_fen:
        await wallets.give_back(shop, row.member_id, row.ref, stored_fen, key)
        noun, _, number = row.ref.partition(":")
        await InboxNote.create(
            member_id=row.member_id,
            title="退款已到账",
            page=f"pages/{noun}/{noun}?id={number}",
            text=f"{WORDS}：{yuan(stored_fen)} 元已退回您的储值余额。",
            created_at=shop.now(),
        )


async def _look(shop: Shop, staff_id: int, ref: str, amount_fen: Fen) -> Preview:
    member_id = await _owner(ref)
    paid = await refunds.sources(ref)
    wechat_fen = sum(source.left_fen for source in paid)
    left_fen = wechat_fen + await wallets.used_fen(member_id, ref)
    if amount_fen > left_fen:
        raise AbovePaid(left_fen)
    stored_fen = max(0, amount_fen - wechat_fen)
    parts = refund_allocation([(i, source.left_fen) for i, source in enumerate(paid)], amount_fen - stored_fen)
    open_or_given = Goodwill.exclude(state=GoodwillState.REFUSED)
    on_this = await open_or_given.filter(ref=ref)
    since = at(day_of(shop.now()).replace(day=1))
    alone = await Goodwill.filter(asked_by=staff_id, alone=True, created_at__gte=since)
    why = second_person(amount_fen, _sum(on_this), _sum(alone), shop.rules.goodwill)
    given = [Part(paid[i].number, fen) for i, fen in parts]
    return Preview(ref, member_id, amount_fen, left_fen, why, given, stored_fen)


def _sum(rows: list[Goodwill]) -> Fen:
    return sum(row.amount_fen for row in rows)


def _named(ref: str) -> bool:
    noun, _, number = ref.partition(":")
    return noun in ("box", "membership", "order") and number.isascii() and number.isdigit() and len(number) < 19


async def _owner(ref: str) -> int:
    """Whose it is; only what is over and paid can be made good."""
    noun, _, number = ref.partition(":")
    if _named(ref) and noun == "box":
        box = await Box.filter(id=int(number)).first()
        if box is not None:
            if box.state is not BoxState.SETTLED:
                raise WrongState("box", box.state, BoxState.SETTLED)
            if await owed_fen(box.id) > 0:
                raise PaymentPending(ref)
            return box.member_id
    elif _named(ref) and noun == "order":
        order = await Order.filter(id=int(number)).first()
        if order is not None:
            if order.state is not OrderState.SIGNED:
                raise WrongState("order", order.state, OrderState.SIGNED)
            return order.member_id
    elif _named(ref):
        membership = await Membership.filter(id=int(number)).first()
        if membership is not None:
            if membership.state in (PlanState.WANTED, PlanState.CANCELLED):
                raise WrongState("plan", membership.state, PlanState.ACTIVE)
            return membership.member_id
    raise NotFound("ref")
