"""One HTTP session to WeChat, and one account's door to api.weixin.qq.com.

Every failure leaves here as one of our two errors: `OutsideFault` (it may pass) or `OutsideRefusal`
(WeChat's own code). Tokens travel in addresses and secrets in queries, so no exception of the HTTP
library is ever chained or quoted: its text would carry them into a log.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import aiohttp
import orjson
from yarl import URL

from domain.errors import OutsideFault, OutsideRefusal

T = TypeVar("T")
OnCall = Callable[[str, str, float], None]
"""Told of each attempt: endpoint (never with ids in it), outcome (`ok`, a code, a kind of fault), seconds."""

READ_TRIES = 3
"""How often a read is tried in all; sends are tried once, since a lost answer may be a done deed."""

BUSY = frozenset({-1, 45009, 45011, 44990, 44991})
"""Codes that pass by themselves: WeChat is busy, or one of our quotas is used up for now."""

TOKEN_REFUSED = frozenset({40001, 40014, 42001})
NONE: frozenset[int] = frozenset()
TEXT_KEPT = 200
SLOW_CONNECT_SECONDS = 4.0
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")


class Fault(OutsideFault):
    """An `OutsideFault` that can name itself in a metric: `kind` is `timeout`, `http_502`, `45009`, …"""

    def __init__(self, endpoint: str, kind: str) -> None:
        super().__init__(f"{endpoint}: {kind}")
        self.kind = kind


class Hiccup(Fault):
    """A fault that is often gone at once (a dropped connection, a 5xx, -1): reads are tried again."""


class TokenRefused(OutsideRefusal):
    """The access token was not taken; the call itself was not looked at."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Tokens(Protocol):
    """Where a door takes its access token from."""

    async def current(self) -> str: ...
    async def instead_of(self, refused: str) -> str: ...


