"""What comes back of what was bought, box or order: a table a shop owner can check, laws for any order of returns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bill import Freight, after_return, bought, points_lost, settle
from domain.coupon import CouponOffer, off
from domain.loyalty import PointsRules

RULES = PointsRules()


def walk(prices: list[int], order: list[int], coupon: CouponOffer | None, paid: int) -> list[tuple[int, int, bool]]:
    """Send the pieces back one by one, by number: each refund, what stays paid, whether the coupon is lost."""
    pieces, told = bought(prices, coupon), []
    for count in range(1, len(order) + 1):
        kept = [piece for number, piece in enumerate(pieces) if number not in order[:count]]
        figures = after_return(paid, kept, [pieces[number] for number in order[:count]], coupon=coupon)
        paid = figures.goods_fen
        told.append((figures.refund_fen, figures.goods_fen, figures.coupon_back))
    return told


OFF_50 = CouponOffer(30000, 5000)
OFF_100 = CouponOffer(40000, 10000)


@pytest.mark.parametrize(
    ("prices", "coupon", "order", "told"),
    [
        # Still met: the net share of what comes back.
        ([20000, 20000, 20000], OFF_50, [2], [(18334, 36666, False)]),
        # Not met: 350 were paid, 200 is what is kept; the coupon comes back.
        ([20000, 20000], OFF_50, [1], [(15000, 20000, True)]),
        # 250 were paid, 290 is the price of what is kept: nothing comes back, and nothing is asked for.
        ([29000, 1000], OFF_50, [1], [(0, 25000, True)]),
        # All of it: all that was paid.
        ([20000, 20000], OFF_50, [0, 1], [(15000, 20000, True), (20000, 0, True)]),
        ([20000], CouponOffer(0, 3000), [0], [(17000, 0, True)]),
        # 400 were paid for 500. The 100 first, while the coupon stands: 80. Then 5, which is less than what the
        # coupon took off the rest: nothing. The 5 first: 4, and then the 100: 76. Both ways 80.
        ([30000, 9500, 10000, 500], OFF_100, [2, 3], [(8000, 32000, False), (0, 32000, True)]),
        ([30000, 9500, 10000, 500], OFF_100, [3, 2], [(400, 39600, False), (7600, 32000, True)]),
    ],
)
def test_what_comes_back(
    prices: list[int], coupon: CouponOffer, order: list[int], told: list[tuple[int, int, bool]]
) -> None:
    paid = sum(prices) - off(sum(prices), coupon)
    assert walk(prices, order, coupon, paid) == told


def test_a_discount_for_keeping_all_ends_when_something_comes_back() -> None:
    figures = settle([10000, 20000], Freight(), anything_back=False, keep_all_percent=10)
    assert walk([10000, 20000], [1], None, figures.goods_fen) == [(17000, 10000, False)]


prices_of = st.lists(st.integers(0, 500_000) | st.integers(0, 300), min_size=1, max_size=7)
coupons = st.none() | st.builds(CouponOffer, st.integers(0, 900_000), st.integers(1, 300_000))


@given(prices=prices_of, coupon=coupons, percent=st.sampled_from([0, 0, 10]), data=st.data())
def test_returns_in_any_order_end_alike(
    prices: list[int], coupon: CouponOffer | None, percent: int, data: st.DataObject
) -> None:
    first = settle(prices, Freight(), anything_back=False, coupon=coupon, keep_all_percent=percent)
    used = coupon if first.coupon_used else None
    whole = data.draw(st.permutations(range(len(prices))))
    order = whole[: data.draw(st.integers(1, len(prices)))]
    one = walk(prices, order, used, first.goods_fen)
    other = walk(prices, data.draw(st.permutations(order)), used, first.goods_fen)
    pieces = bought(prices, used)
    at_once = after_return(
        first.goods_fen,
        [piece for number, piece in enumerate(pieces) if number not in order],
        [pieces[number] for number in order],
        coupon=used,
    )
    # One by one, the other way round, or together: the same stays paid, the same came back, the coupon alike.
    assert one[-1][1:] == other[-1][1:] == (at_once.goods_fen, at_once.coupon_back)
    assert sum(refund for refund, _, _ in one) == sum(refund for refund, _, _ in other) == at_once.refund_fen
    assert at_once.refund_fen + at_once.goods_fen == first.goods_fen
    before, points = first.goods_fen, 0
    for number, (refund, goods, lost) in enumerate(one, 1):
        kept = [p for i, p in enumerate(pieces) if i not in order[:number]]
        # Never a demand, never more for what is kept than its prices, never a coupon that comes alive again.
        assert refund >= 0
        assert goods <= sum(p.gross_fen for p in kept)
        assert lost == (used is not None and (not kept or sum(p.gross_fen for p in kept) < used.threshold_fen))
        if not lost and not percent:
            assert goods == sum(p.net_fen for p in kept)
        points += points_lost(before, goods, 200, RULES)
        before = goods
    assert points == first.goods_fen * 2 // 100 - before * 2 // 100
    if len(order) == len(prices):
        assert before == 0
