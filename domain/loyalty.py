"""Points: earned once per order, pending through the law's window, in lots that lapse."""

from dataclasses import dataclass
from datetime import datetime

from domain.clock import add_months, day_end, day_of, end_of_day_after
from domain.money import Fen


@dataclass(frozen=True)
class PointsRules:
    fen_per_point: Fen = 100
    pending_days: int = 7
    life_months: int = 12
    multiply: bool = False  # True: several multipliers multiply; False: the highest wins


def earned(net_goods_fen: Fen, multipliers_percent: list[int], rules: PointsRules) -> int:
    """Points of one order: floored once, on the net goods sum, with the highest multiplier (100 = ×1)."""
    percent = 100
    if multipliers_percent:
        percent = max(100, *multipliers_percent)
        if rules.multiply:
            percent = 100
            for m in multipliers_percent:
                percent = percent * m // 100
    return max(0, net_goods_fen) * percent // (100 * rules.fen_per_point)


def usable_from(signed_at: datetime, rules: PointsRules) -> datetime:
    """The instant the law's return window, counted from signing, is over."""
    return end_of_day_after(signed_at, rules.pending_days)


def expires(earned_at: datetime, rules: PointsRules) -> datetime:
    """End of the corresponding day twelve months later."""
    return day_end(add_months(day_of(earned_at), rules.life_months))
