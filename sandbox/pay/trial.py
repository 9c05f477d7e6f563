"""A merchant just large enough to try this WeChat Pay over real HTTP: signs, verifies, listens.

Used by the sandbox's own tests and as a reference of the merchant's side of every signature.
"""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from sandbox.pay.desk import PAY, Pay
from sandbox.pay.routes import add_pay_routes
from sandbox.pay.signing import SCHEME, SKEW_SECONDS, dump, lines, nonce
from sandbox.world import Merchant, Person, World


@dataclass(frozen=True)
class Answered:
    """An answer as it came: `code` and `tail` are those of a refusal."""

    status: int
    raw: bytes
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None

    @property
    def code(self) -> str:
        return str(self.body["code"]) if self.status >= 400 else ""

    @property
    def tail(self) -> int:
        return int(self.headers["Request-ID"].rpartition("-")[2])


@dataclass
class Heard:
    """A notice as it reached the merchant's door."""

    path: str
    headers: dict[str, str]
    raw: bytes
    verified: bool
    envelope: dict[str, Any]
    plain: dict[str, Any]


@dataclass
class TrialMerchant:
    """`answers` are the statuses the door gives to the next notices; 204 when there is none left."""

    world: World
    pay: Pay
    base: str
    door: str
    session: aiohttp.ClientSession
    key: rsa.RSAPrivateKey
    heard: list[Heard] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    slow_seconds: float = 0.0

    @property
    def merchant(self) -> Merchant:
        return self.world.merchant

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self.key.sign(message, PKCS1v15(), SHA256())).decode()

    def authorization(self, method: str, path: str, raw: bytes, **other: str) -> str:
        """The header for this request; `other` replaces single parts, to get them wrong."""
        parts = {
            "mchid": self.merchant.mchid,
            "nonce_str": nonce(),
            "timestamp": str(int(self.world.now().timestamp())),
            "serial_no": self.merchant.merchant_serial,
        } | other
        signature = self.sign(lines(method, path, parts["timestamp"], parts["nonce_str"], raw))
        listed = ",".join(f'{k}="{v}"' for k, v in ({"signature": signature} | parts).items())
        return f"{SCHEME} {listed}"

    async def call(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None
    ) -> Answered:
        """One signed request; `path` goes out exactly as written."""
        raw = b"" if body is None else body if isinstance(body, bytes) else dump(body)
        sent = {"Accept": "application/json", "User-Agent": "trial"}
        sent["Authorization"] = self.authorization(method, path, raw)
        if raw:
            sent["Content-Type"] = "application/json"
        async with self.session.request(
            method, self.base + path, data=raw or None, headers=sent | (headers or {})
        ) as answer:
            return Answered(answer.status, await answer.read(), dict(answer.headers))

    async def get(self, path: str) -> Answered:
        return await self.call("GET", path)

    async def post(self, path: str, body: Any) -> Answered:
        return await self.call("POST", path, body)

    async def drive(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A control endpoint."""
        async with self.session.request(method, self.base + path, json=body) as answer:
            return answer.status, await answer.json()

    async def pass_time(self, **by: float) -> datetime:
        """Move the frozen clock and let everything due happen."""
        self.world.clock.advance(timedelta(**by))
        await self.world.settle()
        return self.world.now()

    async def open_order(self, person: Person, **other: Any) -> str:
        """A fresh order of this person; returns its prepay_id."""
        answer = await self.post("/v3/pay/transactions/jsapi", self.order_body(person) | other)
        assert answer.status == 200, answer.raw
        return str(answer.body["prepay_id"])

    def order_body(self, person: Person) -> dict[str, Any]:
        return {
            "appid": self.world.mini.appid,
            "mchid": self.merchant.mchid,
            "description": "会员年费",
            "out_trade_no": "hezi-0001",
            "notify_url": f"{self.door}/notify/pay",
            "amount": {"total": 19900, "currency": "CNY"},
            "payer": {"openid": person.openids[self.world.mini.appid]},
            "attach": "plan=year",
        }

    def score_body(self) -> dict[str, Any]:
        return {
            "out_order_no": "box-0001",
            "appid": self.world.mini.appid,
            "service_id": self.merchant.payscore_service_id,
            "service_introduction": "先试后买盒子",
            "time_range": {"start_time": "OnAccept"},
            "risk_fund": {"name": "ESTIMATE_ORDER_COST", "amount": 300000},
            "notify_url": f"{self.door}/notify/score",
        }

    async def on_notice(self, request: web.Request) -> web.Response:
        raw = await request.read()
        headers = dict(request.headers)
        envelope = json.loads(raw)
        heard = Heard(request.path, headers, raw, self.verifies(headers, raw), envelope, self.opened(envelope))
        self.heard.append(heard)
        if self.slow_seconds:
            await asyncio.sleep(self.slow_seconds)
        return web.Response(status=self.answers.pop(0) if self.answers else 204)

    def verifies(self, headers: dict[str, str], raw: bytes) -> bool:
        """Whether WeChat's signature covers exactly these bytes and is at most five minutes old."""
        stamp = headers["Wechatpay-Timestamp"]
        if abs(int(stamp) - self.world.now().timestamp()) > SKEW_SECONDS:
            return False
        public = load_pem_public_key(self.merchant.platform_public_pem.encode())
        assert isinstance(public, rsa.RSAPublicKey)
        message = lines(stamp, headers["Wechatpay-Nonce"], raw)
        try:
            given = base64.b64decode(headers["Wechatpay-Signature"], validate=True)
            public.verify(given, message, PKCS1v15(), SHA256())
        except (ValueError, InvalidSignature):
            return False
        return True

    def opened(self, envelope: dict[str, Any]) -> dict[str, Any]:
        sealed = envelope["resource"]
        plain = AESGCM(self.merchant.api_v3_key.encode()).decrypt(
            sealed["nonce"].encode(),
            base64.b64decode(sealed["ciphertext"]),
            sealed.get("associated_data", "").encode(),
        )
        return dict(json.loads(plain))


@asynccontextmanager
async def open_trial(world: World, merchant_private_pem: str) -> AsyncIterator[TrialMerchant]:
    """A server with nothing but the payment routes, and a merchant with a door for notices."""
    key = load_pem_private_key(merchant_private_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, rsa.RSAPrivateKey)
    app, listening = web.Application(), web.Application()
    add_pay_routes(app, world)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        base = str(server.make_url("")).rstrip("/")
        trial = TrialMerchant(world, app[PAY], base, "", session, key)
        listening.router.add_post("/notify/{kind}", trial.on_notice)
        async with TestServer(listening) as door:
            trial.door = str(door.make_url("")).rstrip("/")
            yield trial
