"""Points: awarded once per cause, spent from the lots that lapse first, given back to their own, taken
back by reckoning what is kept.

Every change is an entry of one lot, and the lot's running total moves with it in the same transaction.
What may not happen twice is stopped by the unique keys of lots and entries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from tortoise.expressions import F
from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from domain import loyalty
from domain.clock import local
from domain.loyalty import Change, Lot
from models import PointsEntry, PointsLot, sql
from services.shop import Shop
from services.transaction import transaction

LAPSE_AT_ONCE = 100_000
FORECAST_DAYS = 50
RETURNED, EXPIRED, TAKEN_BACK, DEBT = "returned", "expired", "clawback", "debt"
log = structlog.get_logger()


async def award(
    shop: Shop,
    member_id: int,
    points: int,
    *,
    reason: str,
    ref: str,
    usable_at: datetime | None = None,
) -> bool:
    """Write one lot of points > 0; False when this cause was awarded before. `usable_at` None = at once.

    Inside the caller's transaction. What is usable at once pays debts first.
    """
    if points <= 0:
        return False
    now = shop.now()
    lot_id = await _new_lot(shop, member_id, points, reason, ref, usable_at or now)
    if lot_id is None:
        return False
    if (usable_at is None or usable_at <= now) and await PointsLot.exists(member_id=member_id, unspent__lt=0):
        await _pay_debts(shop, member_id)
    return True


async def _new_lot(shop: Shop, member_id: int, points: int, reason: str, ref: str, usable_at: datetime) -> int | None:
    now = shop.now()
    made = await sql.run(
        "points_award", member_id=member_id, points=points, usable_at=usable_at,
        expires_at=loyalty.expires(now, shop.rules.points), reason=reason, ref=ref, now=now,
    )  # fmt: skip
    return int(made[0]["lot_id"]) if made else None


async def _lots(member_id: int) -> list[Lot]:
    """The member's lots that hold something, locked: whoever spends or takes back waits in line here."""
    rows = PointsLot.filter(member_id=member_id).exclude(unspent=0).order_by("id").select_for_update()
    return [Lot(row.id, row.unspent, row.usable_at, row.expires_at) for row in await rows]


async def _write(shop: Shop, member_id: int, changes: Sequence[Change], reason: str, ref: str) -> None:
    """Move running totals and write the entries that say so."""
    now = shop.now()
    for change in changes:
        await PointsLot.filter(id=change.lot_id).update(unspent=F("unspent") + change.points, updated_at=now)
    await PointsEntry.bulk_create(
        [
            PointsEntry(member_id=member_id, lot_id=c.lot_id, points=c.points, reason=reason, ref=ref, created_at=now)
            for c in changes
        ]
    )


async def spend(shop: Shop, member_id: int, points: int, *, reason: str, ref: str) -> bool:
    """Spend points for `ref`, first to expire first, inside the caller's transaction.

    False when they were spent for it before. Raises PointsShort; below zero nothing can be spent.
    """
    lots = await _lots(member_id)
    if await PointsEntry.exists(member_id=member_id, reason=reason, ref=ref):
        return False
    await _write(shop, member_id, loyalty.spend(lots, points, shop.now()), reason, ref)
    log.info("points.spent", member=member_id, ref=ref, points=points)
    return True


async def give_back(
    shop: Shop, member_id: int, *, reason: str, ref: str, cause: str = "all", points: int | None = None
) -> int:
    """A spend for `ref` is cancelled, whole or in part: back to its own lots; how many points.

    A lot that has lapsed meanwhile comes back with thirty days of life. `cause` tells several partial
    returns apart; the same one again changes nothing. Inside the caller's transaction.
    """
    lines = PointsEntry.filter(member_id=member_id, ref=ref, reason=reason)
    spent = await _sums(lines)
    locked = await PointsLot.filter(id__in=list(spent)).order_by("id").select_for_update()
    back = PointsEntry.filter(member_id=member_id, ref__startswith=f"{ref}#", reason=RETURNED)
    if await back.filter(ref=f"{ref}#{cause}").exists():
        return 0
    returned = await _sums(back)
    lots = [Lot(row.id, row.unspent, row.usable_at, row.expires_at) for row in locked]
    open_parts = [(lot, -spent[lot.id] - returned.get(lot.id, 0)) for lot in lots]
    most = sum(part for _, part in open_parts)
    changes = loyalty.give_back(open_parts, most if points is None else min(points, most))
    await _revive(shop, member_id, [lot for lot in lots if lot.id in {c.lot_id for c in changes}])
    await _write(shop, member_id, changes, RETURNED, f"{ref}#{cause}")
    if changes and await PointsLot.exists(member_id=member_id, unspent__lt=0):
        await _pay_debts(shop, member_id)
    return sum(change.points for change in changes)


async def _sums(entries: QuerySet[PointsEntry]) -> dict[int, int]:
    """Points by lot."""
    rows = await entries.annotate(sum=Sum("points")).group_by("lot_id").values("lot_id", "sum")
    return {int(row["lot_id"]): int(row["sum"]) for row in rows}


async def _revive(shop: Shop, member_id: int, lots: Sequence[Lot]) -> None:
    """Lapsed lots live again; what had lapsed in them and was not written down yet is, first."""
    now = shop.now()
    for lot in lots:
        if now < lot.expires_at:
            continue
        if lot.unspent > 0:
            await _write(shop, member_id, [Change(lot.id, -lot.unspent)], EXPIRED, _end_name(lot.expires_at))
        until = loyalty.expires_after_return(lot.expires_at, now, shop.rules.points)
        await PointsLot.filter(id=lot.id).update(expires_at=until, updated_at=now)


