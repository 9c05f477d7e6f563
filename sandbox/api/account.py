"""Who one is: the two token endpoints, and the account's quotas.

The whitelist of addresses (40164) is checked here and nowhere else.
"""

from typing import Any

from aiohttp import web

from sandbox.api.common import PARSED, Ask, Family, json_object, refusal, reply
from sandbox.api.quota import Quotas
from sandbox.api.tokens import Tokens
from sandbox.api.words import ApiError
from sandbox.world import Account, World

STABLE_PER_MINUTE = 10_000


def identify(world: World, appid: Any, secret: Any) -> Account:
    """The account whose appid and secret these are; 41002, 41004, 40013, 40243 or 40125."""
    if not appid:
        raise ApiError(41002)
    if not secret:
        raise ApiError(41004)
    account = world.account(appid) if isinstance(appid, str) else None
    if account is None:
        raise ApiError(40013)
    if account.appid in world.room(Tokens).frozen_secrets:
        raise ApiError(40243)
    if secret != account.secret:
        raise ApiError(40125)
    return account


def _check_address(world: World, request: web.Request) -> None:
    address = request.remote or ""
    if address not in world.tuning.allowed_ips:
        raise ApiError(40164, f"invalid ip {address} ipv6 ::ffff:{address}, not in whitelist")


def _plain(world: World, request: web.Request) -> dict[str, Any]:
    query = request.query
    if request.method != "GET":
        raise ApiError(43001)
    if query.get("grant_type") != "client_credential":
        raise ApiError(40002)
    account = identify(world, query.get("appid"), query.get("secret"))
    _check_address(world, request)
    text, left = world.room(Tokens).plain(account)
    return {"access_token": text, "expires_in": left}


def _stable(world: World, request: web.Request, data: bytes) -> dict[str, Any]:
    if request.method != "POST":
        raise ApiError(43002)
    if not data:
        raise ApiError(44002)
    body = request[PARSED] = json_object(data)
    if body.get("grant_type") != "client_credential":
        raise ApiError(40002)
    force = body.get("force_refresh", False)
    if not isinstance(force, bool):
        raise ApiError(47001, "data format error: force_refresh")
    account = identify(world, body.get("appid"), body.get("secret"))
    _check_address(world, request)
    world.room(Quotas).use_window(account.appid, "stable_token", STABLE_PER_MINUTE, 45011)
    text, left = world.room(Tokens).stable(account, force=force)
    return {"access_token": text, "expires_in": left}


async def _clear(ask: Ask) -> dict[str, Any]:
    if ask.text("appid", 41002) != ask.account.appid:
        raise ApiError(40013)
    ask.world.room(Quotas).clear(ask.account)
    return {"errcode": 0, "errmsg": "ok"}


async def _quota(ask: Ask) -> dict[str, Any]:
    path = ask.text("cgi_path")
    if not path.startswith("/"):
        raise ApiError(40097, "cgi_path must begin with /")
    return {"errcode": 0, "errmsg": "ok", "quota": ask.world.room(Quotas).of(ask.account, path)}


def add_routes(app: web.Application, world: World) -> None:
    async def plain(request: web.Request) -> web.Response:
        try:
            return reply(world, request, _plain(world, request))
        except ApiError as error:
            return refusal(world, request, error)

    async def stable(request: web.Request) -> web.Response:
        try:
            return reply(world, request, _stable(world, request, await request.read()))
        except ApiError as error:
            return refusal(world, request, error)

    app.router.add_route("*", "/cgi-bin/token", plain)
    app.router.add_route("*", "/cgi-bin/stable_token", stable)
    family = Family(app, world)
    family.post("/cgi-bin/clear_quota", _clear)
    family.post("/cgi-bin/openapi/quota/get", _quota)
