"""Settling a box: exactly once, whoever comes first – the warehouse, the member, or the deadline.

The box's row is locked, the bill is reckoned by domain/bill.py, and everything that follows is written
in that one transaction: items, stock, ledger, coupon, points, care, and what WeChat is to be asked for.
Money that comes later is booked by payments and covers; here only the bill is.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from tortoise.exceptions import BaseORMException

from domain.benefits import Benefits
from domain.bill import CoverUse, SettlementFigures
from domain.box import (
    BOX_LIFE,
    ITEM_LIFE,
    PARCEL_LIFE,
    BoxState,
    Fate,
    ItemState,
    ParcelState,
    law_window_ends,
    silent_after,
)
from domain.case import CaseKind
from domain.errors import OutsideFault, OutsideRefusal, Refusal, WrongState
from domain.ledger import Account
from domain.loyalty import combined, earned, usable_from
from domain.membership import Level
from domain.money import Fen, yuan
from domain.order import warranty_ends
from domain.path import Event
from domain.payment import PaymentPurpose, RefundState, ScoreState
from domain.ports import PayParams, ScoreLine
from models import Box, BoxItem, InboxNote, Member, Parcel, Payment, Refund, ScoreCover
from models.base import move, move_all
from models.sql import run
from services import (
    benefits,
    care,
    cases,
    catalog,
    coupons,
    covers,
    exchanges,
    ledger,
    parcels,
    payments,
    perks,
    pickups,
    points,
    purchases,
    wallets,
)
from services.box_covers import PAY_SCORE, hold_ref, ref, stock_ref
from services.catalog import Piece
from services.outlook import (
    LIVE,
    back_parcels,
    came_back,
    deposit_use,
    fates,
    figures_for,
    overdue,
    owed_fen,
)
from services.proposals import box_for_staff, box_of, items_of
from services.shop import Shop
from services.transaction import transaction
from services.wallets import STORED

BALANCE_DAYS = 7

log = structlog.get_logger()


async def settle(shop: Shop, box_id: int, who: str, *, skip_locked: bool = False) -> SettlementFigures | None:
    """Settle the box if it is time: every item decided, what came back graded, or the deadline over.

    None when it is not time yet, or somebody else has settled it. At the deadline the undecided is
    bought even while a parcel sent in time is still awaited; the bill is then made when that is graded.
    """
    async with transaction():
        rows = Box.filter(id=box_id, state__in=LIVE).select_for_update(skip_locked=skip_locked)
        box = await rows.first()
        if box is None:
            return None
        items = await items_of(box_id)
        return await settle_locked(shop, box, items, await back_parcels(items), who)


async def settle_locked(
    shop: Shop, box: Box, items: Sequence[BoxItem], back: Mapping[int, Parcel], who: str
) -> SettlementFigures | None:
    """The same for a live box whose row the caller has locked, with its pieces and its parcels on their way back."""
    await _give_up_silent(shop, box, items, back, who)
    decided = fates(shop, box, items, back)
    await _close(shop, box, items, decided, who)
    if Fate.WAIT in decided.values():
        return None
    kept = [item for item in items if decided[item.id] is Fate.BUY]
    figures = await figures_for(shop, box, kept, anything_back=any(came_back(i) for i in items))
    await _book(shop, box, kept, figures, who)
    log.info("box.settled", box=box.id, kept=len(kept), charge_fen=box.charge_fen, who=who)
    return figures


async def _give_up_silent(shop: Shop, box: Box, items: Sequence[BoxItem], back: Mapping[int, Parcel], who: str) -> None:
    """What the carrier accepted and never told of again is never charged; the rest is not held up."""
    for parcel in back.values():
        heard_at = parcel.heard_at or parcel.accepted_at
        silent = parcel.state is ParcelState.ACCEPTED and heard_at is not None
        if silent and heard_at is not None and shop.now() >= silent_after(heard_at, shop.rules.box):
            await lose_back(shop, box, parcel, items, who, "the carrier fell silent: claim on it")


async def lose_back(
    shop: Shop, box: Box, parcel: Parcel, items: Sequence[BoxItem], who: str, why: str
) -> list[BoxItem]:
    """A parcel is lost on its way back: nothing is owed for what was in it.

    Returns what was in it of a settled box: that is still to be refunded.
    """
    await move(parcel, PARCEL_LIFE, ParcelState.LOST, at=shop.now(), who=who, why=why)
    reclaimed = []
    mine = [item for item in items if item.back_parcel_id == parcel.id]
    await parcels.claim(shop, box, parcel, mine, why)
    for item in sorted(mine, key=lambda i: i.sku_id):
        bought_back = item.state is ItemState.BOUGHT and (
            item.reclaimed_at is not None or _sent_within_the_law(shop, box, parcel)
        )
        if bought_back and box.state is BoxState.SETTLED:
            reclaimed.append(item)
        elif item.state is ItemState.RETURNING or bought_back:
            await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
            new = ItemState.RETURNED if bought_back else ItemState.LOST
            await move(item, ITEM_LIFE, new, at=shop.now(), who=who, why=why)
    log.warning("parcel.lost", parcel=parcel.id, box=box.id)
    return reclaimed


def _sent_within_the_law(shop: Shop, box: Box, parcel: Parcel) -> bool:
    """Handed over too late for the box, but inside the law's window."""
    return (
        parcel.accepted_at is not None
        and box.delivered_at is not None
        and parcel.accepted_at < law_window_ends(box.delivered_at, shop.rules.box)
    )


