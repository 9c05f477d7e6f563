"""Business events: each name has its move, shapes hold no person, and signatures are those of Standard Webhooks."""

from datetime import UTC, datetime

import pytest

from domain.booking import BOOKING_LIFE
from domain.box import BOX_LIFE
from domain.event import BY_MOVE, EVENTS, FACTS, JOINED, BusinessEvent, EventName, hears, signature, told
from domain.membership import PLAN_LIFE
from domain.order import ORDER_LIFE
from domain.payment import PAYMENT_LIFE, REFUND_LIFE

LIVES = {life.what: life for life in (BOOKING_LIFE, BOX_LIFE, PLAN_LIFE, ORDER_LIFE, PAYMENT_LIFE, REFUND_LIFE)}


def test_every_name_is_one_move_that_can_happen() -> None:
    assert sorted(kind.name for kind in EVENTS) == sorted(EventName)
    assert len(BY_MOVE) == len(EVENTS)
    assert {kind.noun for kind in EVENTS} == set(FACTS)
    for kind in EVENTS:
        life = LIVES.get(kind.noun)
        states = {str(state) for state in life.moves} if life else {JOINED}
        assert str(kind.new) in states


def test_an_event_as_others_read_it() -> None:
    at = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
    event = BusinessEvent(7, EventName.ORDER_PAID, 1, at, "order:9", 3, {"number": "HO9", "total_fen": 100})
    assert told(event) == {
        "id": "7", "type": "order.paid", "version": 1, "timestamp": "2026-11-22T02:00:00Z", "ref": "order:9",
        "member_id": 3, "data": {"number": "HO9", "total_fen": 100},
    }  # fmt: skip


def test_the_signature_is_that_of_the_published_example() -> None:
    # The example of the Standard Webhooks libraries.
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("names", "heard"), [([], True), (["order.paid"], True), (["box.lost"], False)])
def test_none_named_is_all(names: list[str], heard: bool) -> None:
    assert hears(names, EventName.ORDER_PAID) is heard
