"""Parcels on their way out: packed, told to WeChat, followed, signed – or lost.

What the carrier says arrives in any order and more than once; each word is stored once, and the state
of a parcel only moves forward. Signing of the last parcel starts the member's clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import structlog

from domain.booking import DayKind
from domain.box import BOX_LIFE, ITEM_LIFE, PARCEL_LIFE, BoxState, ItemState, ParcelState, deadline
from domain.case import CaseKind
from domain.errors import Invalid, NotFound, WrongState
from domain.path import Event
from domain.payment import PaymentPurpose, PaymentState
from domain.ports import ShippedParcel
from models import Box, BoxItem, OutsideCall, Parcel, Payment
from models.base import move
from models.box import Travelling
from models.sql import run
from services import addresses, audit, care, cases, holidays, members, outside, packing, quotas
from services.box_covers import hold_ref, ref
from services.labels import order_label
from services.proposals import box_for_staff, items_of
from services.shop import Shop
from services.transaction import transaction

PICKED, MOVING, DELIVERING, SIGNED = 100001, 200001, 300002, 300003
ON_THE_WAY = (PICKED, MOVING, DELIVERING)
"""The carrier's words that show a parcel is in its hands."""

log = structlog.get_logger()


@dataclass(frozen=True)
class ParcelPlan:
    """One parcel the warehouse has packed. `carrier` is WeChat's delivery id (SF, ZTO, …).

    Without a `waybill` the label is ordered at WeChat under our contract with the carrier.
    """

    carrier: str
    waybill: str
    item_ids: Sequence[int]
    seal: str = ""
    return_seal: str = ""  # enclosed for the way back
    grams: int | None = None  # on the scales


