"""The sandbox as one aiohttp application: WeChat's endpoints, the control endpoints, the heartbeat."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from sandbox import control, phone_page
from sandbox.api import add_api_routes
from sandbox.api.common import PARSED, REPLIED, refusal
from sandbox.api.words import ApiError
from sandbox.callbacks import Pusher
from sandbox.pay import add_pay_routes
from sandbox.wecom import add_wecom_routes
from sandbox.world import Call, Fault, World

BODY_MAX = 16 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
WORLD = web.AppKey("world", World)


def build_app(world: World) -> web.Application:
    """Everything of one world on one address; add nothing and run it."""
    app = web.Application(middlewares=[_recorder(world)], client_max_size=BODY_MAX)
    app[WORLD] = world
    add_api_routes(app, world)
    add_pay_routes(app, world)
    add_wecom_routes(app, world)
    control.add_routes(app, world)
    phone_page.add_routes(app, world)

    async def unknown(request: web.Request) -> web.Response:
        if control.owns(request.path):
            return control.refuse("no such control endpoint", 404)
        return refusal(world, request, ApiError(40066))

    app.router.add_route("*", "/{anything:.*}", unknown)

    async def heartbeat(_: web.Application) -> AsyncIterator[None]:
        beating = asyncio.create_task(world.tick_forever())
        yield
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating
        await world.room(Pusher).close()

    app.cleanup_ctx.append(heartbeat)
    return app


def _recorder(world: World) -> Any:
    """The middleware that remembers every call of the application and lets injected faults happen."""

    @web.middleware
    async def record(request: web.Request, handler: Handler) -> web.StreamResponse:
        if control.owns(request.path) or phone_page.owns(request.path):
            return await handler(request)
        if not request.content_type.startswith("multipart/"):
            await request.read()
        if delay := world.take_fault(request.path, "delay"):
            await asyncio.sleep(delay.seconds)
        fault = world.take_fault(request.path, "drop", "drop_after", "status", "errcode")
        if fault and fault.kind == "drop":
            return await _abort(world, request, None)
        if fault and fault.kind in ("status", "errcode"):
            answer: web.StreamResponse = _faulty(world, request, fault)
        else:
            try:
                answer = await handler(request)
            except web.HTTPException as refused:
                await _remember(world, request, refused.status, refused.reason)
                raise
            except Exception:
                await _remember(world, request, 500, "the sandbox failed")
                raise
        if fault and fault.kind == "drop_after":
            return await _abort(world, request, _reply(request, answer))
        await _remember(world, request, answer.status, _reply(request, answer))
        if late := world.take_fault(request.path, "delay_after"):
            await asyncio.sleep(late.seconds)
        return answer

    return record


async def _abort(world: World, request: web.Request, reply: Any) -> web.Response:
    """Break the connection: the application never learns what became of its call."""
    await _remember(world, request, 0, reply)
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def _faulty(world: World, request: web.Request, fault: Fault) -> web.Response:
    pay = request.path.startswith("/v3/")
    if fault.kind == "errcode" and not pay:
        return refusal(world, request, ApiError(fault.errcode))
    status = fault.status
    if pay:
        code = "FREQUENCY_LIMITED" if status == 429 else "SYSTEM_ERROR"
        return web.json_response({"code": code, "message": "系统异常，请稍后重试"}, status=status)
    return web.Response(status=status, text=f"<html><body>{status}</body></html>", content_type="text/html")


async def _remember(world: World, request: web.Request, status: int, reply: Any) -> None:
    call = Call(
        at=world.now(),
        method=request.method,
        path=request.path,
        query=dict(request.query),
        body=await _body(request),
        status=status,
        reply=reply,
    )
    world.record(call)


async def _body(request: web.Request) -> Any:
    if PARSED in request:
        return request[PARSED]
    if request.content_type.startswith("multipart/"):
        return "<upload>"
    return _plain(await request.read())


def _reply(request: web.Request, answer: web.StreamResponse) -> Any:
    if REPLIED in request:
        return request[REPLIED]
    body = getattr(answer, "body", None)
    if not isinstance(body, bytes):
        return None
    if answer.content_type.startswith("image/"):
        return f"<{answer.content_type}, {len(body)} bytes>"
    return _plain(body)


def _plain(data: bytes) -> Any:
    """JSON as what it means, other text as text, nothing as None."""
    if not data:
        return None
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")
