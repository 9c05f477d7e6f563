"""Parcels on their way back: a return is opened at WeChat's return component, and asked about now and then.

The component pushes nothing. Where the exact moment of something is not told, the earliest it can have
been is taken, in the member's favour: what we found out late must not cost her the deadline.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.box import PARCEL_LIFE, ParcelState
from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import Address, ReturnFact, ReturnOrder
from models import Box, BoxItem, MemberAddress, OutsideCall, Parcel
from models.base import move
from models.box import Travelling
from services import addresses, members, outside
from services.parcels import accepted
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import in_one, transaction

ASKABLE = (ParcelState.WANTED, ParcelState.ACCEPTED)
ASKED_FOR = timedelta(days=60)
"""A return nobody has used after this long is not asked about any more."""

log = structlog.get_logger()


async def book(
    shop: Shop, box: Box, items: Sequence[BoxItem], pickup_at: datetime | None, address_id: int | None
) -> Parcel:
    """A parcel back for these items, inside the caller's transaction; WeChat's return id comes after it."""
    if address_id is not None:
        await addresses.address_of(box.member_id, address_id)
    parcel = await Parcel.create(
        box_id=box.id,
        direction="back",
        state=ParcelState.WANTED,
        pickup_at=pickup_at.astimezone(UTC) if pickup_at else None,
        created_at=shop.now(),
    )
    await BoxItem.filter(id__in=[item.id for item in items]).update(back_parcel_id=parcel.id, updated_at=shop.now())
    for item in items:
        item.back_parcel_id = parcel.id
    await outside.want(shop, "open_return", f"parcel:{parcel.id}", address_id=address_id)
    return parcel


@outside.caller("open_return")
async def _open_return(shop: Shop, call: OutsideCall) -> None:
    parcel = await Parcel.get(id=int(call.ref.partition(":")[2]))
    if parcel.return_id or parcel.state is not ParcelState.WANTED:
        return
    box = await Box.get(id=parcel.box_id)
    openid = await members.openid_of(box.member_id, shop.accounts.mini_appid)
    if openid is None:
        raise OutsideRefusal("no_openid", "the member has no openid of the mini-program")
    items = await BoxItem.filter(back_parcel_id=parcel.id).order_by("id")
    if not items:
        return
    return_id = await shop.wechat.logistics.add_return(
        ReturnOrder(
            # A number opens one return only, and an answer may be lost: each try has its own.
            shop_order_id=f"HZR{parcel.id}T{call.attempts}",
            openid=openid,
            sender=await _sender(shop, box, call),
            receiver=addresses.warehouse(shop),
            goods=[item.name for item in items],
            worth_fen=sum(item.price_fen for item in items),
            page=f"pages/box/box?id={box.id}",
        )
    )
    await Parcel.filter(id=parcel.id, return_id="").update(return_id=return_id, updated_at=shop.now())
    log.info("return.opened", parcel=parcel.id, box=box.id)


async def _sender(shop: Shop, box: Box, call: OutsideCall) -> Address:
    address_id = call.payload.get("address_id")
    chosen = await MemberAddress.get_or_none(id=address_id, member_id=box.member_id) if address_id else None
    return addresses.unseal(shop, chosen.sealed if chosen else box.address_sealed)


async def ask(shop: Shop, parcel: Parcel) -> None:
    """Ask WeChat how a return stands and note it; outside any transaction. Raises OutsideFault."""
    if in_one():
        raise RuntimeError("WeChat is never called inside a transaction")
    if parcel.direction != "back" or not parcel.return_id or parcel.state not in ASKABLE:
        return
    fact = await shop.wechat.logistics.get_return(parcel.return_id)
    async with transaction():
        await box_for_staff(parcel.box_id, lock=True)
        fresh = await Parcel.filter(id=parcel.id).select_for_update().get()
        if fresh.state in ASKABLE:
            await note(shop, fresh, fact)


async def note(shop: Shop, parcel: Travelling, fact: ReturnFact) -> None:
    """Write down how WeChat says a locked parcel on its way back stands, in the caller's transaction."""
    table = type(parcel)
    now = shop.now()
    since = parcel.asked_at or parcel.created_at
    changes: dict[str, object] = {"asked_at": now}
    if fact.status == "booked" and parcel.booked_at is None and fact.order_status != "cancelled":
        changes["booked_at"] = since
    if fact.order_status == "cancelled" and (parcel.pickup_at is None or now < parcel.pickup_at):
        # Called off beforehand. One whose time has passed is a pick-up the carrier missed: it still counts.
        changes["booked_at"] = None
    if fact.waybill and parcel.waybill is None and not await table.exists(waybill=fact.waybill):
        try:
            async with in_transaction():
                await table.filter(id=parcel.id).update(waybill=fact.waybill, carrier=fact.company)
        except IntegrityError:
            log.warning("return.waybill_taken", parcel=parcel.id)
    if fact.order_status in ("picked", "signed") and parcel.accepted_at is None:
        changes["heard_at"] = now
        await table.filter(id=parcel.id).update(**changes)
        await accepted(shop, parcel, since)
    else:
        await table.filter(id=parcel.id).update(**changes)
    if fact.order_status == "signed":
        await move(parcel, PARCEL_LIFE, ParcelState.SIGNED, at=now, who="wechat", signed_at=now, heard_at=now)


async def ask_returns(shop: Shop) -> int:
    """Ask about every return that is open; how many were asked about. What does not answer is asked again."""
    since = shop.now() - ASKED_FOR
    rows = (
        await Parcel.filter(direction="back", state__in=ASKABLE, created_at__gt=since)
        .exclude(return_id="")
        .order_by("id")
    )
    asked = 0
    for parcel in rows:
        try:
            await ask(shop, parcel)
            asked += 1
        except (OutsideFault, OutsideRefusal) as fault:
            log.warning("return.not_told", parcel=parcel.id, fault=str(fault))
    return asked
