"""The same money, unit, coupon or piece wanted by several processes in the same moment: it goes exactly once."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.processes.crew import Crew, crew
from tests.processes.farm import Farm, Town
from tests.processes.test_races import both, tally
from tests.support.boxes import ADDRESS, Life, life, pieces
from tests.support.money import buy, shopper
from tests.support.orders import buyer


@pytest.fixture(scope="module")
def workers(farm: Farm) -> Iterator[Crew]:
    with crew(farm.site.environment) as ready:
        yield ready


async def signed(town: Town, name: str) -> Life:
    box = await life(town, name=name)
    await box.cover("pay_score")
    return await box.signed()


async def settled_once(town: Town, box: Life) -> int:
    """Nothing of the box was done twice; what it came to."""
    [row] = await town.rows("SELECT state, charge_fen, goods_fen FROM box WHERE id = $1", box.id)
    assert row["state"] == "settled"
    moves = "SELECT count(*) FROM history WHERE noun = 'box' AND row_id = $1 AND new = 'settled'"
    assert await town.value(moves, box.id) == 1
    posted = "SELECT count(*) FROM ledger_line WHERE box_id = $1 AND account = 'sales'"
    assert await town.value(posted, box.id) == (row["goods_fen"] > 0)
    lots = "SELECT count(*) FROM points_lot WHERE member_id = $1 AND reason = 'box'"
    assert await town.value(lots, box.who.member_id) == (row["goods_fen"] >= 100)
    names = [f"item:{item['id']}:v{box.box['version']}" for item in box.items]
    sold = await town.value("SELECT count(*) FROM stock_entry WHERE ref = ANY($1) AND step = 'sell'", names)
    assert sold == sum(item["state"] == "bought" for item in (await box.look())["items"])
    return int(row["charge_fen"])


async def test_late_decisions_against_the_settlement(town: Town, workers: Crew) -> None:
    boxes = await asyncio.gather(signed(town, "甲"), signed(town, "乙"))
    until = max(datetime.fromisoformat(box.box["deadline_at"]) for box in boxes)
    for box in boxes:
        await box.at(until - timedelta(seconds=20))

    async def taps(box: Life) -> list[tuple[int, Any]]:
        """She sends everything back, on both processes, while the deadline comes."""
        lines = [{"item_id": item["id"], "decision": "return", "reason": "size"} for item in box.items]
        wishes = [("/decisions", {"items": lines}), ("/return", {}), ("/keep-all", None), ("/return", {})]
        return list(
            await asyncio.gather(
                *(
                    both(town)[n % 2].ask("POST", f"/boxes/{box.id}{path}", body, token=box.who.token)
                    for n, (path, body) in enumerate(wishes)
                )
            )
        )

    async def deadline() -> int:
        await town.wechat("/clock", {"set": until.isoformat()})
        return (await workers.all_do("settle_due", times=3))[1]

    told, by_workers = await asyncio.gather(asyncio.gather(*(taps(box) for box in boxes)), deadline())
    assert all(status in (200, 201, 409, 422) for one in told for status, _ in one), told
    await town.move(minutes=2)
    assert by_workers <= len(boxes)
    for box in boxes:
        # Nothing was in the carrier's hands, so whatever was tapped, all of it is bought.
        assert await settled_once(town, box) == sum(item["price_fen"] for item in box.items)
        late = await box.house.ask("POST", f"/boxes/{box.id}/return", {}, token=box.who.token)
        assert late[0] == 409


async def test_six_settle_workers_of_two_processes_at_one_due_box(town: Town, workers: Crew) -> None:
    box = await signed(town, "丙")
    until = datetime.fromisoformat(box.box["deadline_at"])
    await box.at(until - timedelta(minutes=1))
    # The leading jobs process is kept out, so that only the six are there.
    town.farm.jobs.kill()
    await town.wechat("/clock", {"set": until.isoformat()})
    words, settled = await workers.all_do("settle_due", times=3)
    assert (words, settled) == ({"done": 6}, 1)
    assert await settled_once(town, box) == sum(item["price_fen"] for item in box.items)


async def test_two_boxes_want_the_last_free_round_trip(town: Town) -> None:
    first = await life(town, plan=False, name="丁")
    await buy(town, first.who, "monthly")
    second = Life(town, first.who, first.warehouse)
    second.box = await second.call("POST", "/boxes", {"sku_ids": await pieces(town, 5, cheap=True), "occasion": "通勤"})
    address = await first.call("POST", "/me/addresses", ADDRESS)
    boxes = (first, second)
    seen = [await box.call("GET", f"/boxes/{box.id}/preview") for box in boxes]
    assert [preview["round_trip_free"] for preview in seen] == [True, True]
    told = await asyncio.gather(
        *(
            doors.ask(
                "POST", f"/boxes/{box.id}/confirm",
                {
                    "version": box.box["version"], "cover": "deposit", "address_id": address["id"],
                    "highest_fen": preview["highest_fen"],
                },
                token=first.who.token,
            )
            for doors, box, preview in zip(both(town), boxes, seen, strict=True)
        )
    )  # fmt: skip
    # The other one was promised a free way and is told that it has changed, instead of being charged for it.
    assert tally(list(told)) == {"won": 1, "stale_version": 1}
    boxes_now = await town.rows("SELECT state, freight_out_fen FROM box WHERE member_id = $1", first.who.member_id)
    assert sorted((row["state"], row["freight_out_fen"]) for row in boxes_now) == [("confirmed", 0), ("proposed", 0)]
    [unit] = await town.rows(
        "SELECT granted, held, used FROM quota_counter q JOIN membership m ON m.id = q.membership_id "
        "WHERE m.member_id = $1 AND q.kind = 'round_trip'",
        first.who.member_id,
    )
    assert unit == {"granted": 1, "held": 1, "used": 0}


async def test_one_coupon_five_times(town: Town) -> None:
    one = await buyer(town, "戊")
    coupon_id = await town.value(
        "INSERT INTO member_coupon (member_id, coupon_id, state, ref, reason, created_at) "
        "SELECT $1, id, 'open', '', 'race', now() FROM coupon WHERE threshold_fen <= 30000 ORDER BY id LIMIT 1 "
        "RETURNING id",
        one.who.member_id,
    )
    lines = {"items": [{"sku_id": sku_id, "quantity": 1} for sku_id in await pieces(town, 3)], "coupon_id": coupon_id}
    quote = await one.call("POST", "/orders/preview", lines)
    assert quote["coupon_fen"] > 0
    body = {**lines, "address_id": one.address_id, "total_fen": quote["total_fen"]}
    told = await asyncio.gather(
        *(both(town)[n % 2].ask("POST", "/orders", body, token=one.who.token) for n in range(5))
    )
    assert tally(list(told)) == {"won": 1, "wrong_state": 4}
    orders = await town.rows("SELECT id, coupon_fen FROM shop_order WHERE member_id = $1", one.who.member_id)
    assert [order["coupon_fen"] for order in orders] == [quote["coupon_fen"]]
    [held] = await town.rows("SELECT state, ref FROM member_coupon WHERE id = $1", coupon_id)
    assert held == {"state": "held", "ref": f"order:{orders[0]['id']}"}


async def test_twenty_free_plans_at_once_begin_one(town: Town, workers: Crew) -> None:
    who = await shopper(town, "己")
    words, _ = await workers.all_do("free_plan", times=10, member_id=who.member_id)
    assert words == {"done": 1, "PlanActive": 19}
    states = await town.rows("SELECT state, price_fen FROM membership WHERE member_id = $1", who.member_id)
    assert states == [{"state": "active", "price_fen": 0}]
    counters = "SELECT count(*) FROM quota_counter q JOIN membership m ON m.id = q.membership_id WHERE m.member_id = $1"
    assert await town.value(counters, who.member_id) == 2


async def test_a_failed_refund_resumed_by_many_is_paid_once(town: Town, workers: Crew) -> None:
    box = await life(town, name="庚")
    await box.cover("deposit")
    await town.fault("/v3/refund/domestic/refunds", "status", status=400, times=50)
    await box.call("POST", f"/boxes/{box.id}/cancel", {})
    [refund] = await town.rows("SELECT id, out_refund_no FROM refund WHERE ref = $1", f"box:{box.id}")
    await town.wechat("/faults", method="DELETE")
    await town.books.execute("UPDATE refund SET state = 'failed' WHERE id = $1", refund["id"])
    await town.move(minutes=2)
    staff_id = await town.value("SELECT id FROM staff_user ORDER BY id LIMIT 1")
    words, _ = await workers.all_do("resume", times=4, staff_id=staff_id, refund_id=refund["id"])
    assert words == {"done": 1, "WrongState": 7}
    await asyncio.gather(workers.all_do("call_due", times=3), town.move(seconds=40))
    await town.healed("refund", refund["out_refund_no"])
    await town.move(seconds=40)
    assert await town.value("SELECT state FROM refund WHERE id = $1", refund["id"]) == "done"
    done = [r for r in (await town.money())["refunds"] if r["out_refund_no"] == refund["out_refund_no"]]
    assert [(r["status"], r["amount"]["refund"]) for r in done] == [("SUCCESS", 30_000)]
    assert await town.balance(box_id=box.id) == {}
