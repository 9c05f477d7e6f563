"""The stable access token of one account: fetched by one, shared by all who wait.

Not a cache of WeChat's wishes: in its normal mode stable_token hands the same token to every process,
so processes need not talk to each other.
"""

import asyncio
import contextvars
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from domain.clock import Clock
from domain.errors import OutsideFault, OutsideRefusal
from integrations.wechat_http import Fault, WechatApi

log = logging.getLogger(__name__)

PATH = "/cgi-bin/stable_token"
CORP_PATH = "/cgi-bin/gettoken"
RENEW_BEFORE_END = timedelta(minutes=5)
ASK_AGAIN_AFTER = timedelta(seconds=30)
"""Where WeChat cannot renew a token that still works, it is used on and asked for again after this."""

FORCE_EVERY = timedelta(hours=2)
"""WeChat allows twenty forced refreshes a day; one process uses at most twelve."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class AccessToken:
    """Implements `wechat_http.Tokens`. Instants are by the clock handed in."""

    def __init__(self, api: WechatApi, appid: str, secret: str, clock: Clock) -> None:
        self._api = api
        self._appid = appid
        self._secret = secret
        self._clock = clock
        self._value = ""
        self._ends_at = LONG_AGO
        self._renew_at = LONG_AGO
        self._forced_at = LONG_AGO
        self._flight: asyncio.Task[str] | None = None

    async def current(self) -> str:
        """A token with life left. Raises what the token endpoint raised when there is none."""
        now = self._clock.now()
        if now < self._renew_at:
            return self._value
        try:
            return await self._shared()
        except (OutsideFault, OutsideRefusal):
            if now >= self._ends_at:
                raise
            self._renew_at = min(now + ASK_AGAIN_AFTER, self._ends_at)
            return self._value

    async def instead_of(self, refused: str) -> str:
        """Another token than the one just refused, where WeChat has another.

        Where somebody renewed it meanwhile, theirs is taken. Where WeChat insists on the refused one,
        that token is poisoned: it is replaced by force, rarely. May return the same token again.
        """
        if self._value != refused:
            return await self.current()
        fresh = await self._shared()
        if fresh != refused:
            return fresh
        if self._in_flight():  # Somebody who was refused with us is already forcing.
            return await self._shared()
        now = self._clock.now()
        if now - self._forced_at < FORCE_EVERY:
            return fresh
        self._forced_at = now
        return await self._shared(force=True)

    async def close(self) -> None:
        """Drop a fetch that nobody will wait for any more."""
        if self._flight is not None and not self._flight.done():
            self._flight.cancel()
            await asyncio.wait([self._flight])

    def _in_flight(self) -> bool:
        return self._flight is not None and not self._flight.done()

    async def _shared(self, *, force: bool = False) -> str:
        """Join the fetch under way, or start it. One caller's cancellation does not take it from the rest."""
        flight = self._flight
        if flight is None or flight.done():
            # An empty context: the fetch must not inherit the database transaction of who came first.
            flight = asyncio.get_running_loop().create_task(self._fetch(force), context=contextvars.Context())
            flight.add_done_callback(_seen)
            self._flight = flight
        return await asyncio.shield(flight)

    async def _ask(self, force: bool) -> dict[str, Any]:
        """What WeChat answers when it is asked for a token."""
        return await self._api.plain(
            "POST",
            PATH,
            payload={
                "grant_type": "client_credential",
                "appid": self._appid,
                "secret": self._secret,
                "force_refresh": force,
            },
            safe=not force,
        )

    async def _fetch(self, force: bool) -> str:
        answer = await self._ask(force)
        value, life = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value or not isinstance(life, int):
            raise Fault(PATH, "unreadable")
        now = self._clock.now()
        self._value = value
        self._ends_at = now + timedelta(seconds=life)
        # A token handed out in its last minutes is used for a moment, or every call would ask again.
        soonest = min(now + ASK_AGAIN_AFTER, self._ends_at)
        self._renew_at = max(self._ends_at - RENEW_BEFORE_END, soonest)
        log.info("wechat.token appid=%s life_seconds=%s forced=%s", self._appid, life, force)
        return value


class CorpToken(AccessToken):
    """The same of a corporation in WeCom, which hands the same token to everybody while it lives; nothing forces it."""

    async def _ask(self, force: bool) -> dict[str, Any]:
        return await self._api.plain(
            "GET", CORP_PATH, params={"corpid": self._appid, "corpsecret": self._secret}, safe=True
        )


def _seen(flight: asyncio.Task[str]) -> None:
    """Every waiter may be gone: take the exception out, so that asyncio does not report it as lost."""
    if not flight.cancelled():
        flight.exception()
