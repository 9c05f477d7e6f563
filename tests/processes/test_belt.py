"""Sending over NATS JetStream: a real server, three senders of which two are killed, and what nobody can look at."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

import demo
from domain.care import CareState
from integrations.nats_belt import DELIVERIES_MAX, open_belt
from jobs.senders import relay
from models import CareMessage
from services.care_claims import LEASE
from tests.flows.test_care_killed import plain, until
from tests.support import nats
from tests.support.house import START, House
from tests.support.letters import CUSTOM, TEMPLATE, a_crowd, arrived, promotions_due, read_once, reminders_due
from tests.support.processes import Process, end

pytestmark = pytest.mark.skipif(nats.binary() is None, reason="no nats-server could be installed here")
MESSAGES = 150


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_three_senders_pull_and_two_of_them_are_killed(house: House, tmp_path: Path) -> None:
    openids = await a_crowd(house, MESSAGES)
    service = list(openids)[: MESSAGES // 5]
    await reminders_due(house, service)
    await promotions_due(house, list(openids)[MESSAGES // 5 :])
    for path in (CUSTOM, TEMPLATE):
        for kind in ("delay", "delay_after"):
            await house.wechat("/faults", {"match": path, "kind": kind, "seconds": 0.05, "times": 10**6})
    overlay = tmp_path / "overlay.toml"
    demo.write_overlay(plain(house.settings.model_dump(exclude={"rules"})), overlay)

    async def left() -> int:
        return await CareMessage.filter(state__in=[CareState.PLANNED, CareState.SENDING]).count()

    async def half_way() -> bool:
        return await left() < MESSAGES * 2 // 3

    with nats.server(tmp_path / "nats") as url:
        more = {
            "HEZI_OVERLAY": str(overlay), "HEZI_TRANSPORT__KIND": "nats", "HEZI_TRANSPORT__URL": url,
            "HEZI_RULES__CARE__HOLDOUT_PERCENT": "0", "HEZI_LOG__LEVEL": "warning",
        }  # fmt: skip
        crowd = [Process(["app", "sender"], tmp_path / f"sender{n}.log", more=more).start() for n in range(3)]
        async with open_belt(url) as belt:
            try:
                assert await relay(house.shop, belt) == MESSAGES
                assert await relay(house.shop, belt) == 0, "what is on the belt is not laid on it again"
                await until(half_way)
                for victim in crowd[:2]:
                    victim.kill()

                async def all_ended() -> bool:
                    # What the dead ones were at is found when its lease is over, by whoever relays.
                    house.world.clock.set(house.shop.now() + LEASE, frozen=True)
                    await relay(house.shop, belt)
                    return await left() == 0

                await until(all_ended)
            finally:
                end(*crowd)
    rows = await CareMessage.filter(member_id__in=list(openids))
    customs, templates = arrived(house, CUSTOM), arrived(house, TEMPLATE)
    told = Counter((row.message_class, row.state, row.reason) for row in rows)
    for row in rows:
        openid = openids[row.member_id]
        if row.message_class == "promotion":
            assert row.state in ("sent", "unknown"), told
            assert len(customs[openid]) <= 1, "no promotion twice"
            assert row.state == "unknown" or len(customs[openid]) == 1
        else:
            assert row.state == "sent", told
            assert read_once(templates[openid])


async def test_the_belt_knows_its_messages_and_gives_up_on_what_nobody_acknowledges(tmp_path: Path) -> None:
    lease = START
    with nats.server(tmp_path / "nats") as url:
        async with open_belt(url, ack_seconds=0.2) as belt:
            for _ in range(2):
                await belt.put(1, lease)
            await belt.put(2, lease)
            assert await belt.waiting() == 2, "laid down twice under one id, it is there once"
            first, second = await belt.take(10, 1)
            assert (first.message_id, first.lease, second.message_id) == (1, lease, 2)
            await second.done()
            for _ in range(DELIVERIES_MAX - 1):
                [again] = await belt.take(1, 5)
                assert again.message_id == 1
            dead: list[tuple[int, object]] = []

            async def told() -> bool:
                dead.extend(await belt.given_up())
                return bool(dead) or bool(await belt.take(1, 0.1))

            async with asyncio.timeout(20):
                while not dead:
                    await told()
            assert dead == [(1, lease)]
            assert await belt.waiting() == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_dead_letter_is_set_aside_for_a_person(house: House, tmp_path: Path) -> None:
    openids = await a_crowd(house, 1)
    await promotions_due(house, list(openids))
    with nats.server(tmp_path / "nats") as url:
        async with open_belt(url, ack_seconds=0.2) as belt:
            assert await relay(house.shop, belt) == 1
            # Whoever takes it dies before it has looked.
            async with asyncio.timeout(20):
                while (await CareMessage.get(path="campaign")).state == "planned":
                    await belt.take(1, 0.1)
                    await relay(house.shop, belt)
    row = await CareMessage.get(path="campaign")
    assert (row.state, row.reason, row.lease_until) == ("failed", "dead_letter", None)
    house.world.clock.set(house.shop.now() + timedelta(hours=1), frozen=True)
