"""Points: awarded once per cause, derived balance, taken back by recomputation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.functions import Sum

from domain.loyalty import expires
from models import PointsLot, PointsSpend
from services.shop import Shop


async def award(
    shop: Shop,
    member_id: int,
    points: int,
    *,
    reason: str,
    ref: str,
    usable_at: datetime | None = None,
) -> bool:
    """Write one lot; False when this cause was awarded before. `usable_at` None = at once."""
    if points == 0:
        return False
    now = shop.now()
    before = await PointsLot.filter(member_id=member_id, reason=reason, ref=ref).count()
    await PointsLot.bulk_create(
        [
            PointsLot(
                member_id=member_id,
                points=points,
                usable_at=usable_at or now,
                expires_at=expires(now, shop.rules.points),
                reason=reason,
                ref=ref,
                created_at=now,
            )
        ],
        on_conflict=("member_id", "reason", "ref"),
        ignore_conflicts=True,
    )
    return before == 0


@dataclass(frozen=True)
class Balance:
    """usable may be negative after a claw-back; pending becomes usable when the law's window is over."""

    usable: int
    pending: int
    next_expiry_at: datetime | None
    next_expiry_points: int


async def balance(shop: Shop, member_id: int) -> Balance:
    """The member's points, derived from lots and spends."""
    [found] = await balances(shop, [member_id])
    return found


async def balances(shop: Shop, member_ids: Sequence[int]) -> list[Balance]:
    """The points of several members, in their order, by two statements for all of them."""
    now = shop.now()
    lots: dict[int, list[PointsLot]] = {member_id: [] for member_id in member_ids}
    for lot in await PointsLot.filter(member_id__in=list(lots)).order_by("expires_at", "id"):
        lots[lot.member_id].append(lot)
    spent: dict[int, int] = {}
    if lot_ids := [lot.id for mine in lots.values() for lot in mine]:
        sums = PointsSpend.filter(lot_id__in=lot_ids).annotate(sum=Sum("points")).group_by("lot_id")
        spent = {row["lot_id"]: row["sum"] for row in await sums.values("lot_id", "sum")}
    return [_balance(lots[member_id], spent, now) for member_id in member_ids]


def _balance(lots: Sequence[PointsLot], spent: Mapping[int, int], now: datetime) -> Balance:
    """Lots come in the order in which they lapse."""
    usable = pending = next_points = 0
    next_at: datetime | None = None
    for lot in lots:
        left = lot.points - spent.get(lot.id, 0)
        if lot.expires_at <= now and left > 0:
            continue
        if lot.usable_at > now:
            pending += left
            continue
        usable += left
        if left > 0 and (next_at is None or lot.expires_at == next_at):
            next_at, next_points = lot.expires_at, next_points + left
    return Balance(usable, pending, next_at, next_points)
