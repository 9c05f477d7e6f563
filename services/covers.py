"""Pay Score covers of boxes: opened at confirmation, completed at settlement, else cancelled.

Each step is an intent committed with the box and told to WeChat after the commit. That the member has
confirmed, and that the money has come, is learnt by `record` from a notice or by asking; what follows from
it is decided further up (services/notices). Money that comes is booked `wechat + / receivable -`.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog

from domain.errors import AmountMismatch, CoverRefused, NotYet, OutsideFault, OutsideRefusal, WrongState
from domain.money import Fen
from domain.payment import SCORE_LIFE, ScoreState, score_stage
from domain.ports import ScoreFact, ScoreLine, ScoreOrder
from models import OutsideCall, ScoreCover
from models.base import move
from services import ledger, outside, refunds
from services.shop import Shop, fresh_number
from services.transaction import in_one, transaction

INTRODUCTION = "先试后付盒子"
WORDS = {state.value for state in ScoreState}
OVER = (ScoreState.REVOKED, ScoreState.EXPIRED)
log = structlog.get_logger()


async def open_score(
    shop: Shop,
    member_id: int,
    box_id: int,
    risk_fen: Fen,
    lines: Sequence[ScoreLine],
    starts_at: datetime,
    ends_at: datetime,
) -> ScoreCover:
    """Open the Pay Score order of a box, inside the caller's transaction.

    `risk_fen` is the highest sum that can ever be charged, fixed here for good. The member confirms with
    the cover's `package`, which is there once WeChat has answered. The same again gives the open cover;
    Raises CoverRefused above the cap or below one fen, WrongState when another sum is open already.
    """
    cap = shop.rules.box.risk_cap_fen
    if not 0 < risk_fen <= cap:
        raise CoverRefused("pay_score", cap)
    now = shop.now()
    # The unique key over open covers of a box decides between two that are opened at once.
    await ScoreCover.bulk_create(
        [
            ScoreCover(
                member_id=member_id,
                box_id=box_id,
                out_order_no=fresh_number("HS", now),
                risk_fen=risk_fen,
                starts_at=starts_at,
                ends_at=ends_at,
                created_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    cover = await _locked(box_id)
    if cover is None or cover.risk_fen != risk_fen:
        raise WrongState("score_cover", cover.state if cover else "", "opened")
    await outside.want(shop, "score_create", cover.out_order_no, lines=[asdict(line) for line in lines])
    return cover


async def cover_of(box_id: int) -> ScoreCover | None:
    """The cover of a box that is not cancelled or expired."""
    return await ScoreCover.filter(box_id=box_id).exclude(state__in=OVER).order_by("-id").first()


async def _locked(box_id: int) -> ScoreCover | None:
    covers = ScoreCover.filter(box_id=box_id).exclude(state__in=OVER)
    return await covers.select_for_update().order_by("-id").first()


async def fresh_package(shop: Shop, cover: ScoreCover) -> str:
    """What the phone needs to show the confirmation page, asked for anew: WeChat's lapses within minutes.

    Outside any transaction. Raises WrongState once it is confirmed or over, OutsideFault, OutsideRefusal.
    """
    if in_one():
        raise RuntimeError("WeChat is never called inside a transaction")
    if cover.state not in (ScoreState.WANTED, ScoreState.CREATED):
        raise WrongState("score_cover", cover.state, "confirmed")
    call = await OutsideCall.get(kind="score_create", ref=cover.out_order_no)
    await _create(shop, call)
    await cover.refresh_from_db()
    return cover.package


@outside.caller("score_create")
async def _create(shop: Shop, call: OutsideCall) -> None:
    cover = await ScoreCover.get(out_order_no=call.ref)
    if cover.state not in (ScoreState.WANTED, ScoreState.CREATED):
        return
    fact = await shop.wechat.score.create(
        ScoreOrder(cover.out_order_no, INTRODUCTION, _lines(call), cover.risk_fen, cover.starts_at, cover.ends_at)
    )
    async with transaction():
        # That the member confirmed already is for a notice to say, which also moves the box.
        if fact.state == ScoreState.CREATED:
            await record(shop, fact)
            await ScoreCover.filter(id=cover.id, state=ScoreState.CREATED).update(package=fact.package)


async def complete(shop: Shop, box_id: int, lines: Sequence[ScoreLine], total_fen: Fen) -> ScoreCover:
    """Name the final sum, inside the caller's transaction; WeChat collects it. Zero ends it uncharged.

    Asked again with the same sum changes nothing. Raises CoverRefused above the risk sum, WrongState
    unless the member has confirmed and no other sum was named.
    """
    cover = await _locked(box_id)
    if cover is None or cover.state not in (ScoreState.DOING, ScoreState.DONE):
        raise WrongState("score_cover", cover.state if cover else "", "completed")
    if cover.total_fen is not None:
        if cover.total_fen != total_fen:
            raise WrongState("score_cover", "completed", "completed with another sum")
        return cover
    if total_fen > cover.risk_fen:
        raise CoverRefused("pay_score", cover.risk_fen)
    now = shop.now()
    cover.total_fen = total_fen
    await ScoreCover.filter(id=cover.id).update(total_fen=total_fen, updated_at=now)
    await outside.want(
        shop,
        "score_complete",
        cover.out_order_no,
        lines=[asdict(line) for line in lines],
        total_fen=total_fen,
    )
    log.info("cover.completed", cover=cover.id, box=box_id, total_fen=total_fen)
    return cover


@outside.caller("score_complete")
async def _complete(shop: Shop, call: OutsideCall) -> None:
    cover = await ScoreCover.get(out_order_no=call.ref)
    total_fen = _total(call)
    fact = await shop.wechat.score.complete(call.ref, _lines(call), total_fen, cover.starts_at, shop.now())
    async with transaction():
        await record(shop, _without_money(fact))


async def lower(shop: Shop, box_id: int, lines: Sequence[ScoreLine], total_fen: Fen, reason: str) -> bool:
    """Lower the sum of a completed cover while it is not collected; False when it is, then refund instead.

    Inside the caller's transaction. When WeChat collects the higher sum in that very moment, the
    difference is refunded by itself. Raises WrongState unless it is completed, CoverRefused for a sum that
    is not lower.
    """
    cover = await _locked(box_id)
    if cover is None or cover.total_fen is None:
        raise WrongState("score_cover", cover.state if cover else "", "lowered")
    if cover.state == ScoreState.DONE:
        return False
    if total_fen >= cover.total_fen:
        raise CoverRefused("pay_score", cover.total_fen)
    await ScoreCover.filter(id=cover.id).update(total_fen=total_fen, updated_at=shop.now())
    await outside.want(
        shop,
        "score_modify",
        f"{cover.out_order_no}:{total_fen}",
        lines=[asdict(line) for line in lines],
        total_fen=total_fen,
        reason=reason[:50],
    )
    return True


@outside.caller("score_modify")
async def _modify(shop: Shop, call: OutsideCall) -> None:
    number = call.ref.partition(":")[0]
    if (await ScoreCover.get(out_order_no=number)).total_fen != _total(call):
        return  # Lowered again or collected meanwhile: this sum is not the one any more.
    try:
        fact = await shop.wechat.score.modify(number, _lines(call), _total(call), str(call.payload["reason"]))
    except OutsideRefusal as no:
        # Collected in that very moment: the notice (or the job that asks) refunds the difference.
        if (await shop.wechat.score.query(number)).collection == "USER_PAID":
            return
        if no.code == "INVALID_REQUEST":
            # A deduction is under way, or the completion has not reached WeChat yet: both pass.
            raise OutsideFault(no.code) from None
        raise
    async with transaction():
        await record(shop, _without_money(fact))


async def cancel(shop: Shop, box_id: int, reason: str) -> bool:
    """Release the cover of a box, inside the caller's transaction; False when there is none.

    Ours is over at once, WeChat is told after the commit until it says yes. Raises WrongState once a sum
    was named.
    """
    cover = await _locked(box_id)
    if cover is None:
        return False
    if cover.total_fen is not None:
        raise WrongState("score_cover", "completed", ScoreState.REVOKED)
    await move(cover, SCORE_LIFE, ScoreState.REVOKED, at=shop.now(), who="shop", why=reason)
    await outside.want(shop, "score_cancel", cover.out_order_no, reason=reason[:50])
    return True


@outside.caller("score_cancel")
async def _cancel(shop: Shop, call: OutsideCall) -> None:
    await shop.wechat.score.cancel(call.ref, str(call.payload["reason"]))


@dataclass(frozen=True)
class News:
    """What a fact about a cover changed: the member has confirmed; the money has come."""

    cover: ScoreCover
    confirmed: bool
    paid: bool


async def record(shop: Shop, fact: ScoreFact) -> News | None:
    """Note how WeChat says a cover stands; None when that is no news. Later news may come first.

    Raises NotYet for a number that is not committed here, AmountMismatch for a risk sum or a collected
    sum that was never asked for.
    """
    found = await ScoreCover.filter(out_order_no=fact.out_order_no).first()
    if found is None:
        raise NotYet("score_cover")
    await refunds.lock_owner(f"box:{found.box_id}")
    cover = await ScoreCover.filter(id=found.id).select_for_update().get()
    before, after = score_stage(cover.state, cover.description), score_stage(fact.state, fact.description)
    if after <= before or fact.state not in WORDS:
        return None
    if fact.risk_fen not in (0, cover.risk_fen):
        raise AmountMismatch(cover.risk_fen, fact.risk_fen)
    paid = fact.state == ScoreState.DONE and bool(fact.transaction_id)
    asked_fen = cover.total_fen or 0
    if paid and fact.total_fen not in await _sums_asked(cover):
        raise AmountMismatch(asked_fen, fact.total_fen)
    now = shop.now()
    changes: dict[str, Any] = {"description": fact.description, "collection": fact.collection}
    if paid:
        changes |= {"transaction_id": fact.transaction_id, "total_fen": fact.total_fen}
    await move(cover, SCORE_LIFE, ScoreState(fact.state), at=now, who="wechat", why=fact.description, **changes)
    log.info("cover.moved", cover=cover.id, box=cover.box_id, state=fact.state, description=fact.description)
    if paid:
        await _book(shop, cover, fact.total_fen - asked_fen)
    return News(cover, before < 2 <= after and fact.state in (ScoreState.DOING, ScoreState.DONE), paid)


async def _book(shop: Shop, cover: ScoreCover, over_fen: Fen) -> None:
    """Book what was collected; what it is above the lowered sum goes straight back."""
    total_fen = cover.total_fen or 0
    await ledger.post(
        shop,
        f"paid:{cover.out_order_no}",
        {"wechat": total_fen, "receivable": -total_fen},
        member_id=cover.member_id,
        box_id=cover.box_id,
    )
    if over_fen <= 0:
        return
    ref = f"box:{cover.box_id}"
    [source] = [s for s in await refunds.sources(ref) if s.number == cover.out_order_no]
    await refunds.want_one(shop, cover.member_id, ref, source, over_fen, "订单金额调低，差额退回", key="lowered")
    await ledger.post(
        shop,
        f"lowered:{cover.out_order_no}",
        {"receivable": over_fen, "refunds_due": -over_fen},
        member_id=cover.member_id,
        box_id=cover.box_id,
    )


async def _sums_asked(cover: ScoreCover) -> set[Fen]:
    """Every sum this cover was completed with or lowered to: WeChat may have collected an earlier one."""
    number = cover.out_order_no
    calls = await OutsideCall.filter(kind="score_complete", ref=number)
    calls += await OutsideCall.filter(kind="score_modify", ref__startswith=f"{number}:")
    return {_total(call) for call in calls}


def _without_money(fact: ScoreFact) -> ScoreFact:
    """A fact as far as completion: that money has come is for a notice to say, which moves the box too."""
    if not fact.transaction_id:
        return fact
    return ScoreFact(fact.out_order_no, "DOING", "MCH_COMPLETE", "USER_PAYING", fact.total_fen)


def _lines(call: OutsideCall) -> list[ScoreLine]:
    lines = call.payload["lines"]
    assert isinstance(lines, list), "written by open_score, complete or lower"
    return [ScoreLine(**line) for line in lines]


def _total(call: OutsideCall) -> Fen:
    total_fen = call.payload["total_fen"]
    assert isinstance(total_fen, int), "written by complete or lower"
    return total_fen
