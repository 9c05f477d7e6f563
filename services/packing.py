"""What the warehouse looks at while it packs and opens: seals, weights, and a piece that cannot go out as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from domain.box import BoxState, ItemState
from domain.case import CaseKind
from domain.errors import ConsentMissing, Invalid, NotFound, ParcelHeld, WrongState
from domain.parcel_check import expected_grams, weight_differs
from models import Box, BoxItem, Case, History, Parcel, Sku
from services import audit, box_notes, cases, catalog
from services.box_covers import ref, stock_ref
from services.catalog import Piece
from services.proposals import box_for_staff, box_of, items_of
from services.shop import Shop
from services.transaction import transaction

SWAP = "size_swap"
log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """What is on a parcel that came back: its seal's number, and what it weighs (None: not weighed)."""

    seal: str = ""
    grams: int | None = None


CONTENTS_RIGHT = "contents_right"
"""The outcome of a case by which a second look lets a parcel go that weighs something else."""


async def require_weights(
    shop: Shop, staff_id: int, box: Box, parcels: Sequence[tuple[Sequence[BoxItem], int | None]]
) -> None:
    """Let the packed parcels go, each with its pieces and what it weighs (None: not weighed).

    One that weighs something else is held back: a case is opened and ParcelHeld raised. It goes when it is
    packed again and weighs what it should, or when another person has looked and closed the case as `contents_right`.
    Opens its own transactions.
    """
    off = []
    for items, grams in parcels:
        expected = await _expected(shop, items) if grams is not None else None
        if expected is not None and grams is not None and weight_differs(expected, grams, shop.rules.box):
            off.append({"items": sorted(i.id for i in items), "expected_grams": expected, "weighed_grams": grams})
    name = ref(box)
    standing = await cases.standing(CaseKind.PARCEL_CHECK, name)
    if standing is not None and not off and any(grams is None for _, grams in parcels):
        raise ParcelHeld(standing.id)  # putting it past the scales is no second look
    if off:
        looked = Case.filter(kind=CaseKind.PARCEL_CHECK, ref=name, outcome=CONTENTS_RIGHT)
        if off not in [case.facts["parcels"] for case in await looked]:
            async with transaction():
                facts = {"box": box.id, "parcels": off, "weighed_by": staff_id}
                case = await cases.open_case(shop, CaseKind.PARCEL_CHECK, name, box.member_id, facts=facts)
                await Case.filter(id=case.id).update(facts=facts)
                await audit.note(shop, staff_id, "box.held", name, case=case.id)
            raise ParcelHeld(case.id)
    if standing is not None:
        outcome = CONTENTS_RIGHT if off else "packed_again"
        await cases.settle_case(shop, CaseKind.PARCEL_CHECK, name, outcome, f"staff:{staff_id}")


async def check_back(shop: Shop, box: Box, parcel: Parcel, items: Sequence[BoxItem], seen: Seen) -> None:
    """Compare a parcel that came back with what was announced in it, inside the caller's transaction.

    Another weight, or a seal that is not the one we put into the box, is a case for a person. Nothing is held
    up and nothing is charged by it.
    """
    facts: dict[str, object] = {}
    expected = await _expected(shop, items) if seen.grams is not None else None
    if expected is not None and seen.grams is not None and weight_differs(expected, seen.grams, shop.rules.box):
        facts = {"expected_grams": expected, "weighed_grams": seen.grams}
    ours = await Parcel.filter(box_id=box.id).exclude(return_seal="").values("return_seal") if seen.seal else []
    wanted = [row["return_seal"] for row in ours]
    if wanted and seen.seal not in wanted:
        facts |= {"seal": seen.seal, "return_seals": wanted}
    if not facts:
        return
    facts |= {"box": box.id, "pieces": len(items)}
    await cases.open_case(shop, CaseKind.PARCEL_CHECK, f"parcel:{parcel.id}", box.member_id, facts=facts)
    log.warning("parcel.differs", parcel=parcel.id, box=box.id)


async def _expected(shop: Shop, items: Sequence[BoxItem]) -> int | None:
    grams = {s.id: s.product.weight_grams for s in await _skus([i.sku_id for i in items])}
    return expected_grams([grams[item.sku_id] for item in items], shop.rules.box)


async def _skus(ids: Sequence[int]) -> list[Sku]:
    return await Sku.filter(id__in=list(ids)).select_related("product")


async def allow_swap(shop: Shop, member_id: int, box_id: int, *, allowed: bool) -> None:
    """The member lets the warehouse put in another size or colour of a piece, or does so no more, until it ships.

    Raises WrongState after that, NotFound.
    """
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        if box.state not in (BoxState.PROPOSED, BoxState.CONFIRMED, BoxState.PACKING):
            raise WrongState("box", box.state, "changed")
        await Box.filter(id=box_id).update(swap_allowed=allowed, updated_at=shop.now())
    log.info("box.swap_allowed", box=box_id, allowed=allowed)


async def swap(shop: Shop, staff_id: int, box_id: int, item_id: int, sku_id: int, *, broken: bool, why: str) -> Box:
    """Put another size or colour of the same piece into a box that is being packed; its price stays.

    Only where the member has allowed it (ConsentMissing); she is told. `broken`: the first one is written off,
    else it goes back to the shelf. Raises WrongState unless it is packed now, OutOfStock, Invalid, NotFound.
    """
    now = shop.now()
    async with transaction():
        box = await box_for_staff(box_id, lock=True)
        item = next((i for i in await items_of(box_id) if i.id == item_id), None)
        if item is None:
            raise NotFound("item")
        if box.state is not BoxState.PACKING or item.state is not ItemState.RESERVED:
            raise WrongState("box", box.state, "swapped")
        if not box.swap_allowed:
            raise ConsentMissing(SWAP)
        found = {sku.id: sku for sku in await _skus([item.sku_id, sku_id])}
        old, new = found[item.sku_id], found.get(sku_id)
        if new is None or new is old or new.product_id != old.product_id:
            raise Invalid("sku_id", "another size or colour of the same product")
        if await BoxItem.exists(box_id=box_id, sku_id=sku_id, state=ItemState.RESERVED):
            raise Invalid("sku_id", "each piece once")
        name = stock_ref(item, box)
        # In the order of the shelf, as everybody locks them.
        for one in sorted((old, new), key=lambda s: s.id):
            if one is new:
                await catalog.reserve(shop, [Piece(new.id, name)])
            elif broken:
                await catalog.lose(shop, old.id, ref=name)
            else:
                await catalog.release(shop, [Piece(old.id, name)])
        await BoxItem.filter(id=item_id).update(sku_id=new.id, size=new.size, colour=new.colour, updated_at=now)
        await History.create(
            noun="box_item", row_id=item_id, old=f"sku:{old.id}", new=f"sku:{new.id}", who=f"staff:{staff_id}",
            why=why[:200], created_at=now,
        )  # fmt: skip
        await audit.note(shop, staff_id, "box.swap", ref(box), item=item_id, sku=new.id, broken=broken, why=why)
        await box_notes.tell(
            shop, box, "有一件换了尺码或颜色",
            f"按您的同意，「{item.name}」换成了 {new.colour} {new.size}，价格不变；不合适照常退回。",
        )  # fmt: skip
    log.info("box.swapped", box=box_id, item=item_id, sku=new.id)
    return box
