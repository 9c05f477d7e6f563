"""The covers of a box: what each way takes, the sheet the phone shows, and what a box holds given back."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.box import BoxState
from domain.errors import CoverRefused, OutsideRefusal, WrongState
from domain.money import Fen
from domain.payment import PaymentPurpose, PaymentState, ScoreState
from domain.ports import PayParams, ScoreLine
from models import Box, BoxItem, Payment
from services import coupons, covers, payments, proposals, quotas
from services.shop import Shop
from services.transaction import transaction

PAY_SCORE, DEPOSIT = "pay_score", "deposit"
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


def options(shop: Shop, top: Fen) -> list[CoverOption]:
    rules = shop.rules.box
    granted, fits = shop.accounts.pay_score, 0 < top <= rules.risk_cap_fen
    deposit = rules.deposit_fen
    reason = "" if granted and fits else "above_risk_cap" if granted else "not_offered"
    return [
        CoverOption(PAY_SCORE, granted and fits, 0, top, 0, reason),
        CoverOption(DEPOSIT, True, deposit, max(0, top - deposit), deposit),
    ]


@dataclass(frozen=True)
class CoverSheet:
    """What the phone shows to have the cover taken: the payment sheet, or the Pay Score page's package.

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


async def want_cover(shop: Shop, box: Box, items: list[BoxItem]) -> None:
    rules, now = shop.rules.box, shop.now()
    if box.cover == PAY_SCORE:
        if not shop.accounts.pay_score or not 0 < box.highest_fen <= rules.risk_cap_fen:
            raise CoverRefused(PAY_SCORE, rules.risk_cap_fen)
        lines = [ScoreLine(item.name, item.price_fen, f"{item.colour} {item.size}") for item in items]
        if box.freight_out_fen:
            lines.append(ScoreLine("往返运费", box.freight_out_fen + box.freight_back_fen))
        await covers.open_score(
            shop, box.member_id, box.id, box.highest_fen, lines, now, now + timedelta(days=COVER_DAYS)
        )
    else:
        await payments.want(
            shop, box.member_id, PaymentPurpose.DEPOSIT, ref(box), rules.deposit_fen, f"盒子押金（{box.id}）"
        )


async def sheet(shop: Shop, box: Box, *, fresh: bool = False) -> CoverSheet:
    """Outside any transaction. WeChat's own no to this member refuses this cover, without a reason."""
    rules = shop.rules.box
    now_fen = rules.deposit_fen if box.cover == DEPOSIT else 0
    taken = box.state not in (*proposals.OPEN, BoxState.CONFIRMED, BoxState.CANCELLED)
    sheet = CoverSheet(box.id, box.state, box.cover, now_fen, box.highest_fen, taken)
    if taken:
        return sheet
    if box.state is not BoxState.CONFIRMED:
        raise WrongState("box", box.state, BoxState.PACKING)
    try:
        if box.cover == PAY_SCORE:
            cover = await covers.cover_of(box.id)
            if cover is None:
                raise CoverRefused(PAY_SCORE, rules.risk_cap_fen)
            package = cover.package
            if (fresh or not package) and cover.state in (ScoreState.WANTED, ScoreState.CREATED):
                package = await covers.fresh_package(shop, cover)
            return CoverSheet(
                box.id, box.state, box.cover, 0, box.highest_fen, False, None, package, cover.out_order_no
            )
        async with transaction():
            payment = await payments.want(
                shop,
                box.member_id,
                PaymentPurpose.DEPOSIT,
                ref(box),
                rules.deposit_fen,
                f"盒子押金（{box.id}）",
            )
        pay = await payments.prepare(shop, payment)
        return CoverSheet(box.id, box.state, box.cover, now_fen, box.highest_fen, False, pay, "", payment.out_trade_no)
    except OutsideRefusal as no:
        log.warning("box.cover_refused", box=box.id, cover=box.cover, code=no.code)
        raise CoverRefused(box.cover, rules.risk_cap_fen) from None


async def deposit_held(box: Box) -> bool:
    return (
        await Payment.exists(ref=ref(box), purpose=PaymentPurpose.DEPOSIT, state=PaymentState.PAID)
        and await payments.paid_fen(ref(box)) > 0
    )


async def drop_cover(shop: Shop, box: Box, kind: str, why: str) -> None:
    """Give up one cover: a Pay Score order is cancelled, an open deposit closed, a paid one given back."""
    if kind == PAY_SCORE:
        await covers.cancel(shop, box.id, why)
        return
    await payments.close(shop, ref(box), why)
    for payment in await Payment.filter(ref=ref(box), purpose=PaymentPurpose.DEPOSIT, state=PaymentState.PAID).order_by(
        "id"
    ):
        await payments.give_back(shop, payment, why)


async def release_holds(shop: Shop, box: Box, why: str) -> None:
    """Cover, free round trip and coupon go back; nothing is charged. Stock is the caller's."""
    if box.quota_counter_id is not None:
        await quotas.restore(shop, box.quota_counter_id, ref=hold_ref(box), reason=why)
    if box.member_coupon_id is not None:
        await coupons.give_back(shop, box.member_coupon_id, ref(box))
    await drop_cover(shop, box, PAY_SCORE, why)
    await drop_cover(shop, box, DEPOSIT, why)
