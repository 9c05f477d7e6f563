"""What is to go into a box: asked for, picked by a stylist from stock, or by the member; and edited by her.

Prices are frozen when an item is put in and looked at again before the member confirms. Every change
raises the box's version, and whoever decides on an older one is told so.
"""

from collections.abc import Mapping, Sequence

import structlog
from tortoise.expressions import F

from domain.bill import Freight, highest
from domain.box import BOX_LIFE, ITEM_LIFE, BoxState, ItemState
from domain.errors import Invalid, NotAMember, NotFound, OutOfStock, QuotaSpent, StaleVersion, WrongState
from domain.membership import Quota
from models import Booking, Box, BoxItem, History, Sku, Stylist
from models.base import move
from models.sql import rows_of, run
from services import audit, benefits, catalog, members, quotas, stylists, tiers
from services.shop import Shop
from services.transaction import transaction

log = structlog.get_logger()

OPEN = (BoxState.REQUESTED, BoxState.STYLING, BoxState.PROPOSED)
"""States in which what goes into the box is not settled yet."""


async def box_of(member_id: int, box_id: int, *, lock: bool = False) -> Box:
    """The member's own box, the only way to fetch one on her behalf. Raises NotFound."""
    found = Box.filter(id=box_id, member_id=member_id)
    box = await (found.select_for_update() if lock else found).first()
    if box is None:
        raise NotFound("box")
    return box


async def box_for_staff(box_id: int, *, lock: bool = False) -> Box:
    """Any box, for staff and jobs. Raises NotFound."""
    found = Box.filter(id=box_id)
    box = await (found.select_for_update() if lock else found).first()
    if box is None:
        raise NotFound("box")
    return box


async def items_of(box_id: int) -> list[BoxItem]:
    """What is in a box, without what was taken out of the proposal."""
    return await rows_of(BoxItem, "items_of_box", box_id=box_id)


async def request(
    shop: Shop,
    member_id: int,
    *,
    occasion: str = "",
    budget_fen: int | None = None,
    wish: str = "",
    sku_ids: Sequence[int] = (),
) -> Box:
    """Ask for a box: a stylist picks, or, with `sku_ids`, the member has picked and it is proposed at once.

    Raises NotAMember before registration, Invalid for too few or too many pieces, OutOfStock, NotFound.
    """
    member = await members.get(member_id)
    if member.registered_at is None:
        raise NotAMember
    now = shop.now()
    async with transaction():
        box = await Box.create(
            member_id=member_id,
            stylist_id=member.stylist_id,
            state=BoxState.REQUESTED,
            occasion=occasion,
            budget_fen=budget_fen,
            wish=wish,
            created_at=now,
        )
        await History.create(
            noun="box", row_id=box.id, old="", new=BoxState.REQUESTED.value, who=f"member:{member_id}",
            created_at=now,
        )  # fmt: skip
        if sku_ids:
            await _fill(shop, box, sku_ids)
            await move(box, BOX_LIFE, BoxState.PROPOSED, at=now, who=f"member:{member_id}", why="picked herself")
    log.info("box.requested", box=box.id, member=member_id, picked=len(sku_ids))
    return box


async def propose(
    shop: Shop,
    staff_id: int,
    *,
    sku_ids: Sequence[int],
    words: str = "",
    box_id: int | None = None,
    member_id: int | None = None,
    booking_id: int | None = None,
) -> Box:
    """A stylist's pick from stock for a requested box, a booking or a member; again, it replaces hers.

    Raises WrongState once the member has confirmed, Invalid, OutOfStock, NotFound.
    """
    who = f"staff:{staff_id}"
    stylist = await Stylist.get_or_none(staff_id=staff_id)
    async with transaction():
        box = await _box_to_fill(shop, staff_id, box_id, member_id, booking_id)
        now = shop.now()
        if box.state is BoxState.PROPOSED:
            await move(box, BOX_LIFE, BoxState.STYLING, at=now, who=who, why="proposed anew")
        elif box.state not in OPEN:
            raise WrongState("box", box.state, BoxState.PROPOSED)
        for item in await BoxItem.filter(box_id=box.id, state=ItemState.PROPOSED):
            await move(item, ITEM_LIFE, ItemState.REMOVED, at=now, who=who, why="proposed anew")
        await _fill(shop, box, sku_ids)
        await move(
            box, BOX_LIFE, BoxState.PROPOSED, at=now, who=who,
            stylist_words=words, stylist_id=stylist.id if stylist else box.stylist_id,
            version=box.version + 1,
        )  # fmt: skip
        await audit.note(shop, staff_id, "box.propose", f"box:{box.id}", items=len(sku_ids))
    log.info("box.proposed", box=box.id, staff=staff_id, items=len(sku_ids))
    return box


