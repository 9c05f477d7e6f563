"""Refunds over several payments, the numbers money travels under, and the lives of payments and covers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payment import (
    ACCOUNT,
    PAYMENT_LIFE,
    REFUND_FIRST,
    REFUND_LIFE,
    SCORE_LIFE,
    PaymentPurpose,
    PaymentRules,
    PaymentState,
    RefundState,
    ScoreState,
    lapsed,
    next_refund_at,
    pay_until,
    refund_allocation,
    refund_number,
    score_stage,
    still_payable,
)

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
RULES = PaymentRules()
PAID = "HZ261122040000aaaabbbbccccdddd"


@pytest.mark.parametrize(
    ("paid", "wanted", "parts"),
    [
        ([(1, 20000), (2, 30000)], 5000, [(1, 5000)]),  # the balance payment first
        ([(1, 20000), (2, 30000)], 20000, [(1, 20000)]),
        ([(1, 20000), (2, 30000)], 35000, [(1, 20000), (2, 15000)]),  # then the deposit
        ([(1, 0), (2, 30000)], 1, [(2, 1)]),  # what is given back already gives nothing more
        ([(2, 30000)], 30000, [(2, 30000)]),
    ],
)
def test_a_refund_takes_from_the_payments_in_turn(
    paid: list[tuple[int, int]], wanted: int, parts: list[tuple[int, int]]
) -> None:
    assert refund_allocation(paid, wanted) == parts


def test_more_than_was_paid_is_never_given_back() -> None:
    with pytest.raises(ValueError, match="more to refund"):
        refund_allocation([(1, 100), (2, 50)], 151)


@given(st.lists(st.integers(0, 100_000), max_size=6), st.integers(1, 400_000))
def test_the_parts_sum_to_the_whole_and_none_exceeds_its_payment(left: list[int], wanted: int) -> None:
    paid = list(enumerate(left))
    if wanted > sum(left):
        with pytest.raises(ValueError, match="more to refund"):
            refund_allocation(paid, wanted)
        return
    parts = refund_allocation(paid, wanted)
    assert sum(fen for _, fen in parts) == wanted
    assert all(0 < fen <= left[i] for i, fen in parts)


def test_the_order_of_refunds_and_the_accounts_know_every_purpose() -> None:
    assert set(REFUND_FIRST) == set(PaymentPurpose) == set(ACCOUNT)
    assert REFUND_FIRST.index(PaymentPurpose.BALANCE) < REFUND_FIRST.index(PaymentPurpose.DEPOSIT)


@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("settle", f"{PAID}-settle"),
        ("item:7", f"{PAID}-item-7"),
        ("whole", f"{PAID}-whole"),
    ],
)
def test_a_refund_begins_with_the_number_of_its_payment(key: str, number: str) -> None:
    assert refund_number(PAID, key) == number


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_one_cause_has_one_number_and_two_causes_two(one: str, other: str) -> None:
    number = refund_number(PAID, one)
    assert number == refund_number(PAID, one)
    assert len(number) <= 55  # WeChat takes 64; the ledger writes nine characters before it
    assert number.isascii()
    assert set(number) <= set("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
    if one != other:
        assert number != refund_number(PAID, other)


@pytest.mark.parametrize(
    ("state", "description", "stage"),
    [
        ("WANTED", "", 0),
        ("CREATED", "", 1),
        ("DOING", "USER_CONFIRM", 2),
        ("DOING", "MCH_COMPLETE", 3),
        ("DONE", "MCH_COMPLETE", 4),
        ("DONE", "", 4),
        ("REVOKED", "", 4),
        ("EXPIRED", "", 4),
    ],
)
def test_a_cover_only_moves_forward(state: str, description: str, stage: int) -> None:
    assert score_stage(state, description) == stage


def test_a_payment_closed_by_us_may_still_turn_out_paid() -> None:
    assert PAYMENT_LIFE.may(PaymentState.CLOSED, PaymentState.PAID)
    assert PAYMENT_LIFE.final(PaymentState.PAID)


def test_a_refund_that_stuck_may_still_be_done_and_a_done_one_is_over() -> None:
    assert REFUND_LIFE.may(RefundState.ABNORMAL, RefundState.DONE)
    assert REFUND_LIFE.may(RefundState.FAILED, RefundState.DONE)
    assert REFUND_LIFE.final(RefundState.DONE)
    assert not REFUND_LIFE.may(RefundState.ACCEPTED, RefundState.WANTED)


def test_a_cover_that_is_over_stays_over() -> None:
    assert all(SCORE_LIFE.final(s) for s in (ScoreState.DONE, ScoreState.REVOKED, ScoreState.EXPIRED))
    assert not SCORE_LIFE.may(ScoreState.DOING, ScoreState.EXPIRED)  # confirmed, it does not expire


def test_how_long_a_payment_may_be_made() -> None:
    until = pay_until(NOW, RULES)
    assert until == NOW + timedelta(minutes=15)
    assert still_payable(until, until - timedelta(seconds=60), RULES)
    assert not still_payable(until, until - timedelta(seconds=59), RULES)
    assert not lapsed(until, until + timedelta(seconds=59), RULES)
    assert lapsed(until, until + timedelta(seconds=60), RULES)


def test_refunds_of_one_payment_keep_a_minute_apart() -> None:
    assert next_refund_at(None, NOW, RULES) == NOW
    assert next_refund_at(NOW - timedelta(seconds=20), NOW, RULES) == NOW + timedelta(seconds=40)
    assert next_refund_at(NOW - timedelta(seconds=60), NOW, RULES) == NOW
    assert next_refund_at(NOW + timedelta(seconds=60), NOW, RULES) == NOW + timedelta(seconds=120)
