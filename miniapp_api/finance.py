"""The ledger as finance sees it: a box, the trial balance in all and per day, and whether the books agree."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from domain.clock import day_of
from domain.errors import Invalid
from miniapp_api.frame import Body, Call, View
from services import books, ledger
from services.orders import order_for_staff
from services.proposals import box_for_staff


class LedgerLineView(View):
    """One signed amount on one account; `event` names the posting, whose lines sum to 0."""

    event: str
    account: str
    amount_fen: int
    day: date


class LedgerOfView(View):
    lines: list[LedgerLineView]
    total_fen: Annotated[int, Field(description="Always 0")]


async def get_box_ledger(call: Call, box_id: int) -> LedgerOfView:
    """Every ledger line of one box, and their sum."""
    await box_for_staff(box_id)
    return _told([LedgerLineView.model_validate(line) for line in await ledger.lines_of_box(box_id)])


async def get_order_ledger(call: Call, order_id: int) -> LedgerOfView:
    """Every ledger line of one shop order, and their sum."""
    await order_for_staff(order_id)
    return _told([LedgerLineView.model_validate(line) for line in await ledger.lines_of_order(order_id)])


def _told(lines: list[LedgerLineView]) -> LedgerOfView:
    return LedgerOfView(lines=lines, total_fen=sum(line.amount_fen for line in lines))


class TrialBalanceView(View):
    accounts: dict[str, int]
    total_fen: Annotated[int, Field(description="Always 0")]


async def get_trial_balance(call: Call) -> TrialBalanceView:
    """The balance of each ledger account in fen."""
    accounts = await ledger.trial_balance()
    return TrialBalanceView(accounts=accounts, total_fen=sum(accounts.values()))


class AccountDayView(View):
    """One account on one Shanghai day: its plus and its minus side."""

    account: str
    plus_fen: int
    minus_fen: int


class LedgerDayView(View):
    day: date
    accounts: list[AccountDayView]
    total_fen: Annotated[int, Field(description="Always 0")]


class LedgerDaysView(View):
    days: list[LedgerDayView]


class DaysQuery(Body):
    """Both ends included; without them the last 31 days."""

    first: date | None = None
    last: date | None = None


DAYS_AT_ONCE = 366


async def get_days(call: Call, query: DaysQuery) -> LedgerDaysView:
    """The trial balance of each day, the newest first; days without a posting are left out."""
    last = query.last or day_of(call.shop.now())
    first = query.first or last - timedelta(days=30)
    if not timedelta(0) <= last - first < timedelta(days=DAYS_AT_ONCE):
        raise Invalid("first", f"up to {DAYS_AT_ONCE} days, the first not after the last")
    found: dict[date, list[AccountDayView]] = {}
    for row in await books.days(first, last):
        found.setdefault(row.day, []).append(AccountDayView.model_validate(row))
    return LedgerDaysView(
        days=[
            LedgerDayView(day=day, accounts=lines, total_fen=sum(a.plus_fen + a.minus_fen for a in lines))
            for day, lines in found.items()
        ]
    )


class BooksView(View):
    """`differences` is 0 when every rule holds; `rules` says which they are."""

    checked_at: datetime | None
    differences: int
    found: list[dict[str, Any]]
    rules: dict[str, str]


async def get_books(call: Call) -> BooksView:
    """What the newest check of the books found (a daily job; `python -m app ledger check` looks now)."""
    newest = await books.last_check()
    return BooksView(
        checked_at=newest.created_at if newest else None,
        differences=newest.differences if newest else 0,
        found=newest.found if newest else [],
        rules=books.RULES,
    )
