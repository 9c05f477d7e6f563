"""The one whose life is told, and what she can do: speak, tap, pay, let time pass."""

from datetime import datetime, time, timedelta
from typing import Any

from story.door import SHANGHAI, Doors
from story.telling import Telling


class Member:
    """One member. Sessions are opened again after each jump of the clock, as a mini-program does."""

    def __init__(self, doors: Doors, telling: Telling) -> None:
        self.doors, self.tell = doors, telling
        self.person: dict[str, Any] = {}
        self.token = ""
        self.stock: dict[int, int] = {}

    async def me(self, method: str, path: str, body: Any = None) -> Any:
        return await self.doors.api(method, path, body, self.token)

    async def act(self, what: str, body: Any = None) -> Any:
        return await self.doors.wechat(f"/people/{self.person['id']}/{what}", body or {})

    async def login(self) -> None:
        code = (await self.act("login-code"))["code"]
        self.token = (await self.doors.api("POST", "/session", {"code": code}))["token"]

    async def staff(self, login: str) -> str:
        told = await self.doors.api("POST", "/staff/session", {"login": login, "password": f"demo-{login}"})
        return str(told["token"])

    async def until(self, instant: datetime) -> None:
        await self.doors.move_to(instant)
        await self.login()

    async def step(self, what: str, *figures: str) -> None:
        self.tell.step(await self.doors.now(), what, *figures)

    async def say(self, text: str) -> str:
        told = await self.act("text", {"content": text})
        replies = [d["reply"] for d in told["deliveries"] if isinstance(d["reply"], dict)]
        reply = str(replies[0].get("content", "")) if replies else ""
        self.tell.quote("小满：", text)
        self.tell.quote("盒子：", reply or "（没有回复）")
        return reply

    async def pay(self, params: dict[str, str]) -> dict[str, Any]:
        prepay_id = params["package"].removeprefix("prepay_id=")
        told: dict[str, Any] = await self.doors.wechat(f"/pay/orders/{prepay_id}/confirm", params)
        self.tell.check("the payment notice is accepted", told["notice"]["accepted"], True)
        return told

    async def quotas(self) -> dict[str, int]:
        return {q["kind"]: q["left"] for q in (await self.me("GET", "/me"))["quotas"]}

    async def on_hand(self, sku_ids: list[int]) -> dict[int, int]:
        found = {}
        cursor = ""
        while True:
            page = await self.doors.api("GET", f"/products?limit=100&cursor={cursor}")
            for product in page["items"]:
                found.update({sku["id"]: sku["left"] for sku in product["skus"] if sku["id"] in sku_ids})
            cursor = page["next_cursor"] or ""
            if not cursor:
                return found

    async def carrier(self, waybill: str, action: int, words: str) -> None:
        await self.doors.wechat(f"/carrier/{waybill}", {"action_type": action, "action_msg": words})
        await self.doors.wechat("/settle")


def at_hour(instant: datetime, hour: int) -> datetime:
    return datetime.combine(instant.astimezone(SHANGHAI).date(), time(hour), SHANGHAI)


def shown(instant: str) -> str:
    wall = datetime.fromisoformat(instant).astimezone(SHANGHAI)
    if wall.time() == time(0):
        return f"{wall.date() - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{wall:%Y-%m-%d %H:%M}"
