"""WeChat's daily bills as finance sees them: what was fetched, what differs, and what it turned out to be."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from domain.day_bill import DifferenceState, Differs, LineKind
from domain.errors import NotFound
from miniapp_api.frame import Body, Call, Text, View
from services import day_bills

SHOWN = 31


class BillDayView(View):
    """One fetched bill. `open` differences wait for a person."""

    day: date
    lines: int
    open: int
    fetched_at: datetime


class BillDaysView(View):
    items: list[BillDayView]


async def get_bills(call: Call) -> BillDaysView:
    """The bills fetched in the last days, the newest first, with how many differences are open."""
    found = await day_bills.bills(SHOWN)
    counts = await day_bills.open_count([bill.day for bill in found])
    return BillDaysView(
        items=[
            BillDayView(day=bill.day, lines=bill.lines, open=counts.get(bill.day, 0), fetched_at=bill.created_at)
            for bill in found
        ]
    )


class DifferenceView(View):
    """`ours_*` are our rows, `theirs_*` the bill's; None or empty where one side has no such number."""

    id: int
    differs: Differs
    kind: LineKind
    number: str
    ours_fen: int | None
    theirs_fen: int | None
    ours_state: str
    theirs_state: str
    state: DifferenceState
    note: str
    resolved_by: int | None


class BillView(View):
    day: date
    lines: int
    differences: list[DifferenceView]


async def get_bill(call: Call, day: str) -> BillView:
    """A day's bill (2026-11-22) and where it differs from our payments and refunds, the open ones first."""
    bill, rows = await day_bills.bill_of(_day(day))
    return BillView(day=bill.day, lines=bill.lines, differences=[DifferenceView.model_validate(row) for row in rows])


async def post_fetch(call: Call, day: str) -> BillView:
    """Fetch a day's bill now, or compare it again. 409 too_early before ten o'clock of the next day."""
    wanted = _day(day)
    await day_bills.fetch(call.shop, wanted)
    return await get_bill(call, day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("day") from None


class ResolveBody(Body):
    note: Annotated[Text, Field(min_length=2, max_length=200)]


async def post_resolve(call: Call, difference_id: int, body: ResolveBody) -> DifferenceView:
    """Say what a difference was; it is written to the audit log."""
    row = await day_bills.resolve(call.shop, call.staff_id, difference_id, body.note)
    return DifferenceView.model_validate(row)
