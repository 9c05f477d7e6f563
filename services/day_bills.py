"""WeChat's daily bills compared with our payments, covers and refunds; what differs is kept for a person.

Fetching and comparing may be done again: lines and differences have unique keys, and a difference that a later
bill or notice explains is closed by itself. A bill that is late is asked for again by the next run.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import structlog

from domain.clock import at, day_end, day_of
from domain.day_bill import BillUnreadable, DifferenceState, gone_at, read, ready_at
from domain.errors import NotFound, OutsideFault, OutsideRefusal, TooEarly, TooLate, WrongState
from models import BillDifference, DayBill, DayBillLine
from models.sql import run
from services import audit
from services.shop import Shop
from services.transaction import in_one, transaction

CHUNK = 1000
log = structlog.get_logger()


async def fetch(shop: Shop, day: date) -> DayBill:
    """Fetch the bill of a day, once, and compare it. Outside any transaction.

    Raises TooEarly before ten o'clock of the next day, TooLate after the three months WeChat keeps it, OutsideFault
    while WeChat still writes it, OutsideRefusal, BillUnreadable.
    """
    if in_one():
        raise RuntimeError("WeChat is never called inside a transaction")
    known = await DayBill.filter(day=day).first()
    if known is None:
        if shop.now() < ready_at(day):
            raise TooEarly("bill", ready_at(day).isoformat())
        if shop.now() >= gone_at(day):
            raise TooLate("bill", gone_at(day).isoformat())
        lines = read(await shop.wechat.pay.trade_bill(day))
        async with transaction():
            now = shop.now()
            rows = [
                DayBillLine(
                    day=day, kind=one.kind, number=one.number, amount_fen=one.amount_fen, state=one.state,
                    created_at=now,
                )
                for one in lines
            ]  # fmt: skip
            await DayBillLine.bulk_create(rows, batch_size=CHUNK, on_conflict=("kind", "number"), ignore_conflicts=True)
            await DayBill.bulk_create(
                [DayBill(day=day, lines=len(lines), created_at=now)], on_conflict=("day",), ignore_conflicts=True
            )
            await _compare(shop, day)
        known = await DayBill.get(day=day)
        log.info("bill.fetched", day=str(day), lines=known.lines)
    else:
        await compare(shop, day)
    return known


async def compare(shop: Shop, day: date) -> int:
    """Compare a fetched bill again: new differences are kept, explained ones closed; how many are open."""
    async with transaction():
        return await _compare(shop, day)


async def _compare(shop: Shop, day: date) -> int:
    now = shop.now()
    found = await run("day_bill_differences", day=day, since=at(day), until=day_end(day))
    before = {(d.differs.value, d.kind.value, d.number): d for d in await BillDifference.filter(day=day)}
    fresh = [row for row in found if (row["differs"], row["kind"], row["number"]) not in before]
    await BillDifference.bulk_create(
        [BillDifference(day=day, created_at=now, **row) for row in fresh],
        batch_size=CHUNK,
        on_conflict=("day", "differs", "kind", "number"),
        ignore_conflicts=True,
    )
    for row in fresh:
        log.error("bill.difference", day=str(day), differs=row["differs"], kind=row["kind"], number=row["number"])
    still = {(row["differs"], row["kind"], row["number"]) for row in found}
    gone = [d.id for key, d in before.items() if key not in still and d.state is DifferenceState.OPEN]
    back = [d.id for key, d in before.items() if key in still and d.state is DifferenceState.GONE]
    await BillDifference.filter(id__in=gone).update(state=DifferenceState.GONE, updated_at=now)
    await BillDifference.filter(id__in=back).update(state=DifferenceState.OPEN, updated_at=now)
    return await BillDifference.filter(day=day, state=DifferenceState.OPEN).count()


async def fetch_due(shop: Shop) -> int:
    """The job: every bill of the last days that is ready and missing, and the others compared again.

    One that is late or unreadable is tried again by the next run; how many are there now.
    """
    there = 0
    today = day_of(shop.now())
    for back in range(shop.rules.bill.days_back, 0, -1):
        day = today - timedelta(days=back)
        if shop.now() < ready_at(day):
            continue
        try:
            await fetch(shop, day)
        except (OutsideFault, OutsideRefusal) as late:
            log.warning("bill.late", day=str(day), failure=str(late)[:80])
        except BillUnreadable as bad:
            log.error("bill.unreadable", day=str(day), why=str(bad)[:80])
        else:
            there += 1
    return there


async def bills(limit: int) -> list[DayBill]:
    """The newest bills that were fetched."""
    return await DayBill.all().order_by("-day").limit(limit)


async def open_count(days: Sequence[date]) -> dict[date, int]:
    """Open differences of each of these days that has some."""
    counts: dict[date, int] = {}
    for row in await BillDifference.filter(day__in=list(days), state=DifferenceState.OPEN):
        counts[row.day] = counts.get(row.day, 0) + 1
    return counts


async def bill_of(day: date) -> tuple[DayBill, list[BillDifference]]:
    """A day's bill and every difference of it, the open ones first. Raises NotFound until it is fetched."""
    bill = await DayBill.filter(day=day).first()
    if bill is None:
        raise NotFound("bill")
    rows = await BillDifference.filter(day=day).order_by("id")
    return bill, sorted(rows, key=lambda row: row.state is not DifferenceState.OPEN)


async def resolve(shop: Shop, staff_id: int, difference_id: int, note: str) -> BillDifference:
    """Say what a difference was. Raises NotFound, WrongState unless it is open."""
    async with transaction():
        row = await BillDifference.filter(id=difference_id).select_for_update().first()
        if row is None:
            raise NotFound("difference")
        if row.state is not DifferenceState.OPEN:
            raise WrongState("difference", row.state, DifferenceState.RESOLVED)
        row.state, row.note, row.resolved_by = DifferenceState.RESOLVED, note[:200], staff_id
        row.updated_at = shop.now()
        await row.save(update_fields=["state", "note", "resolved_by", "updated_at"])
        await audit.note(shop, staff_id, "bill.resolve", f"difference:{row.id}", number=row.number, day=str(row.day))
    return row
