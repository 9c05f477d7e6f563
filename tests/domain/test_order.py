"""What an order comes to: a table a shop owner can check, and laws for any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.benefits import NONE, Benefits, best
from domain.bill import bought
from domain.coupon import CouponOffer
from domain.order import OrderRules, freight_for, reckon

RULES = OrderRules()
COUPON = CouponOffer(30000, 5000)


@pytest.mark.parametrize(
    ("prices", "benefits", "coupon", "coupon_fen", "freight_fen", "total_fen"),
    [
        ([29899], NONE, None, 0, 1200, 31099),
        ([29900], NONE, None, 0, 0, 29900),  # reaching the sum exactly is enough
        ([100], Benefits(free_freight=True), None, 0, 0, 100),
        ([29999], NONE, COUPON, 0, 0, 29999),  # a fen below the coupon's threshold
        ([30000], NONE, COUPON, 5000, 1200, 26200),  # the free sum is tested on net goods, after the coupon
        ([20000, 20000], NONE, COUPON, 5000, 0, 35000),
        ([100], NONE, CouponOffer(0, 5000), 100, 1200, 1200),  # no coupon takes more than the goods, none the freight
    ],
)
def test_what_an_order_comes_to(
    prices: list[int], benefits: Benefits, coupon: CouponOffer | None, coupon_fen: int, freight_fen: int, total_fen: int
) -> None:
    told = reckon(prices, benefits, RULES, coupon)
    assert (told.coupon_fen, told.freight_fen, told.total_fen) == (coupon_fen, freight_fen, total_fen)


def test_a_coupon_falls_on_the_pieces_by_largest_remainder_ties_to_the_earlier() -> None:
    told = reckon([10000, 10000, 10000], NONE, RULES, CouponOffer(0, 100))
    assert told.nets == (9966, 9967, 9967)


def test_of_several_benefits_the_best_counts() -> None:
    plan = Benefits(True, True, 1, (200,))
    assert best(plan, Benefits(priority=3, multipliers_percent=(150,))) == Benefits(True, True, 3, (200, 150))
    assert best() == NONE
    assert freight_for(0, plan, RULES) == 0


prices_of = st.lists(st.integers(0, 100_000_00), min_size=1, max_size=8)
coupons = st.none() | st.builds(CouponOffer, st.integers(0, 200_000_00), st.integers(1, 50_000_00))


@given(prices=prices_of, coupon=coupons)
def test_the_shares_of_an_order_add_up_to_its_goods(prices: list[int], coupon: CouponOffer | None) -> None:
    sums = reckon(prices, NONE, RULES, coupon)
    assert sum(sums.nets) == sums.goods_fen == sums.gross_fen - sums.coupon_fen
    assert all(0 <= net <= price for net, price in zip(sums.nets, prices, strict=True))
    assert list(sums.nets) == [piece.net_fen for piece in bought(prices, coupon)]