async def _close(shop: Shop, box: Box, items: Sequence[BoxItem], decided: Mapping[int, Fate], who: str) -> None:
    """Write down what the deadline, or the end of a dispute, has decided."""
    unsent = [i for i in items if decided[i.id] is Fate.BUY and i.state is ItemState.RETURNING]
    if unsent:
        await exchanges.call_off(shop, unsent, who, "the first piece was not sent back", late=True)
    if overdue(shop, box):
        late = [i for i in items if decided[i.id] is Fate.BUY and i.state is not ItemState.BOUGHT]
        await move_all(late, ITEM_LIFE, ItemState.BOUGHT, at=shop.now(), who=who, why="deadline")
    for item in sorted(items, key=lambda i: i.sku_id):
        if decided[item.id] is Fate.FREE and item.state is ItemState.MISSING:
            await catalog.lose(shop, item.sku_id, ref=stock_ref(item, box))
            await move(item, ITEM_LIFE, ItemState.LOST, at=shop.now(), who=who, why="dispute not decided")
            await cases.settle_case(shop, CaseKind.DISPUTE, f"item:{item.id}", "ran_out", who, "in the member's favour")


async def _book(shop: Shop, box: Box, kept: Sequence[BoxItem], figures: SettlementFigures, who: str) -> None:
    now = shop.now()
    await catalog.sell(shop, [Piece(item.sku_id, stock_ref(item, box)) for item in kept])
    await _buy(shop, kept, figures.nets, who)
    enjoys = await benefits.of(shop, box.member_id)
    percent = combined(enjoys.multipliers_percent, shop.rules.points)
    await move(
        box, BOX_LIFE, BoxState.SETTLED, at=now, who=who, settled_at=now,
        goods_fen=figures.goods_fen, charge_fen=figures.charge_fen + box.damage_fen, points_percent=percent,
        warranty_until=_warranty(shop, box, enjoys) if kept else None, kept_all=box.kept_all,
    )  # fmt: skip
    await ledger.post(
        shop,
        f"settle:{ref(box)}",
        {
            Account.RECEIVABLE: box.charge_fen,
            Account.SALES: -figures.goods_fen,
            Account.FREIGHT: -figures.freight_fen,
            Account.DAMAGES: -box.damage_fen,
        },
        member_id=box.member_id,
        box_id=box.id,
    )
    await purchases.keep(shop, box.member_id, ref(box), figures.goods_fen)
    if box.member_coupon_id is not None:
        if figures.coupon_used:
            await coupons.use(shop, box.member_coupon_id, ref(box))
        else:
            await coupons.give_back(shop, box.member_coupon_id, ref(box))
    await _collect(shop, box, kept, figures)
    assert box.delivered_at is not None, "only what was signed is settled"
    usable_at = max(now, usable_from(box.delivered_at, shop.rules.points))
    await points.award(
        shop, box.member_id, earned(figures.goods_fen, [percent], shop.rules.points),
        reason="box", ref=ref(box), usable_at=usable_at,
    )  # fmt: skip
    await perks.for_order(shop, box.member_id, ref(box), figures.goods_fen, box.confirmed_at or now, usable_at)
    await care.stop(shop, ref(box), "settled")
    await care.start_many(shop, Event.BOX_AFTER, [(box.member_id, ref(box), now)])


