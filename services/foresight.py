"""What an act of the staff would do to what a member bought, exactly: done for real, and rolled back.

So a preview needs no second reckoning, refuses where the act would refuse, and calls nobody: what is wanted of
WeChat is wanted at the commit, which never comes.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from domain.approval import ApprovalKind, ApprovalState
from domain.box import BoxState
from domain.damage import DamageGrade
from domain.errors import Invalid, NotFound
from domain.money import Fen
from domain.payment import PaymentState
from domain.wallet import WalletStep
from models import Approval, LedgerLine, Membership, Payment, Refund, WalletEntry
from services import approvals, box_effects, boxes, damages, disputes, effects, order_effects, unsent
from services.effects import Effect, EffectKind
from services.orders import order_for_staff
from services.outlook import owed_fen
from services.parcels import parcel_of
from services.proposals import box_for_staff, box_of
from services.shop import Shop
from services.transaction import in_one, transaction

Act = Callable[[], Awaitable[object]]


class _RolledBackError(Exception):
    """Ends the transaction of a preview: nothing of it stays."""


@dataclass(frozen=True)
class Foresight:
    """How the thing (`box:9`, `order:3`, `topup:7` …) would stand after the act, and every new effect in order."""

    ref: str
    state: str
    charge_fen: Fen  # what the member would have to pay for it in all
    owed_fen: Fen  # what of that would still be open
    refund_fen: Fen  # what would go back over WeChat Pay
    stored_fen: Fen  # what would go back to the stored value
    asked_fen: Fen  # new payments the member would be asked for
    points: int  # points the member would get (above 0) or lose
    effects: list[Effect]


async def of(ref: str, act: Act) -> Foresight:
    """What `act` would do to this thing. Raises whatever the act refuses, NotFound, Invalid for another thing."""
    assert not in_one(), "a preview rolls its own transaction back"
    seen: Foresight | None = None
    try:
        async with transaction():
            before = Counter(await _effects(ref))
            had = await _sums(ref)
            asked = [row["id"] for row in await Payment.filter(ref=ref).values("id")]
            with structlog.contextvars.bound_contextvars(preview=True):
                await act()
            seen = await _look(ref, before, had, asked)
            raise _RolledBackError
    except _RolledBackError:
        assert seen is not None
        return seen


async def _effects(ref: str) -> list[Effect]:
    noun, number = _named(ref)
    if noun == "box":
        return await box_effects.of_box(number)
    if noun == "order":
        return await order_effects.of_order(number)
    # The others have no case screen: their money is the member's that belongs to no box and no order.
    member_id = (await _plan(number)).member_id if noun == "membership" else (await _payments(ref))[-1].member_id
    lines = LedgerLine.filter(member_id=member_id, box_id__isnull=True, order_id__isnull=True)
    moved = await effects.moves(ref, [ref], {noun: [number]})
    money = effects.money(await lines.order_by("id"))
    return effects.in_order(moved, [*money, *await effects.begun(ref, [ref])], [])


async def _sums(ref: str) -> tuple[Fen, Fen]:
    """All that was asked back and put back to the stored value until now."""
    back = await WalletEntry.filter(step=WalletStep.GIVE_BACK, ref__startswith=f"{ref}:")
    return (
        sum(r.amount_fen for r in await Refund.filter(ref=ref)),
        sum(line.principal_fen + line.bonus_fen for line in back),
    )


async def _look(ref: str, before: Counter[Effect], had: tuple[Fen, Fen], asked: Sequence[int]) -> Foresight:
    found = await _effects(ref)
    fresh = Counter(found) - before
    # In their own order, each as often as it is new.
    new = []
    for effect in reversed(found):
        if fresh[effect]:
            fresh[effect] -= 1
            new.append(effect)
    refund_fen, stored_fen = (now - then for now, then in zip(await _sums(ref), had, strict=True))
    # One that the act itself closes again is none.
    open_now = await Payment.filter(ref=ref, state=PaymentState.WANTED).exclude(id__in=asked)
    asked_fen = sum(payment.amount_fen for payment in open_now)
    points = sum(e.amount for e in new if e.kind is EffectKind.POINTS)
    return Foresight(ref, *await _standing(ref), refund_fen, stored_fen, asked_fen, points, new[::-1])


async def _standing(ref: str) -> tuple[str, Fen, Fen]:
    """Its state, what it costs in all, and what of that is open."""
    noun, number = _named(ref)
    if noun == "box":
        box = await box_for_staff(number)
        return box.state.value, box.charge_fen, await owed_fen(number)
    if noun == "order":
        order = await order_for_staff(number)
        return order.state.value, order.total_fen - order.refunded_fen if order.paid_at else 0, 0
    if noun == "membership":
        plan = await _plan(number)
        return plan.state.value, plan.price_fen, 0
    payments = await _payments(ref)
    paid_fen = sum(p.amount_fen for p in payments if p.state is PaymentState.PAID)
    return payments[-1].state.value, paid_fen - sum(r.amount_fen for r in await Refund.filter(ref=ref)), 0


async def _plan(membership_id: int) -> Membership:
    plan = await Membership.get_or_none(id=membership_id)
    if plan is None:
        raise NotFound("plan")
    return plan


async def _payments(ref: str) -> list[Payment]:
    """What was asked for a top-up or a styling: its payments are all there is of it."""
    found = await Payment.filter(ref=ref).order_by("id")
    if not found:
        raise NotFound("payment")
    return found


NOUNS = ("box", "order", "membership", "topup", "styling")
"""What the shop takes money for."""


def _named(ref: str) -> tuple[str, int]:
    """Raises Invalid for what no money of the shop is about: a gift, a campaign."""
    noun, _, number = ref.partition(":")
    if noun not in NOUNS:
        raise Invalid("ref", "only what money was taken for is foreseen: " + ", ".join(NOUNS))
    return noun, int(number)


# What a member gives up --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CancelPreview:
    """What giving a box up brings back: over WeChat Pay, to the stored value that is set aside, and in the hand."""

    box_id: int
    refund_fen: Fen
    released_fen: Fen
    round_trip_back: bool
    coupon_back: bool


async def of_cancel(shop: Shop, member_id: int, box_id: int) -> CancelPreview:
    """Giving one's own box up. Raises as `boxes.cancel` does."""
    box = await box_of(member_id, box_id)
    told = await of(f"box:{box_id}", lambda: boxes.cancel(shop, box_id, who=f"member:{member_id}", member_id=member_id))
    released = (e.amount for e in told.effects if e.kind is EffectKind.STORED and e.what == WalletStep.RELEASE)
    trips = any(e.kind is EffectKind.QUOTA and e.what.endswith("restore") for e in told.effects)
    coupon = box.member_coupon_id is not None and box.state is not BoxState.CANCELLED
    return CancelPreview(box_id, told.refund_fen, sum(released), trips, coupon)