async def _box_to_fill(
    shop: Shop, staff_id: int, box_id: int | None, member_id: int | None, booking_id: int | None
) -> Box:
    if box_id is not None:
        return await box_for_staff(box_id, lock=True)
    if booking_id is not None:
        booking = await Booking.filter(id=booking_id).select_for_update().first()
        if booking is None or not (await stylists.desk_of(staff_id)).sees(booking.stylist_id):
            raise NotFound("booking")
        member_id = booking.member_id
        standing = await Box.filter(booking_id=booking_id, state__in=OPEN).select_for_update().first()
        if standing is not None:
            return standing
        # For whom the session was, so that the pieces are remembered as theirs.
        profile_id, occasion, budget_fen, wish = (
            booking.profile_id, booking.occasion, booking.budget_fen, booking.wish
        )  # fmt: skip
    else:
        profile_id, occasion, budget_fen, wish = None, "", None, ""
    if member_id is None:
        raise Invalid("member_id", "a box, a booking or a member is needed")
    member = await members.get(member_id)
    now, who = shop.now(), f"staff:{staff_id}"
    box = await Box.create(
        member_id=member.id, booking_id=booking_id, profile_id=profile_id, state=BoxState.REQUESTED,
        occasion=occasion, budget_fen=budget_fen, wish=wish, created_at=now,
    )  # fmt: skip
    await History.create(noun="box", row_id=box.id, old="", new=BoxState.REQUESTED.value, who=who, created_at=now)
    return box


async def _fill(shop: Shop, box: Box, sku_ids: Sequence[int]) -> None:
    rules, now = shop.rules.box, shop.now()
    if not rules.items_min <= len(sku_ids) <= rules.items_max:
        raise Invalid("sku_ids", f"a box holds {rules.items_min} to {rules.items_max} pieces")
    if len(set(sku_ids)) != len(sku_ids):
        raise Invalid("sku_ids", "each piece once")
    skus = await _sellable(sku_ids)
    member_price = await catalog.pays_member_price(shop, box.member_id)
    await BoxItem.bulk_create(
        [
            BoxItem(
                box_id=box.id, sku_id=sku.id, name=sku.product.name, size=sku.size, colour=sku.colour,
                picture=sku.product.picture, price_fen=catalog.price_for(sku.product, member_price),
                state=ItemState.PROPOSED, created_at=now,
            )
            for sku in (skus[i] for i in sku_ids)
        ]
    )  # fmt: skip
    await reckon(shop, box)


async def _sellable(sku_ids: Sequence[int]) -> dict[int, Sku]:
    """The pieces, on sale and on hand. Raises NotFound, OutOfStock naming the first that is not."""
    skus = {s.id: s for s in await Sku.filter(id__in=list(sku_ids)).select_related("product")}
    for sku_id in sku_ids:
        sku = skus.get(sku_id)
        if sku is None or not (sku.product.on_sale and sku.product.quality_passed):
            raise NotFound("sku")
        if sku.left < 1:
            raise OutOfStock(sku_id, 0)
    return skus


async def freight_for(shop: Shop, member_id: int) -> tuple[Freight, int]:
    """What the legs of a box that is confirmed now cost, and how many free round trips are left before it.

    Raises QuotaSpent beyond the quota when the shop refuses such boxes.
    """
    counter = await quotas.counter_for(member_id, Quota.ROUND_TRIP, shop.now())
    left = counter.granted - counter.held - counter.used if counter else 0
    if left > 0:
        return Freight(), left
    return await freight_beyond(shop, member_id), 0


async def freight_beyond(shop: Shop, member_id: int) -> Freight:
    """What the legs of a box cost without a free round trip: nothing to tiers that travel free.

    Raises QuotaSpent when the shop refuses such boxes.
    """
    if (await tiers.place(shop, member_id)).tier.free_freight:
        return Freight()
    if shop.rules.box.beyond_quota == "refuse":
        raise QuotaSpent(Quota.ROUND_TRIP.value)
    leg_fen = shop.rules.box.freight_leg_fen
    return Freight(leg_fen, leg_fen)