def _end_name(expires_at: datetime) -> str:
    """How an entry names the end at which a lot lapsed; models/sql/points_lapse writes the same."""
    return local(expires_at).strftime("%Y%m%d%H%M")


async def take_back(shop: Shop, member_id: int, *, reason: str, ref: str, earned_now: int, cause: str) -> int:
    """Part of `ref` came back, and by what is kept it would have earned `earned_now`: the difference goes.

    The sum is always reckoned anew against what the first award was, so many returns never drift. What
    is not there any more is owed, and nothing can be spent until it is made up. How many points.
    """
    lots = await _lots(member_id)
    first = await PointsLot.filter(member_id=member_id, reason=reason, ref=ref).first()
    if first is None:
        return 0
    gone = await _sums_of(member_id, ref)
    points = first.points + gone - earned_now
    if points <= 0 or await PointsEntry.exists(member_id=member_id, reason=TAKEN_BACK, ref=f"{ref}#{cause}"):
        return 0
    taken, owed = loyalty.take_back(lots, first.id, points, shop.now())
    await _write(shop, member_id, taken, TAKEN_BACK, f"{ref}#{cause}")
    if owed:
        await _new_lot(shop, member_id, -owed, TAKEN_BACK, f"{ref}#{cause}", shop.now())
    log.info("points.taken_back", member=member_id, ref=ref, points=points, owed=owed)
    return points


async def forfeit(shop: Shop, member_id: int) -> None:
    """The account closes: what is left in its lots goes, debts too, inside the caller's transaction."""
    rows = PointsLot.filter(member_id=member_id).exclude(unspent=0).order_by("id").select_for_update()
    await _write(shop, member_id, [Change(row.id, -row.unspent) for row in await rows], "closed", "account")


async def _sums_of(member_id: int, ref: str) -> int:
    """What was taken back of one award already, debts included: below zero."""
    rows = PointsEntry.filter(member_id=member_id, reason=TAKEN_BACK, ref__startswith=f"{ref}#")
    return int((await rows.annotate(sum=Sum("points")).values("sum"))[0]["sum"] or 0)


async def _pay_debts(shop: Shop, member_id: int) -> None:
    for debt_id, change in loyalty.pay_debts(await _lots(member_id), shop.now()):
        # The same lot may pay the same debt again after something was given back to it.
        times = await PointsEntry.filter(lot_id=debt_id, reason=DEBT).count()
        await _write(shop, member_id, [change], DEBT, f"lot:{debt_id}#{times}")
        await _write(shop, member_id, [Change(debt_id, -change.points)], DEBT, f"lot:{change.lot_id}#{times}")


async def lapse_due(shop: Shop) -> int:
    """The job of the day's end: what has lapsed is written off, by sets; how many lots.

    Points that became usable pay their member's debts first, so that nobody's points lapse beside a debt.
    """
    debtors = await PointsLot.filter(unspent__lt=0).distinct().values_list("member_id", flat=True)
    for member_id in debtors:
        async with transaction():
            await _pay_debts(shop, int(str(member_id)))
    lapsed = 0
    while True:
        async with transaction():
            rows = await sql.run("points_lapse", now=shop.now(), count=LAPSE_AT_ONCE)
            if sql.dialect() != "postgres":
                await sql.run("points_lapse_empty", now=shop.now(), count=LAPSE_AT_ONCE)
        lapsed += (done := int(rows[0]["lapsed"]) if rows and "lapsed" in rows[0] else len(rows))
        if done < LAPSE_AT_ONCE:
            break
    if lapsed:
        log.info("points.lapsed", lots=lapsed)
    return lapsed


# Reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Balance:
    """usable may be negative after a claw-back; pending becomes usable when the law's window is over."""

    usable: int
    pending: int
    next_expiry_at: datetime | None
    next_expiry_points: int


async def balance(shop: Shop, member_id: int) -> Balance:
    """The member's points, derived from what the lots hold."""
    [found] = await balances(shop, [member_id])
    return found


async def balances(shop: Shop, member_ids: Sequence[int]) -> list[Balance]:
    """The points of several members, in their order, by one statement for all of them."""
    rows = await sql.run("points_balance", member_ids=list(set(member_ids)), now=shop.now())
    found: Mapping[int, Balance] = {
        row["member_id"]: Balance(
            int(row["usable"]), int(row["pending"]), sql.instant(row["next_at"]), int(row["next_points"] or 0)
        )
        for row in rows
    }
    return [found.get(member_id, Balance(0, 0, None, 0)) for member_id in member_ids]


@dataclass(frozen=True)
class Expiry:
    """So many points lapse at this instant."""

    at: datetime
    points: int


async def forecast(shop: Shop, member_id: int) -> list[Expiry]:
    """What lapses when, the soonest first, pending points included."""
    lots = PointsLot.filter(member_id=member_id, unspent__gt=0, expires_at__gt=shop.now())
    rows = lots.annotate(sum=Sum("unspent")).group_by("expires_at").order_by("expires_at").limit(FORECAST_DAYS)
    return [Expiry(row["expires_at"], int(row["sum"])) for row in await rows.values("expires_at", "sum")]


async def statement(member_id: int, *, before_id: int | None = None, limit: int = 20) -> list[PointsEntry]:
    """The entries of a member, the newest first, `before_id` for the next page."""
    entries = PointsEntry.filter(member_id=member_id)
    if before_id is not None:
        entries = entries.filter(id__lt=before_id)
    return await entries.order_by("-id").limit(limit).prefetch_related("lot")
