"""What the member keeps and what comes back: decided, sent, opened and graded.

Decisions can be taken back until a parcel is sent or the box is settled. Deciding alone settles
nothing: a return is booked, or keeping all is said, or the deadline comes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from domain.box import (
    BOX_LIFE,
    ITEM_LIFE,
    PARCEL_LIFE,
    RETURN_REASONS,
    BoxState,
    Grade,
    ItemState,
    ParcelState,
)
from domain.case import CaseKind
from domain.errors import Invalid, NotFound, TooLate, TooMany, WrongState
from domain.path import Event
from models import Box, BoxItem, Parcel
from models.base import move, move_all
from services import (
    audit,
    box_notes,
    care,
    cases,
    catalog,
    disputes,
    exchanges,
    losses,
    packing,
    parcels,
    pickups,
    reclaims,
    settlement,
)
from services.box_covers import ref, stock_ref
from services.catalog import Piece
from services.outlook import LIVE, back_parcels, came_back, kept_after_all, open_box, require_open
from services.packing import Seen
from services.proposals import box_for_staff, box_of, items_of
from services.shop import Shop
from services.transaction import transaction

__all__ = [
    "BoxItem", "Decision", "Graded", "Parcel", "ask_returns", "decide", "extend", "grade", "keep_all", "mark_lost",
    "receive", "send_back",
]  # fmt: skip

NOT_THERE = (Grade.MISSING, Grade.WRONG)
NOT_LOOKED = Seen()
OPENABLE = (ParcelState.WANTED, ParcelState.ACCEPTED, ParcelState.SIGNED, ParcelState.LOST)
log = structlog.get_logger()


@dataclass(frozen=True)
class Decision:
    """keep or return, with the reason of a return, and how it fitted for the next stylist."""

    item_id: int
    keep: bool
    reason: str = ""
    feedback: str = ""


async def decide(shop: Shop, member_id: int, box_id: int, decisions: Sequence[Decision]) -> Box:
    """Mark items as kept or returned; any of it can be changed until it is sent or settled.

    Raises Invalid for a return without a reason, WrongState for an item that is sent, TooLate, NotFound.
    """
    now, who = shop.now(), f"member:{member_id}"
    async with transaction():
        box = await open_box(shop, member_id, box_id, "decided")
        items = {item.id: item for item in await items_of(box_id)}
        for one in decisions:
            item = items.get(one.item_id)
            if item is None:
                raise NotFound("item")
            if not one.keep and one.reason not in RETURN_REASONS:
                raise Invalid("reason", "one of " + ", ".join(RETURN_REASONS))
            await _decide(shop, item, one, who)
        if box.state is BoxState.DELIVERED:
            await move(box, BOX_LIFE, BoxState.DECIDING, at=now, who=who)
    log.info("box.decided", box=box_id, items=len(decisions))
    return box


async def _decide(shop: Shop, item: BoxItem, one: Decision, who: str) -> None:
    new = ItemState.KEEPING if one.keep else ItemState.RETURNING
    changes = {"reason": "" if one.keep else one.reason, "feedback": one.feedback or item.feedback}
    if item.state not in (ItemState.AT_MEMBER, ItemState.KEEPING, ItemState.RETURNING):
        raise WrongState("item", item.state, new)
    if item.state is new:
        await BoxItem.filter(id=item.id).update(**changes, updated_at=shop.now())
        return
    if item.back_parcel_id is not None:
        await _take_out(shop, item, who)
    if new is ItemState.KEEPING:
        await exchanges.call_off(shop, [item], who, "the first piece is kept")
    await move(item, ITEM_LIFE, new, at=shop.now(), who=who, why=changes["reason"], **changes)


async def _take_out(shop: Shop, item: BoxItem, who: str) -> None:
    """The item does not go into its parcel after all; a parcel with nothing in it is called off."""
    parcel = await Parcel.filter(id=item.back_parcel_id or 0).select_for_update().get()
    if parcel.state is not ParcelState.WANTED:
        raise WrongState("parcel", parcel.state, ParcelState.CANCELLED)
    await BoxItem.filter(id=item.id).update(back_parcel_id=None, updated_at=shop.now())
    item.back_parcel_id = None
    if not await BoxItem.exists(back_parcel_id=parcel.id):
        await move(parcel, PARCEL_LIFE, ParcelState.CANCELLED, at=shop.now(), who=who)
        await cases.settle_case(shop, CaseKind.NOT_SENT, f"parcel:{parcel.id}", "kept", who)


async def send_back(
    shop: Shop,
    member_id: int,
    box_id: int,
    *,
    pickup_at: datetime | None = None,
    address_id: int | None = None,
) -> Parcel:
    """Book the return of everything marked so far; again without news, it is the same parcel.

    The member books the courier (or enters her own waybill) in WeChat's return component, opened with
    the parcel's return_id; that is empty while WeChat has not answered. Raises Invalid when nothing is
    marked, TooLate after the deadline or for a pick-up after it, WrongState, NotFound.
    """
    now, who = shop.now(), f"member:{member_id}"
    async with transaction():
        box = await open_box(shop, member_id, box_id, BoxState.RETURNING)
        if pickup_at is not None and pickup_at < now:
            raise Invalid("pickup_at", "in the past")
        if pickup_at is not None and box.deadline_at is not None and pickup_at >= box.deadline_at:
            raise TooLate("pickup", box.deadline_at.isoformat())
        back = [i for i in await items_of(box_id) if i.state is ItemState.RETURNING]
        fresh = [i for i in back if i.back_parcel_id is None]
        standing = await Parcel.filter(
            box_id=box_id, direction="back", state=ParcelState.WANTED
        ).order_by("-id").first()  # fmt: skip
        if not fresh:
            if not back or standing is None:
                raise Invalid("items", "nothing is marked to be returned")
            if pickup_at is not None and pickup_at != standing.pickup_at:
                await Parcel.filter(id=standing.id).update(pickup_at=pickup_at.astimezone(UTC), updated_at=now)
            parcel = standing
        else:
            parcel = await pickups.book(shop, box, fresh, pickup_at, address_id)
            if box.state in (BoxState.DELIVERED, BoxState.DECIDING):
                await move(box, BOX_LIFE, BoxState.RETURNING, at=now, who=who)
    await parcel.refresh_from_db()
    log.info("box.returning", box=box_id, parcel=parcel.id, items=len(fresh))
    return parcel


async def keep_all(shop: Shop, member_id: int, box_id: int) -> Box:
    """Keep everything that was not sent back or exchanged, for good: the box settles now, or when that is graded.

    Raises TooLate after the deadline, WrongState, NotFound. Again after settlement changes nothing.
    """
    who = f"member:{member_id}"
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        if box.state is BoxState.SETTLED and box.kept_all:
            return box
        require_open(shop, box, BoxState.SETTLED)
        items = await items_of(box_id)
        parcels_back = await back_parcels(items)
        for item in await kept_after_all(items, parcels_back):
            await _decide(shop, item, Decision(item.id, keep=True), who)
        undecided = [item for item in items if item.state is ItemState.AT_MEMBER]
        await move_all(undecided, ITEM_LIFE, ItemState.KEEPING, at=shop.now(), who=who, reason="")
        # Written with the settlement: where all is kept, nothing is waited for.
        box.kept_all = not any(came_back(i) or i.state is ItemState.RETURNING for i in items)
        if box.state is BoxState.DELIVERED:
            await move(box, BOX_LIFE, BoxState.DECIDING, at=shop.now(), who=who, why="keeps all")
        await settlement.settle_locked(shop, box, items, parcels_back, who)
    return box


async def extend(shop: Shop, member_id: int, box_id: int) -> Box:
    """Two days more, once a box and while nothing is overdue. Raises TooMany, TooLate, WrongState."""
    async with transaction():
        box = await open_box(shop, member_id, box_id, "extended")
        if box.extended:
            raise TooMany("extensions", 1)
        out = await Parcel.filter(box_id=box_id, direction="out")
        signed = [p.signed_at for p in out if p.signed_at is not None and p.state is ParcelState.SIGNED]
        lost = [p.updated_at for p in out if p.state is ParcelState.LOST and p.updated_at is not None]
        until = await parcels.deadline_of(shop, signed, extended=True, lost_reported=lost)
        await Box.filter(id=box_id).update(extended=True, deadline_at=until, updated_at=shop.now())
        box.extended, box.deadline_at = True, until
        await care.start(shop, member_id, Event.BOX, ref(box), until)
    log.info("box.extended", box=box_id, until=until.isoformat())
    return box


async def ask_returns(shop: Shop) -> int:
    """The job that asks WeChat about open returns, and gives up those the carrier lost; how many were asked."""
    asked = await pickups.ask_returns(shop)
    await reclaims.give_up_silent(shop)
    return asked


async def receive(shop: Shop, staff_id: int, waybill: str, seen: Seen = NOT_LOOKED) -> Box:
    """A parcel has come back, is looked at and opened. Again, it changes nothing. Raises NotFound, WrongState.

    A return booked through WeChat's component whose waybill we have not heard of is asked about first.
    """
    if not await Parcel.exists(waybill=waybill):
        await pickups.ask_returns(shop)
    now, who = shop.now(), f"staff:{staff_id}"
    async with transaction():
        found = await Parcel.filter(waybill=waybill, direction="back").first()
        if found is None:
            raise NotFound("parcel")
        box = await box_for_staff(found.box_id, lock=True)
        parcel = await Parcel.filter(id=found.id).select_for_update().get()
        if parcel.state is ParcelState.RECEIVED:
            return box
        if parcel.state not in OPENABLE:
            raise WrongState("parcel", parcel.state, ParcelState.RECEIVED)
        await cases.settle_case(shop, CaseKind.CARRIER_CLAIM, f"parcel:{parcel.id}", "found", who, "it came after all")
        await cases.settle_case(shop, CaseKind.NOT_SENT, f"parcel:{parcel.id}", "sent", who)
        sent_at = parcel.accepted_at or now
        await move(
            parcel, PARCEL_LIFE, ParcelState.RECEIVED, at=now, who=who, received_at=now,
            opened_grams=seen.grams, seal_found=seen.seal,
        )  # fmt: skip
        inside = await BoxItem.filter(back_parcel_id=parcel.id).order_by("id")
        await packing.check_back(shop, box, parcel, inside, seen)
        for item in inside:
            if item.state is ItemState.RETURNING:
                await move(item, ITEM_LIFE, ItemState.RECEIVED, at=now, who=who)
            elif (
                item.state is ItemState.BOUGHT
                and item.reclaimed_at is None
                and sent_at < reclaims.window_ends(shop, box)
            ):
                # Too late for the box, but still inside the law's window: it counts as that.
                await reclaims.note_reclaim(shop, item, who)
        if box.state in (BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING):
            await move(box, BOX_LIFE, BoxState.GRADING, at=now, who=who)
        await audit.note(shop, staff_id, "parcel.receive", f"parcel:{parcel.id}", box=box.id)
    log.info("parcel.received", parcel=parcel.id, box=box.id)
    return box


@dataclass(frozen=True)
class Graded:
    item_id: int
    grade: Grade
    note: str = ""


async def grade(shop: Shop, staff_id: int, box_id: int, graded: Sequence[Graded]) -> Box:
    """What the warehouse found; the box settles when nothing else is awaited.

    Something announced and missing puts the box into dispute: nothing is charged for it, and the rest
    settles when it turns up (graded again), or after 72 hours without a decision, in the member's favour.
    Raises WrongState for an item that did not come back, Invalid, NotFound.
    """
    now, who = shop.now(), f"staff:{staff_id}"
    async with transaction():
        box = await box_for_staff(box_id, lock=True)
        if box.state not in (*LIVE, BoxState.SETTLED):
            raise WrongState("box", box.state, BoxState.GRADING)
        items = {item.id: item for item in await items_of(box_id)}
        before = {item.id: item.state for item in items.values()}
        for one in sorted(graded, key=lambda g: items[g.item_id].sku_id if g.item_id in items else 0):
            item = items.get(one.item_id)
            if item is None:
                raise NotFound("item")
            await _grade(shop, box, item, one, who)
        states = [item.state for item in items.values()]
        newly = [g for g in graded if g.grade in NOT_THERE and before[g.item_id] is ItemState.RECEIVED]
        if ItemState.MISSING in states and ItemState.RECEIVED not in states and box.state is BoxState.GRADING:
            await move(box, BOX_LIFE, BoxState.DISPUTED, at=shop.now(), who=who, disputed_at=now)
        elif newly and box.state is BoxState.DISPUTED:
            # Another piece is missing: it has the whole time, and the first one waits with it.
            await Box.filter(id=box_id).update(disputed_at=now, updated_at=now)
        await audit.note(shop, staff_id, "box.grade", ref(box), items={str(g.item_id): g.grade.value for g in graded})
        await settlement.settle(shop, box_id, who)
        await box.refresh_from_db()
    log.info("box.graded", box=box_id, items=len(graded))
    return box


async def _grade(shop: Shop, box: Box, item: BoxItem, one: Graded, who: str) -> None:
    now, name = shop.now(), stock_ref(item, box)
    changes: dict[str, Any] = {"at": now, "who": who, "why": one.note[:200], "grade": one.grade.value}
    if item.state is ItemState.LOST and item.back_parcel_id is not None and one.grade is Grade.OK:
        # Written off as lost, and found after all: nothing is owed for it, but the piece is there again.
        await catalog.find(shop, item.sku_id, ref=name)
        await BoxItem.filter(id=item.id).update(grade=one.grade.value, updated_at=now)
    elif item.state is ItemState.BOUGHT:
        if item.reclaimed_at is None:
            if not one.note:
                raise Invalid("note", "it came back after the law's window: a reason is needed to accept it")
            await reclaims.note_reclaim(shop, item, who, one.note)
        await reclaims.finish(shop, box, item, one.grade, who, one.note)
    elif one.grade in NOT_THERE and item.state is ItemState.RECEIVED:
        await move(item, ITEM_LIFE, ItemState.MISSING, **changes)
        await disputes.begin(shop, box, item)
    elif one.grade not in NOT_THERE and item.state in (ItemState.RECEIVED, ItemState.MISSING):
        if item.state is ItemState.MISSING:
            await move(item, ITEM_LIFE, ItemState.RECEIVED, at=now, who=who, why="found")
            await cases.settle_case(shop, CaseKind.DISPUTE, f"item:{item.id}", "found", who, one.note)
            await box_notes.tell(
                shop, box, "核对好了，找到了", f"{box_notes.named([item])}找到了，按退回处理，不收费。"
            )
        back = one.grade is Grade.OK
        if back:
            await catalog.release(shop, [Piece(item.sku_id, name)])
        else:
            await catalog.lose(shop, item.sku_id, ref=name)
        await move(item, ITEM_LIFE, ItemState.RETURNED, **changes)
    elif item.grade != one.grade.value:
        raise WrongState("item", item.state, one.grade.value)


async def mark_lost(shop: Shop, staff_id: int, parcel_id: int) -> Box:
    """A parcel was lost, out or back, in one action. Raises WrongState once it has arrived, NotFound."""
    parcel = await parcels.parcel_of(parcel_id)
    if parcel.direction == "out":
        return await losses.mark_lost_out(shop, staff_id, parcel_id)
    async with transaction():
        box = await reclaims.lose(shop, parcel_id, f"staff:{staff_id}", "lost on its way back")
        await audit.note(shop, staff_id, "parcel.lost", f"parcel:{parcel_id}", box=box.id)
    return box
