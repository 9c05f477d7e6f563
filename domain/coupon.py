"""Coupons: what one takes off, tested on what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.money import Fen, split


@dataclass(frozen=True)
class CouponOffer:
    """`off_fen` less, once the kept goods reach `threshold_fen` (reaching it exactly counts)."""

    threshold_fen: Fen
    off_fen: Fen


def off(kept_fen: Fen, coupon: CouponOffer | None) -> Fen:
    """What the coupon takes off a sum of kept goods: 0 below the threshold, never more than the sum."""
    if coupon is None or kept_fen < coupon.threshold_fen:
        return 0
    return min(coupon.off_fen, kept_fen)


def net_shares(prices: Sequence[Fen], off_fen: Fen) -> list[Fen]:
    """Each item's price less its share of the discount (largest remainder, ties to the earlier line)."""
    return [price - part for price, part in zip(prices, split(off_fen, prices), strict=True)]
