"""Cases: opened by what cannot be decided by itself, taken, noted on and closed by people of the staff."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from domain.approval import require_second
from domain.case import CASE_LIFE, CAUSED_BY, DECIDED_ELSEWHERE, PRIORITY, CaseKind, CaseState
from domain.case import due_at as due_by_kind
from domain.errors import Invalid, NotFound, WrongState
from models import Case, CaseNote, History
from models.base import move
from services import audit
from services.shop import Shop
from services.transaction import transaction

AT_ONCE = 100
log = structlog.get_logger()


async def open_case(
    shop: Shop,
    kind: CaseKind,
    ref: str,
    member_id: int | None = None,
    due_at: datetime | None = None,
    facts: Mapping[str, object] | None = None,
) -> Case:
    """The open case of this kind about `ref`, inside the caller's transaction; a new one if there is none.

    Without `due_at` the kind's own time is given. Facts hold ids and numbers, never names or phones.
    """
    now = shop.now()
    # The unique key over open cases decides between two that are opened at once.
    await Case.bulk_create(
        [
            Case(
                kind=kind.value, ref=ref, member_id=member_id, state=CaseState.OPEN, priority=PRIORITY[kind],
                due_at=due_at or due_by_kind(kind, now), facts=dict(facts or {}), created_at=now,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    case = await Case.get(kind=kind, ref=ref, state=CaseState.OPEN)
    log.info("case.open", case=case.id, kind=kind, ref=ref)
    return case


async def standing(kind: CaseKind, ref: str) -> Case | None:
    """The open case of this kind about `ref`."""
    return await Case.filter(kind=kind, ref=ref, state=CaseState.OPEN).first()


async def settle_case(shop: Shop, kind: CaseKind, ref: str, outcome: str, who: str, why: str = "") -> None:
    """Close the open case about `ref` because it is decided, inside the caller's transaction; none is fine."""
    case = await Case.filter(kind=kind, ref=ref, state=CaseState.OPEN).select_for_update().first()
    if case is not None:
        await _close(shop, case, outcome, who, why)


async def _close(shop: Shop, case: Case, outcome: str, who: str, why: str) -> None:
    now = shop.now()
    await move(case, CASE_LIFE, CaseState.CLOSED, at=now, who=who, why=why[:200], outcome=outcome[:32], closed_at=now)
    log.info("case.closed", case=case.id, kind=case.kind, outcome=outcome)


@dataclass(frozen=True)
class CaseList:
    """`total` counts all that match; `items` holds the most urgent hundred, by priority, then by due time."""

    total: int
    items: list[Case]


async def find(
    *,
    state: CaseState = CaseState.OPEN,
    kind: CaseKind | None = None,
    ref: str = "",
    owner_staff_id: int | None = None,
    due_before: datetime | None = None,
) -> CaseList:
    """Cases by state, kind, thing, owner and due time."""
    found = Case.filter(state=state)
    if kind is not None:
        found = found.filter(kind=kind)
    if ref:
        found = found.filter(ref=ref)
    if owner_staff_id is not None:
        found = found.filter(owner_staff_id=owner_staff_id)
    if due_before is not None:
        found = found.filter(due_at__lt=due_before)
    items = await found.order_by("-priority", "due_at", "id").limit(AT_ONCE)
    return CaseList(len(items) if len(items) < AT_ONCE else await found.count(), items)


@dataclass(frozen=True)
class CaseSheet:
    """One case with its notes and the history of its state."""

    case: Case
    notes: list[CaseNote]
    history: list[History]


async def sheet(case_id: int) -> CaseSheet:
    """Raises NotFound."""
    case = await _case(case_id)
    return CaseSheet(
        case,
        await CaseNote.filter(case_id=case_id).order_by("id"),
        await History.filter(noun=CASE_LIFE.what, row_id=case_id).order_by("id"),
    )


async def _case(case_id: int, *, lock: bool = False) -> Case:
    found = Case.filter(id=case_id)
    case = await (found.select_for_update() if lock else found).first()
    if case is None:
        raise NotFound("case")
    return case


async def take(shop: Shop, staff_id: int, case_id: int) -> None:
    """Become its owner, also in another's place. Raises WrongState once it is closed, NotFound."""
    async with transaction():
        case = await _case(case_id, lock=True)
        if case.state is not CaseState.OPEN:
            raise WrongState("case", case.state, "taken")
        await Case.filter(id=case_id).update(owner_staff_id=staff_id, updated_at=shop.now())
        await audit.note(shop, staff_id, "case.take", f"case:{case_id}", before=case.owner_staff_id)


async def write_note(shop: Shop, staff_id: int, case_id: int, text: str) -> None:
    """Write a note; also on a closed case. Raises NotFound."""
    async with transaction():
        await _case(case_id, lock=True)
        await CaseNote.create(case_id=case_id, staff_id=staff_id, text=text, created_at=shop.now())
        await audit.note(shop, staff_id, "case.note", f"case:{case_id}", length=len(text))


async def close(shop: Shop, staff_id: int, case_id: int, outcome: str, note: str) -> None:
    """Close a case by hand. Again with the same outcome it changes nothing.

    Raises Invalid for a kind that ends with a decision made elsewhere, SecondPersonNeeded where the caller's own act
    opened it, WrongState, NotFound.
    """
    async with transaction():
        case = await _case(case_id, lock=True)
        if case.state is CaseState.CLOSED and case.outcome == outcome:
            return
        if case.kind in DECIDED_ELSEWHERE:
            raise Invalid("case_id", "a case of this kind ends with its decision")
        caused_by = case.facts.get(CAUSED_BY.get(CaseKind(case.kind), ""))
        if isinstance(caused_by, int):
            require_second(caused_by, staff_id)
        if note:
            await CaseNote.create(case_id=case_id, staff_id=staff_id, text=note, created_at=shop.now())
        await _close(shop, case, outcome, f"staff:{staff_id}", note)
        await audit.note(shop, staff_id, "case.close", f"case:{case_id}", outcome=outcome)
