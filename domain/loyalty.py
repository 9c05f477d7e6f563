"""Points: earned once per order, pending through the law's window, in lots that lapse.

A lot holds what is left of one award. A **debt** is a lot below zero: what had to be taken back and was
not there any more. The usable balance counts both, so nothing is spent before it is back at zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.clock import add_months, day_end, day_of, end_of_day_after
from domain.errors import PointsShort
from domain.money import Fen


@dataclass(frozen=True)
class PointsRules:
    fen_per_point: Fen = 100
    pending_days: int = 7
    life_months: int = 12
    returned_days: int = 30  # life of points that come back to a lot which has lapsed meanwhile
    member_day: int = 18  # day of the month; in a shorter month its last day; 0 = there is none
    member_day_percent: int = 200
    multiply: bool = False  # True: several multipliers multiply; False: the highest wins


# Earning ---------------------------------------------------------------------------------------------


def combined(multipliers_percent: Sequence[int], rules: PointsRules) -> int:
    """One multiplier of several (100 = ×1): the highest wins, or they multiply. Never below 100."""
    percent = 100
    for m in multipliers_percent:
        percent = percent * max(m, 100) // 100 if rules.multiply else max(percent, m)
    return percent


def earned(net_goods_fen: Fen, multipliers_percent: Sequence[int], rules: PointsRules) -> int:
    """Points of one order: floored once, on the net goods sum, with the combined multiplier."""
    return max(0, net_goods_fen) * combined(multipliers_percent, rules) // (100 * rules.fen_per_point)


def is_member_day(day: date, rules: PointsRules) -> bool:
    """Whether the shop's monthly member day falls on this day; a 31st is the last day of a shorter month."""
    if not rules.member_day:
        return False
    return day == add_months(date(2000, 1, rules.member_day), (day.year - 2000) * 12 + day.month - 1)


def next_member_day(today: date, rules: PointsRules) -> date | None:
    """Today, or the next day to come that is one; None where the shop keeps none."""
    if not rules.member_day:
        return None
    months = (today.year - 2000) * 12 + today.month - 1
    first = date(2000, 1, rules.member_day)
    this, following = add_months(first, months), add_months(first, months + 1)
    return this if this >= today else following


def usable_from(signed_at: datetime, rules: PointsRules) -> datetime:
    """The instant the law's return window, counted from signing, is over."""
    return end_of_day_after(signed_at, rules.pending_days)


def expires(earned_at: datetime, rules: PointsRules) -> datetime:
    """End of the corresponding day twelve months later."""
    return day_end(add_months(day_of(earned_at), rules.life_months))


# Lots ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Lot:
    """What is left of one award; below zero it is a debt, which never lapses."""

    id: int
    unspent: int
    usable_at: datetime
    expires_at: datetime

    def usable(self, now: datetime) -> bool:
        return self.usable_at <= now and (self.unspent < 0 or now < self.expires_at)


@dataclass(frozen=True)
class Change:
    """So many points more (or, negative, fewer) in one lot."""

    lot_id: int
    points: int


def usable(lots: Sequence[Lot], now: datetime) -> int:
    """The balance that can be spent; below zero after a claw-back."""
    return sum(lot.unspent for lot in lots if lot.usable(now))


def _take(lots: Sequence[Lot], points: int) -> list[Change]:
    """Take up to `points` from lots in the order given."""
    taken = []
    for lot in lots:
        part = min(points, lot.unspent)
        if part > 0:
            taken.append(Change(lot.id, -part))
            points -= part
    return taken


def _first_to_expire(lots: Sequence[Lot], now: datetime) -> list[Lot]:
    return sorted((lot for lot in lots if lot.unspent > 0 and lot.usable(now)), key=lambda t: (t.expires_at, t.id))


def spend(lots: Sequence[Lot], points: int, now: datetime) -> list[Change]:
    """Spend `points`, first to expire first. Raises PointsShort when the usable balance is lower."""
    have = usable(lots, now)
    if have < points:
        raise PointsShort(have, points)
    return _take(_first_to_expire(lots, now), points)


def take_back(lots: Sequence[Lot], own_id: int, points: int, now: datetime) -> tuple[list[Change], int]:
    """Take `points` back: from the lot they were earned in, then from what is usable, first to expire first.

    Also what could not be taken: the debt.
    """
    own = [lot for lot in lots if lot.id == own_id]
    taken = _take([*own, *(lot for lot in _first_to_expire(lots, now) if lot.id != own_id)], points)
    return taken, points + sum(change.points for change in taken)


def pay_debts(lots: Sequence[Lot], now: datetime) -> list[tuple[int, Change]]:
    """What usable lots pay of the debts, the oldest debt first: `(debt, change of the lot that pays)`."""
    left = {lot.id: lot.unspent for lot in lots}
    paid = []
    for debt in sorted((lot for lot in lots if lot.unspent < 0), key=lambda t: t.id):
        for lot in _first_to_expire(lots, now):
            part = min(-left[debt.id], left[lot.id])
            if part > 0:
                left[debt.id], left[lot.id] = left[debt.id] + part, left[lot.id] - part
                paid.append((debt.id, Change(lot.id, -part)))
    return paid


def give_back(spent: Sequence[tuple[Lot, int]], points: int) -> list[Change]:
    """Give `points` of a spend back to the lots it came from, the longest life first."""
    back = []
    for lot, part in sorted(spent, key=lambda pair: (pair[0].expires_at, pair[0].id), reverse=True):
        part = min(points, part)
        if part > 0:
            back.append(Change(lot.id, part))
            points -= part
    return back


def expires_after_return(expires_at: datetime, now: datetime, rules: PointsRules) -> datetime:
    """A lot keeps its own end; one that has lapsed meanwhile gets thirty days."""
    return expires_at if now < expires_at else end_of_day_after(now, rules.returned_days)
