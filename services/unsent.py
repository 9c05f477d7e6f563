"""A return that was booked in time, and that nothing ever came of: the member is asked, and then two persons decide.

A pick-up the carrier missed counts as sent back in time, for it was not the member's fault; it does not keep
her box open for ever. Until a charge is decided, whatever the carrier tells of the parcel still counts.
"""

from datetime import timedelta

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import PARCEL_LIFE, ItemState, ParcelState, unsent_after
from domain.case import CaseKind
from domain.errors import NotFound, WrongState
from models import Approval, Box, BoxItem, Case, Parcel
from models.base import move
from services import approvals, box_notes, cases, settlement
from services.outlook import LIVE, overdue
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()


async def look(shop: Shop) -> int:
    """Open a case about each return that should long be on its way, once; how many. The member is told too."""
    since = shop.now() - timedelta(days=shop.rules.box.silent_return_days)
    booked = Parcel.filter(direction="back", state=ParcelState.WANTED, booked_at__lt=since, box__state__in=LIVE)
    opened = 0
    for parcel in await booked.order_by("id"):
        ref = f"parcel:{parcel.id}"
        if await Case.exists(kind=CaseKind.NOT_SENT, ref=ref):
            continue
        async with transaction():
            try:
                box, _, items = await _unsent(shop, parcel.id)
            except WrongState:
                continue
            await cases.open_case(
                shop, CaseKind.NOT_SENT, ref, box.member_id,
                facts={"box": box.id, "pieces": len(items), "worth_fen": sum(item.price_fen for item in items)},
            )  # fmt: skip
            await box_notes.tell(
                shop, box, "约好的取件还没有取走",
                f"{box_notes.named(items)}约了上门取件，但一直没有快递收到的记录。请在盒子里重新约取件或自己寄出；"
                "已经寄出的话，请在公众号里回复「人工」告诉我们单号。没有寄出的，核对后会按留下计费。",
            )  # fmt: skip
            opened += 1
    return opened


async def ask_to_charge(shop: Shop, staff_id: int, parcel_id: int, why: str) -> Approval:
    """Ask a second person to take what never came for kept.

    Raises WrongState where the carrier has it or it is too early, NotFound.
    """
    async with transaction():
        box, _, items = await _unsent(shop, parcel_id)
        worth_fen = sum(item.price_fen for item in items)
        return await approvals.ask(
            shop, staff_id, ApprovalKind.UNSENT_CHARGE, f"parcel:{parcel_id}", why, box=box.id, worth_fen=worth_fen
        )


@approvals.on_decision(ApprovalKind.UNSENT_CHARGE)
async def _decided(shop: Shop, approval: Approval) -> None:
    """A yes calls the return off, so that the deadline buys what was in it; a no leaves it as it is."""
    if approval.state is ApprovalState.REFUSED:
        return
    who = f"staff:{approval.decided_by}"
    box, parcel, items = await _unsent(shop, int(approval.ref.partition(":")[2]))
    await move(parcel, PARCEL_LIFE, ParcelState.CANCELLED, at=shop.now(), who=who, why=approval.reason)
    await cases.settle_case(shop, CaseKind.NOT_SENT, approval.ref, "charged", who, approval.note)
    await box_notes.tell(
        shop, box, "没有寄出的按留下计费",
        f"{box_notes.named(items)}两位同事核对后没有寄出，按您留下计入这一盒。有疑问请在公众号里回复「人工」。",
    )  # fmt: skip
    await settlement.settle(shop, box.id, who)


async def _unsent(shop: Shop, parcel_id: int) -> tuple[Box, Parcel, list[BoxItem]]:
    """The locked box, its parcel that should long be on its way, and what was to be in it."""
    found = await Parcel.filter(id=parcel_id, direction="back").first()
    if found is None:
        raise NotFound("parcel")
    box = await box_for_staff(found.box_id, lock=True)
    parcel = await Parcel.filter(id=parcel_id).select_for_update().get()
    begun = parcel.pickup_at or parcel.booked_at
    waits = begun is None or shop.now() < unsent_after(begun, shop.rules.box) or not overdue(shop, box)
    if parcel.state is not ParcelState.WANTED or box.state not in LIVE or waits:
        raise WrongState("parcel", parcel.state, ParcelState.CANCELLED)
    items = await BoxItem.filter(back_parcel_id=parcel_id, state=ItemState.RETURNING).order_by("id")
    return box, parcel, items