async def _buy(shop: Shop, kept: Sequence[BoxItem], nets: Sequence[Fen], who: str) -> None:
    """What is kept is bought, each piece at its share of the bill; the deadline has bought some before."""
    now, fresh = shop.now(), [item for item in kept if item.state is not ItemState.BOUGHT]
    await move_all(fresh, ITEM_LIFE, ItemState.BOUGHT, at=now, who=who)
    for item, net_fen in zip(kept, nets, strict=True):
        item.net_fen = net_fen
    if kept:
        await run("box_item_nets", lines=[{"id": item.id, "net_fen": item.net_fen} for item in kept], now=now)


def _warranty(shop: Shop, box: Box, enjoys: Benefits) -> datetime:
    """What is kept is under warranty from its signing on, longer in the higher tiers."""
    assert box.delivered_at is not None, "only what was signed is settled"
    return warranty_ends(box.delivered_at, enjoys.warranty_days, shop.rules.order)


def score_lines(kept: Sequence[BoxItem], freight_fen: Fen, total_fen: Fen) -> list[ScoreLine]:
    """The bill as WeChat shows it to the member; one line where there is more to it than goods and freight."""
    lines = [ScoreLine(i.name, i.net_fen or 0, f"{i.colour} {i.size}") for i in kept]
    if freight_fen:
        lines.append(ScoreLine("运费", freight_fen))
    if sum(line.amount_fen for line in lines) != total_fen:
        return [ScoreLine(f"留下 {len(kept)} 件及其他，详见盒子账单", total_fen)]
    return lines


async def _collect(shop: Shop, box: Box, kept: Sequence[BoxItem], figures: SettlementFigures) -> None:
    """A deposit is used first; then Pay Score collects the rest, or the balance is asked for.

    Pay Score never collects more than the sum it was opened with, and stored value pays out of what is held:
    a damage fee above it is asked for.
    """
    if box.cover == STORED:
        held_fen = min(box.charge_fen, box.highest_fen)
        await wallets.use_held(shop, box.member_id, hold_ref(box), ref(box), held_fen)
        if box.charge_fen > held_fen:
            await want_balance(shop, box, box.charge_fen - held_fen)
        return
    use = await deposit_use(box, box.charge_fen)
    if use.used_fen or use.refund_fen:
        await _use_deposit(shop, box, use)
    owed_fen = use.balance_fen
    if box.cover == PAY_SCORE:
        cover = await covers.cover_of(box.id)
        total_fen = min(owed_fen, cover.risk_fen if cover else owed_fen)
        owed_fen -= total_fen
        lines = score_lines(kept, figures.freight_fen, total_fen)
        await covers.complete(shop, box.id, lines, total_fen)
    elif use.used_fen and not owed_fen:
        await _payer(shop, box.member_id)
    if owed_fen:
        await want_balance(shop, box, owed_fen)


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


async def due(shop: Shop) -> list[int]:
    """The boxes to be settled now, the longest overdue first: it costs what is due, not what is open."""
    disputed = shop.now() - timedelta(hours=shop.rules.box.dispute_hours)
    return [row["id"] for row in await run("boxes_due", now=shop.now(), disputed=disputed)]


async def settle_due(shop: Shop) -> int:
    """The deadline job: settles what is due; how many. Any number of workers may run it at once.

    Open returns are asked about at WeChat first: nothing is charged that was sent back in time. A box
    whose return cannot be asked about now is left for the next run.
    """
    settled = 0
    for box_id in await due(shop):
        try:
            for parcel in (await back_parcels(await items_of(box_id))).values():
                await pickups.ask(shop, parcel)
            settled += await settle(shop, box_id, "job:deadlines", skip_locked=True) is not None
        except (OutsideFault, OutsideRefusal, Refusal, BaseORMException) as fault:
            # One bad box must not keep the others from being settled; the next run tries it again.
            log.error("box.not_settled", box=box_id, fault=str(fault))
    return settled


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


async def on_refund_moved(shop: Shop, refund: Refund) -> None:
    """A refund of a box has moved; when it is done the member finds a note. Called once per move."""
    if refund.state is RefundState.DONE:
        await InboxNote.create(
            member_id=refund.member_id,
            title="退款已到账",
            page=f"pages/box/box?id={refund.ref.partition(':')[2]}",
            text=f"{refund.reason}：{yuan(refund.amount_fen)} 元已原路退回。",
            created_at=shop.now(),
        )
    log.info("box.refund_moved", refund=refund.id, ref=refund.ref, state=refund.state)


async def _payer(shop: Shop, member_id: int) -> None:
    await Member.filter(id=member_id).exclude(level=Level.PAYER).update(level=Level.PAYER, updated_at=shop.now())
