"""kill -9 of the jobs process in the middle of a call: the standby takes over, nothing is lost or said twice."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import demo
from domain.clock import at
from models import CareMessage, JobState
from services.care_sending import LEASE
from settings import ROOT
from tests.support.care import a_booking, a_member, messages, told
from tests.support.house import START, House

TEMPLATE = "/cgi-bin/message/template/send"
PATIENCE_SECONDS = 60


def plain(value: Any) -> Any:
    """Settings as an overlay file holds them."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return value.get_secret_value() if isinstance(value, SecretStr) else value


@asynccontextmanager
async def jobs_process(overlay: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m app jobs`, ended by its own id whatever happens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "jobs", cwd=ROOT, env={**os.environ, "HEZI_OVERLAY": str(overlay)},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def until(true: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Other processes work in real time: look until it is so, or fail."""
    async with asyncio.timeout(seconds):
        while not await true():
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_the_standby_finishes_what_the_dead_leader_began(house: House, tmp_path: Path) -> None:
    person, member_id, _ = await a_member(house, promotion=False)
    await a_booking(house, member_id, at(START.date() + timedelta(days=1)) + timedelta(hours=15))
    overlay = tmp_path / "overlay.toml"
    demo.write_overlay(plain(house.settings.model_dump(exclude={"rules"})), overlay)
    # WeChat takes its time with the first call: the leader dies while it waits for the answer.
    await house.wechat("/faults", {"match": TEMPLATE, "kind": "delay", "seconds": 5})

    async def state_is(state: str) -> bool:
        return (await messages(member_id, "booking"))["day_before"].state == state

    # The house has run jobs itself: only a state written from here on says that the process leads.
    await JobState.all().delete()
    async with jobs_process(overlay) as leader:
        await until(JobState.filter(name="send_care").exists)
        async with jobs_process(overlay):
            house.world.clock.set(at(START.date()) + timedelta(hours=18), frozen=True)
            await until(lambda: state_is("sending"))
            leader.send_signal(signal.SIGKILL)
            await leader.wait()
            house.world.clock.set(house.shop.now() + LEASE, frozen=True)
            await until(lambda: state_is("sent"))

    row = await CareMessage.get(member_id=member_id, step="booking.day_before")
    assert (row.channel, row.attempts) == ("template", 2)
    assert len(await told(house, person, "template")) == 1
