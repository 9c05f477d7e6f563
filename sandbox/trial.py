"""A trial run: one world served over real HTTP, with an application that does nothing but listen.

For tests of the sandbox itself. The clock is frozen; only `pass_time` moves it.
"""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox import crypt, wire
from sandbox.clock import SharedClock
from sandbox.server import build_app
from sandbox.setup import make_world
from sandbox.world import Account, PaidOrder, Person, World

START = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)  # ten in the morning in Shanghai


@dataclass
class Push:
    """One HTTP request that came to the callback, and the message inside."""

    kind: str
    query: dict[str, str]
    body: str
    fields: dict[str, Any]
    outer: dict[str, Any]
    content_type: str
    genuine: bool


Answer = Callable[[Push], web.Response | str]


@dataclass
class Trial:
    """What a test holds: the world, its address, what was pushed and what to answer."""

    world: World
    credentials: dict[str, Any]
    base: str
    session: aiohttp.ClientSession
    pushes: list[Push] = field(default_factory=list)
    answer: Answer = lambda push: "success"

    def account(self, kind: str) -> Account:
        return self.world.official if kind == "official" else self.world.mini

    def openid(self, person: Person, kind: str = "official") -> str:
        return person.openids[self.account(kind).appid]

    def pass_time(self, **by: float) -> None:
        self.world.clock.advance(timedelta(**by))

    def events(self, name: str) -> list[Push]:
        return [push for push in self.pushes if push.fields.get("Event") == name]

    # Calling ---------------------------------------------------------------------------------------

    async def stable(self, kind: str, **more: Any) -> dict[str, Any]:
        account = self.account(kind)
        body = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret, **more}
        return await self.post("/cgi-bin/stable_token", body)

    async def token(self, kind: str) -> str:
        return str((await self.stable(kind))["access_token"])

    async def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        """POST without a token. Text and bytes go as they are; anything else as raw UTF-8 JSON."""
        data = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
        data = data.encode() if isinstance(data, str) else data
        async with self.session.post(self.base + path, params=query, data=data) as response:
            return await _read(response)

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        async with self.session.get(self.base + path, params=query) as response:
            return await _read(response)

    async def call(self, kind: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        """An authorised call of one account: GET without a body, else POST."""
        query["access_token"] = await self.token(kind)
        return await (self.get(path, **query) if body is None else self.post(path, body, **query))

    async def official(self, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        return await self.call("official", path, body, **query)

    async def mini(self, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        return await self.call("mini", path, body, **query)

    async def control(self, path: str, body: Any = None, method: str = "", status: int = 200) -> dict[str, Any]:
        """A control endpoint; `status` is the one that must come."""
        method = method or ("GET" if body is None else "POST")
        async with self.session.request(method, f"{self.base}/sandbox/{path}", json=body) as response:
            fields = dict(await response.json())
            if response.status != status:
                raise AssertionError(f"{path}: {response.status} {fields}")
            return fields

    async def act(self, person: Person, name: str, /, **fields: Any) -> dict[str, Any]:
        return await self.control(f"people/{person.id}/{name}", fields)

    async def chat(self, person: Person, *kinds: str) -> list[dict[str, Any]]:
        items = (await self.control(f"people/{person.id}/chat"))["items"]
        return [item for item in items if not kinds or item["kind"] in kinds]

    async def settle(self) -> None:
        await self.control("settle", {})

    async def follower(self, name: str = "小林") -> Person:
        person = self.world.add_person(name)
        await self.act(person, "follow")
        return person

    def pay(self, person: Person, number: str = "T1", fen: int = 19_900) -> PaidOrder:
        """A payment through the mini-program, as the pay half would note it down."""
        now = self.world.now()
        order = PaidOrder(
            transaction_id=f"42000{number}",
            mchid=self.world.merchant.mchid,
            out_trade_no=number,
            description="盒子",
            paid_fen=fen,
            openid=self.openid(person, "mini"),
            created_at=now,
            paid_at=now,
            appid=self.world.mini.appid,
        )
        self.world.paid_orders[order.transaction_id] = order
        return order

    # Answering -------------------------------------------------------------------------------------

    def passive(self, push: Push, content: str, **changed: Any) -> str:
        """A text reply to a push, encrypted when the account's mode wants it."""
        account = self.account(push.kind)
        fields: dict[str, Any] = {
            "ToUserName": push.fields["FromUserName"],
            "FromUserName": account.gh_id,
            "CreateTime": int(time.time()),
            "MsgType": "text",
            "Content": content,
            **changed,
        }
        clear = wire.render(account, fields)
        return clear if account.mode == "plain" else self.sealed(account, clear)

    def sealed(self, account: Account, clear: str, *, nonce: str = "n1") -> str:
        """The reply envelope around a clear text."""
        encrypted = crypt.encrypt(account.aes_key, account.appid, clear.encode())
        stamp = str(int(time.time()))
        outer: dict[str, Any] = {
            "Encrypt": encrypted,
            "MsgSignature": crypt.signature(account.token, stamp, nonce, encrypted),
            "TimeStamp": int(stamp),
            "Nonce": nonce,
        }
        return json.dumps(outer) if account.format == "json" else wire.to_xml(outer)

    async def receive(self, request: web.Request) -> web.Response:
        """The listening application: checks and opens every push, then answers as told."""
        kind, query, body = request.match_info["kind"], dict(request.query), await request.text()
        account = self.account(kind)
        if request.method == "GET":
            good = crypt.signature(account.token, query["timestamp"], query["nonce"]) == query["signature"]
            return web.Response(text=query["echostr"] if good else "no")
        outer = wire.parse(body)
        clear, signed = outer, crypt.signature(account.token, query["timestamp"], query["nonce"])
        genuine = signed == query["signature"]
        if query.get("encrypt_type") == "aes":
            signed = crypt.signature(account.token, query["timestamp"], query["nonce"], outer["Encrypt"])
            genuine = genuine and signed == query["msg_signature"]
            clear = wire.parse(crypt.decrypt(account.aes_key, account.appid, outer["Encrypt"]).decode())
        push = Push(kind, query, body, clear, outer, request.content_type, genuine)
        self.pushes.append(push)
        answer = self.answer(push)
        return answer if isinstance(answer, web.Response) else web.Response(text=answer)


async def _read(response: aiohttp.ClientResponse) -> dict[str, Any]:
    if response.content_type.startswith("image/"):
        return {"image": await response.read(), "content_type": response.content_type}
    found: dict[str, Any] = await response.json(content_type=None)
    return found


@asynccontextmanager
async def open_trial(directory: Path) -> AsyncIterator[Trial]:
    """Serve a fresh world and a listening application; both are gone at the end."""
    clock = SharedClock(directory / "clock.json")
    clock.set(START, frozen=True)
    trials: list[Trial] = []

    async def receive(request: web.Request) -> web.Response:
        return await trials[0].receive(request)

    listener = web.Application()
    listener.router.add_route("*", "/wechat/{kind:official|mini}", receive)
    async with TestServer(listener) as listening:
        here = str(listening.make_url("/wechat/"))
        world, credentials = make_world(
            directory, clock, official_callback=f"{here}official", mini_callback=f"{here}mini"
        )
        async with TestServer(build_app(world)) as server, aiohttp.ClientSession() as session:
            trials.append(Trial(world, credentials, str(server.make_url("")).rstrip("/"), session))
            yield trials[0]
