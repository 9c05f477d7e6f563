"""Damage fees: proposed with a photo, answered by the member, decided by a second person, then charged.

Before the box is settled an approved fee joins its bill; afterwards it is asked for as a payment. Silence
is no yes: when the time for an answer is over, a second person decides as about an objection.
"""

from dataclasses import dataclass

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import BoxState, Grade, ItemState
from domain.case import CaseKind
from domain.damage import DAMAGE_LIFE, DECIDABLE, DamageGrade, DamageState, answer_until, most
from domain.errors import Invalid, NotFound, TooLate, WrongState
from domain.ledger import Account
from domain.money import Fen, yuan
from models import Approval, Box, BoxItem, DamageFee
from models.base import move
from services import approvals, audit, box_money, box_notes, cases, ledger, photos
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


@dataclass(frozen=True)
class DamageSheet:
    """A fee with the photos of its piece."""

    fee: DamageFee
    photo_ids: list[int]


async def propose(
    shop: Shop, staff_id: int, box_id: int, item_id: int, grade: DamageGrade, fee_fen: Fen, words: str
) -> DamageFee:
    """Propose a fee for a piece graded as damaged; the member is told and asked. Again, it is the same one.

    Raises Invalid without a photo by the staff or above the grade's most, WrongState for a piece that is not
    damaged or has another fee, NotFound.
    """
    now = shop.now()
    async with transaction():
        box = await box_for_staff(box_id, lock=True)
        item = await photos.item_for(box_id, item_id)
        known = await DamageFee.filter(item_id=item_id).first()
        if known is not None and (known.fee_fen, known.grade) == (fee_fen, grade.value):
            return known
        if known is not None or item.state is not ItemState.RETURNED or item.grade != Grade.DAMAGED.value:
            raise WrongState("damage_fee", known.state if known else item.grade or item.state, DamageState.PROPOSED)
        limit_fen = most(item.price_fen, grade, shop.rules.box)
        if not 0 < fee_fen <= limit_fen:
            raise Invalid("fee_fen", f"from 1 to {limit_fen} fen for this grade")
        await photos.require_evidence(item_id)
        until = answer_until(now, shop.rules.box)
        fee = await DamageFee.create(
            item_id=item_id, box_id=box_id, grade=grade.value, fee_fen=fee_fen, words=words,
            proposed_by=staff_id, answer_until=until, created_at=now,
        )  # fmt: skip
        facts = {"box": box_id, "fee_fen": fee_fen, "grade": grade.value, "damage": fee.id}
        await cases.open_case(shop, CaseKind.DAMAGE, f"item:{item_id}", box.member_id, until, facts)
        await audit.note(shop, staff_id, "damage.propose", f"item:{item_id}", fee_fen=fee_fen, grade=grade.value)
        await box_notes.tell(
            shop, box, "有一件衣服需要您确认",
            f"退回的「{item.name}」验收时发现：{words}。建议赔付 {yuan(fee_fen)} 元，"
            "请在盒子里查看照片，同意或说明情况。没有您的答复和第二位同事的复核，不会收取。",
        )  # fmt: skip
    log.info("damage.proposed", item=item_id, box=box_id, fee_fen=fee_fen)
    return fee


async def sheet(member_id: int | None, box_id: int, item_id: int) -> DamageSheet:
    """The fee of a piece, for its member or (None) for staff. Raises NotFound."""
    await photos.item_for(box_id, item_id, member_id=member_id)
    fee = await DamageFee.filter(item_id=item_id).first()
    if fee is None:
        raise NotFound("damage_fee")
    return DamageSheet(fee, await photos.ids_of(item_id))


