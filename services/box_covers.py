"""The covers of a box: what each way takes, the sheet the phone shows, and what a box holds given back."""

from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from domain.bill import score_cover
from domain.box import BoxState
from domain.errors import CoverRefused, OutsideRefusal, WrongState
from domain.money import Fen
from domain.payment import PaymentPurpose, PaymentState, ScoreState
from domain.ports import PayParams, ScoreLine
from models import Box, BoxItem, Payment
from services import coupons, covers, payments, proposals, quotas, trust, wallets
from services.shop import Shop
from services.transaction import transaction
from services.wallets import STORED

PAY_SCORE, DEPOSIT = "pay_score", "deposit"
KINDS = (PAY_SCORE, DEPOSIT, STORED)
COVER_DAYS = 60
"""How far ahead a Pay Score order says it may end; we complete it long before."""

log = structlog.get_logger()


def ref(box: Box) -> str:
    """What a box's payments, refunds, coupons and points are filed under."""
    return f"box:{box.id}"


def hold_ref(box: Box) -> str:
    """What this confirmation of the box holds; a later confirmation has another version."""
    return f"box:{box.id}:v{box.version}"


def stock_ref(item: BoxItem, box: Box) -> str:
    return f"item:{item.id}:v{box.version}"


@dataclass(frozen=True)
class CoverOption:
    """One way to cover the box, and what it takes. `reason` says why it is not available."""

    kind: str
    available: bool
    now_fen: Fen  # taken at confirmation
    later_fen: Fen  # the most that can be taken after that
    refundable_fen: Fen  # the most of what is taken now that can come back
    reason: str = ""


@dataclass(frozen=True)
class Terms:
    """What this member may have: the cap of Pay Score, the deposit of a whole box, the stored value that is free."""

    risk_cap_fen: Fen
    deposit_fen: Fen
    stored_fen: Fen


async def terms_for(shop: Shop, member_id: int) -> Terms:
    """What the member's own record makes of the shop's numbers (services/trust), and their stored value."""
    trusted = await trust.of(shop, member_id)
    return Terms(trusted.risk_cap_fen, trusted.deposit_fen, await wallets.free_fen(member_id))


def score_option(shop: Shop, cap_fen: Fen, top: Fen) -> CoverOption:
    """Pay Score and what it takes: above the cap it is topped up by a deposit, or not available."""
    parts = score_cover(top, cap_fen)
    granted, over = shop.accounts.pay_score, parts.deposit_fen > 0
    fits = top > 0 and not (over and shop.rules.box.over_cap == "refuse")
    reason = "not_offered" if not granted else "above_risk_cap" if not fits else "topped_up" if over else ""
    return CoverOption(PAY_SCORE, granted and fits, parts.deposit_fen, parts.score_fen, parts.deposit_fen, reason)


def options(shop: Shop, terms: Terms, top: Fen) -> list[CoverOption]:
    """Every way and what each takes."""
    deposit, enough = terms.deposit_fen, terms.stored_fen >= top
    return [
        score_option(shop, terms.risk_cap_fen, top),
        CoverOption(DEPOSIT, True, deposit, max(0, top - deposit), deposit),
        CoverOption(STORED, enough, 0, top, 0, "" if enough else "not_enough_stored"),
    ]


@dataclass(frozen=True)
class CoverSheet:
    """What the phone shows to have the cover taken: the payment sheet, or the Pay Score page's package, or
    both, where a deposit tops Pay Score up.

    Where WeChat does not answer, asking raises OutsideFault: the box stays confirmed, and may be asked for again.
    """

    box_id: int
    state: BoxState
    kind: str
    now_fen: Fen
    highest_fen: Fen
    taken: bool
    pay: PayParams | None = None
    package: str = ""
    out_trade_no: str = ""


async def deposit_for(shop: Shop, box: Box, cover: str, highest_fen: Fen) -> Fen:
    """The deposit that covering the box in this way asks for.

    Raises CoverRefused where Pay Score is not granted, and above the cap where the shop tops nothing up.
    """
    if cover == STORED:
        return 0
    trusted = await trust.of(shop, box.member_id)
    if cover == PAY_SCORE:
        option = score_option(shop, trusted.risk_cap_fen, highest_fen)
        if not option.available:
            raise CoverRefused(PAY_SCORE, trusted.risk_cap_fen)
        return option.now_fen
    # An exchanged piece is secured by its own price at most: there is another deposit for the rest.
    return min(trusted.deposit_fen, highest_fen) if box.exchange_of_id else trusted.deposit_fen


