"""Settlement and refund killed at every await in turn: after a restart the end is the undisturbed one.

The last grading of a box with a deposit settles it and wants the refund of the rest. It is killed at its
first await, its second, and so on. Before the commit nothing may be left behind; after it the outcome must
come by itself, once.
"""

import time
from dataclasses import dataclass

import pytest

from domain.box import Grade
from domain.payment import RefundState
from models import Box, BoxItem, Refund, StaffUser
from services import books, returns
from services.returns import Graded
from tests.support.boxes import Life, life
from tests.support.house import House
from tests.support.kill_points import killed_at
from tests.support.money import balance

SECONDS = 16
"""For the walk on one database; where that is not enough, the steps grow wider. What was walked is printed."""


@dataclass(frozen=True)
class End:
    """How a box ends, in its own prices."""

    state: str
    items: tuple[str, ...]
    charged: bool
    refunds: tuple[tuple[str, bool], ...]
    money: bool


async def ready(house: House, number: int) -> tuple[Life, list[Graded]]:
    """A box with a deposit whose last act is the grading of what came back."""
    box = await life(house, name=f"林{number}", plan=False, cheap=True)
    await box.cover("deposit")
    await box.signed()
    await box.decide(keep=1)
    await box.staff("POST", "/staff/parcels/receive", {"waybill": await box.send_back()})
    await box.look()
    return box, [Graded(i["id"], Grade.OK) for i in box.items if i["state"] == "received"]


async def end_of(house: House, box: Life) -> End:
    """Let the jobs do what is left, then look."""
    for _ in range(4):
        await house.move(minutes=3)
    row = await Box.get(id=box.id)
    pieces = await BoxItem.filter(box_id=box.id).order_by("id")
    items = tuple(str(i.state.value) for i in pieces)
    kept = sum(i.price_fen for i in pieces if i.state == "bought")
    freight = row.freight_out_fen + row.freight_back_fen
    refunds = await Refund.filter(ref=f"box:{box.id}").order_by("id")
    goods = row.charge_fen - freight
    money = {"wechat": row.charge_fen, "sales": -goods, "freight": -freight}
    told = await balance(box_id=box.id)
    return End(
        row.state.value, items, row.charge_fen == kept + freight,
        tuple((r.state.value, r.amount_fen == 30000 - row.charge_fen) for r in refunds),
        told == money,
    )  # fmt: skip


async def test_killed_at_every_await_it_ends_as_if_nothing_had_been(no_limits: None, house: House) -> None:
    warehouse = await StaffUser.get(login="warehouse1")
    box, graded = await ready(house, 0)
    await returns.grade(house.shop, warehouse.id, box.id, graded)
    wanted = await end_of(house, box)
    assert wanted == End(
        "settled", ("bought", *["returned"] * 4), True, ((RefundState.DONE.value, True),), True
    )  # fmt: skip

    until, point, step, before, after = time.monotonic() + SECONDS, 0, 1, 0, 0
    box, graded = await ready(house, 1)
    while True:
        point += step
        count = await killed_at(returns.grade(house.shop, warehouse.id, box.id, graded), point)
        committed = (await Box.get(id=box.id)).state == "settled"
        if not committed:
            assert count == point, "it did not end by itself"
            assert not await Refund.exists(ref=f"box:{box.id}"), point
            before += 1
            if time.monotonic() > until:
                step = 7
            continue
        after += 1
        # A restart: the warehouse sends the same grades again, the jobs go on.
        await returns.grade(house.shop, warehouse.id, box.id, graded)
        assert await end_of(house, box) == wanted, f"killed at await {point}"
        if count < point:
            break
        if time.monotonic() > until:
            step = 40
        box, graded = await ready(house, after + 1)
    print(f"killed before the commit {before} times, after it {after} times; awaits: {count}")
    assert before > 10
    assert after > 1
    assert await books.check() == []


pytestmark = pytest.mark.timeout(180)
