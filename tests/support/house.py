"""The whole house for a test: sandbox WeChat and application over real HTTP, one frozen clock, one database."""

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer, unused_port

import app
import demo
from bot.understand import Understander
from models import database as rows
from sandbox.clock import SharedClock
from sandbox.server import build_app as build_sandbox
from sandbox.setup import make_world
from sandbox.world import Person, World

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # Sunday, 10:00 in Shanghai


class House:
    """What a test holds in its hand."""

    def __init__(
        self, built: app.Built, world: World, http: aiohttp.ClientSession, base: str, sandbox_base: str
    ) -> None:
        self.built, self.shop, self.settings = built, built.shop, built.settings
        self.world, self.http = world, http
        self.base, self.sandbox_base = base, sandbox_base

    async def move(self, **by: float) -> None:
        """Move the clock, let the sandbox do what fell due, then run the jobs that fell due."""
        await self.move_to(self.shop.now() + timedelta(**by))

    async def move_to(self, instant: datetime) -> None:
        self.world.clock.set(instant, frozen=True)
        await self.world.settle()
        await self.built.run_jobs()
        await self.world.settle()

    async def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str = "",
        status: int | None = None,
    ) -> Any:
        """Call the API; the JSON answer. With `status` given, anything else fails the test."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        async with self.http.request(
            method, f"{self.base}/api/v1{path}", json=body, headers=headers
        ) as answer:
            text = await answer.text()
            data = await answer.json() if "json" in answer.content_type else text
            wanted = range(200, 300) if status is None else (status,)
            assert answer.status in wanted, f"{method} {path}: {answer.status} {text}"
            return data

    async def wechat(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """Call the sandbox's control panel."""
        async with self.http.request(method, f"{self.sandbox_base}/sandbox{path}", json=body or {}) as answer:
            data = await answer.json()
            assert answer.status < 400, f"{path}: {answer.status} {data}"
            return data

    async def follow(self, person: Person, scene: str = "") -> Any:
        return await self.wechat(f"/people/{person.id}/follow", {"scene": scene} if scene else {})

    async def say(self, person: Person, text: str) -> str:
        """Say a line in the chat; the passive reply's text ("" where there was none)."""
        told = await self.wechat(f"/people/{person.id}/text", {"content": text})
        return reply_text(told)

    async def login(self, person: Person) -> str:
        """A member's session token, through the mini-program's door."""
        code = (await self.wechat(f"/people/{person.id}/login-code"))["code"]
        answer = await self.api("POST", "/session", {"code": code})
        token: str = answer["token"]
        return token

    async def staff(self, login: str) -> str:
        answer = await self.api("POST", "/staff/session", {"login": login, "password": "demo-" + login})
        token: str = answer["token"]
        return token

    async def chat(self, person: Person) -> list[dict[str, Any]]:
        """Everything that went through the person's chat, in order."""
        told = await self.wechat(f"/people/{person.id}/chat", method="GET")
        items: list[dict[str, Any]] = told["items"]
        return items


def reply_text(told: dict[str, Any]) -> str:
    for delivery in told["deliveries"]:
        reply = delivery.get("reply")
        if isinstance(reply, dict):
            return str(reply.get("content", reply.get("text", "")))
        if isinstance(reply, str) and reply:
            return reply
    return ""


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
    port = unused_port()
    base = f"http://127.0.0.1:{port}"
    world, credentials = make_world(
        folder, clock, official_callback=f"{base}/wechat/official", mini_callback=f"{base}/wechat/mini"
    )
    async with TestServer(build_sandbox(world)) as sandbox_server, aiohttp.ClientSession() as session:
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
                yield House(built, world, session, base, sandbox_base)
        finally:
            await rows.close()