# Acts that need a second person: shown as if that one had said yes -----------------------------------------


async def of_charge(shop: Shop, staff_id: int, box_id: int, item_id: int, why: str) -> Foresight:
    """Charging a missing piece, once a second person agrees. Raises as `disputes.ask_to_charge` does."""

    async def act() -> None:
        asked = await disputes.ask_to_charge(shop, staff_id, box_id, item_id, why)
        await approvals.as_if_approved(shop, asked)

    return await of(f"box:{box_id}", act)


async def of_unsent(shop: Shop, staff_id: int, parcel_id: int, why: str) -> Foresight:
    """Taking what never came for kept, once a second person agrees. Raises as `unsent.ask_to_charge` does."""
    parcel = await parcel_of(parcel_id)

    async def act() -> None:
        asked = await unsent.ask_to_charge(shop, staff_id, parcel_id, why)
        await approvals.as_if_approved(shop, asked)

    return await of(f"box:{parcel.box_id}", act)


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

    return await of(f"box:{box_id}", act)


async def of_approval(shop: Shop, staff_id: int, approval_id: int, note: str) -> Foresight:
    """A second person's yes about what a member bought. Raises Invalid for another thing, and as `decide`."""
    row = await Approval.filter(id=approval_id).first()
    if row is None:
        raise NotFound("approval")
    box_id = row.facts.get("box")
    ref = f"box:{box_id}" if isinstance(box_id, int) else str(row.facts.get("about", ""))
    return await of(ref, lambda: approvals.decide(shop, staff_id, approval_id, approved=True, note=note))
