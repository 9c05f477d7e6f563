"""The lives of a box, an item and a parcel: what may follow what, and what settlement does with each state."""

import itertools

import pytest

from domain.box import (
    BOX_LIFE,
    ITEM_LIFE,
    PARCEL_LIFE,
    BoxRules,
    BoxState,
    Fate,
    ItemState,
    ParcelState,
    fate,
)
from domain.errors import WrongState


def test_the_usual_way_of_a_box() -> None:
    way = [
        BoxState.REQUESTED, BoxState.STYLING, BoxState.PROPOSED, BoxState.CONFIRMED, BoxState.PACKING,
        BoxState.SHIPPED, BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING, BoxState.GRADING,
        BoxState.SETTLED,
    ]  # fmt: skip
    for old, new in itertools.pairwise(way):
        BOX_LIFE.require_move(old, new)
    BOX_LIFE.require_move(BoxState.REQUESTED, BoxState.PROPOSED)  # picked by the member herself


@pytest.mark.parametrize("state", list(BoxState))
def test_a_shipped_box_cannot_be_cancelled_and_an_end_is_an_end(state: BoxState) -> None:
    before_shipping = (
        BoxState.REQUESTED, BoxState.STYLING, BoxState.PROPOSED, BoxState.CONFIRMED, BoxState.PACKING,
    )  # fmt: skip
    assert BOX_LIFE.may(state, BoxState.CANCELLED) is (state in before_shipping)
    assert BOX_LIFE.may(state, BoxState.LOST) is (state is BoxState.SHIPPED)
    if state in (BoxState.SETTLED, BoxState.CANCELLED, BoxState.LOST):
        assert BOX_LIFE.final(state)
    with pytest.raises(WrongState):
        BOX_LIFE.require_move(state, BoxState.REQUESTED)


def test_what_was_bought_only_ever_comes_back() -> None:
    assert ITEM_LIFE.moves[ItemState.BOUGHT] == {ItemState.RETURNED}
    assert ITEM_LIFE.final(ItemState.RETURNED)
    assert not ITEM_LIFE.may(ItemState.RECEIVED, ItemState.KEEPING)
    assert PARCEL_LIFE.final(ParcelState.RECEIVED)
    assert not PARCEL_LIFE.may(ParcelState.SIGNED, ParcelState.LOST)


BUY, FREE, WAIT = Fate.BUY, Fate.FREE, Fate.WAIT


@pytest.mark.parametrize(
    ("state", "before_deadline", "overdue", "overdue_but_sent_in_time", "dispute_over"),
    [
        (ItemState.AT_MEMBER, WAIT, BUY, BUY, WAIT),
        (ItemState.KEEPING, BUY, BUY, BUY, BUY),
        (ItemState.RETURNING, WAIT, BUY, WAIT, WAIT),
        (ItemState.RECEIVED, WAIT, WAIT, WAIT, WAIT),
        (ItemState.MISSING, WAIT, WAIT, WAIT, FREE),
        (ItemState.RETURNED, FREE, FREE, FREE, FREE),
        (ItemState.LOST, FREE, FREE, FREE, FREE),
        (ItemState.BOUGHT, BUY, BUY, BUY, BUY),
        (ItemState.REMOVED, FREE, FREE, FREE, FREE),
        (ItemState.CANCELLED, FREE, FREE, FREE, FREE),
        (ItemState.PROPOSED, WAIT, WAIT, WAIT, WAIT),
        (ItemState.RESERVED, WAIT, WAIT, WAIT, WAIT),
    ],
)
def test_what_becomes_of_an_item(
    state: ItemState, before_deadline: Fate, overdue: Fate, overdue_but_sent_in_time: Fate, dispute_over: Fate
) -> None:
    assert fate(state, overdue=False, in_time=False, dispute_over=False) is before_deadline
    assert fate(state, overdue=True, in_time=False, dispute_over=False) is overdue
    assert fate(state, overdue=True, in_time=True, dispute_over=False) is overdue_but_sent_in_time
    assert fate(state, overdue=False, in_time=False, dispute_over=True) is dispute_over


def test_every_state_of_an_item_has_a_fate() -> None:
    for state in ItemState:
        assert fate(state, overdue=True, in_time=False, dispute_over=True) in Fate


@pytest.mark.parametrize("wrong", [{"items_min": 9}, {"items_max": 13}, {"items_min": 0}, {"beyond_quota": "maybe"}])
def test_rules_that_cannot_hold_are_refused_at_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"rules\.box"):
        BoxRules(**wrong)  # type: ignore[arg-type]  # Wrong on purpose.
