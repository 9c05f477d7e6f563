"""Variants and send times are stable and even; the lift is the one a statistician's table gives."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.campaign import Outcome, Variant, counts_for, lift, require_sound, send_time, variant_of
from domain.errors import Invalid

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
A, B = Variant("a", "", "", "", "", weight=3), Variant("b", "", "", "", "", weight=1)


def test_a_member_gets_the_same_variant_whenever_it_is_asked() -> None:
    given_out = [variant_of(7, member, [A, B]).name for member in range(8000)]
    assert given_out == [variant_of(7, member, [A, B]).name for member in range(8000)]
    assert 5800 < given_out.count("a") < 6200, "three in four get the heavier one"
    assert given_out != [variant_of(8, member, [A, B]).name for member in range(8000)]


def test_sends_are_spread_over_the_minutes_and_never_before_the_start() -> None:
    times = sorted(send_time(7, member, AT, 60) for member in range(3600))
    assert AT <= times[0] < times[-1] < AT + timedelta(minutes=60)
    for hour_part in range(6):
        begins = AT + timedelta(minutes=10 * hour_part)
        assert 500 < sum(begins <= t < begins + timedelta(minutes=10) for t in times) < 700
    assert send_time(7, 1, AT, 0) == AT


# (receivers, ordered), (control, ordered) -> difference, 95 % interval: Newcombe 1998, table II.
LIFTS = [
    ((70, 56), (80, 48), 0.2, 0.0524, 0.3339),
    ((10, 9), (10, 3), 0.6, 0.1705, 0.8090),
    ((10, 10), (20, 0), 1.0, 0.6791, 1.0),
    ((10, 10), (10, 0), 1.0, 0.6075, 1.0),
]


@pytest.mark.parametrize(("received", "control", "points", "low", "high"), LIFTS)
def test_the_lift_has_newcombes_interval(
    received: tuple[int, int], control: tuple[int, int], points: float, low: float, high: float
) -> None:
    found = lift(Outcome(*received, 0), Outcome(*control, 0))
    assert found is not None
    assert (round(found.points, 4), round(found.low, 4), round(found.high, 4)) == (points, low, high)


def test_nothing_is_said_about_an_empty_group() -> None:
    assert lift(Outcome(9, 1, 0), Outcome(0, 0, 0)) is None


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_the_interval_holds_the_difference(receivers: int, controls: int, data: st.DataObject) -> None:
    one = Outcome(receivers, data.draw(st.integers(0, receivers)), 0)
    other = Outcome(controls, data.draw(st.integers(0, controls)), 0)
    found = lift(one, other)
    assert found is not None
    assert -1 - 1e-9 <= found.low <= found.points + 1e-9
    assert found.points - 1e-9 <= found.high <= 1 + 1e-9


def test_an_order_counts_up_to_and_including_the_seventh_day() -> None:
    week = timedelta(days=7)
    assert counts_for(AT, AT + week)
    assert not counts_for(AT, AT + week + timedelta(microseconds=1))
    assert not counts_for(AT, AT), "an order of that very instant was not brought by it"


def test_what_cannot_be_launched_is_named() -> None:
    with pytest.raises(Invalid, match="useful_until"):
        require_sound([A], AT, AT)
    with pytest.raises(Invalid, match="variants"):
        require_sound([A, A], AT, AT + timedelta(days=1))
