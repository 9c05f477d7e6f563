"""The money of a settled box: what its cover brings, what is still asked for, and what WeChat tells of it."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from domain.bill import CoverUse, SettlementFigures
from domain.box import BoxState
from domain.errors import WrongState
from domain.membership import Level
from domain.money import Fen, yuan
from domain.payment import PaymentPurpose, ScoreState
from domain.ports import PayParams, ScoreLine
from models import Box, BoxItem, Member, Payment, ScoreCover
from services import box_notes, covers, ledger, parcels, payments, wallets
from services.box_covers import PAY_SCORE, hold_ref, ref
from services.outlook import deposit_use, owed_fen
from services.proposals import box_for_staff, box_of
from services.shop import Shop
from services.transaction import transaction
from services.wallets import STORED

BALANCE_DAYS = 7

log = structlog.get_logger()


def score_lines(kept: Sequence[BoxItem], freight_fen: Fen, total_fen: Fen) -> list[ScoreLine]:
    """The bill as WeChat shows it to the member; one line where there is more to it than goods and freight."""
    lines = [ScoreLine(i.name, i.net_fen or 0, f"{i.colour} {i.size}") for i in kept]
    if freight_fen:
        lines.append(ScoreLine("运费", freight_fen))
    if sum(line.amount_fen for line in lines) != total_fen:
        return [ScoreLine(f"留下 {len(kept)} 件及其他，详见盒子账单", total_fen)]
    return lines


async def collect(shop: Shop, box: Box, kept: Sequence[BoxItem], figures: SettlementFigures) -> None:
    """Meet the bill with the cover, ask for what that does not bring, and tell the member both."""
    words, owed_fen = await _met(shop, box, kept, figures)
    if owed_fen:
        await want_balance(shop, box, owed_fen)
        words.append(f"还有 {yuan(owed_fen)} 元请在盒子里支付")
    what = f"您留下了 {len(kept)} 件" if kept else "您没有留下衣服"
    sum_word = "共" if kept else "运费等费用"
    cost = f"{sum_word} {yuan(box.charge_fen)} 元" if box.charge_fen else "不收取任何费用"
    await box_notes.tell(shop, box, "盒子已结清", "；".join([f"{what}，{cost}", *words]) + "。")


async def _met(shop: Shop, box: Box, kept: Sequence[BoxItem], figures: SettlementFigures) -> tuple[list[str], Fen]:
    """A deposit is used first; then Pay Score collects the rest. How, in words, and what is still owed.

    Pay Score never collects more than the sum it was opened with, and stored value pays out of what is held:
    a damage fee above it is asked for.
    """
    if box.cover == STORED:
        held_fen = min(box.charge_fen, box.highest_fen)
        await wallets.use_held(shop, box.member_id, hold_ref(box), ref(box), held_fen)
        return [f"储值支付 {yuan(held_fen)} 元"] if held_fen else [], box.charge_fen - held_fen
    use, words = await deposit_use(box, box.charge_fen), []
    if use.used_fen or use.refund_fen:
        await _use_deposit(shop, box, use)
    if use.used_fen:
        words.append(f"押金抵扣 {yuan(use.used_fen)} 元")
    if use.refund_fen:
        words.append(f"押金 {yuan(use.refund_fen)} 元原路退回")
    owed_fen = use.balance_fen
    if box.cover == PAY_SCORE:
        cover = await covers.cover_of(box.id)
        total_fen = min(owed_fen, cover.risk_fen if cover else owed_fen)
        owed_fen -= total_fen
        lines = score_lines(kept, figures.freight_fen, total_fen)
        await covers.complete(shop, box.id, lines, total_fen)
        if total_fen:
            words.append(f"微信支付分扣款 {yuan(total_fen)} 元")
    elif use.used_fen and not owed_fen:
        await _payer(shop, box.member_id)
    return words, owed_fen


async def _use_deposit(shop: Shop, box: Box, use: CoverUse) -> None:
    """What is used of the deposit meets the bill; its rest goes back at once."""
    await ledger.post(
        shop,
        f"deposit:{ref(box)}",
        {
            "deposits": use.used_fen + use.refund_fen,
            "receivable": -use.used_fen,
            "refunds_due": -use.refund_fen,
        },
        member_id=box.member_id,
        box_id=box.id,
    )
    if use.refund_fen:
        await payments.want_refund(shop, box.member_id, ref(box), use.refund_fen, "盒子押金退还", key="settle")


async def want_balance(shop: Shop, box: Box, balance_fen: Fen) -> Payment:
    """Ask for what the deposit did not cover, inside the caller's transaction."""
    return await payments.want(
        shop, box.member_id, PaymentPurpose.BALANCE, ref(box), balance_fen, f"盒子尾款（{box.id}）",
        expires_at=shop.now() + timedelta(days=BALANCE_DAYS),
    )  # fmt: skip


async def balance_owed(box: Box) -> Fen:
    """What the member is to pay of a settled box by her own hand: not what Pay Score is still collecting."""
    owed = await owed_fen(box.id)
    cover = await covers.cover_of(box.id) if box.cover == PAY_SCORE else None
    collecting = cover is not None and cover.state != ScoreState.DONE
    return owed - (cover.total_fen or 0) if cover is not None and collecting else owed


async def balance_sheet(shop: Shop, member_id: int, box_id: int) -> tuple[Fen, Payment, PayParams]:
    """What a settled box still owes beyond its deposit, with a fresh payment sheet.

    Raises WrongState when nothing is owed (Pay Score is collected by WeChat itself), NotFound.
    """
    async with transaction():
        box = await box_of(member_id, box_id, lock=True)
        owed = await balance_owed(box) if box.state is BoxState.SETTLED else 0
        if owed <= 0:
            raise WrongState("box", box.state, "balance paid")
        payment = await want_balance(shop, box, owed)
    return owed, payment, await payments.prepare(shop, payment)


# What WeChat tells about the money of a box -----------------------------------------------------------


async def on_balance_paid(shop: Shop, payment: Payment) -> None:
    """The balance of a box has come. Its shipping is told to WeChat, or the money stays frozen there."""
    await _payer(shop, payment.member_id)
    box = await box_for_staff(int(payment.ref.partition(":")[2]))
    await parcels.want_upload(shop, box, payment)


async def on_charged(shop: Shop, cover: ScoreCover) -> None:
    """Pay Score has collected a box. Inside the caller's transaction; safe to repeat."""
    if cover.total_fen:
        await _payer(shop, cover.member_id)
    log.info("box.charged", box=cover.box_id, total_fen=cover.total_fen)


async def _payer(shop: Shop, member_id: int) -> None:
    await Member.filter(id=member_id).exclude(level=Level.PAYER).update(level=Level.PAYER, updated_at=shop.now())
