"""The doors the story goes through, and the clock it moves."""

from datetime import datetime, timedelta, timezone
from typing import Any

import aiohttp

SHANGHAI = timezone(timedelta(hours=8))


class Off(Exception):
    """Something is not as it must be: the story ends here."""


class Doors:
    """The API at `base`, the sandbox's control panel at `sandbox`."""

    def __init__(self, http: aiohttp.ClientSession, base: str, sandbox: str) -> None:
        self.http, self.base, self.sandbox = http, base, sandbox

    async def _ask(self, method: str, url: str, body: Any, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise Off(f"{method} {url}: {answer.status} {text[:400]}")
            return await answer.json() if "json" in answer.content_type else text

    async def api(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        return await self._ask(method, f"{self.base}/api/v1{path}", body, token)

    async def wechat(self, path: str, body: Any = None, method: str = "POST") -> Any:
        return await self._ask(method, f"{self.sandbox}/sandbox{path}", body if method != "GET" else None)

    async def now(self) -> datetime:
        told = await self._ask("GET", f"{self.base}/demo/clock", None)
        return datetime.fromisoformat(told["now"]).astimezone(SHANGHAI)

    async def move_to(self, instant: datetime) -> None:
        """Move the shared clock; the jobs that fall due have run when this returns, WeChat's part too."""
        await self._ask("POST", f"{self.base}/demo/clock", {"set": instant.isoformat()})
        await self.wechat("/settle")
        # What WeChat did at that instant (a deduction, a notice) may make work for the jobs in turn.
        await self._ask("POST", f"{self.base}/demo/clock", {"advance_seconds": 5})
        await self.wechat("/settle")

    async def advance(self, **by: float) -> None:
        await self.move_to(await self.now() + timedelta(**by))