async def answer(shop: Shop, member_id: int, box_id: int, item_id: int, *, accept: bool, words: str = "") -> None:
    """The member agrees or objects, once; a second person decides then. Raises TooLate, WrongState, NotFound."""
    new = DamageState.ACCEPTED if accept else DamageState.CONTESTED
    async with transaction():
        await photos.item_for(box_id, item_id, member_id=member_id)
        fee = await DamageFee.filter(item_id=item_id).select_for_update().first()
        if fee is None:
            raise NotFound("damage_fee")
        if fee.state is new:
            return
        if shop.now() >= fee.answer_until:
            raise TooLate("answer", fee.answer_until.isoformat())
        await _answered(shop, fee, new, f"member:{member_id}", words)
    log.info("damage.answered", item=item_id, accepted=accept)


async def _answered(shop: Shop, fee: DamageFee, new: DamageState, who: str, words: str) -> None:
    await move(fee, DAMAGE_LIFE, new, at=shop.now(), who=who, why=words[:200], answer=words)
    await approvals.ask(
        shop, fee.proposed_by, ApprovalKind.DAMAGE_FEE, f"damage:{fee.id}", fee.words,
        box=fee.box_id, item=fee.item_id, fee_fen=fee.fee_fen, answer=new.value,
    )  # fmt: skip


async def close_unanswered(shop: Shop) -> int:
    """Fees whose time for an answer is over go to the second person; how many. A job."""
    count = 0
    due = await DamageFee.filter(state=DamageState.PROPOSED, answer_until__lte=shop.now()).order_by("id").values("id")
    for row in due:
        async with transaction():
            fee = await DamageFee.filter(id=row["id"]).select_for_update().get()
            if fee.state is DamageState.PROPOSED:
                await _answered(shop, fee, DamageState.UNANSWERED, "job:damages", "")
                count += 1
    return count


@approvals.on_decision(ApprovalKind.DAMAGE_FEE)
async def _decided(shop: Shop, approval: Approval) -> None:
    """Inside the deciding transaction: the fee joins the open bill or is asked for; or it is waived."""
    found = await DamageFee.get(id=int(approval.ref.partition(":")[2]))
    box = await box_for_staff(found.box_id, lock=True)
    fee = await DamageFee.filter(id=found.id).select_for_update().get()
    item = await BoxItem.get(id=fee.item_id)
    who, why = f"staff:{approval.decided_by}", approval.note
    if fee.state not in DECIDABLE:
        raise WrongState("damage_fee", fee.state, DamageState.CHARGED)
    if approval.state is ApprovalState.REFUSED:
        await move(fee, DAMAGE_LIFE, DamageState.WAIVED, at=shop.now(), who=who, why=why)
        await cases.settle_case(shop, CaseKind.DAMAGE, f"item:{item.id}", "waived", who, why)
        await box_notes.tell(shop, box, "不需要赔付", f"关于「{item.name}」，复核后不收取任何费用。给您添麻烦了。")
        return
    await move(fee, DAMAGE_LIFE, DamageState.CHARGED, at=shop.now(), who=who, why=why)
    await cases.settle_case(shop, CaseKind.DAMAGE, f"item:{item.id}", "charged", who, why)
    settled = box.state is BoxState.SETTLED
    changes = {"damage_fen": box.damage_fen + fee.fee_fen}
    if settled:
        changes["charge_fen"] = box.charge_fen + fee.fee_fen
    await Box.filter(id=box.id).update(**changes, updated_at=shop.now())
    if settled:
        await ledger.post(
            shop,
            f"damage:{fee.id}",
            {Account.RECEIVABLE: fee.fee_fen, Account.DAMAGES: -fee.fee_fen},
            member_id=box.member_id,
            box_id=box.id,
        )
        await box_money.want_balance(shop, box, await box_money.balance_owed(box))
    how = "请在盒子里支付。" if settled else "会和这一盒一起结算。"
    await box_notes.tell(shop, box, "赔付已复核", f"关于「{item.name}」的赔付 {yuan(fee.fee_fen)} 元已经复核，{how}")
    log.info("damage.charged", item=item.id, box=box.id, fee_fen=fee.fee_fen, settled=settled)
