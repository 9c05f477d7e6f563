"""The ledger as finance sees it: the lines of a box, and the trial balance."""

from datetime import date
from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Call, View
from services import ledger


class LedgerLineView(View):
    """One signed amount on one account; `event` names the posting, whose lines sum to 0."""

    event: str
    account: str
    amount_fen: int
    day: date


class BoxLedgerView(View):
    lines: list[LedgerLineView]
    total_fen: Annotated[int, Field(description="Always 0")]


async def get_box_ledger(call: Call, box_id: int) -> BoxLedgerView:
    """Every ledger line of one box, and their sum."""
    lines = [LedgerLineView.model_validate(line) for line in await ledger.lines_of_box(box_id)]
    return BoxLedgerView(lines=lines, total_fen=sum(line.amount_fen for line in lines))


class TrialBalanceView(View):
    accounts: dict[str, int]
    total_fen: Annotated[int, Field(description="Always 0")]


async def get_trial_balance(call: Call) -> TrialBalanceView:
    """The balance of each ledger account in fen."""
    accounts = await ledger.trial_balance()
    return TrialBalanceView(accounts=accounts, total_fen=sum(accounts.values()))
