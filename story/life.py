"""The life itself: arrive, join, book, box, keep and return, be cared for; then a silent second box."""

from datetime import datetime, timedelta
from typing import Any

from story.boxes import Boxes
from story.door import SHANGHAI, Doors
from story.joining import Joining
from story.member import at_hour
from story.telling import Telling, yuan


class Life(Joining, Boxes):
    """All chapters, and the table at the end."""

    async def cared(self) -> None:
        self.tell.chapter(7, "这一路收到的关怀")
        await self.until(at_hour(await self.doors.now() + timedelta(days=2), 19))
        items: list[dict[str, Any]] = []
        after = 0
        while True:
            page = (await self.doors.wechat(f"/people/{self.person['id']}/chat?after={after}", method="GET"))["items"]
            if not page:
                break
            items += page
            after = page[-1]["n"]
        sent = [i for i in items if i["direction"] == "out" and i["kind"] in ("custom", "template", "subscribe")]
        notes = (await self.me("GET", "/me/inbox"))["items"]
        for item in sent:
            at = datetime.fromisoformat(item["at"]).astimezone(SHANGHAI)
            self.tell.check("nothing is sent in the quiet hours", 8 <= at.hour < 22, True)
            words = str(item.get("content") or item.get("title") or "")
            self.tell.step(at, f"[{item['kind']}] {words.splitlines()[0][:46]}")
        for note in notes:
            at = datetime.fromisoformat(note["created_at"]).astimezone(SHANGHAI)
            self.tell.step(at, f"[inbox] {note['title']}")
        said = "".join(str(i) for i in sent) + "".join(n["title"] + n["text"] for n in notes)
        for what, word in (("booking", "预约"), ("deadline", "截止"), ("after the box", "合身")):
            self.tell.check(f"she was told about the {what}", word in said, True)
        customs = sum(i["kind"] == "custom" for i in sent)
        counts = f"{customs} / {len(sent) - customs} / {len(notes)}"
        self.tell.note("消息", "聊天窗口 / 订阅与模板 / 小程序收件箱", counts)

    async def end(self) -> None:
        me = await self.me("GET", "/me")
        left = await self.quotas()
        finance = await self.staff("finance1")
        trial = await self.doors.api("GET", "/staff/ledger", None, finance)
        self.tell.check("the whole ledger sums to zero", trial["total_fen"], 0)
        self.tell.note("积分", "可用 / 待生效", f"{me['points']['usable']} / {me['points']['pending']}")
        self.tell.note("次数", "造型 / 免费往返（还剩）", f"{left['styling']} / {left['round_trip']}")
        self.tell.check("two round trips, one styling", left, {"styling": 5, "round_trip": 4})
        self.tell.check("she is a payer now", me["level"], "payer")
        for account, fen in trial["accounts"].items():
            self.tell.note("总账", account, yuan(fen))
        self.tell.note("总账", "合计", yuan(trial["total_fen"]))


async def live(doors: Doors, telling: Telling) -> None:
    """The whole life, from the first scan to the last word."""
    life = Life(doors, telling)
    await life.arrive()
    await life.join()
    booking = await life.book()
    box = await life.style(booking)
    box = await life.confirm(box)
    box = await life.deliver(box)
    await life.decide(box)
    await life.silent()
    await life.cared()
    await life.end()
    telling.table()
