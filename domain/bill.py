"""The bill of a box: the highest sum it can ever come to, what it comes to, and what a late return changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from domain.coupon import CouponOffer, net_shares, off
from domain.loyalty import PointsRules, earned
from domain.money import Fen, share


@dataclass(frozen=True)
class Freight:
    """What each leg costs this box: 0 and 0 while a free round trip is held for it."""

    out_fen: Fen = 0
    back_fen: Fen = 0


@dataclass(frozen=True)
class SettlementFigures:
    """The sums of a settlement. `nets` are the kept items' shares, in the order they were given."""

    gross_fen: Fen  # kept goods at their prices
    coupon_fen: Fen  # what the coupon took off
    keep_all_fen: Fen  # what the keep-all discount took off
    goods_fen: Fen  # net goods: what points are earned on
    freight_fen: Fen  # legs that were travelled and are not free; no coupon reduces them
    charge_fen: Fen  # goods + freight
    nets: tuple[Fen, ...]

    @property
    def coupon_used(self) -> bool:
        return self.coupon_fen > 0


def settle(
    kept: Sequence[Fen],
    freight: Freight,
    *,
    anything_back: bool,
    coupon: CouponOffer | None = None,
    keep_all_percent: int = 0,
) -> SettlementFigures:
    """The bill for the prices of what is kept. The coupon's threshold is tested on kept goods.

    The way back is charged only when something travelled it. `keep_all_percent` is the discount for
    actively keeping everything (0: none), taken of what is left after the coupon.
    """
    gross = sum(kept)
    coupon_fen = off(gross, coupon)
    keep_all_fen = 0 if anything_back else share(gross - coupon_fen, keep_all_percent, 100)
    nets = net_shares(kept, coupon_fen + keep_all_fen)
    goods = gross - coupon_fen - keep_all_fen
    freight_fen = freight.out_fen + (freight.back_fen if anything_back else 0)
    return SettlementFigures(gross, coupon_fen, keep_all_fen, goods, freight_fen, goods + freight_fen, tuple(nets))


def highest(prices: Sequence[Fen], freight: Freight, coupon: CouponOffer | None = None) -> Fen:
    """The highest sum that can ever be charged, whatever is kept.

    It is not always that of keeping everything: sending a cheap item back may cost a leg of freight or
    the coupon. So every way of keeping some is tried (at most 2^12).
    """
    return max(
        settle(kept, freight, anything_back=count < len(prices), coupon=coupon).charge_fen
        for count in range(len(prices) + 1)
        for kept in combinations(prices, count)
    )


@dataclass(frozen=True)
class CoverParts:
    """What secures a highest sum: the part Pay Score bears, and the part a deposit does."""

    score_fen: Fen
    deposit_fen: Fen


def score_cover(top_fen: Fen, cap_fen: Fen) -> CoverParts:
    """Pay Score up to its cap; what is above it is topped up by a deposit."""
    return CoverParts(min(top_fen, cap_fen), max(0, top_fen - cap_fen))


@dataclass(frozen=True)
class CoverUse:
    """How a deposit meets the charge: used first; the rest goes back, or the balance is asked for."""

    used_fen: Fen
    refund_fen: Fen
    balance_fen: Fen


def use_deposit(deposit_fen: Fen, charge_fen: Fen) -> CoverUse:
    used = min(deposit_fen, charge_fen)
    return CoverUse(used, deposit_fen - used, charge_fen - used)


@dataclass(frozen=True)
class Bought:
    """One bought item: its price, and its share of what was paid."""

    gross_fen: Fen
    net_fen: Fen


@dataclass(frozen=True)
class ReturnFigures:
    """What a return after settlement changes. `nets` are the shares of what is still kept."""

    refund_fen: Fen
    goods_fen: Fen
    coupon_back: bool
    nets: tuple[Fen, ...]


def after_return(
    kept: Sequence[Bought], returned: Bought, *, coupon: CouponOffer | None, kept_all: bool = False
) -> ReturnFigures:
    """The refund for one item that comes back after settlement, `kept` being what stays.

    Coupon still met: the item's net share. Not met: the coupon falls away, and the refund is what was
    paid less the prices of what is kept, never below 0. A keep-all discount is re-adjusted: what is
    kept is billed without it. `coupon` is the one that was used (None: none was).
    """
    paid = returned.net_fen + sum(item.net_fen for item in kept)
    gross_left = sum(item.gross_fen for item in kept)
    coupon_off = off(gross_left, coupon)
    # With nothing kept the coupon has nothing to be tested on: it comes back.
    falls_away = coupon is not None and (not kept or coupon_off == 0)
    if not falls_away and not kept_all:
        return ReturnFigures(returned.net_fen, paid - returned.net_fen, False, tuple(item.net_fen for item in kept))
    goods = min(paid, gross_left if falls_away else gross_left - coupon_off)
    prices = [item.gross_fen for item in kept]
    return ReturnFigures(paid - goods, goods, falls_away, tuple(net_shares(prices, gross_left - goods)))


def points_lost(before_fen: Fen, after_fen: Fen, percent: int, rules: PointsRules) -> int:
    """The claw-back: what the goods earned before, less what the kept goods would have earned."""
    return earned(before_fen, [percent], rules) - earned(after_fen, [percent], rules)
