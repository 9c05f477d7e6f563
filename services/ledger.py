"""Double-entry postings: what is written together sums to zero."""

from collections.abc import Mapping

from tortoise.functions import Sum

from domain.clock import day_of
from domain.ledger import Account
from domain.money import Fen
from models import LedgerLine
from models.sql import insert_many
from services.shop import Shop


async def post(
    shop: Shop,
    event: str,
    lines: Mapping[str, Fen],
    *,
    member_id: int | None = None,
    box_id: int | None = None,
    order_id: int | None = None,
) -> None:
    """Post one event's lines, account (domain/ledger.Account) → signed fen; zero lines are left out.

    Raises ValueError when they do not sum to 0 or name no account, IntegrityError when the event was
    posted before.
    """
    if sum(lines.values()) != 0:
        raise ValueError(f"{event}: lines sum to {sum(lines.values())}, not 0")
    now = shop.now()
    about = {"event": event, "member_id": member_id, "box_id": box_id, "order_id": order_id}
    rows = [
        {**about, "account": Account(account).value, "amount_fen": fen, "day": day_of(now), "created_at": now}
        for account, fen in lines.items()
        if fen
    ]
    await insert_many(LedgerLine, rows)


def about(ref: str) -> dict[str, int]:
    """How `post` names what a `ref` is about: `box:9` → box_id, `order:3` → order_id, anything else → nothing."""
    noun, _, number = ref.partition(":")
    return {f"{noun}_id": int(number)} if noun in ("box", "order") else {}


async def lines_of_box(box_id: int) -> list[LedgerLine]:
    """Every line of one box, in the order in which it was posted."""
    return await LedgerLine.filter(box_id=box_id).order_by("id")


async def lines_of_order(order_id: int) -> list[LedgerLine]:
    """Every line of one shop order, in the order in which it was posted."""
    return await LedgerLine.filter(order_id=order_id).order_by("id")


async def trial_balance() -> dict[str, Fen]:
    """The balance of each account; they always sum to 0."""
    rows = await LedgerLine.all().annotate(sum=Sum("amount_fen")).group_by("account").values("account", "sum")
    return {row["account"]: int(row["sum"]) for row in sorted(rows, key=lambda r: r["account"])}
