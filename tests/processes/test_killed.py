"""kill -9 between intent and outcome: another process goes on under the same number, nothing happens twice."""

import asyncio
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from tests.processes.farm import Town
from tests.processes.pushes import deliver, follower, openid_of, text
from tests.support.boxes import ADDRESS, life
from tests.support.money import order, pay, shopper
from tests.support.processes import end

SLOW = 1.5
"""So long WeChat takes for the call during which the caller dies; it works it all the same."""


async def dies_meanwhile(town: Town, call: Coroutine[Any, Any, Any]) -> None:
    """Make a call of the mortal web process that leads it to WeChat, and kill it while it waits there."""
    asked = asyncio.ensure_future(call)
    await town.in_flight()
    town.farm.webs[0].kill()
    with pytest.raises(aiohttp.ClientError):
        await asked
    town.farm.webs[0].start()


async def test_a_cover_whose_process_died_is_opened_once(town: Town) -> None:
    box = await life(town)
    address = await box.call("POST", "/me/addresses", ADDRESS)
    yes = {"version": box.box["version"], "cover": "pay_score", "address_id": address["id"]}
    await town.fault("/v3/payscore/serviceorder", "delay", seconds=SLOW)
    await dies_meanwhile(town, town.mortal.ask("POST", f"/boxes/{box.id}/confirm", yes, token=box.who.token))

    number = await town.value("SELECT out_order_no FROM score_cover WHERE box_id = $1", box.id)
    assert (await town.intent("score_create", number))["state"] == "wanted"
    assert (await town.healed("score_create", number))["state"] == "done"

    async def both_came() -> bool:
        asked = [c["body"]["out_order_no"] for c in await town.calls("/v3/payscore/serviceorder")]
        return asked.count(number) == 2

    await town.until("the dead one's call arrived, and the one of who went on", both_came)
    assert [o["out_order_no"] for o in (await town.money())["payscore_orders"]].count(number) == 1

    # She presses again on the other process: the same cover, and one yes of hers is enough.
    sheet = await box.call("POST", f"/boxes/{box.id}/confirm", yes)
    told = await town.wechat(f"/payscore/{sheet['package']}/confirm", {"person": box.who.person.id})
    assert told["notice"]["accepted"], told
    assert (await box.look())["state"] == "packing"
    covers = await town.rows("SELECT out_order_no, state FROM score_cover WHERE box_id = $1", box.id)
    assert covers == [{"out_order_no": number, "state": "DOING"}]


async def test_a_refund_whose_process_died_is_paid_once(town: Town) -> None:
    box = await life(town)
    await box.cover("deposit")
    await town.fault("/v3/refund/domestic/refunds", "delay", seconds=SLOW)
    await dies_meanwhile(town, town.mortal.ask("POST", f"/boxes/{box.id}/cancel", {}, token=box.who.token))

    [refund] = await town.rows("SELECT out_refund_no, amount_fen FROM refund WHERE ref = $1", f"box:{box.id}")
    number = refund["out_refund_no"]
    assert (await town.healed("refund", number))["state"] == "done"
    await town.move(seconds=30)
    assert await town.value("SELECT state FROM refund WHERE out_refund_no = $1", number) == "done"
    books = await town.money()
    assert [(r["amount"]["refund"], r["status"]) for r in books["refunds"] if r["out_refund_no"] == number] == [
        (30_000, "SUCCESS")
    ]
    openid = box.who.person.openids[town.farm.site.credentials["mini"]["appid"]]
    paid = {p["total_fen"]: p["refunded_fen"] for p in books["payments"] if p["openid"] == openid}
    assert paid == {39_800: 0, 30_000: 30_000}
    assert await town.balance(box_id=box.id) == {}


async def test_an_order_whose_process_died_is_paid_under_its_first_number(town: Town) -> None:
    who = await shopper(town)
    await town.fault("/v3/pay/transactions/jsapi", "delay", seconds=SLOW)
    await dies_meanwhile(town, order(town.mortal, who))

    placed = await order(town, who)
    told = await pay(town, placed["pay_params"])
    assert told["notice"]["accepted"], told
    payments = await town.rows("SELECT out_trade_no, state FROM payment WHERE member_id = $1", who.member_id)
    assert payments == [{"out_trade_no": told["out_trade_no"], "state": "paid"}]
    plans = await town.rows("SELECT state FROM membership WHERE member_id = $1", who.member_id)
    assert plans == [{"state": "active"}]
    assert await town.balance(member_id=who.member_id) == {"wechat": 39_800, "membership_fees": -39_800}


