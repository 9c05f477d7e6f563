"""Temporary media (临时素材): upload, get, and the three days they live."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import BodyPartReader, web

from sandbox.api.common import Ask, Family
from sandbox.api.words import ApiError
from sandbox.world import World

LIFE = timedelta(days=3)
KINDS = {"image": 10_485_760, "voice": 2_097_152, "video": 10_485_760, "thumb": 65_536}


@dataclass
class Item:
    """One uploaded or received file."""

    kind: str
    data: bytes
    content_type: str
    expires_at: datetime


class Media:
    """Files by media id. Both accounts share it, as the sandbox has no reason to keep them apart."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._items: dict[str, Item] = {}

    def put(self, kind: str, data: bytes, content_type: str = "application/octet-stream") -> str:
        media_id = f"m{self._world.number()}_{secrets.token_urlsafe(40)}"
        self._items[media_id] = Item(kind, data, content_type, self._world.now() + LIFE)
        return media_id

    def need(self, media_id: str) -> Item:
        """The living file of that id; 40007."""
        item = self._items.get(media_id)
        if item is None or item.expires_at <= self._world.now():
            raise ApiError(40007)
        return item


async def _upload(ask: Ask) -> dict[str, Any]:
    kind = ask.query.get("type", "")
    if kind not in KINDS:
        raise ApiError(40004, "invalid media type")
    if not ask.request.content_type.startswith("multipart/"):
        raise ApiError(41005)
    async for part in await ask.request.multipart():
        if isinstance(part, BodyPartReader) and part.name == "media":
            data = bytes(await part.read(decode=True))
            if not data:
                raise ApiError(44001, "empty media data")
            if len(data) > KINDS[kind]:
                raise ApiError(45001, "media size out of limit")
            content_type = part.headers.get("Content-Type", "application/octet-stream")
            media_id = ask.world.room(Media).put(kind, data, content_type)
            return {"type": kind, "media_id": media_id, "created_at": int(ask.world.now().timestamp())}
    raise ApiError(41005)


async def _get(ask: Ask) -> web.Response:
    item = ask.world.room(Media).need(ask.query.get("media_id", ""))
    return web.Response(body=item.data, content_type=item.content_type.partition(";")[0])


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world)
    family.post("/cgi-bin/media/upload", _upload, raw=True)
    family.get("/cgi-bin/media/get", _get)
