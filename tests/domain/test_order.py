"""What an order comes to, and what comes back of it: a table a shop owner can check, and laws for any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.benefits import NONE, Benefits, best
from domain.bill import Bought
from domain.coupon import CouponOffer
from domain.order import OrderRules, after_return, freight_for, reckon

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


@pytest.mark.parametrize(
    ("paid", "kept", "refund", "goods", "back"),
    [
        (35000, [(20000, 17500)], 15000, 20000, True),  # below the threshold: 20000 at its price, the coupon back
        (52500, [(20000, 17500), (20000, 17500)], 17500, 35000, False),  # still met: the net share
        (35000, [], 35000, 0, True),  # all of it: all that was paid
        (10000, [(12000, 9500)], 0, 10000, True),  # what is kept is worth more than was paid: nothing, never less
    ],
)
def test_what_a_return_brings(paid: int, kept: list[tuple[int, int]], refund: int, goods: int, back: bool) -> None:
    told = after_return(paid, [Bought(*one) for one in kept], coupon=COUPON)
    assert (told.refund_fen, told.goods_fen, told.coupon_back) == (refund, goods, back)


def test_of_several_benefits_the_best_counts() -> None:
    plan = Benefits(True, True, 1, (200,))
    assert best(plan, Benefits(priority=3, multipliers_percent=(150,))) == Benefits(True, True, 3, (200, 150))
    assert best() == NONE
    assert freight_for(0, plan, RULES) == 0


prices_of = st.lists(st.integers(0, 100_000_00), min_size=1, max_size=8)
coupons = st.none() | st.builds(CouponOffer, st.integers(0, 200_000_00), st.integers(1, 50_000_00))


@given(prices=prices_of, coupon=coupons, data=st.data())
def test_returns_in_any_order_conserve_the_sum(
    prices: list[int], coupon: CouponOffer | None, data: st.DataObject
) -> None:
    sums = reckon(prices, NONE, RULES, coupon)
    assert sum(sums.nets) == sums.goods_fen == sums.gross_fen - sums.coupon_fen
    assert all(0 <= net <= price for net, price in zip(sums.nets, prices, strict=True))
    used = coupon if sums.coupon_fen else None
    left = dict(enumerate(Bought(p, n) for p, n in zip(prices, sums.nets, strict=True)))
    paid, refunds, fell = sums.goods_fen, 0, False
    for number in data.draw(st.permutations(range(len(prices)))):
        del left[number]
        told = after_return(paid, list(left.values()), coupon=used)
        assert told.refund_fen >= 0
        assert told.goods_fen + told.refund_fen == paid
        assert told.coupon_back or not fell or used is None
        fell = told.coupon_back
        # Nobody is left paying more for what is kept than its prices.
        assert told.goods_fen <= sum(item.gross_fen for item in left.values())
        paid, refunds = told.goods_fen, refunds + told.refund_fen
    assert (paid, refunds) == (0, sums.goods_fen)


@given(prices=prices_of, coupon=coupons, data=st.data())
def test_two_pieces_back_at_once_or_one_by_one_end_alike(
    prices: list[int], coupon: CouponOffer | None, data: st.DataObject
) -> None:
    sums = reckon(prices, NONE, RULES, coupon)
    used = coupon if sums.coupon_fen else None
    items = [Bought(p, n) for p, n in zip(prices, sums.nets, strict=True)]
    count = data.draw(st.integers(1, len(items)))
    at_once = after_return(sums.goods_fen, items[count:], coupon=used)
    paid = sums.goods_fen
    for number in range(1, count + 1):
        paid = after_return(paid, items[number:], coupon=used).goods_fen
    # One by one, a piece may have been refunded while the coupon still stood: never less comes back.
    assert paid <= at_once.goods_fen
    if used is None or sum(i.gross_fen for i in items[1:]) < used.threshold_fen:
        assert paid == at_once.goods_fen
