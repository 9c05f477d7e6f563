"""kill -9 of senders at random while they send: nothing lost, nothing promoted twice, what is unknown is counted.

`KILLS=20 MESSAGES=5000 pytest tests/processes/test_senders_killed.py` is the whole trial; by default a small one.
"""

import asyncio
import os
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

import demo
from domain.care import CareState
from models import CareMessage
from services.care_claims import LEASE
from tests.flows.test_care_killed import plain, until
from tests.support.house import House
from tests.support.letters import CUSTOM, TEMPLATE, a_crowd, arrived, promotions_due, read_once, reminders_due
from tests.support.processes import Process, end

MESSAGES = int(os.environ.get("MESSAGES", "200"))
KILLS = int(os.environ.get("KILLS", "2"))
SENDERS = 2
PATIENCE = 30 + MESSAGES / 5
ENDED = [CareState.SENT, CareState.UNKNOWN]


def senders(house: House, folder: Path) -> list[Process]:
    overlay = folder / "overlay.toml"
    demo.write_overlay(plain(house.settings.model_dump(exclude={"rules"})), overlay)
    more = {"HEZI_OVERLAY": str(overlay), "HEZI_RULES__CARE__HOLDOUT_PERCENT": "0", "HEZI_LOG__LEVEL": "warning"}
    return [Process(["app", "sender"], folder / f"sender{n}.log", more=more) for n in range(SENDERS)]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_senders_killed_at_random_lose_nothing_and_promote_nobody_twice(house: House, tmp_path: Path) -> None:
    chance = random.Random(7)
    openids = await a_crowd(house, MESSAGES)
    service = list(openids)[: MESSAGES // 5]
    await reminders_due(house, service)
    await promotions_due(house, list(openids)[MESSAGES // 5 :])
    # Each call takes a moment before it arrives and after, so that a kill meets calls on both ways.
    for path in (CUSTOM, TEMPLATE):
        for kind in ("delay", "delay_after"):
            await house.wechat("/faults", {"match": path, "kind": kind, "seconds": 0.1, "times": 10**6})

    async def left() -> int:
        return await CareMessage.filter(state__in=[CareState.PLANNED, CareState.SENDING]).count()

    async def fewer_than(count: int) -> bool:
        """And some of them under way, so that the kill meets calls."""
        return await left() < count and await CareMessage.filter(state=CareState.SENDING).count() > SENDERS

    crowd = senders(house, tmp_path)
    try:
        for one in crowd:
            one.start()
        for kill in range(KILLS):
            goal = MESSAGES - MESSAGES * (kill + 1) // (KILLS + 2)
            await until(lambda goal=goal: fewer_than(goal), seconds=PATIENCE)  # type: ignore[misc]  # Bound at once.
            await asyncio.sleep(chance.uniform(0, 0.1))
            # The first time both: one of them may hold all there is, and the other be idle.
            for victim in crowd if not kill else [chance.choice(crowd)]:
                victim.kill()
                victim.start()
            # What the dead one was at is found when its lease is over.
            house.world.clock.set(house.shop.now() + LEASE, frozen=True)

        async def all_ended() -> bool:
            house.world.clock.set(house.shop.now() + timedelta(seconds=30), frozen=True)
            return await left() == 0

        await until(all_ended, seconds=PATIENCE)
    finally:
        end(*crowd)

    rows = await CareMessage.filter(member_id__in=list(openids))
    told = Counter((row.message_class, str(row.state), row.reason) for row in rows)
    print(f"\n{MESSAGES} messages, {KILLS} kills: {dict(told)}")
    assert len(rows) == MESSAGES
    assert any(row.reason == "lost_outcome" or row.attempts > 1 for row in rows), "a kill met calls under way"
    assert {row.state for row in rows} <= set(ENDED), told
    customs, templates = arrived(house, CUSTOM), arrived(house, TEMPLATE)
    for row in rows:
        openid = openids[row.member_id]
        if row.message_class == "promotion":
            assert len(customs[openid]) <= 1, "no promotion twice"
            assert row.state == "unknown" or len(customs[openid]) == 1, "what is said to be sent was sent"
            # The sender was killed at it, or the answer was lost on a busy machine.
            assert row.state == "sent" or row.reason.startswith(("lost_outcome", "fault connection"))
        else:
            assert (row.state, row.channel) == ("sent", "template"), "a service message gets there"
            assert read_once(templates[openid]), "under one id it is read once"
