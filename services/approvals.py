"""Two-person steps: one asks, another decides, and what follows happens in the deciding transaction.

Whoever owns a kind names the function that is called with the decided row (`on_decision`); it looks at the
state. Asking and deciding both stand in the audit log.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from domain.approval import APPROVAL_LIFE, ApprovalKind, ApprovalState, require_second
from domain.errors import NotFound, WrongState
from models import Approval
from models.base import move
from services import audit
from services.shop import Shop
from services.transaction import transaction

Decided = Callable[[Shop, Approval], Awaitable[None]]
"""Does what follows from an approved or refused row, inside the deciding transaction."""

_followers: dict[ApprovalKind, Decided] = {}
log = structlog.get_logger()


def on_decision(kind: ApprovalKind) -> Callable[[Decided], Decided]:
    """Name the function that follows a decision of this kind."""

    def register(function: Decided) -> Decided:
        _followers[kind] = function
        return function

    return register


async def ask(shop: Shop, staff_id: int, kind: ApprovalKind, ref: str, reason: str, **facts: Any) -> Approval:
    """Ask for a second person, inside the caller's transaction; the same question again is the same row.

    Raises WrongState while another question about the same thing is open.
    """
    # The unique key over open questions decides between two that are asked at once.
    await Approval.bulk_create(
        [Approval(kind=kind, ref=ref, reason=reason[:200], facts=facts, asked_by=staff_id, created_at=shop.now())],
        ignore_conflicts=True,
    )
    row = await Approval.filter(kind=kind, ref=ref, state=ApprovalState.ASKED).first()
    if row is None or (row.asked_by, row.facts) != (staff_id, facts):
        raise WrongState("approval", ApprovalState.ASKED, ApprovalState.ASKED)
    await audit.note(shop, staff_id, "approval.ask", ref, approval=row.id, kind=kind.value, **facts)
    log.info("approval.asked", approval=row.id, kind=kind.value, ref=ref)
    return row


async def decide(shop: Shop, staff_id: int, approval_id: int, *, approved: bool, note: str = "") -> Approval:
    """A second person says yes or no, and what follows is done with it.

    Raises NotFound, SecondPersonNeeded for who asked, WrongState when it is decided, and whatever the
    step itself refuses: then nothing is decided.
    """
    async with transaction():
        row = await Approval.filter(id=approval_id).select_for_update().first()
        if row is None:
            raise NotFound("approval")
        require_second(row.asked_by, staff_id)
        new = ApprovalState.APPROVED if approved else ApprovalState.REFUSED
        await move(
            row, APPROVAL_LIFE, new, at=shop.now(), who=f"staff:{staff_id}", why=note[:200],
            decided_by=staff_id, decided_at=shop.now(), note=note[:200],
        )  # fmt: skip
        await audit.note(shop, staff_id, f"approval.{new.value}", row.ref, approval=row.id, kind=row.kind.value)
        await _followers[row.kind](shop, row)
    log.info("approval.decided", approval=row.id, kind=row.kind.value, state=row.state.value)
    return row


async def as_if_approved(shop: Shop, row: Approval) -> None:
    """What follows from a yes, without anybody having said it: for previews, whose transaction is rolled back."""
    row.state, row.decided_by, row.decided_at = ApprovalState.APPROVED, row.asked_by, shop.now()
    await _followers[row.kind](shop, row)


async def listed(state: ApprovalState | None, before_id: int | None, limit: int) -> list[Approval]:
    """Approvals in a state (None: all), the newest first."""
    rows = Approval.all() if state is None else Approval.filter(state=state)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)
