"""The shop's pictures: drawn from their names, kept in memory, and told apart by an ETag."""

import hashlib
import struct
import zlib
from functools import lru_cache

from aiohttp import web

from miniapp_api.drawings import draw

_KEPT = 512
_GOODS_SIZE = 120


@lru_cache(maxsize=_KEPT)
def _drawn(name: str) -> tuple[bytes, str] | None:
    svg = draw(name)
    if svg is None:
        return None
    body = svg.encode()
    return body, hashlib.sha256(body).hexdigest()[:20]


async def picture(request: web.Request) -> web.Response:
    """GET /pictures/{name}: the drawing of that name, `.svg` included; 404 where it means nothing."""
    name = request.match_info["name"]
    found = _drawn(name.removesuffix(".svg")) if name.endswith(".svg") else None
    if found is None:
        raise web.HTTPNotFound
    return _answer(request, *found, "image/svg+xml")


async def goods(request: web.Request) -> web.Response:
    """GET /static/goods.png: a small picture of a box, for where WeChat asks for a picture of the goods."""
    return _answer(request, *_box_png(), "image/png")


def _answer(request: web.Request, body: bytes, mark: str, kind: str) -> web.Response:
    headers = {"Cache-Control": "public, max-age=86400", "ETag": f'"{mark}"'}
    if any(tag.value == mark for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type=kind, headers=headers)


@lru_cache(maxsize=1)
def _box_png() -> tuple[bytes, str]:
    """A tied box on paper, pixel by pixel: a PNG needs no drawing library."""
    paper, card, lid, ribbon = b"\xf4\xef\xe8", b"\xc9\xa9\x7c", b"\xb4\x90\x60", b"\x7b\x2d\x3b"
    rows = []
    for y in range(_GOODS_SIZE):
        row = bytearray()
        for x in range(_GOODS_SIZE):
            if not (22 <= x < 98 and 36 <= y < 96) and not (18 <= x < 102 and 30 <= y < 46):
                row += paper
            elif 56 <= x < 64 or (y > 46 and 66 <= y < 72):
                row += ribbon
            else:
                row += lid if y < 46 else card
        rows.append(b"\x00" + bytes(row))
    header = struct.pack(">IIBBBBB", _GOODS_SIZE, _GOODS_SIZE, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    body = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return body, hashlib.sha256(body).hexdigest()[:20]
