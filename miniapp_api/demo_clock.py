"""Moving the clock from outside: only mounted in demo and test mode."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from miniapp_api.problems import plain


class Movable(Protocol):
    def now(self) -> datetime: ...
    def move_to(self, instant: datetime) -> None: ...


class MoveBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    advance_seconds: float | None = Field(None, ge=0, le=10 * 366 * 86400, allow_inf_nan=False)
    set: AwareDatetime | None = None


class DemoClock:
    """`GET` tells the time; `POST {advance_seconds | set}` moves it, and answers when the jobs have run."""

    def __init__(self, clock: Movable, catch_up: Callable[[], Awaitable[None]]) -> None:
        self.clock, self.catch_up = clock, catch_up

    async def get(self, _: web.Request) -> web.Response:
        return web.json_response({"now": self.clock.now().isoformat()})

    async def post(self, request: web.Request) -> web.Response:
        try:
            body = MoveBody.model_validate_json(await request.read())
            target = body.set or self.clock.now() + timedelta(seconds=body.advance_seconds or 0)
            self.clock.move_to(target)
        except (ValidationError, ValueError):
            return plain(422, "invalid", "advance_seconds or set: the clock only moves forward")
        await self.catch_up()
        return await self.get(request)
