"""The web application of this door: the API, its documents, health, metrics, pictures and calendars."""

import asyncio
import functools
import json
from pathlib import Path

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from miniapp_api import calendars, partners, pay_notify, pictures
from miniapp_api.auth import Sessions
from miniapp_api.frame import SHOP
from miniapp_api.middlewares import SESSIONS, Gate, cross_origin, serve, surround
from miniapp_api.openapi import document
from miniapp_api.routes import ADDRESSES
from services import health
from services.shop import Shop
from settings import Settings

PREFIX = "/api/v1"
VERSION = "0.1.0"
DOCS = Path(__file__).parent / "docs.html"


@functools.cache
def _described() -> bytes:
    """The OpenAPI document as it is served: the same for every site of this code."""
    described = document(ADDRESSES, prefix=PREFIX, title="Hezi mini-program API", version=VERSION)
    return json.dumps(described, ensure_ascii=False).encode()


def build(settings: Settings, shop: Shop) -> web.Application:
    """Everything this door serves. The callbacks of WeChat's accounts are added by app.py."""
    middlewares = [surround]
    if settings.app.sandbox_url:
        # Only in demo and test mode (settings refuse it otherwise): the phone page calls this API.
        middlewares.insert(0, cross_origin(settings.app.sandbox_url))
    site = web.Application(middlewares=middlewares, client_max_size=settings.app.max_body_bytes)
    site[SHOP] = shop
    site[SESSIONS] = Sessions(settings.security.session_key.get_secret_value(), settings.security.session_hours)
    site[partners.SECRETS] = settings.partners.secrets
    gate = Gate(settings.limits)
    for route in ADDRESSES:
        site.router.add_route(route.method, PREFIX + route.path, serve(route, gate))
    described = _described()
    docs = DOCS.read_bytes()

    async def openapi(_: web.Request) -> web.Response:
        return web.Response(body=described, content_type="application/json")

    async def readable(_: web.Request) -> web.Response:
        return web.Response(body=docs, content_type="text/html", charset="utf-8")

    site.router.add_get("/openapi.json", openapi)
    site.router.add_get("/docs", readable)
    site.router.add_get("/healthz", healthz)
    site.router.add_get("/readyz", readyz)
    site.router.add_get("/metrics", metrics)
    site.router.add_get("/pictures/{name}", pictures.picture)
    site.router.add_get("/static/goods.png", pictures.goods)
    site.router.add_get("/calendar/{token}.ics", calendars.feed)
    site.router.add_post("/api/notify/pay", pay_notify.handle)
    site.router.add_post("/api/notify/pay/stores/{store:[A-Za-z0-9_-]{1,32}}", pay_notify.handle)
    site.router.add_post("/api/notify/partner/{partner}", partners.handle)
    return site


async def healthz(_: web.Request) -> web.Response:
    """The process lives."""
    return web.json_response({"status": "ok"})


async def readyz(_: web.Request) -> web.Response:
    """The database answers; 503 while it does not."""
    try:
        await asyncio.wait_for(health.ping(), 2)
    except Exception:
        return web.json_response({"status": "database unavailable"}, status=503)
    return web.json_response({"status": "ready"})


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format; gauges of queues are read from the database at this moment."""
    await health.measure(request.app[SHOP])
    body = await asyncio.get_running_loop().run_in_executor(None, generate_latest)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
