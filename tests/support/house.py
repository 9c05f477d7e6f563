"""The whole house for a test: sandbox WeChat and application over real HTTP, one frozen clock, one database."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer

import app
import demo
from bot.understand import Understander
from models import database as rows
from sandbox.clock import SharedClock
from sandbox.server import build_app as build_sandbox
from sandbox.setup import make_world
from sandbox.world import Person, World
from tests.support.broken import Broken, watched
from tests.support.doors import Doors, reply_text
from tests.support.ports import free_port

__all__ = ["START", "House", "open_house", "reply_text"]

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday, 10:00 in Shanghai


class House(Doors):
    """What a test holds in its hand."""

    def __init__(
        self, built: app.Built, world: World, http: aiohttp.ClientSession, base: str, sandbox_base: str, broken: Broken
    ) -> None:
        super().__init__(http, base, sandbox_base)
        self.built, self.shop, self.settings = built, built.shop, built.settings
        self.world = world
        self.broken = broken

    async def now(self) -> datetime:
        return self.shop.now()

    async def move_to(self, instant: datetime) -> None:
        self.world.clock.set(instant, frozen=True)
        await self.world.settle()
        await self.built.run_jobs()
        self.broken.require_none()
        await self.world.settle()

    async def person(self, name: str) -> Person:
        return self.world.add_person(name)


@functools.cache
def _understander() -> Understander:
    """Loaded once per test process: dictionaries do not change from test to test."""
    loaded = Understander(stylists=["林晚", "周可", "陈屿", "苏禾"])
    loaded.load()
    return loaded


@asynccontextmanager
async def open_house(database_url: str, folder: Path, *, start: datetime = START) -> AsyncIterator[House]:
    """Start everything on a migrated database; stop it cleanly."""
    clock = SharedClock(folder / "clock.json")
    clock.set(start, frozen=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    world, credentials = make_world(
        folder, clock, official_callback=f"{base}/wechat/official", mini_callback=f"{base}/wechat/mini",
        corp_callback=f"{base}/wechat/wecom",
    )  # fmt: skip
    async with (
        watched() as broken,
        TestServer(build_sandbox(world)) as sandbox_server,
        aiohttp.ClientSession() as session,
    ):
        sandbox_base = str(sandbox_server.make_url("")).rstrip("/")
        settings = demo.sandbox_settings(
            credentials,
            sandbox_base=sandbox_base,
            public_url=base,
            database_url=database_url,
            folder=folder,
            mode="test",
            port=port,
        )
        await rows.connect(database_url)
        try:
            async with app.build(settings, understander=_understander()) as built, TestServer(built.site, port=port):
                yield House(built, world, session, base, sandbox_base, broken)
        finally:
            await rows.close()
