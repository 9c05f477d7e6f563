"""Photos of pieces: kept as they came, seen by the box's member and by the staff, by nobody else."""

import hashlib

from domain.errors import Invalid, NotFound, TooMany
from domain.photo import kind_of
from models import BoxItem, Photo
from services import audit
from services.proposals import box_of
from services.shop import Shop
from services.transaction import transaction


async def item_for(box_id: int, item_id: int, *, member_id: int | None = None) -> BoxItem:
    """A piece of a box; with `member_id` of hers only. Raises NotFound."""
    if member_id is not None:
        await box_of(member_id, box_id)
    item = await BoxItem.filter(id=item_id, box_id=box_id).first()
    if item is None:
        raise NotFound("item")
    return item


async def add(shop: Shop, item: BoxItem, data: bytes, who: str, *, staff_id: int | None = None) -> Photo:
    """Keep a photo of a piece; the same picture again is the same photo.

    Raises Invalid for what is no picture, TooMany above the rules' number for a piece.
    """
    rules, kind = shop.rules.box, kind_of(data)
    if kind is None:
        raise Invalid("body", "a JPEG, PNG or WebP picture is needed")
    digest = hashlib.sha256(data).hexdigest()
    async with transaction():
        await BoxItem.filter(id=item.id).select_for_update().first()
        known = await Photo.filter(item_id=item.id, sha256=digest).first()
        if known is not None:
            return known
        if await Photo.filter(item_id=item.id).count() >= rules.photos_per_item:
            raise TooMany("photos", rules.photos_per_item)
        photo = await Photo.create(item_id=item.id, who=who, kind=kind, sha256=digest, data=data, created_at=shop.now())
        if staff_id is not None:
            await audit.note(shop, staff_id, "photo.add", f"item:{item.id}", photo=photo.id, bytes=len(data))
    return photo


async def look(photo_id: int, *, member_id: int | None = None) -> Photo:
    """One photo; with `member_id` of a piece of hers only. Raises NotFound."""
    photo = await Photo.filter(id=photo_id).first()
    if photo is None:
        raise NotFound("photo")
    if member_id is not None and not await BoxItem.exists(id=photo.item_id, box__member_id=member_id):
        raise NotFound("photo")
    return photo


async def ids_of(item_id: int) -> list[int]:
    """The photos of a piece, the oldest first."""
    return [row["id"] for row in await Photo.filter(item_id=item_id).order_by("id").values("id")]


async def require_evidence(item_id: int) -> None:
    """Raise Invalid unless the staff has kept a photo of the piece."""
    if not await Photo.exists(item_id=item_id, who__startswith="staff:"):
        raise Invalid("photos", "a photo by the staff is needed first")
