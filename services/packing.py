"""What the warehouse looks at while it packs and opens: seals, weights, and a piece that cannot go out as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from domain.box import BoxState, ItemState
from domain.case import CaseKind
from domain.errors import ConsentMissing, Invalid, NotFound, WrongState
from domain.parcel_check import expected_grams, weight_differs
from models import Box, BoxItem, History, InboxNote, Parcel, Sku
from services import audit, cases, catalog
from services.box_covers import ref, stock_ref
from services.catalog import Piece
from services.proposals import box_for_staff, box_of, items_of
from services.shop import Shop
from services.transaction import transaction

SWAP = "size_swap"
log = structlog.get_logger()


@dataclass(frozen=True)
class Seen:
    """What is on a parcel: its seal's number, and what it weighs (None: not weighed)."""

    seal: str = ""
    grams: int | None = None


async def check(shop: Shop, box: Box, parcel: Parcel, items: Sequence[BoxItem], seen: Seen) -> None:
    """Compare a packed or opened parcel with what should be in it, inside the caller's transaction.

    Another weight, or a return seal that is not the one we put into the box, is a case for a person. Nothing
    is held up and nothing is charged by it.
    """
    facts: dict[str, object] = {}
    if seen.grams is not None:
        grams = {s.id: s.product.weight_grams for s in await _skus([i.sku_id for i in items])}
        expected = expected_grams([grams[item.sku_id] for item in items], shop.rules.box)
        if expected is not None and weight_differs(expected, seen.grams, shop.rules.box):
            facts = {"expected_grams": expected, "weighed_grams": seen.grams}
    if seen.seal and parcel.direction == "back":
        ours = await Parcel.filter(box_id=box.id).exclude(return_seal="").values("return_seal")
        wanted = [row["return_seal"] for row in ours]
        if wanted and seen.seal not in wanted:
            facts |= {"seal": seen.seal, "return_seals": wanted}
    if not facts:
        return
    facts |= {"box": box.id, "direction": parcel.direction, "pieces": len(items)}
    await cases.open_case(shop, CaseKind.PARCEL_CHECK, f"parcel:{parcel.id}", box.member_id, facts=facts)
    log.warning("parcel.differs", parcel=parcel.id, box=box.id)


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
        await InboxNote.create(
            member_id=box.member_id,
            title="有一件换了尺码或颜色",
            text=f"按您的同意，「{item.name}」换成了 {new.colour} {new.size}，价格不变；不合适照常退回。",
            page=f"pages/box/box?id={box.id}",
            created_at=now,
        )
    log.info("box.swapped", box=box_id, item=item_id, sku=new.id)
    return box
