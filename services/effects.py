"""What the case screens share: an effect, and where each kind of it is read from.

Read from the rows each effect left behind; nothing is kept twice. Money, stock, quotas, points and what is asked
of WeChat carry no name of their own: they belong to the state change they were written with, and take its name.
"""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tortoise.expressions import Q

from domain.case import CaseState
from domain.payment import PaymentState, RefundState
from models import (
    Approval,
    AuditEntry,
    CareMessage,
    Case,
    History,
    InboxNote,
    LedgerLine,
    Payment,
    PointsEntry,
    QuotaEntry,
    Refund,
    StockEntry,
    WalletEntry,
)

TOLD = {"paid": "wechat", "refunded": "wechat"}
"""Postings whose cause is not one of us: the event's first word, and who."""


class EffectKind(StrEnum):
    STATE = "state"  # something moved: the box, the order, a piece, a parcel, a payment …
    MONEY = "money"  # one line of the ledger
    STORED = "stored"  # stored value set aside, released, spent or given back
    STOCK = "stock"  # one movement of a piece
    QUOTA = "quota"  # a unit held, used or given back
    POINTS = "points"
    MESSAGE = "message"  # said to the member, or set aside
    STAFF = "staff"  # an act of the staff, as the audit log has it


@dataclass(frozen=True)
class Effect:
    """One effect. `amount` is fen, pieces, units or points, as the kind says; 0 where nothing is counted.

    Of the moves, those that ask WeChat for money (a payment, a refund, a Pay Score cover) count it, in fen.
    """

    at: datetime
    kind: EffectKind
    what: str  # box: packing → shipped; receivable; sku 7: reserve
    ref: str
    amount: int = 0
    who: str = ""
    why: str = ""


def in_order(named: Sequence[Effect], unnamed: Iterable[Effect], said: Sequence[Effect]) -> list[Effect]:
    """The oldest first. What has no name takes that of the move nearest in time: both were written in one
    transaction, some before the move and some after it.
    """
    moves = sorted(named, key=lambda e: e.at)
    times = [move.at for move in moves]
    found = [*named, *(_named(effect, moves, times) for effect in unnamed), *said]
    order = {kind: place for place, kind in enumerate(EffectKind)}
    return sorted(found, key=lambda e: (e.at, order[e.kind]))


def _named(effect: Effect, moves: Sequence[Effect], times: Sequence[datetime]) -> Effect:
    if effect.who or not moves:
        return effect
    place = bisect(times, effect.at)
    around = moves[max(0, place - 1) : place + 1]
    return replace(effect, who=min(around, key=lambda move: abs(move.at - effect.at)).who)


async def moves(name: str, refs: Sequence[str], rows: Mapping[str, Sequence[int]]) -> list[Effect]:
    """The moves of these rows, of the payments and refunds filed under `name`, and of the cases about `refs`."""
    ids = {
        **rows,
        "payment": [r["id"] for r in await Payment.filter(ref=name).values("id")],
        "refund": [r["id"] for r in await Refund.filter(ref=name).values("id")],
        "case": [r["id"] for r in await Case.filter(ref__in=refs).values("id")],
    }
    wanted = Q(*(Q(noun=noun, row_id__in=some) for noun, some in ids.items() if some), join_type="OR")
    return [
        Effect(h.created_at, EffectKind.STATE, f"{h.noun}: {h.old} → {h.new}", f"{h.noun}:{h.row_id}", 0, h.who, h.why)
        for h in await History.filter(wanted).order_by("id")
    ]


