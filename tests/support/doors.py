"""The doors every test goes through: the API, and the phone and control panel of the sandbox WeChat."""

from datetime import datetime, timedelta
from typing import Any

import aiohttp

from sandbox.world import Person


class Doors:
    """One application at `base`, one WeChat at `sandbox_base`; the clock is moved from outside."""

    def __init__(self, http: aiohttp.ClientSession, base: str, sandbox_base: str) -> None:
        self.http, self.base, self.sandbox_base = http, base, sandbox_base

    # The clock -----------------------------------------------------------------------------------

    async def now(self) -> datetime:
        told = await self.wechat("/clock", method="GET")
        return datetime.fromisoformat(told["now"])

    async def move(self, **by: float) -> None:
        """Move the clock, let the sandbox do what fell due, then run the jobs that fell due."""
        await self.move_to(await self.now() + timedelta(**by))

    async def move_to(self, instant: datetime) -> None:
        async with self.http.post(f"{self.base}/demo/clock", json={"set": instant.isoformat()}) as answer:
            assert answer.status == 200, await answer.text()
        await self.wechat("/settle")

    # The API -------------------------------------------------------------------------------------

    async def ask(self, method: str, path: str, body: Any = None, *, token: str = "", key: str = "") -> tuple[int, Any]:
        """Call the API: the status, and the JSON answer (or its text)."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if key:
            headers["Idempotency-Key"] = key
        async with self.http.request(method, f"{self.base}/api/v1{path}", json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if "json" in answer.content_type else text

    async def api(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        key: str = "",
        status: int | None = None,
    ) -> Any:
        """Call the API; the JSON answer. With `status` given, anything else fails the test."""
        told, data = await self.ask(method, path, body, token=token, key=key)
        wanted = range(200, 300) if status is None else (status,)
        assert told in wanted, f"{method} {path}: {told} {data}"
        return data

    async def staff(self, login: str) -> str:
        answer = await self.api("POST", "/staff/session", {"login": login, "password": "demo-" + login})
        token: str = answer["token"]
        return token

    # WeChat and its people -----------------------------------------------------------------------

    async def wechat(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """Call the sandbox's control panel."""
        async with self.http.request(method, f"{self.sandbox_base}/sandbox{path}", json=body or {}) as answer:
            data = await answer.json()
            assert answer.status < 400, f"{path}: {answer.status} {data}"
            return data

    async def person(self, name: str) -> Person:
        """Somebody new with WeChat on their phone."""
        told = await self.wechat("/people", {"name": name})
        return Person(
            id=told["id"], name=told["name"], unionid=told["unionid"], phone=told["phone"], openids=told["openids"]
        )

    async def follow(self, person: Person, scene: str = "") -> Any:
        return await self.wechat(f"/people/{person.id}/follow", {"scene": scene} if scene else {})

    async def say(self, person: Person, text: str) -> str:
        """Say a line in the chat; the passive reply's text ("" where there was none)."""
        told = await self.wechat(f"/people/{person.id}/text", {"content": text})
        return reply_text(told)

    async def login(self, person: Person) -> str:
        """A member's session token, through the mini-program's door."""
        code = (await self.wechat(f"/people/{person.id}/login-code"))["code"]
        answer = await self.api("POST", "/session", {"code": code})
        token: str = answer["token"]
        return token

    async def chat(self, person: Person) -> list[dict[str, Any]]:
        """Everything that went through the person's chat, in order."""
        told = await self.wechat(f"/people/{person.id}/chat", method="GET")
        items: list[dict[str, Any]] = told["items"]
        return items


def reply_text(told: dict[str, Any]) -> str:
    for delivery in told["deliveries"]:
        reply = delivery.get("reply")
        if isinstance(reply, dict):
            return str(reply.get("content", reply.get("text", "")))
        if isinstance(reply, str) and reply:
            return reply
    return ""
