"""Boxes as they are looked at: by the member, often; by stylists and the warehouse, all at once."""

from dataclasses import dataclass
from datetime import date, datetime

from domain.box import BoxState, ItemState
from domain.errors import NotFound
from domain.money import Fen
from domain.ports import Address
from models import Box, BoxItem, Parcel
from models.sql import run
from services import addresses, audit
from services.box_covers import ref
from services.proposals import box_for_staff, items_of
from services.shop import Shop

BOARD = (
    BoxState.REQUESTED,
    BoxState.STYLING,
    BoxState.PROPOSED,
    BoxState.CONFIRMED,
    BoxState.PACKING,
    BoxState.SHIPPED,
    BoxState.DELIVERED,
    BoxState.DECIDING,
    BoxState.RETURNING,
    BoxState.GRADING,
    BoxState.DISPUTED,
)
"""The columns of the board: every state in which something is still to happen."""
COLUMN_MOST = 100


async def detail(member_id: int, box_id: int) -> bytes:
    """The member's box as ready JSON, read and written by the database in one statement. Raises NotFound."""
    rows = await run("box_detail", box_id=box_id, member_id=member_id)
    if not rows:
        raise NotFound("box")
    body: str = rows[0]["body"]
    return body.encode()


async def page(member_id: int, *, before_id: int | None, limit: int) -> tuple[list[Box], int | None]:
    """The member's boxes, the newest first, and the id before which the next page begins."""
    found = Box.filter(member_id=member_id)
    if before_id is not None:
        found = found.filter(id__lt=before_id)
    rows = await found.order_by("-id").limit(limit + 1)
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


@dataclass(frozen=True)
class Column:
    """One state of the board. `total` counts all, `boxes` holds the most urgent ones."""

    state: BoxState
    total: int
    boxes: list[Box]


async def board(shop: Shop) -> list[Column]:
    """Boxes by state, the nearest deadline first, else the longest waiting."""
    columns = []
    for state in BOARD:
        found = Box.filter(state=state)
        boxes = await found.order_by("deadline_at", "id").limit(COLUMN_MOST)
        total = len(boxes) if len(boxes) < COLUMN_MOST else await found.count()
        columns.append(Column(state, total, boxes))
    return columns


@dataclass(frozen=True)
class Pick:
    """One piece to take from the shelf for one box."""

    box_id: int
    item: BoxItem
    confirmed_at: datetime | None


async def picklist() -> list[Pick]:
    """What is to be packed, by product and size, so that one walk along the shelves is enough."""
    items = (
        await BoxItem.filter(box__state=BoxState.PACKING, state=ItemState.RESERVED)
        .select_related("box")
        .order_by("name", "colour", "size", "box_id")
    )
    return [Pick(item.box_id, item, item.box.confirmed_at) for item in items]


@dataclass(frozen=True)
class StaffBox:
    """A box as the warehouse sees it. The address only while it is to be packed: for the label."""

    box: Box
    items: list[BoxItem]
    parcels: list[Parcel]
    address: Address | None
    risk_fen: Fen


async def for_staff(shop: Shop, staff_id: int, box_id: int, *, with_address: bool) -> StaffBox:
    """One box for staff; opening its address is written to the audit log. Raises NotFound."""
    box = await box_for_staff(box_id)
    address = None
    if with_address and box.state is BoxState.PACKING and box.address_sealed:
        address = addresses.unseal(shop, box.address_sealed)
        await audit.note(shop, staff_id, "box.read_address", ref(box))
    parcels = await Parcel.filter(box_id=box_id).order_by("id")
    return StaffBox(box, await items_of(box_id), parcels, address, box.highest_fen)


@dataclass(frozen=True)
class DueDay:
    """What could still be charged for goods that are out, by the day on which it is decided (None: not signed)."""

    day: date | None
    boxes: int
    goods_fen: Fen


async def exposure() -> list[DueDay]:
    """Open exposure by the Shanghai day of the deadline, the nearest first."""
    return [
        DueDay(date.fromisoformat(row["day"]) if row["day"] else None, int(row["boxes"]), int(row["goods_fen"]))
        for row in await run("box_exposure")
    ]