async def begun(name: str, refs: Sequence[str]) -> list[Effect]:
    """The payments and refunds that were asked for `name`, and the cases that were opened about `refs`."""
    return [
        *(
            Effect(p.created_at, EffectKind.STATE, f"payment: → {PaymentState.WANTED}", f"payment:{p.id}", p.amount_fen,
                   why=p.purpose)
            for p in await Payment.filter(ref=name).order_by("id")
        ),
        *(
            Effect(r.created_at, EffectKind.STATE, f"refund: → {RefundState.WANTED}", f"refund:{r.id}", r.amount_fen,
                   why=r.reason)
            for r in await Refund.filter(ref=name).order_by("id")
        ),
        *(
            Effect(c.created_at, EffectKind.STATE, f"case: → {CaseState.OPEN}", f"case:{c.id}", why=c.kind)
            for c in await Case.filter(ref__in=refs).order_by("id")
        ),
    ]  # fmt: skip


async def refunds_of(name: str) -> list[str]:
    """The refs of its refunds: cases and acts of the staff may be about one of them."""
    return [f"refund:{row['id']}" for row in await Refund.filter(ref=name).values("id")]


async def staff(refs: Sequence[str]) -> list[Effect]:
    """What the staff did to `refs` and to the cases about them, and what was asked of a second person."""
    about = [f"case:{row['id']}" for row in await Case.filter(ref__in=refs).values("id")]
    acts = await AuditEntry.filter(ref__in=[*refs, *about]).order_by("id")
    asked = await Approval.filter(ref__in=refs).order_by("id")
    return [
        *(Effect(a.created_at, EffectKind.STAFF, a.action, a.ref, 0, f"staff:{a.staff_id}") for a in acts),
        *(
            Effect(a.created_at, EffectKind.STAFF, f"asked: {a.kind}", a.ref, 0, f"staff:{a.asked_by}", a.reason)
            for a in asked
        ),
    ]


def money(lines: Sequence[LedgerLine]) -> list[Effect]:
    """Lines of the ledger; their sum is 0."""
    return [
        Effect(
            line.created_at, EffectKind.MONEY, line.account, line.event, line.amount_fen,
            TOLD.get(line.event.partition(":")[0], ""), line.event.partition(":")[0],
        )
        for line in lines
    ]  # fmt: skip


async def stored(member_id: int, name: str) -> list[Effect]:
    """Stored value that was set aside for `name`, spent on it, or came back."""
    lines = WalletEntry.filter(Q(ref=name) | Q(ref__startswith=f"{name}:"), wallet__member_id=member_id)
    return [
        Effect(e.created_at, EffectKind.STORED, e.step.value, e.ref, e.principal_fen + e.bonus_fen)
        for e in await lines.order_by("id")
    ]


async def stock(wanted: Q) -> list[Effect]:
    """Movements of pieces."""
    return [
        Effect(e.created_at, EffectKind.STOCK, f"sku {e.sku_id}: {e.step}", e.ref, e.quantity)
        for e in await StockEntry.filter(wanted).order_by("id")
    ]


async def quotas(wanted: Q) -> list[Effect]:
    """Units of either quota held, used and given back."""
    return [
        Effect(e.created_at, EffectKind.QUOTA, f"{e.counter.kind}: {e.step}", e.ref, 1, "", e.reason)
        for e in await QuotaEntry.filter(wanted).select_related("counter").order_by("id")
    ]


async def points(member_id: int, name: str, refs: Sequence[str]) -> list[Effect]:
    """Points earned for `name` (perks among them: `perk:4:NAME`) or its parts, and taken back."""
    # What is taken back after a return names its cause behind the thing: box:7#item:9, perk:4:box:7#reversed.
    earned = Q(ref__in=[name, *refs]) | Q(ref__endswith=f":{name}")
    taken = Q(ref__startswith=f"{name}#") | Q(ref__contains=f":{name}#")
    mine = PointsEntry.filter(earned | taken, member_id=member_id)
    return [Effect(e.created_at, EffectKind.POINTS, e.reason, e.ref, e.points) for e in await mine.order_by("id")]


async def messages(member_id: int, occurrence: str, page: str) -> list[Effect]:
    """What was said to the member, or set aside with its reason, and the notes that lead to this page."""
    said = await CareMessage.filter(member_id=member_id, occurrence=occurrence).order_by("id")
    notes = await InboxNote.filter(member_id=member_id, page=page).order_by("id")
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
