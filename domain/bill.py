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
    """One bought piece: its price, and that price less its share of the coupon it was bought with."""

    gross_fen: Fen
    net_fen: Fen


def bought(prices: Sequence[Fen], coupon: CouponOffer | None) -> list[Bought]:
    """All that was bought together, each piece with its share of the coupon."""
    nets = net_shares(prices, off(sum(prices), coupon))
    return [Bought(price, net) for price, net in zip(prices, nets, strict=True)]


@dataclass(frozen=True)
class ReturnFigures:
    """What a return changes: the refund, the net goods that stay paid, and whether the coupon is not met any more."""

    refund_fen: Fen
    goods_fen: Fen
    coupon_back: bool


def after_return(
    paid_fen: Fen, kept: Sequence[Bought], back: Sequence[Bought], *, coupon: CouponOffer | None
) -> ReturnFigures:
    """What a return brings once only `kept` stays of what was bought, and all of `back` is gone.

    `paid_fen` are the net goods paid until now, `coupon` the one they were bought with (None: none was).
    Coupon still met: the net shares of what came back. Not met: what is kept is reckoned at its prices, and
    the refund is what was paid less that. Sending one piece more back never makes what is kept dearer, so
    the refund is never below 0, and the sum depends on what is kept alone: returns in any order, one by one
    or together, end at the same fen. A discount for keeping all is in `paid_fen` only, so it ends by itself.
    """
    goods = min(paid_fen, _least(kept, back, coupon.threshold_fen if coupon is not None else 0))
    gross = sum(piece.gross_fen for piece in kept)
    # With nothing kept the coupon has nothing to be tested on: it comes back.
    lost = coupon is not None and (not kept or gross < coupon.threshold_fen)
    return ReturnFigures(paid_fen - goods, goods, lost)


def _least(kept: Sequence[Bought], back: Sequence[Bought], threshold_fen: Fen) -> Fen:
    """The least that keeping these pieces, alone or with some of `back`, comes to.

    A piece that cost less than it carries of the coupon would, sent back last, make the rest dearer than it
    had been with it. So what was paid on the way there stands, whichever way was taken.
    """
    gross = sum(piece.gross_fen for piece in kept)
    # Every sum of prices that can be reached, with the least net sum; what is no less than the prices helps nobody.
    sums = {gross: sum(piece.net_fen for piece in kept)}
    for piece in back:
        for price, net in list(sums.items()):
            more, least = price + piece.gross_fen, net + piece.net_fen
            if least < gross:
                sums[more] = min(least, sums.get(more, least))
    return min([gross, *(net for price, net in sums.items() if price >= threshold_fen)])


def points_lost(before_fen: Fen, after_fen: Fen, percent: int, rules: PointsRules) -> int:
    """The claw-back: what the goods earned before, less what the kept goods would have earned."""
    return earned(before_fen, [percent], rules) - earned(after_fen, [percent], rules)
