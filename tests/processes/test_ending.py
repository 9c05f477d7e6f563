"""Told to end, a process answers what it is answering, and goes."""

import asyncio
import signal
import socket
import time
from pathlib import Path

import aiohttp

from tests.processes.farm import Town
from tests.support.boxes import ADDRESS
from tests.support.money import shopper
from tests.support.ports import free_port
from tests.support.processes import Process

END_SECONDS = 10


async def test_a_web_process_finishes_its_answer_and_ends(town: Town) -> None:
    who = await shopper(town)
    web = town.farm.webs[0]
    async with town.locked("member_address", "EXCLUSIVE") as waited_for:
        asked = asyncio.ensure_future(town.mortal.ask("POST", "/me/addresses", ADDRESS, token=who.token))
        await waited_for()
        web.tell(signal.SIGTERM)
        told = time.monotonic()

        async def closed() -> bool:
            try:
                async with aiohttp.ClientSession() as stranger, stranger.get(f"{town.mortal.base}/healthz"):
                    return False
            except aiohttp.ClientError:
                return True

        await town.until("it takes no new calls", closed)
    status, address = await asked
    assert status in (200, 201)
    assert await asyncio.to_thread(web.wait, END_SECONDS) == 0
    assert time.monotonic() - told < END_SECONDS
    kept = await town.rows("SELECT id FROM member_address WHERE member_id = $1", who.member_id)
    assert kept == [{"id": address["id"]}]


async def test_the_jobs_process_hands_over_and_ends(town: Town) -> None:
    town.farm.jobs.tell(signal.SIGTERM)
    assert await asyncio.to_thread(town.farm.jobs.wait, END_SECONDS) == 0
    leaders = await town.value(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'hezi jobs' AND datname = current_database()"
    )
    assert leaders == 0


def test_the_demo_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    port, sandbox_port = free_port(), free_port()
    words = ["app", "demo", "--dir", str(tmp_path / "demo"), "--port", str(port), "--sandbox-port", str(sandbox_port)]
    demo = Process(words, tmp_path / "demo.log", ready=f"http://127.0.0.1:{port}/readyz").start()
    try:
        demo.await_ready()
        with socket.create_connection(("127.0.0.1", sandbox_port), timeout=1):
            pass
        demo.tell(signal.SIGINT)
        assert demo.wait(END_SECONDS) == 0, demo.words_so_far()
    finally:
        if demo.alive:
            demo.kill()
    assert "Traceback" not in demo.words_so_far()
    for one in (port, sandbox_port):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", one)) != 0, "nobody listens any more"
