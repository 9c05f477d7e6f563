"""Ways into the mini-program: its own codes (小程序码) and URL links."""

import re
import secrets
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OK, Ask, Family
from sandbox.api.images import code_image
from sandbox.api.quota import Quotas
from sandbox.api.words import ApiError
from sandbox.world import World

_SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]+")
_PATH = re.compile(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_\-]+)+")
VERSIONS = ("release", "trial", "develop")
CODES_PER_MINUTE = 5_000
LINKS_PER_SECOND = 100
QUERY_MAX = 1_024
DAYS_MAX = 30


class Links:
    """Codes and links made, newest last, for the control endpoints to follow them."""

    def __init__(self, world: World) -> None:
        self.codes: list[dict[str, Any]] = []
        self.links: dict[str, dict[str, Any]] = {}


def _plain_page(ask: Ask, value: str, bad: int, *, check: bool) -> str:
    """A page without leading slash and query; released, if `check`."""
    if not _PATH.fullmatch(value):
        raise ApiError(bad)
    return ask.page(value, bad=bad) if check else value


async def _code(ask: Ask) -> web.Response:
    scene = ask.text("scene", 40129)
    if len(scene) > 32:
        raise ApiError(40169)
    if not _SCENE.fullmatch(scene):
        raise ApiError(40129)
    check = ask.body.get("check_path", True)
    if not isinstance(check, bool):
        raise ApiError(47001)
    page = ask.text_or("page")
    if page:
        _plain_page(ask, page, 41030, check=check)
    if ask.text_or("env_version", "release") not in VERSIONS:
        raise ApiError(40097, "invalid env_version")
    width = ask.number("width") if "width" in ask.body else 430
    if not 280 <= width <= 1280:
        raise ApiError(40097, "invalid width")
    for flag in ("auto_color", "is_hyaline"):
        if not isinstance(ask.body.get(flag, False), bool):
            raise ApiError(47001)
    if "line_color" in ask.body:
        ask.object("line_color")
    ask.world.room(Quotas).use_window(ask.account.appid, "getwxacodeunlimit", CODES_PER_MINUTE, 45009)
    ask.world.room(Links).codes.append({"scene": scene, "page": page})
    return web.Response(body=code_image(f"{page}?{scene}", width), content_type="image/png")


async def _urllink(ask: Ask) -> dict[str, Any]:
    path, query = ask.text_or("path"), ask.text_or("query")
    if path:
        _plain_page(ask, path.removeprefix("/"), 40165, check=True)
    if len(query) > QUERY_MAX or re.search(r"[\s#\u4e00-\u9fff]", query):
        raise ApiError(40212)
    if ask.text_or("env_version", "release") not in VERSIONS:
        raise ApiError(40097, "invalid env_version")
    now = int(ask.world.now().timestamp())
    expire_type = ask.number("expire_type") if "expire_type" in ask.body else 0
    if expire_type == 1:
        days = ask.number("expire_interval", 85401)
        if not 1 <= days <= DAYS_MAX:
            raise ApiError(85401)
        ends = now + days * 86_400
    elif expire_type == 0:
        ends = ask.number("expire_time") if "expire_time" in ask.body else now + DAYS_MAX * 86_400
        if not now + 60 <= ends <= now + DAYS_MAX * 86_400:
            raise ApiError(85401)
    else:
        raise ApiError(40097, "invalid expire_type")
    ask.world.room(Quotas).use_window(ask.account.appid, "generate_urllink", LINKS_PER_SECOND, 44990, seconds=1)
    link = f"https://wxaurl.cn/{secrets.token_urlsafe(8)}"
    ask.world.room(Links).links[link] = {"path": path, "query": query, "expires_at": ends}
    return {**OK, "url_link": link}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, MINI)
    family.post("/wxa/getwxacodeunlimit", _code)
    family.post("/wxa/generate_urllink", _urllink)