async def want_cover(shop: Shop, box: Box, items: list[BoxItem]) -> Payment | None:
    """Want the cover the box was confirmed with, inside the caller's transaction; the deposit's payment, if any.

    Stored value is held at once. Raises CoverRefused where less is stored.
    """
    if box.cover == PAY_SCORE:
        now, score_fen = shop.now(), box.highest_fen - box.deposit_fen
        lines = [ScoreLine(item.name, item.price_fen, f"{item.colour} {item.size}") for item in items]
        if box.freight_out_fen:
            lines.append(ScoreLine("往返运费", box.freight_out_fen + box.freight_back_fen))
        if box.deposit_fen:
            lines = [ScoreLine(f"盒子 {len(items)} 件，超出部分另付押金", score_fen)]
        await covers.open_score(shop, box.member_id, box.id, score_fen, lines, now, now + timedelta(days=COVER_DAYS))
    elif box.cover == STORED:
        await wallets.hold(shop, box.member_id, box.highest_fen, hold_ref(box))
    return await _want_deposit(shop, box) if box.deposit_fen else None


async def _want_deposit(shop: Shop, box: Box) -> Payment:
    return await payments.want(
        shop, box.member_id, PaymentPurpose.DEPOSIT, ref(box), box.deposit_fen, f"盒子押金（{box.id}）"
    )


async def is_taken(box: Box) -> bool:
    """Whether everything the chosen cover asks for is there."""
    if box.cover == PAY_SCORE:
        score = await covers.cover_of(box.id)
        if score is None or score.state not in (ScoreState.DOING, ScoreState.DONE):
            return False
    if box.cover == STORED:
        return await wallets.is_held(box.member_id, hold_ref(box))
    return bool(await held_fen(box) >= box.deposit_fen)


async def sheet(shop: Shop, box: Box, payment: Payment | None = None, *, fresh: bool = False) -> CoverSheet:
    """Outside any transaction. WeChat's own no to this member refuses this cover, without a reason.

    `payment` is the open one of the deposit, where the caller has it at hand.
    """
    taken = box.state not in (*proposals.OPEN, BoxState.CONFIRMED, BoxState.CANCELLED)
    told = CoverSheet(box.id, box.state, box.cover, box.deposit_fen, box.highest_fen, taken)
    if taken:
        return told
    if box.state is not BoxState.CONFIRMED:
        raise WrongState("box", box.state, BoxState.PACKING)
    try:
        if box.cover == PAY_SCORE:
            cover = await covers.cover_of(box.id)
            if cover is None:
                raise CoverRefused(PAY_SCORE, shop.rules.box.risk_cap_fen)
            package = cover.package
            if (fresh or not package) and cover.state in (ScoreState.WANTED, ScoreState.CREATED):
                package = await covers.fresh_package(shop, cover)
            told = replace(told, package=package, out_trade_no=cover.out_order_no)
        if payment is None and box.deposit_fen:
            payment = await payments.standing(PaymentPurpose.DEPOSIT, ref(box), box.deposit_fen, shop.now())
            if payment is None and await held_fen(box) < box.deposit_fen:
                async with transaction():
                    payment = await _want_deposit(shop, box)
        if payment is not None:
            pay = await payments.prepare(shop, payment)
            told = replace(told, pay=pay, out_trade_no=told.out_trade_no or payment.out_trade_no)
        return told
    except OutsideRefusal as no:
        log.warning("box.cover_refused", box=box.id, cover=box.cover, code=no.code)
        raise CoverRefused(box.cover, shop.rules.box.risk_cap_fen) from None


async def held_fen(box: Box) -> Fen:
    """The deposit that is held for a box: paid, and not given back."""
    return await payments.paid_fen(ref(box)) if box.settled_at is None else 0


async def drop_cover(shop: Shop, box: Box, kind: str, why: str) -> None:
    """Give up one cover: Pay Score is cancelled, an open deposit closed, a paid one given back, a hold released."""
    if kind == PAY_SCORE:
        await covers.cancel(shop, box.id, why)
        return
    if kind == STORED:
        await wallets.release(shop, box.member_id, hold_ref(box))
        return
    await payments.close(shop, ref(box), why)
    for payment in await Payment.filter(ref=ref(box), purpose=PaymentPurpose.DEPOSIT, state=PaymentState.PAID).order_by(
        "id"
    ):
        await payments.give_back(shop, payment, why)


async def drop_all(shop: Shop, box: Box, why: str) -> None:
    """Give up whatever covers the box."""
    for kind in KINDS:
        await drop_cover(shop, box, kind, why)


async def release_holds(shop: Shop, box: Box, why: str) -> None:
    """Cover, free round trip and coupon go back; nothing is charged. Stock is the caller's."""
    if box.quota_counter_id is not None:
        await quotas.restore(shop, box.quota_counter_id, ref=hold_ref(box), reason=why)
    if box.member_coupon_id is not None:
        await coupons.give_back(shop, box.member_coupon_id, ref(box))
    await drop_all(shop, box, why)
