"""Stored value: what is spent first, what comes back, and the bonus an unspent refund voids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wallet import Lot, LotRefund, Parts, WalletRules, first_bonus, refund_lots, spend, unspend

RULES = WalletRules()


@pytest.mark.parametrize(
    ("amount_fen", "bonus_fen"),
    [(10000, 1000), (99999, 10000), (100000, 10000), (200000, 10000), (10004, 1000), (10005, 1001)],
)
def test_the_first_bonus_is_a_tenth_up_to_its_cap(amount_fen: int, bonus_fen: int) -> None:
    assert first_bonus(amount_fen, RULES) == bonus_fen


@pytest.mark.parametrize(
    ("there", "fen", "taken"),
    [
        (Parts(10000, 1000), 4000, Parts(4000, 0)),  # the principal first
        (Parts(10000, 1000), 10500, Parts(10000, 500)),  # then the bonus
        (Parts(10000, 1000), 11000, Parts(10000, 1000)),
        (Parts(10000, 1000), 11001, None),
        (Parts(0, 1000), 300, Parts(0, 300)),
    ],
)
def test_the_principal_is_spent_first(there: Parts, fen: int, taken: Parts | None) -> None:
    assert spend(there, fen) == taken


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.lists(st.integers(0, 10**5), max_size=8))
def test_many_returns_in_any_order_end_where_one_would(principal: int, bonus: int, backs: list[int]) -> None:
    used = whole = Parts(principal, bonus)
    came = Parts(0, 0)
    for fen in backs:
        if fen > used.total_fen:
            with pytest.raises(ValueError, match="more to give back"):
                unspend(used, fen)
            continue
        back = unspend(used, fen)
        assert back.total_fen == fen
        used = Parts(used.principal_fen - back.principal_fen, used.bonus_fen - back.bonus_fen)
        came = Parts(came.principal_fen + back.principal_fen, came.bonus_fen + back.bonus_fen)
    assert came == unspend(whole, came.total_fen)


@pytest.mark.parametrize(
    ("lots", "principal", "bonus", "wanted", "parts"),
    [
        # All of an untouched first top-up: all of its bonus falls away.
        ([Lot(1, 10000, 1000, 0)], 10000, 1000, 10000, [LotRefund(1, 10000, 1000)]),
        # 60 of 100 yuan are spent, so six tenths of the bonus are earned.
        ([Lot(1, 10000, 1000, 0)], 4000, 1000, 4000, [LotRefund(1, 4000, 400)]),
        # The newest top-up goes back first; it brought no bonus.
        ([Lot(2, 20000, 0, 0), Lot(1, 10000, 1000, 0)], 30000, 1000, 15000, [LotRefund(2, 15000, 0)]),
        (
            [Lot(2, 20000, 0, 0), Lot(1, 10000, 1000, 0)], 30000, 1000, 25000,
            [LotRefund(2, 20000, 0), LotRefund(1, 5000, 500)],
        ),
        # Bonus that was spent already cannot fall away.
        ([Lot(1, 10000, 1000, 0)], 10000, 200, 10000, [LotRefund(1, 10000, 200)]),
        ([Lot(1, 10000, 1000, 4000)], 6000, 600, 3000, [LotRefund(1, 3000, 300)]),
    ],
)  # fmt: skip
def test_a_refund_voids_the_bonus_that_was_not_earned(
    lots: list[Lot], principal: int, bonus: int, wanted: int, parts: list[LotRefund]
) -> None:
    assert refund_lots(lots, principal, bonus, wanted) == parts


@given(st.integers(1, 10**6), st.integers(0, 10**5), st.lists(st.integers(1, 10**5), max_size=10))
def test_many_small_refunds_void_what_one_would(amount: int, bonus: int, wants: list[int]) -> None:
    refunded = voided = 0
    for wanted in wants:
        if wanted > amount - refunded:
            continue
        [part] = refund_lots([Lot(1, amount, bonus, refunded)], amount - refunded, bonus - voided, wanted)
        refunded, voided = refunded + part.amount_fen, voided + part.void_fen
    if refunded:
        assert [LotRefund(1, refunded, voided)] == refund_lots([Lot(1, amount, bonus, 0)], amount, bonus, refunded)


def test_more_than_is_unspent_is_refused() -> None:
    with pytest.raises(ValueError, match="unspent"):
        refund_lots([Lot(1, 10000, 0, 0)], 5000, 0, 5001)
    with pytest.raises(ValueError, match="topped up"):
        refund_lots([Lot(1, 10000, 0, 6000)], 5000, 0, 5000)