class WechatHttp:
    """The only HTTP session of `integrations/`. Close it when the application stops."""

    def __init__(self, timeout_seconds: float, on_call: OnCall | None = None) -> None:
        """`timeout_seconds` bounds one attempt from the first byte sent to the last one read."""
        self._timeout = _patience(timeout_seconds)
        self._on_call = on_call
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=200, limit_per_host=100, ttl_dns_cache=60),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "hezi/0.1"},
        )
        # Left alone, aiohttp sends a dropped GET again by itself: a login code would be spent twice and
        # reads tried more often than `READ_TRIES`. It offers no public switch; a test watches this one.
        self._session._retry_connection = False

    async def close(self) -> None:
        await self._session.close()

    async def exchange(
        self,
        endpoint: str,
        method: str,
        url: URL,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Reply:
        """Send once and read the whole answer. Raises Fault (timeout) or Hiccup (no connection).

        Redirects are not followed: the token in the address is for WeChat alone.
        """
        timeout = self._timeout if seconds is None else _patience(seconds)
        fault: Fault
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                return Reply(answer.status, answer.headers, await answer.read())
        except TimeoutError:
            fault = Fault(endpoint, "timeout")
        except (aiohttp.ClientError, OSError) as broken:
            fault = Hiccup(endpoint, f"connection {type(broken).__name__}")
        # Raised outside the handler, so that not even __context__ leads to an address with a token.
        raise fault

    @contextmanager
    def measured(self, endpoint: str) -> Iterator[None]:
        """Tells `on_call` how the block went and how long it took, in real seconds."""
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            yield
            outcome = "ok"
        except OutsideRefusal as no:
            outcome = no.code
            raise
        except OutsideFault as fault:
            outcome = fault.kind.partition(" ")[0] if isinstance(fault, Fault) else "fault"
            raise
        finally:
            if self._on_call is not None:
                self._on_call(endpoint, outcome, time.perf_counter() - started)


def _patience(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds, connect=min(seconds, SLOW_CONNECT_SECONDS))


async def steadily(once: Callable[[], Awaitable[T]], *, safe: bool) -> T:
    """Run `once`; where it is a read (`safe`), a Hiccup is tried again at once, `READ_TRIES` in all."""
    for _ in range(READ_TRIES - 1 if safe else 0):
        try:
            return await once()
        except Hiccup:
            continue
    return await once()


def read_json(endpoint: str, body: bytes) -> dict[str, Any]:
    """An answer's JSON object. WeChat's content types are not to be trusted, so nobody asks for them.

    Raises Hiccup where the body is no JSON object: that was a proxy, not WeChat.
    """
    try:
        answer: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = _lenient(body)
    if not isinstance(answer, dict):
        raise Hiccup(endpoint, "unreadable")
    return answer


def _lenient(body: bytes) -> Any:
    """Old endpoints let raw control characters and broken UTF-8 of their users through."""
    try:
        return json.loads(body.decode("utf-8", "replace"), strict=False)
    except ValueError:
        return None


def check_errcode(
    endpoint: str,
    answer: Mapping[str, Any],
    *,
    done: frozenset[int] = NONE,
    later: frozenset[int] = NONE,
) -> None:
    """Raise what the errcode means; a missing one is success. `done` also passes, `later` may pass."""
    code = answer.get("errcode")
    if code is None or code == 0 or code in done:
        return
    if code == -1:
        raise Hiccup(endpoint, "-1")
    if code in BUSY or code in later:
        raise Fault(endpoint, str(code))
    text = str(answer.get("errmsg", ""))[:TEXT_KEPT]
    raise (TokenRefused if code in TOKEN_REFUSED else OutsideRefusal)(str(code), text)


def json_answer(
    endpoint: str, reply: Reply, *, done: frozenset[int] = NONE, later: frozenset[int] = NONE
) -> dict[str, Any]:
    """The object of an answer that is none of WeChat's refusals.

    api.weixin.qq.com says everything with 200; another status is a gateway speaking.
    """
    if reply.status != 200:
        raise Hiccup(endpoint, f"http_{reply.status}")
    answer = read_json(endpoint, reply.body)
    check_errcode(endpoint, answer, done=done, later=later)
    return answer


def picture(endpoint: str, reply: Reply) -> bytes:
    """The bytes of a picture, told by how they begin; anything else must be JSON and is judged as such."""
    if reply.status == 200 and reply.body.startswith(PICTURES):
        return reply.body
    json_answer(endpoint, reply)
    raise Fault(endpoint, "unreadable")


class WechatApi:
    """One account at api.weixin.qq.com: adds the token, sends raw UTF-8, reads the errcode."""

    def __init__(self, http: WechatHttp, base: str, tokens: Tokens | None) -> None:
        """`base` without a slash at the end; without `tokens` only `plain` calls work."""
        self._http = http
        self._base = base
        self._tokens = tokens
        self._last: tuple[str, Mapping[str, str], URL] = ("", {}, URL())

    async def get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """A read: a hiccup is tried again at once."""
        return await self._with_token("GET", path, params, None, json_answer, safe=True)

    async def post(
        self,
        path: str,
        payload: Mapping[str, Any],
        *,
        safe: bool = False,
        done: frozenset[int] = NONE,
        later: frozenset[int] = NONE,
    ) -> dict[str, Any]:
        """`safe` marks a POST that changes nothing; `done` and `later` extend the meaning of codes."""
        read = partial(json_answer, done=done, later=later)
        return await self._with_token("POST", path, {}, payload, read, safe=safe)

    async def post_for_picture(self, path: str, payload: Mapping[str, Any]) -> bytes:
        """For endpoints that answer a picture, or JSON when they refuse; reads, hence tried again."""
        return await self._with_token("POST", path, {}, payload, picture, safe=True)

    async def plain(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
        safe: bool = False,
    ) -> dict[str, Any]:
        """A call without access token (login, and the token itself)."""
        return await self._call(method, path, params or {}, payload, json_answer, safe=safe)

    async def _with_token(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: Mapping[str, Any] | None,
        read: Callable[[str, Reply], T],
        *,
        safe: bool,
    ) -> T:
        """Call; where the token is refused, once more with another. A second refusal is final."""
        assert self._tokens is not None
        token = await self._tokens.current()
        for_token = {**params, "access_token": token}
        try:
            return await self._call(method, path, for_token, payload, read, safe=safe)
        except TokenRefused:
            pass
        for_token["access_token"] = await self._tokens.instead_of(token)
        return await self._call(method, path, for_token, payload, read, safe=safe)

    async def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str],
        payload: Mapping[str, Any] | None,
        read: Callable[[str, Reply], T],
        *,
        safe: bool,
    ) -> T:
        url = self._address(path, params)
        # orjson writes Chinese raw: older endpoints would store and show \uXXXX literally.
        body = None if payload is None else orjson.dumps(payload)
        headers = None if body is None else {"Content-Type": "application/json; charset=utf-8"}

        async def once() -> T:
            with self._http.measured(path):
                return read(path, await self._http.exchange(path, method, url, body=body, headers=headers))

        return await steadily(once, safe=safe)

    def _address(self, path: str, params: Mapping[str, str]) -> URL:
        """Thousands of messages go to one address, which is made once as long as the token stays."""
        if self._last[:2] != (path, params):
            self._last = path, dict(params), URL(self._base + path).with_query(params)
        return self._last[2]