async def test_a_text_whose_process_died_is_answered_by_the_jobs(town: Town) -> None:
    person = await follower(town)
    # What she types gets lost on the way; the retries are ours to make.
    await town.fault("callback:text", "drop")
    await town.say(person, "你好")
    said = text(town, person, "你好")
    async with town.locked("chat_line", "EXCLUSIVE") as waited_for:
        asked = asyncio.ensure_future(deliver(town, town.mortal.base, said))
        await waited_for()
        town.farm.webs[0].kill()
        with pytest.raises(aiohttp.ClientError):
            await asked
    # WeChat delivers it again, to the living: it is being worked, so nothing is said twice.
    assert await deliver(town, town.base, said) == (200, "")
    await town.move(seconds=61)
    await town.move(seconds=31)
    answers = [item for item in await town.chat(person) if item["kind"] == "custom"]
    assert len(answers) == 1
    lines = await town.rows("SELECT side FROM chat_line WHERE openid = $1 ORDER BY id", openid_of(town, person))
    assert [line["side"] for line in lines] == ["follower", "bot"]


async def test_a_settlement_survives_the_death_of_two_leaders(town: Town) -> None:
    box = await life(town)
    await box.cover("pay_score")
    await box.signed()
    total_fen = sum(item["price_fen"] for item in box.items)
    number = await town.value("SELECT out_order_no FROM score_cover WHERE box_id = $1", box.id)
    standby = town.farm.second_jobs()
    try:
        standby.start()
        await town.until("a second jobs process stands by", lambda: _candidates(town, 2))

        # The first leader dies inside the transaction that settles the box.
        late = datetime.fromisoformat(box.box["deadline_at"]) + timedelta(minutes=1)
        async with town.locked("ledger_line", "EXCLUSIVE") as waited_for:
            await town.wechat("/clock", {"set": late.isoformat()})
            await waited_for()
            town.farm.jobs.kill()
        assert await town.value("SELECT state FROM box WHERE id = $1", box.id) == "delivered"
        died = time.monotonic()

        # The second one dies while WeChat completes the cover.
        await town.fault(f"/v3/payscore/serviceorder/{number}/complete", "delay", seconds=SLOW)
        await town.in_flight(ticking=20)
        standby.kill()
        assert time.monotonic() - died < 10, "the standby took over"
    finally:
        end(standby)
    assert await town.value("SELECT state FROM box WHERE id = $1", box.id) == "settled"
    assert (await town.intent("score_complete", number))["state"] == "wanted"

    # The third one finishes.
    town.farm.jobs.start()
    assert (await town.healed("score_complete", number))["state"] == "done"
    await town.move(minutes=2)
    moves = await town.rows("SELECT new FROM history WHERE noun = 'box' AND row_id = $1 AND new = 'settled'", box.id)
    assert len(moves) == 1
    cover = await town.rows("SELECT state, collection, total_fen FROM score_cover WHERE box_id = $1", box.id)
    assert cover == [{"state": "DONE", "collection": "USER_PAID", "total_fen": total_fen}]
    books = await town.money()
    assert [(o["state"], o["total_amount"]) for o in books["payscore_orders"] if o["out_order_no"] == number] == [
        ("DONE", total_fen)
    ]
    openid = box.who.person.openids[town.farm.site.credentials["mini"]["appid"]]
    paid = sorted(p["total_fen"] for p in books["payments"] if p["openid"] == openid)
    assert paid == sorted([39_800, total_fen]), "the plan, and the box once"
    assert await town.balance(box_id=box.id) == {"wechat": total_fen, "sales": -total_fen}
    assert await town.value("SELECT sum(amount_fen) FROM ledger_line") == 0


async def _candidates(town: Town, count: int) -> bool:
    there = await town.value(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hezi jobs' AND datname = current_database()"
    )
    return bool(there == count)