async def ship(shop: Shop, staff_id: int, box_id: int, plans: Sequence[ParcelPlan]) -> Box:
    """Hand the packed parcels to the carrier: every item in exactly one; the free round trip is used now.

    Raises WrongState unless the box is covered and not shipped, Invalid for a wrong split or a waybill
    that another parcel has, ParcelHeld for one that weighs something else, NotFound.
    """
    now, who = shop.now(), f"staff:{staff_id}"
    box, items = await _packed(box_id, plans)
    weighed = [([items[i] for i in plan.item_ids], plan.grams) for plan in plans]
    await packing.require_weights(shop, staff_id, box, weighed)
    plans = [
        plan
        if plan.waybill
        else replace(
            plan,
            waybill=await order_label(shop, box, number, plan.carrier, [items[i].name for i in plan.item_ids]),
        )
        for number, plan in enumerate(plans, 1)
    ]
    async with transaction():
        box, items = await _packed(box_id, plans, lock=True)
        await Parcel.bulk_create(
            [
                Parcel(
                    box_id=box_id, direction="out", state=ParcelState.WANTED, carrier=plan.carrier,
                    waybill=plan.waybill, seal=plan.seal, return_seal=plan.return_seal,
                    packed_grams=plan.grams, created_at=now,
                )
                for plan in plans
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        made = {p.waybill: p for p in await Parcel.filter(box_id=box_id, direction="out")}
        for plan in plans:
            if plan.waybill not in made or len(made) != len(plans):
                raise Invalid("waybill", "another parcel has this waybill, or one of these seals")
            parcel = made[plan.waybill]
            await BoxItem.filter(id__in=list(plan.item_ids)).update(parcel_id=parcel.id, updated_at=now)
        if box.quota_counter_id is not None:
            await quotas.use(shop, box.quota_counter_id, ref=hold_ref(box), reason="box shipped")
        await move(box, BOX_LIFE, BoxState.SHIPPED, at=now, who=who, shipped_at=now)
        await audit.note(shop, staff_id, "box.ship", ref(box), parcels=len(plans))
        for payment in await Payment.filter(ref=ref(box), purpose=PaymentPurpose.DEPOSIT, state=PaymentState.PAID):
            await want_upload(shop, box, payment, with_trace=True)
    log.info("box.shipped", box=box_id, parcels=len(plans))
    return box


async def _packed(box_id: int, plans: Sequence[ParcelPlan], *, lock: bool = False) -> tuple[Box, dict[int, BoxItem]]:
    """The box with the items it ships, checked against how they were packed."""
    box = await box_for_staff(box_id, lock=lock)
    if box.state is not BoxState.PACKING:
        raise WrongState("box", box.state, BoxState.SHIPPED)
    items = {i.id: i for i in await items_of(box_id) if i.state is ItemState.RESERVED}
    packed = [item_id for plan in plans for item_id in plan.item_ids]
    if sorted(packed) != sorted(items) or any(not plan.item_ids for plan in plans):
        raise Invalid("parcels", "each item of the box goes into exactly one parcel, and none is empty")
    return box, items


async def want_upload(shop: Shop, box: Box, payment: Payment, *, with_trace: bool = False) -> None:
    """Have WeChat told what was shipped for a payment: its money is frozen until then.

    A Pay Score cover has no transaction before it is collected, so there is nothing to tell for it.
    """
    number = payment.transaction_id or ""
    await outside.want(shop, "upload_shipping", number, box_id=box.id)
    if with_trace:
        for parcel in await Parcel.filter(box_id=box.id, direction="out").order_by("id"):
            await outside.want(shop, "trace_parcel", f"parcel:{parcel.id}", transaction_id=number)


@outside.caller("upload_shipping")
async def _upload(shop: Shop, call: OutsideCall) -> None:
    box = await Box.get(id=int(str(call.payload["box_id"])))
    openid = await members.openid_of(box.member_id, shop.accounts.mini_appid)
    phone = addresses.unseal(shop, box.address_sealed).phone
    names: dict[int | None, list[str]] = {}
    for item in await items_of(box.id):
        names.setdefault(item.parcel_id, []).append(item.name)
    shipped = [
        ShippedParcel(
            parcel.waybill or "",
            parcel.carrier,
            "、".join(names[parcel.id])[:120],
            addresses.masked_phone(phone),
        )
        for parcel in await Parcel.filter(box_id=box.id, direction="out").order_by("id")
    ]
    at = max(box.shipped_at or shop.now(), shop.now())
    await shop.wechat.mini.upload_shipping(call.ref, openid or "", shipped, at, True)


@outside.caller("trace_parcel")
async def _trace(shop: Shop, call: OutsideCall) -> None:
    parcel = await Parcel.get(id=int(call.ref.partition(":")[2]))
    box = await Box.get(id=parcel.box_id)
    goods = [i.name for i in await items_of(box.id) if i.parcel_id == parcel.id]
    await shop.wechat.logistics.trace(
        await members.openid_of(box.member_id, shop.accounts.mini_appid) or "",
        addresses.unseal(shop, box.address_sealed).phone,
        parcel.carrier,
        parcel.waybill or "",
        goods,
        str(call.payload["transaction_id"]),
    )


async def on_carrier_event(shop: Shop, waybill: str, action_type: int, at: datetime, text: str = "") -> bool:
    """One word of the carrier about a waybill; False for a repeat, or for a waybill that is not ours.

    `at` is the carrier's own time; one from the future is taken for now.
    """
    now = shop.now()
    at = min(at, now).astimezone(UTC)
    async with transaction():
        found = await Parcel.filter(waybill=waybill).first()
        if found is None:
            log.warning("parcel.unknown", action=action_type)
            return False
        box = await box_for_staff(found.box_id, lock=True)
        parcel = await Parcel.filter(id=found.id).select_for_update().get()
        fresh = await run(
            "parcel_event_once", parcel_id=parcel.id, action=action_type, told_at=at, text=text[:200], now=now
        )
        if not fresh:
            return False
        if parcel.heard_at is None or at > parcel.heard_at:
            await Parcel.filter(id=parcel.id).update(heard_at=at)
            parcel.heard_at = at
        if action_type in ON_THE_WAY:
            await accepted(shop, parcel, at)
        elif action_type == SIGNED:
            await _signed(shop, box, parcel, at)
    log.info("parcel.told", parcel=parcel.id, box=box.id, action=action_type)
    return True


async def accepted(shop: Shop, parcel: Travelling, at: datetime) -> None:
    """The parcel is in the carrier's hands since `at` at the latest; the earliest word counts."""
    if parcel.accepted_at is None or at < parcel.accepted_at:
        await type(parcel).filter(id=parcel.id).update(accepted_at=at)
        parcel.accepted_at = at
    if parcel.state is ParcelState.WANTED:
        await move(parcel, PARCEL_LIFE, ParcelState.ACCEPTED, at=shop.now(), who="carrier")
        if isinstance(parcel, Parcel):
            await cases.settle_case(shop, CaseKind.NOT_SENT, f"parcel:{parcel.id}", "sent", "carrier")


async def _signed(shop: Shop, box: Box, parcel: Parcel, at: datetime) -> None:
    if parcel.state not in (ParcelState.WANTED, ParcelState.ACCEPTED):
        # Lost and found again, or opened already: a person has decided, the carrier's word is only kept.
        return
    await move(parcel, PARCEL_LIFE, ParcelState.SIGNED, at=shop.now(), who="carrier", signed_at=at)
    if parcel.direction != "out":
        return
    for item in await BoxItem.filter(parcel_id=parcel.id, state=ItemState.RESERVED).order_by("id"):
        await move(item, ITEM_LIFE, ItemState.AT_MEMBER, at=shop.now(), who="carrier")
    await delivered(shop, box, "carrier")


async def delivered(shop: Shop, box: Box, who: str) -> None:
    """Start the clock once every parcel is signed or lost, and at least one is signed."""
    out = await Parcel.filter(box_id=box.id, direction="out")
    signed = [p.signed_at for p in out if p.state is ParcelState.SIGNED and p.signed_at is not None]
    lost = [p.updated_at for p in out if p.state is ParcelState.LOST and p.updated_at is not None]
    if box.state is not BoxState.SHIPPED or not signed or len(signed) + len(lost) < len(out):
        return
    until = await deadline_of(shop, signed, extended=False, lost_reported=lost)
    await move(box, BOX_LIFE, BoxState.DELIVERED, at=shop.now(), who=who, delivered_at=max(signed), deadline_at=until)
    await care.start(shop, box.member_id, Event.BOX, ref(box), until)
    log.info("box.delivered", box=box.id, until=until.isoformat())


async def deadline_of(
    shop: Shop, signed: Sequence[datetime], *, extended: bool, lost_reported: Sequence[datetime] = ()
) -> datetime:
    """The one deadline that page, chat, message and job show."""
    rules = await holidays.rules_of(shop)

    def is_holiday(day: date) -> bool:
        return holidays.day_kind(day, rules) is DayKind.HOLIDAY

    return deadline(signed, shop.rules.box, extended=extended, lost_reported=lost_reported, is_holiday=is_holiday)


async def parcel_of(parcel_id: int) -> Parcel:
    """Any parcel, for staff. Raises NotFound."""
    parcel = await Parcel.get_or_none(id=parcel_id)
    if parcel is None:
        raise NotFound("parcel")
    return parcel


async def note_by_hand(shop: Shop, staff_id: int, parcel_id: int, action_type: int, at: datetime, text: str) -> bool:
    """What the carrier told a person of the staff, for a parcel WeChat does not follow. Raises NotFound.

    Raises Invalid for a parcel without a waybill.
    """
    async with transaction():
        parcel = await parcel_of(parcel_id)
        if parcel.waybill is None:
            raise Invalid("parcel", "it has no waybill yet")
        told = await on_carrier_event(shop, parcel.waybill, action_type, at, text)
        await audit.note(shop, staff_id, "parcel.event", f"parcel:{parcel_id}", told=action_type, fresh=told)
    return told
