"""Double-entry postings: what is written together sums to zero."""

from collections.abc import Mapping

from domain.clock import day_of
from domain.money import Fen
from models import LedgerLine
from services.shop import Shop


async def post(
    shop: Shop,
    event: str,
    lines: Mapping[str, Fen],
    *,
    member_id: int | None = None,
    box_id: int | None = None,
) -> None:
    """Post one event's lines, account → signed fen; zero lines are left out.

    Raises ValueError when they do not sum to 0, IntegrityError when the event was posted before.
    """
    if sum(lines.values()) != 0:
        raise ValueError(f"{event}: lines sum to {sum(lines.values())}, not 0")
    now = shop.now()
    await LedgerLine.bulk_create(
        [
            LedgerLine(
                event=event,
                account=account,
                amount_fen=fen,
                member_id=member_id,
                box_id=box_id,
                day=day_of(now),
                created_at=now,
            )
            for account, fen in lines.items()
            if fen
        ]
    )
