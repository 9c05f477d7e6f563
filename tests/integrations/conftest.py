"""The real clients against the sandbox over real HTTP, by one frozen clock that only tests move."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from domain.ports import Wechat
from integrations import PAY_NOTIFY_PATH, connect
from sandbox.clock import SharedClock
from sandbox.pay import PAY
from sandbox.server import build_app
from sandbox.setup import make_world
from tests.integrations.shop import NOW, Heard, Letterbox, Shop, settings_for


async def _serve(app: web.Application) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None)  # the sandbox's own log would hold our tokens
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"http://{host}:{port}"


@pytest.fixture
def clock(tmp_path: Path) -> SharedClock:
    clock = SharedClock(tmp_path / "clock.json")
    clock.set(NOW, frozen=True)
    return clock


@pytest.fixture
async def shop(tmp_path: Path, clock: SharedClock) -> AsyncIterator[Shop]:
    letterbox = Letterbox()

    async def receive(request: web.Request) -> web.Response:
        letterbox.letters.append((dict(request.headers), await request.read()))
        return web.Response(status=letterbox.status)

    inbox = web.Application()
    inbox.router.add_post(PAY_NOTIFY_PATH, receive)
    inbox_runner, letterbox.url = await _serve(inbox)
    world, credentials = make_world(tmp_path, clock)
    app = build_app(world)
    runner, base_url = await _serve(app)
    settings = settings_for(credentials, tmp_path, base_url, letterbox.url)
    async with aiohttp.ClientSession() as session:
        yield Shop(world, app[PAY], credentials, clock, base_url, settings, letterbox, session)
    await runner.cleanup()
    await inbox_runner.cleanup()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def wechat(shop: Shop, heard: Heard) -> AsyncIterator[Wechat]:
    async with connect(shop.settings, shop.clock, on_call=heard) as gateways:
        yield gateways


@pytest.fixture
def together() -> Callable[..., Any]:
    """Run the same call many times at once."""

    async def run(times: int, call: Callable[[], Any]) -> list[Any]:
        return await asyncio.gather(*(call() for _ in range(times)), return_exceptions=True)

    return run
