"""What an act of the staff would do to a box, exactly: it is done for real in a transaction that is rolled back.

So a preview needs no second reckoning, refuses where the act would refuse, and calls nobody: what is wanted of
WeChat is wanted at the commit, which never comes.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import BoxState
from domain.damage import DamageGrade
from domain.errors import Invalid, NotFound
from domain.money import Fen
from models import Approval, Payment, Refund
from services import approvals, box_effects, damages, disputes
from services.effects import Effect, EffectKind
from services.outlook import owed_fen
from services.proposals import box_for_staff
from services.shop import Shop
from services.transaction import in_one, transaction

Act = Callable[[], Awaitable[object]]


class _RolledBackError(Exception):
    """Ends the transaction of a preview: nothing of it stays."""


@dataclass(frozen=True)
class Foresight:
    """How the box would stand after the act, what of that is new, and every effect in order."""

    box_id: int
    state: BoxState
    charge_fen: Fen
    owed_fen: Fen  # what the member would still have to pay
    refund_fen: Fen  # what would go back to her
    asked_fen: Fen  # new payments she would be asked for
    points: int  # points she would get (above 0) or lose
    effects: list[Effect]


async def of_box(box_id: int, act: Act) -> Foresight:
    """What `act` would do to this box. Raises whatever the act refuses, and NotFound."""
    assert not in_one(), "a preview rolls its own transaction back"
    seen: Foresight | None = None
    try:
        async with transaction():
            before = Counter(await box_effects.of_box(box_id))
            had = await _sums(box_id)
            with structlog.contextvars.bound_contextvars(preview=True):
                await act()
            seen = await _look(box_id, before, had)
            raise _RolledBackError
    except _RolledBackError:
        assert seen is not None
        return seen


async def _sums(box_id: int) -> tuple[Fen, Fen]:
    """All that was asked back and all that was asked for of the box until now."""
    name = f"box:{box_id}"
    refunds, payments = await Refund.filter(ref=name), await Payment.filter(ref=name)
    return sum(r.amount_fen for r in refunds), sum(p.amount_fen for p in payments)


async def _look(box_id: int, before: Counter[Effect], had: tuple[Fen, Fen]) -> Foresight:
    box = await box_for_staff(box_id)
    effects = await box_effects.of_box(box_id)
    fresh = Counter(effects) - before
    # In their own order, each as often as it is new.
    new = []
    for effect in reversed(effects):
        if fresh[effect]:
            fresh[effect] -= 1
            new.append(effect)
    refunds, payments = await _sums(box_id)
    points = sum(e.amount for e in new if e.kind is EffectKind.POINTS)
    return Foresight(
        box_id, box.state, box.charge_fen, await owed_fen(box_id), refunds - had[0], payments - had[1], points,
        new[::-1],
    )  # fmt: skip


# Acts that need a second person: shown as if that one had said yes -----------------------------------------


async def of_charge(shop: Shop, staff_id: int, box_id: int, item_id: int, why: str) -> Foresight:
    """Charging a missing piece, once a second person agrees. Raises as `disputes.ask_to_charge` does."""

    async def act() -> None:
        asked = await disputes.ask_to_charge(shop, staff_id, box_id, item_id, why)
        await approvals.as_if_approved(shop, asked)

    return await of_box(box_id, act)


async def of_damage(
    shop: Shop, staff_id: int, box_id: int, item_id: int, grade: DamageGrade, fee_fen: Fen, words: str
) -> Foresight:
    """A damage fee, once the member and a second person agree. Raises as `damages.propose` does."""

    async def act() -> None:
        box = await box_for_staff(box_id)
        fee = await damages.propose(shop, staff_id, box_id, item_id, grade, fee_fen, words)
        await damages.answer(shop, box.member_id, box_id, item_id, accept=True)
        asked = Approval.filter(kind=ApprovalKind.DAMAGE_FEE, ref=f"damage:{fee.id}", state=ApprovalState.ASKED)
        await approvals.as_if_approved(shop, await asked.get())

    return await of_box(box_id, act)


async def of_approval(shop: Shop, staff_id: int, approval_id: int, note: str) -> Foresight:
    """A second person's yes to something about a box. Raises Invalid for another thing, and as `decide` does."""
    row = await Approval.filter(id=approval_id).first()
    if row is None:
        raise NotFound("approval")
    box_id = _box_of(row)
    if box_id is None:
        raise Invalid("approval_id", "only what is about a box is foreseen")
    return await of_box(box_id, lambda: approvals.decide(shop, staff_id, approval_id, approved=True, note=note))


def _box_of(row: Approval) -> int | None:
    noun, _, number = str(row.facts.get("about", "")).partition(":")
    if noun == "box":
        return int(number)
    box_id = row.facts.get("box")
    return box_id if isinstance(box_id, int) else None