async def reckon(shop: Shop, box: Box) -> None:
    """Write down the highest sum of a proposal as it stands now, freight included."""
    prices = [item.price_fen for item in await items_of(box.id)]
    try:
        freight, _ = await freight_for(shop, box.member_id)
    except QuotaSpent:
        # The member may look at it all the same; confirming is what is refused.
        freight = Freight()
    changes = {
        "highest_fen": highest(prices, freight),
        "freight_out_fen": freight.out_fen,
        "freight_back_fen": freight.back_fen,
    }
    await Box.filter(id=box.id).update(**changes, updated_at=shop.now())
    for name, value in changes.items():
        setattr(box, name, value)


async def take_version(shop: Shop, box: Box, version: int, wanted: str) -> None:
    """Raise the version of a proposal the caller has seen. Raises StaleVersion, WrongState."""
    if box.state is not BoxState.PROPOSED:
        raise WrongState("box", box.state, wanted)
    changed = await Box.filter(id=box.id, version=version, state=BoxState.PROPOSED).update(
        version=F("version") + 1, updated_at=shop.now()
    )
    if not changed:
        raise StaleVersion("box")
    box.version = version + 1


async def edit(
    shop: Shop,
    member_id: int,
    box_id: int,
    version: int,
    *,
    remove: Sequence[int] = (),
    swap: Mapping[int, int] | None = None,
) -> Box:
    """The member takes items out, or swaps one for another size or colour of the same product.

    At least one item stays; the range of a proposal binds the stylist, not the member's own edits.
    Raises StaleVersion when the proposal changed since she read it, Invalid, NotFound, OutOfStock.
    """
    now, who = shop.now(), f"member:{member_id}"
    swap = swap or {}
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        await take_version(shop, box, version, "edited")
        items = {item.id: item for item in await items_of(box_id)}
        for item_id in (*remove, *swap):
            if item_id not in items:
                raise NotFound("item")
        if set(remove) & set(swap):
            raise Invalid("swap", "an item is either removed or swapped")
        if len(set(remove)) == len(items):
            raise Invalid("remove", "at least one item stays; cancel the box instead")
        for item_id in set(remove):
            await move(items[item_id], ITEM_LIFE, ItemState.REMOVED, at=now, who=who)
        if swap:
            await _swap(shop, member_id, items, swap)
        await reckon(shop, box)
    log.info("box.edited", box=box_id, removed=len(remove), swapped=len(swap))
    return box


async def _swap(shop: Shop, member_id: int, items: Mapping[int, BoxItem], swap: Mapping[int, int]) -> None:
    skus = await _sellable(list(swap.values()))
    before = {s.id: s for s in await Sku.filter(id__in=[items[i].sku_id for i in swap])}
    member_price = await catalog.pays_member_price(shop, member_id)
    taken = {item.sku_id for item_id, item in items.items() if item_id not in swap}
    for item_id, sku_id in swap.items():
        sku, item = skus[sku_id], items[item_id]
        if sku.product_id != before[item.sku_id].product_id:
            raise Invalid("swap", "another size or colour of the same product")
        if sku_id in taken:
            raise Invalid("swap", "each piece once")
        taken.add(sku_id)
        await BoxItem.filter(id=item_id, state=ItemState.PROPOSED).update(
            sku_id=sku_id, size=sku.size, colour=sku.colour, updated_at=shop.now(),
            price_fen=catalog.price_for(sku.product, member_price),
        )  # fmt: skip


async def refresh_prices(shop: Shop, member_id: int, box_id: int) -> bool:
    """Look at the prices of the member's proposal again, in its own transaction; True when one has changed.

    Then the version has risen: the member sees the new sum before she can confirm it.
    """
    rows = await run("proposal_prices", box_id=box_id, member_id=member_id, now=shop.now())
    if all(row["frozen_fen"] == benefits.price_for(shop, row) for row in rows):
        return False
    async with transaction():
        box = await box_for_staff(box_id, lock=True)
        if box.state is not BoxState.PROPOSED:
            return False
        member_price = await catalog.pays_member_price(shop, box.member_id)
        items = await items_of(box.id)
        skus = {s.id: s for s in await Sku.filter(id__in=[i.sku_id for i in items]).select_related("product")}
        changed = False
        for item in items:
            price_fen = catalog.price_for(skus[item.sku_id].product, member_price)
            if price_fen != item.price_fen:
                changed = True
                await BoxItem.filter(id=item.id).update(price_fen=price_fen, updated_at=shop.now())
        if changed:
            await take_version(shop, box, box.version, "priced")
            await reckon(shop, box)
        return changed
