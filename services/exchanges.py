"""Another size or colour of a piece in a box: a small box of its own, with one piece.

It takes no quota and costs no freight; the piece is reserved at once, covered by its own price, shipped in its
own parcel, and its clock starts when it is signed. The first piece goes back with the first box, whose
clock does not change; where that does not happen in time, the exchange is called off while it can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from domain.box import BOX_LIFE, ITEM_LIFE, BoxState, ItemState, ParcelState
from domain.errors import Invalid, NotFound, OutOfStock, TooMany, WrongState
from domain.money import Fen
from models import Box, BoxItem, History, Parcel, Sku
from models.base import move
from services import box_covers, boxes, catalog, trust
from services.box_covers import CoverOption, CoverSheet, stock_ref
from services.catalog import Piece
from services.outlook import exchanged, open_box
from services.proposals import box_for_staff, items_of
from services.shop import Shop
from services.transaction import transaction

EXCHANGEABLE = (ItemState.AT_MEMBER, ItemState.KEEPING, ItemState.RETURNING)
OVER = (BoxState.SETTLED, BoxState.CANCELLED, BoxState.LOST)
log = structlog.get_logger()


@dataclass(frozen=True)
class ExchangeChoices:
    """What a piece can be exchanged for, and what securing the other piece takes; its price stays."""

    item_id: int
    price_fen: Fen
    skus: list[Sku]
    cover: CoverOption


async def choices(shop: Shop, member_id: int, box_id: int, item_id: int) -> ExchangeChoices:
    """Other sizes and colours that are on hand. Raises WrongState, TooLate, TooMany, NotFound."""
    box = await open_box(shop, member_id, box_id, "exchanged", lock=False)
    item = await _exchangeable(box, item_id)
    mine = await Sku.get(id=item.sku_id).select_related("product")
    found = []
    if mine.product.on_sale and mine.product.quality_passed:
        others = Sku.filter(product_id=mine.product_id, on_hand__gt=0, retired=False).exclude(id=mine.id)
        found = await others.order_by("id")
    terms = await box_covers.terms_for(shop, member_id)
    [score, deposit, _] = box_covers.options(shop, terms, item.price_fen)
    if box.cover == box_covers.PAY_SCORE and score.available:
        return ExchangeChoices(item_id, item.price_fen, found, score)
    now_fen = min(deposit.now_fen, item.price_fen)
    own = CoverOption(box_covers.DEPOSIT, True, now_fen, item.price_fen - now_fen, now_fen)
    return ExchangeChoices(item_id, item.price_fen, found, own)


async def _exchangeable(box: Box, item_id: int) -> BoxItem:
    item = next((i for i in await items_of(box.id) if i.id == item_id), None)
    if item is None:
        raise NotFound("item")
    if box.exchange_of_id is not None:
        raise TooMany("exchanges", 1)
    if item.state not in EXCHANGEABLE:
        raise WrongState("item", item.state, "exchanged")
    if item.back_parcel_id is not None and not await Parcel.exists(id=item.back_parcel_id, state=ParcelState.WANTED):
        raise WrongState("item", "sent", "exchanged")
    return item


async def exchange(shop: Shop, member_id: int, box_id: int, item_id: int, sku_id: int) -> CoverSheet:
    """Exchange a piece: it is marked to be returned, the other one is reserved; the sheet of its cover.

    Again for the same piece it is the same exchange; for another one the first is called off while it has
    not left. Raises OutOfStock, Invalid for another product, TooMany for what was exchanged before,
    WrongState once the first piece is sent, TooLate after the deadline, NotFound.
    """
    now, who = shop.now(), f"member:{member_id}"
    async with transaction():
        box = await open_box(shop, member_id, box_id, "exchanged")
        item = await _exchangeable(box, item_id)
        sku = await _other(item, sku_id)
        small = (await exchanged([item_id])).get(item_id)
        if small is not None and not await BoxItem.exists(box_id=small.id, sku_id=sku_id):
            await call_off(shop, [item], who, "another one was chosen")
            small = None
        if small is None:
            small = await _small_box(shop, box, item, sku, who)
        reason = "size" if sku.size != item.size else "colour"
        if item.state is ItemState.RETURNING:
            await BoxItem.filter(id=item_id).update(reason=reason, updated_at=now)
        else:
            await move(item, ITEM_LIFE, ItemState.RETURNING, at=now, who=who, why="exchanged", reason=reason)
        if box.state is BoxState.DELIVERED:
            await move(box, BOX_LIFE, BoxState.DECIDING, at=now, who=who)
    log.info("box.exchanged", box=box_id, item=item_id, small=small.id)
    return await box_covers.sheet(shop, small)


async def _other(item: BoxItem, sku_id: int) -> Sku:
    sku = await Sku.get_or_none(id=sku_id).select_related("product")
    if sku is None or not (sku.product.on_sale and sku.product.quality_passed):
        raise NotFound("sku")
    if sku_id == item.sku_id or not await Sku.exists(id=item.sku_id, product_id=sku.product_id):
        raise Invalid("sku_id", "another size or colour of the same product")
    return sku


async def _small_box(shop: Shop, box: Box, item: BoxItem, sku: Sku, who: str) -> Box:
    """The box of the other piece, confirmed: reserved, and its cover wanted."""
    now = shop.now()
    if sku.left < 1:
        raise OutOfStock(sku.id, 0)
    small = await Box.create(
        member_id=box.member_id, stylist_id=box.stylist_id, state=BoxState.CONFIRMED, occasion=box.occasion,
        exchange_of_id=item.id, profile_id=box.profile_id, cover=box.cover, highest_fen=item.price_fen,
        confirmed_at=now,
        address_id=box.address_id, address_sealed=box.address_sealed, created_at=now,
    )  # fmt: skip
    await History.create(
        noun="box", row_id=small.id, old="", new=BoxState.CONFIRMED.value, who=who,
        why=f"exchange of item {item.id}", created_at=now,
    )  # fmt: skip
    piece = await BoxItem.create(
        box_id=small.id, sku_id=sku.id, name=item.name, size=sku.size, colour=sku.colour, picture=item.picture,
        price_fen=item.price_fen, state=ItemState.RESERVED, created_at=now,
    )  # fmt: skip
    await catalog.reserve(shop, [Piece(sku.id, stock_ref(piece, small))])
    trusted = await trust.of(shop, box.member_id)
    score = box_covers.score_option(shop, trusted.risk_cap_fen, item.price_fen)
    # Beside stored value, which is held for the first box, a single piece is secured by a deposit.
    if small.cover != box_covers.DEPOSIT and (small.cover != box_covers.PAY_SCORE or not score.available):
        small.cover = box_covers.DEPOSIT
    small.deposit_fen = await box_covers.deposit_for(shop, small, small.cover, small.highest_fen)
    await Box.filter(id=small.id).update(cover=small.cover, deposit_fen=small.deposit_fen, updated_at=now)
    await box_covers.want_cover(shop, small, [piece])
    return small


async def call_off(shop: Shop, items: Sequence[BoxItem], who: str, why: str, *, late: bool = False) -> None:
    """The first piece stays after all: its exchange ends, inside the caller's transaction.

    Raises WrongState when the other piece has left the warehouse; with `late` it is left as it is then,
    for it is covered by itself and both were taken.
    """
    for small in (await exchanged([item.id for item in items])).values():
        small = await box_for_staff(small.id, lock=True)
        if small.state in (BoxState.CONFIRMED, BoxState.PACKING):
            await boxes.cancel(shop, small.id, who=who, why=why)
        elif not late and small.state not in OVER:
            raise WrongState("box", small.state, BoxState.CANCELLED)
