"""GET /phone: the page that plays a person's phone, and where it finds the application it is for."""

from pathlib import Path
from typing import Any

from aiohttp import web

from sandbox.control_input import bad, fields_of, guarded
from sandbox.world import World

PREFIX = "/phone"
_FOLDER = Path(__file__).parent / "phone"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class PhonePage:
    """What the page has to know of this world beside WeChat: the application's base address."""

    def __init__(self, world: World) -> None:
        self.api_base = ""


def owns(path: str) -> bool:
    """Is this one of the page's addresses, and none of WeChat's?"""
    return path == PREFIX or path.startswith(PREFIX + "/")


def add_routes(app: web.Application, world: World) -> None:
    """The page with its files, and GET/POST /sandbox/phone/config."""
    page = world.room(PhonePage)
    files = {f"/{path.relative_to(_FOLDER)}": path for path in _FOLDER.rglob("*") if path.suffix in _KINDS}

    async def show(request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix(PREFIX)
        path = files.get("/index.html" if name in ("", "/") else name)
        if path is None:
            raise web.HTTPNotFound
        return web.Response(
            body=path.read_bytes(),
            content_type=_KINDS[path.suffix],
            charset="utf-8",
            headers={"Cache-Control": "no-cache"},
        )

    async def config(request: web.Request) -> Any:
        return {
            "api_base": page.api_base,
            "official_appid": world.official.appid,
            "mini_appid": world.mini.appid,
        }

    async def set_config(request: web.Request) -> Any:
        """Say where the application listens: {api_base}."""
        given = await fields_of(request)
        given.only("api_base")
        base = given.text("api_base").rstrip("/")
        if base and not base.startswith(("http://", "https://")):
            bad("api_base must begin with http:// or https://")
        page.api_base = base
        return await config(request)

    app.router.add_get(PREFIX, show)
    app.router.add_get(PREFIX + "/{file:.*}", show)
    app.router.add_get("/sandbox/phone/config", guarded(config))
    app.router.add_post("/sandbox/phone/config", guarded(set_config))


__all__ = ["PhonePage", "add_routes", "owns"]
