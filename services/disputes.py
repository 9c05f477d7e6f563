"""Something announced as returned was not in the parcel, or something else was: held, looked at, decided.

Nothing is charged before a decision. Charging needs a photo by the staff and a second person; without any
decision within the time of the dispute it is the member's (services/settlement).
"""

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import ITEM_LIFE, Grade, ItemState
from domain.case import CaseKind
from domain.errors import WrongState
from models import Approval, Box, BoxItem
from models.base import move
from services import approvals, audit, box_notes, cases, catalog, photos, settlement
from services.box_covers import stock_ref
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def begin(shop: Shop, box: Box, item: BoxItem) -> None:
    """An announced piece is missing: a case for staff, and the member is asked for what she knows."""
    await cases.open_case(
        shop, CaseKind.DISPUTE, f"item:{item.id}", box.member_id,
        facts={"box": box.id, "price_fen": item.price_fen, "grade": item.grade},
    )  # fmt: skip
    named, wrong = box_notes.named([item]), item.grade == Grade.WRONG.value
    found = f"里放的不是{named}，是别的东西" if wrong else f"里没有找到{named}"
    await box_notes.tell(
        shop, box, "有一件还在核对",
        f"退回的包裹{found}。{shop.rules.box.dispute_hours} 小时内我们会核对，"
        "期间不收费；您可以在盒子里补充说明或照片。",
    )  # fmt: skip


async def state_case(shop: Shop, member_id: int, box_id: int, item_id: int, words: str) -> None:
    """The member's account of a missing piece; written again it is replaced. Raises WrongState, NotFound."""
    item = await photos.item_for(box_id, item_id, member_id=member_id)
    async with transaction():
        if item.state is not ItemState.MISSING:
            raise WrongState("item", item.state, ItemState.MISSING)
        await BoxItem.filter(id=item_id).update(statement=words, updated_at=shop.now())
    log.info("dispute.stated", item=item_id)


async def forgive(shop: Shop, staff_id: int, box_id: int, item_id: int, why: str) -> Box:
    """Decide for the member: nothing is owed, the piece is written off. Raises WrongState, NotFound."""
    who = f"staff:{staff_id}"
    async with transaction():
        box, item = await _missing(box_id, item_id)
        await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
        await move(item, ITEM_LIFE, ItemState.LOST, at=shop.now(), who=who, why=why[:200])
        await cases.settle_case(shop, CaseKind.DISPUTE, f"item:{item_id}", "forgiven", who, why)
        await audit.note(shop, staff_id, "dispute.forgive", f"item:{item_id}", box=box_id)
        await box_notes.tell(
            shop, box, "核对好了，不收费", f"{box_notes.named([item])}我们核对过了，不会收取任何费用。"
        )
        await settlement.settle(shop, box_id, who)
        await box.refresh_from_db()
    return box


async def ask_to_charge(shop: Shop, staff_id: int, box_id: int, item_id: int, why: str) -> Approval:
    """Ask a second person to charge a missing piece. Raises Invalid without a photo, WrongState, NotFound."""
    async with transaction():
        _, item = await _missing(box_id, item_id)
        await photos.require_evidence(item_id)
        return await approvals.ask(
            shop, staff_id, ApprovalKind.DISPUTE_CHARGE, f"item:{item_id}", why, box=box_id, price_fen=item.price_fen
        )


@approvals.on_decision(ApprovalKind.DISPUTE_CHARGE)
async def _decided(shop: Shop, approval: Approval) -> None:
    """A yes buys the piece; a no leaves the dispute as it is, to be forgiven or to run out."""
    if approval.state is ApprovalState.REFUSED:
        return
    item_id, who = int(approval.ref.partition(":")[2]), f"staff:{approval.decided_by}"
    found = await BoxItem.get(id=item_id)
    box, item = await _missing(found.box_id, item_id)
    await move(item, ITEM_LIFE, ItemState.BOUGHT, at=shop.now(), who=who, why=approval.reason)
    await cases.settle_case(shop, CaseKind.DISPUTE, f"item:{item_id}", "charged", who, approval.note)
    await box_notes.tell(
        shop, box, "核对好了，按留下计费",
        f"{box_notes.named([item])}两位同事核对后没有随包裹退回，按您留下计入这一盒。有疑问请在公众号里回复「人工」。",
    )  # fmt: skip
    await settlement.settle(shop, box.id, who)


async def _missing(box_id: int, item_id: int) -> tuple[Box, BoxItem]:
    box = await box_for_staff(box_id, lock=True)
    item = await photos.item_for(box_id, item_id)
    if item.state is not ItemState.MISSING:
        raise WrongState("item", item.state, "decided")
    return box, item
