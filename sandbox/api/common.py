"""What every endpoint of api.weixin.qq.com has in common: tokens, methods, quotas, shapes, rids.

A family registers its handlers with `Family.post` and `Family.get`. A handler takes an `Ask` and
returns the fields of its answer; it raises `ApiError` for a business error, which goes out with
HTTP 200.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from aiohttp import web

from sandbox.api.quota import Quotas
from sandbox.api.tokens import Tokens
from sandbox.api.words import ApiError, rid
from sandbox.world import Account, Person, World

BOTH = ("official", "mini")
OFFICIAL = ("official",)
MINI = ("mini",)
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
PARSED: web.RequestKey[Any] = web.RequestKey("parsed", object)
REPLIED: web.RequestKey[Any] = web.RequestKey("replied", object)
_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u(?=[0-9a-fA-F]{4})")
_PAGE = re.compile(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_\-]+)+(\?[^\s]*)?")


@dataclass
class Ask:
    """One authorised request: who asks, with what body (or query), towards which world."""

    world: World
    account: Account
    body: dict[str, Any]
    query: dict[str, str]
    request: web.Request
    escaped: bool = False  # the body held \\uXXXX, kept literally by the older endpoints

    def text(self, key: str, missing: int = 40097, *, within: dict[str, Any] | None = None) -> str:
        """A non-empty string; absent or empty is `missing`, another type is 47001."""
        value = self.text_or(key, within=within)
        if not value:
            raise ApiError(missing, f"{key} is empty")
        return value

    def text_or(self, key: str, default: str = "", *, within: dict[str, Any] | None = None) -> str:
        value = (self.body if within is None else within).get(key, default)
        return value if isinstance(value, str) else wrong_shape(key)

    def number(self, key: str, missing: int = 40097, *, within: dict[str, Any] | None = None) -> int:
        """A whole number; absent is `missing`, another type is 47001."""
        source = self.body if within is None else within
        if key not in source:
            raise ApiError(missing, f"{key} is missing")
        value = source[key]
        return value if isinstance(value, int) and not isinstance(value, bool) else wrong_shape(key)

    def object(self, key: str, missing: int = 40097, *, within: dict[str, Any] | None = None) -> dict[str, Any]:
        source = self.body if within is None else within
        if key not in source:
            raise ApiError(missing, f"{key} is missing")
        value = source[key]
        return value if isinstance(value, dict) else wrong_shape(key)

    def array(self, key: str, missing: int = 40097, *, within: dict[str, Any] | None = None) -> list[Any]:
        source = self.body if within is None else within
        if key not in source:
            raise ApiError(missing, f"{key} is missing")
        value = source[key]
        return value if isinstance(value, list) else wrong_shape(key)

    def person(self, key: str = "touser", *, foreign: int = 40003) -> Person:
        """Whom an openid of the asking account names; another account's openid is `foreign`."""
        return self.person_of(self.text(key, 40003), foreign=foreign)

    def person_of(self, openid: str, *, foreign: int = 40003) -> Person:
        person = self.world.by_openid.get(openid)
        if person is None:
            raise ApiError(40003)
        if person.openids[self.account.appid] != openid:
            raise ApiError(foreign)
        return person

    def page(self, value: str, bad: int = 41030) -> str:
        """A page of the released mini-program, with or without a query; else `bad`."""
        released = self.world.room(Pages).released
        if not _PAGE.fullmatch(value) or (released is not None and value.partition("?")[0] not in released):
            raise ApiError(bad)
        return value


class Pages:
    """The pages of the released mini-program; None until somebody says which, and then any may be."""

    def __init__(self, world: World) -> None:
        self.released: set[str] | None = None


def wrong_shape(key: str) -> NoReturn:
    raise ApiError(47001, f"data format error: {key}")


Handler = Callable[[Ask], Awaitable[dict[str, Any] | web.Response]]


class Family:
    """Registers the endpoints of one family on the application."""

    def __init__(self, app: web.Application, world: World, who: tuple[str, ...] = BOTH) -> None:
        self._app = app
        self._world = world
        self._who = who

    def post(self, path: str, handler: Handler, *, literal: bool = False, raw: bool = False) -> None:
        """`literal` keeps \\uXXXX as it stands; `raw` leaves the body (an upload) to the handler."""
        self._add(("POST",), path, handler, literal, raw)

    def get(self, path: str, handler: Handler) -> None:
        self._add(("GET",), path, handler, False, True)

    def either(self, path: str, handler: Handler) -> None:
        """GET with a query or POST with a body, whichever the caller's edition of the docs says."""
        self._add(("GET", "POST"), path, handler, False, False)

    def _add(self, methods: tuple[str, ...], path: str, handler: Handler, literal: bool, raw: bool) -> None:
        world, who = self._world, self._who

        async def endpoint(request: web.Request) -> web.Response:
            try:
                account = world.room(Tokens).owner(request.query.get("access_token", ""))
                if request.method not in methods:
                    raise ApiError(43002 if methods == ("POST",) else 43001)
                if account.kind not in who:
                    raise ApiError(48001)
                world.room(Quotas).use(account, path)
                ask = Ask(world, account, {}, dict(request.query), request)
                if request.method == "POST" and not raw:
                    await _read(ask, literal)
                answer = await handler(ask)
            except ApiError as error:
                return refusal(world, request, error)
            return answer if isinstance(answer, web.Response) else reply(world, request, answer)

        self._app.router.add_route("*", path, endpoint)


async def _read(ask: Ask, literal: bool) -> None:
    data = await ask.request.read()
    if not data:
        raise ApiError(44002)
    if literal:
        kept = _ESCAPE.sub(rb"\1\\\\u", data)
        ask.escaped, data = kept != data, kept
    ask.body = json_object(data)
    ask.request[PARSED] = ask.body


def json_object(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`; 47001 when it is none."""
    try:
        found = json.loads(data)
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(found, dict):
        raise ApiError(47001)
    return found


def reply(world: World, request: web.Request, fields: dict[str, Any]) -> web.Response:
    """A JSON answer in raw UTF-8; one in three says text/plain, as WeChat's servers do."""
    request[REPLIED] = fields
    number = rid(world)
    return web.Response(
        text=json.dumps(fields, ensure_ascii=False),
        content_type="text/plain" if world.rng.random() < 1 / 3 else "application/json",
        headers={"rid": number},
    )


def refusal(world: World, request: web.Request, error: ApiError) -> web.Response:
    """A business error: HTTP 200 and `{"errcode", "errmsg": "… rid: …"}`."""
    number = rid(world)
    fields: dict[str, Any] = {"errcode": error.code, "errmsg": f"{error.text} rid: {number}", **error.more}
    request[REPLIED] = fields
    answer = reply(world, request, fields)
    answer.headers["rid"] = number
    return answer
