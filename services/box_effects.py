"""The case screen of a box: everything that ever happened to it, in order, with who and why.

Read from the rows each effect left behind; nothing is kept twice. Money, stock, quotas and points carry no
name of their own: they belong to the state change they were written with, and take its name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tortoise.expressions import Q

from models import (
    Approval,
    AuditEntry,
    BoxItem,
    CareMessage,
    Case,
    DamageFee,
    History,
    InboxNote,
    LedgerLine,
    Parcel,
    Payment,
    PointsEntry,
    QuotaEntry,
    Refund,
    ScoreCover,
    StockEntry,
)
from services.box_covers import ref
from services.proposals import box_for_staff

TOLD = {"paid": "wechat", "refunded": "wechat"}
"""Postings whose cause is not one of us: the event's first word, and who."""


class EffectKind(StrEnum):
    STATE = "state"  # something moved: the box, a piece, a parcel, a payment …
    MONEY = "money"  # one line of the ledger
    STOCK = "stock"  # one movement of a piece
    QUOTA = "quota"  # a unit held, used or given back
    POINTS = "points"
    MESSAGE = "message"  # said to the member, or set aside
    STAFF = "staff"  # an act of the staff, as the audit log has it


@dataclass(frozen=True)
class Effect:
    """One effect. `amount` is fen, pieces, units or points, as the kind says; 0 where nothing is counted."""

    at: datetime
    kind: EffectKind
    what: str  # box: packing → shipped; receivable; sku 7: reserve
    ref: str
    amount: int = 0
    who: str = ""
    why: str = ""


async def effects(box_id: int) -> list[Effect]:
    """Every effect of one box, the oldest first. Raises NotFound."""
    box = await box_for_staff(box_id)
    name = ref(box)
    items = [row["id"] for row in await BoxItem.filter(box_id=box_id).values("id")]
    parcels = [row["id"] for row in await Parcel.filter(box_id=box_id).values("id")]
    refs = [name, *(f"item:{i}" for i in items), *(f"parcel:{i}" for i in parcels)]
    moves = await _moves(box_id, name, refs, items, parcels)
    found = [*moves, *await _staff(refs)]
    named = sorted(found, key=lambda e: e.at)
    unnamed = [*await _money(box_id), *await _stock(items), *await _quotas(name), *await _points(refs)]
    found += [_named(effect, named) for effect in unnamed]
    found += await _messages(box.member_id, box_id, name)
    order = {kind: place for place, kind in enumerate(EffectKind)}
    return sorted(found, key=lambda e: (e.at, order[e.kind]))


def _named(effect: Effect, named: Iterable[Effect]) -> Effect:
    """With the name of the newest move that is not later: both were written in one transaction."""
    if effect.who:
        return effect
    who = ""
    for one in named:
        if one.at > effect.at:
            break
        who = one.who
    return replace(effect, who=who)


async def _moves(box_id: int, name: str, refs: list[str], items: list[int], parcels: list[int]) -> list[Effect]:
    rows = {
        "box": [box_id],
        "box_item": items,
        "parcel": parcels,
        "payment": [r["id"] for r in await Payment.filter(ref=name).values("id")],
        "refund": [r["id"] for r in await Refund.filter(ref=name).values("id")],
        "score_cover": [r["id"] for r in await ScoreCover.filter(box_id=box_id).values("id")],
        "damage_fee": [r["id"] for r in await DamageFee.filter(box_id=box_id).values("id")],
        "case": [r["id"] for r in await Case.filter(ref__in=refs).values("id")],
    }
    wanted = Q(*(Q(noun=noun, row_id__in=ids) for noun, ids in rows.items() if ids), join_type="OR")
    return [
        Effect(h.created_at, EffectKind.STATE, f"{h.noun}: {h.old} → {h.new}", f"{h.noun}:{h.row_id}", 0, h.who, h.why)
        for h in await History.filter(wanted).order_by("id")
    ]


async def _staff(refs: list[str]) -> list[Effect]:
    acts = await AuditEntry.filter(ref__in=refs).order_by("id")
    asked = await Approval.filter(ref__in=refs).order_by("id")
    return [
        *(Effect(a.created_at, EffectKind.STAFF, a.action, a.ref, 0, f"staff:{a.staff_id}") for a in acts),
        *(
            Effect(a.created_at, EffectKind.STAFF, f"asked: {a.kind}", a.ref, 0, f"staff:{a.asked_by}", a.reason)
            for a in asked
        ),
    ]


async def _money(box_id: int) -> list[Effect]:
    return [
        Effect(
            line.created_at, EffectKind.MONEY, line.account, line.event, line.amount_fen,
            TOLD.get(line.event.partition(":")[0], ""), line.event.partition(":")[0],
        )
        for line in await LedgerLine.filter(box_id=box_id).order_by("id")
    ]  # fmt: skip


async def _stock(items: list[int]) -> list[Effect]:
    if not items:
        return []
    mine = Q(*(Q(ref__startswith=f"item:{i}:") for i in items), join_type="OR")
    return [
        Effect(e.created_at, EffectKind.STOCK, f"sku {e.sku_id}: {e.step}", e.ref, e.quantity)
        for e in await StockEntry.filter(mine).order_by("id")
    ]


async def _quotas(name: str) -> list[Effect]:
    return [
        Effect(e.created_at, EffectKind.QUOTA, f"round_trip: {e.step}", e.ref, 1, "", e.reason)
        for e in await QuotaEntry.filter(ref__startswith=f"{name}:v").order_by("id")
    ]


async def _points(refs: list[str]) -> list[Effect]:
    return [
        Effect(e.created_at, EffectKind.POINTS, e.reason, e.ref, e.points)
        for e in await PointsEntry.filter(ref__in=refs).order_by("id")
    ]


async def _messages(member_id: int, box_id: int, name: str) -> list[Effect]:
    said = await CareMessage.filter(member_id=member_id, occurrence=name).order_by("id")
    notes = await InboxNote.filter(member_id=member_id, page=f"pages/box/box?id={box_id}").order_by("id")
    return [
        *(
            Effect(
                m.sent_at or m.updated_at or m.created_at, EffectKind.MESSAGE, f"{m.step}: {m.state}", m.channel or "-",
                0, "care", m.reason,
            )
            for m in said
        ),
        *(Effect(n.created_at, EffectKind.MESSAGE, n.title, f"note:{n.id}", 0, "shop", "") for n in notes),
    ]  # fmt: skip
