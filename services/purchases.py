"""What members have bought, in one place for everything that counts it: stages, tiers, reports."""

from datetime import datetime

from domain.money import Fen
from models import Purchase, sql
from services.shop import Shop


async def keep(shop: Shop, member_id: int, ref: str, net_fen: Fen, *, bought_at: datetime | None = None) -> None:
    """What `ref` (a settled box, a paid order) is worth by now, inside the caller's transaction.

    Said when it is bought and again whenever part of it comes back: the instant of buying stays, the
    sum is the last one said, 0 when nothing is left. A purchase of nothing is none.
    """
    now = shop.now()
    changed = await Purchase.filter(ref=ref).update(net_fen=net_fen, updated_at=now)
    if not changed and not net_fen:
        return
    if not changed:
        await Purchase.create(member_id=member_id, ref=ref, net_fen=net_fen, bought_at=bought_at or now, created_at=now)
    await sql.run("stage_mark", member_id=member_id, now=now)


async def net_between(member_id: int, since: datetime, until: datetime) -> Fen:
    """The net sum of what was bought in a half-open span, less what came back since."""
    rows = await Purchase.filter(member_id=member_id, bought_at__gte=since, bought_at__lt=until).values_list(
        "net_fen", flat=True
    )
    return sum(int(str(fen)) for fen in rows)
