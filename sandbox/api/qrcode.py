"""Parametric QR codes of the official account (带参数二维码)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from sandbox.api.common import OFFICIAL, Ask, Family
from sandbox.api.images import code_image
from sandbox.api.words import ApiError
from sandbox.world import World

SECONDS_MAX = 2_592_000
SECONDS_DEFAULT = 30
PERMANENT_MAX = 100_000
TEXT_MAX = 64
ACTIONS = {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}


@dataclass
class QrCode:
    """One code: its scene comes back in the event of whoever scans it."""

    scene: str
    numeric: bool
    ticket: str
    url: str
    expires_at: datetime | None  # None for a permanent one


class QrCodes:
    """Every code by ticket, and the newest by scene."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.by_ticket: dict[str, QrCode] = {}
        self._by_scene: dict[str, QrCode] = {}
        self._permanent = 0

    def make(self, scene: str, *, numeric: bool = False, seconds: int | None = None) -> QrCode:
        if seconds is None:
            if self._permanent >= PERMANENT_MAX:
                raise ApiError(45029)
            self._permanent += 1
        ticket = "gQ" + secrets.token_urlsafe(60)
        code = QrCode(
            scene=scene,
            numeric=numeric,
            ticket=ticket,
            url=f"http://weixin.qq.com/q/02{secrets.token_urlsafe(16)}",
            expires_at=None if seconds is None else self._world.now() + timedelta(seconds=seconds),
        )
        self.by_ticket[ticket] = self._by_scene[scene] = code
        return code

    def of_scene(self, scene: str) -> QrCode | None:
        return self._by_scene.get(scene)

    def alive(self, code: QrCode) -> bool:
        return code.expires_at is None or code.expires_at > self._world.now()


def _scene(ask: Ask, action: str) -> tuple[str, bool]:
    """The scene of the request and whether it is a number; a forgotten nesting gives 0, as observed."""
    info = ask.object("action_info", 40053)
    scene = info.get("scene")
    if not isinstance(scene, dict):
        return "0", True
    if action.endswith("STR_SCENE"):
        text = ask.text("scene_str", 40053, within=scene)
        if len(text) > TEXT_MAX:
            raise ApiError(40053)
        return text, False
    number = ask.number("scene_id", 40053, within=scene)
    if not 1 <= number <= (100_000 if "LIMIT" in action else 2**32 - 1):
        raise ApiError(40053)
    return str(number), True


async def _create(ask: Ask) -> dict[str, Any]:
    action = ask.text("action_name", 40052)
    if action not in ACTIONS:
        raise ApiError(40052)
    scene, numeric = _scene(ask, action)
    codes = ask.world.room(QrCodes)
    if "LIMIT" in action:
        code = codes.make(scene, numeric=numeric)
        return {"ticket": code.ticket, "url": code.url}
    seconds = ask.number("expire_seconds") if "expire_seconds" in ask.body else SECONDS_DEFAULT
    if not 1 <= seconds <= SECONDS_MAX:
        raise ApiError(40097, "invalid expire_seconds")
    code = codes.make(scene, numeric=numeric, seconds=seconds)
    return {"ticket": code.ticket, "expire_seconds": seconds, "url": code.url}


def image_path(code: QrCode) -> str:
    """Where the picture of a code is, relative to the sandbox."""
    return f"/cgi-bin/showqrcode?ticket={quote(code.ticket, safe='')}"


def add_routes(app: web.Application, world: World) -> None:
    async def show(request: web.Request) -> web.Response:
        code = world.room(QrCodes).by_ticket.get(request.query.get("ticket", ""))
        if code is None:
            raise web.HTTPNotFound
        return web.Response(body=code_image(code.url), content_type="image/png")

    app.router.add_get("/cgi-bin/showqrcode", show)
    Family(app, world, OFFICIAL).post("/cgi-bin/qrcode/create", _create)
