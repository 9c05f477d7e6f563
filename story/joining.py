"""The first chapters: arrive, join, book a stylist, be styled."""

from datetime import datetime, time, timedelta
from typing import Any

from story.door import SHANGHAI, Off
from story.member import Member, shown


class Joining(Member):
    """From the poster in the store to the stylist's proposal."""

    async def arrive(self) -> None:
        self.tell.chapter(1, "小满扫了店里的海报，关注，走开，又回来")
        self.person = await self.doors.wechat("/people", {"name": "林小满", "phone": "13800005678"})
        told = await self.act("follow", {"scene": "poster-xuhui"})
        reply = told["deliveries"][0]["reply"]["content"]
        self.tell.check("she is welcomed as a member", "已经是我们的会员" in reply, True)
        await self.step("关注（扫码 poster-xuhui）：欢迎语在被动回复里")
        self.tell.quote("盒子：", reply)
        await self.act("unfollow")
        await self.doors.advance(minutes=3)
        again = await self.act("follow")
        self.tell.check("she is welcomed back", "欢迎回来" in again["deliveries"][0]["reply"]["content"], True)
        await self.step("取消关注，三分钟后又关注：还是同一个会员")
        await self.doors.advance(seconds=5)

    async def join(self) -> None:
        self.tell.chapter(2, "打开小程序，登录，授权，开通年度会员")
        await self.login()
        me = await self.me("GET", "/me")
        self.tell.check("her first way in is kept", me["first_source"], "scene")
        self.tell.check("one welcome gift", me["points"]["usable"], 100)
        await self.step("登录：和关注的是同一个人", f"会员号 {me['member_id']}", "欢迎礼 100 积分")
        for purpose in ("terms", "promotion", "profile"):
            await self.me("PUT", f"/me/consents/{purpose}", {"given": True})
        await self.act("consent", {"template_ids": await self._templates(), "accept": True})
        phone = (await self.act("phone-code"))["code"]
        self.token = (await self.me("POST", "/me/phone", {"code": phone}))["token"]
        profile = {"height_cm": 165, "weight_kg": 52, "top_size": "M", "bottom_size": "M", "style": "通勤，简洁"}
        me = await self.me("PUT", "/me/profile", {"birthday": "1994-05-06", "profile": profile})
        self.tell.check("her phone is masked", me["phone"], "138****5678")
        await self.step("三项授权、手机号、尺码", me["phone"])
        order = await self.me("POST", "/plans/yearly/order")
        paid = await self.pay(order["pay_params"])
        repeated = await self.doors.wechat(f"/pay/notices/{paid['notice']['id']}/again")
        self.tell.check("a repeated notice is accepted too", repeated["notice"]["accepted"], True)
        plan = await self.me("GET", "/me/membership")
        left = await self.quotas()
        self.tell.check("both quotas are full", left, {"styling": 6, "round_trip": 6})
        current = plan["current"]
        await self.step("微信支付 398.00 元，通知来了两次，只算一次", f"有效期到 {shown(current['ends_at'])}")
        self.tell.note("钱", "年度会员（微信支付）", "398.00")

    async def _templates(self) -> list[str]:
        told = await self.doors.wechat("/templates", method="GET")
        return [t["id"] for t in told["templates"] if t["account"] == "mini"][:3]

    async def book(self) -> dict[str, Any]:
        self.tell.chapter(3, "约造型师：聊天里约一次，小程序里约一次")
        saturday = (await self.doors.now()).date() + timedelta(days=2)
        while saturday.weekday() != 5:
            saturday += timedelta(days=1)
        slots = await self.me("GET", f"/slots?from={saturday}&to={saturday}&mode=store")
        free = [s for day in slots["days"] for s in day["slots"]]
        self.tell.check("there are free times on Saturday", len(free) > 3, True)
        first = next(s for s in free if datetime.fromisoformat(s["starts_at"]).astimezone(SHANGHAI).hour == 15)
        booking = await self.me(
            "POST",
            "/bookings",
            {"starts_at": first["starts_at"], "mode": "store", "occasion": "换季通勤", "budget_fen": 600_000,
             "wish": "想要一件能穿三个季节的外套"},
        )  # fmt: skip
        self.tell.check("a styling unit is held", (await self.quotas())["styling"], 5)
        await self.step(
            f"小程序里约好 {shown(booking['starts_at'])}，{booking['stylist']['name']}，到店", "造型次数还剩 5"
        )
        await self._book_by_chat()
        await self.say("我约了什么时候")
        return dict(booking)

    async def _book_by_chat(self) -> None:
        """A second session, booked and cancelled in the chat: the unit is taken and comes back."""
        before = len((await self.me("GET", "/bookings"))["items"])
        lines = ["想约造型师 下周四下午四点 视频", "随便哪位都行", "是的"]
        for line in lines:
            await self.say(line)
            held = [b for b in (await self.me("GET", "/bookings"))["items"] if b["state"] == "booked"]
            if len(held) > before:
                break
        self.tell.check("the chat booked it", len(held), before + 1)
        self.tell.check("another unit is held", (await self.quotas())["styling"], 4)
        second = max(held, key=lambda b: b["id"])
        await self.me("POST", f"/bookings/{second['id']}/cancel", {"why": "时间冲突"})
        self.tell.check("cancelled in time, the unit is back", (await self.quotas())["styling"], 5)
        await self.step("聊天里又约了一次，改变主意取消：次数退回", "造型次数还剩 5")

    async def style(self, booking: dict[str, Any]) -> dict[str, Any]:
        starts = datetime.fromisoformat(booking["starts_at"]).astimezone(SHANGHAI)
        eve = datetime.combine(starts.date() - timedelta(days=1), time(18, 1), SHANGHAI)
        await self.until(eve)
        await self.step("前一天 18:00：预约提醒")
        await self.until(starts - timedelta(hours=1, minutes=50))
        await self.until(starts + timedelta(minutes=50))
        name, token = await self._stylist_of(booking)
        day = await self.doors.api("GET", "/staff/day", None, token)
        self.tell.check("the stylist sees her day", booking["id"] in [b["id"] for b in day["bookings"]], True)
        brief = await self.doors.api("GET", f"/staff/bookings/{booking['id']}/brief", None, token)
        self.tell.check("the brief has the budget", brief["booking"]["budget_fen"], 600_000)
        notes = {"notes": "肩偏窄，喜欢直线条；外套先试 M。"}
        await self.doors.api("PUT", f"/staff/bookings/{booking['id']}/notes", notes, token)
        await self.doors.api("POST", f"/staff/bookings/{booking['id']}/done", None, token)
        self.tell.check("the styling is used", (await self.quotas())["styling"], 5)
        await self.step(f"{name}看了当天安排和资料，写下笔记，服务完成")
        picks = await self._picks()
        body = {"sku_ids": picks, "words": "以那件外套为主，配了两套通勤。"}
        box = await self.doors.api("POST", f"/staff/bookings/{booking['id']}/proposal", body, token)
        await self.step(f"从库存里配了 {len(picks)} 件，发给小满看", f"盒子 {box['id']} 号")
        return dict(await self.me("GET", f"/boxes/{box['id']}"))

    async def _stylist_of(self, booking: dict[str, Any]) -> tuple[str, str]:
        """The stylist of a booking and her session: each sees only her own desk."""
        for number in range(1, 5):
            token = await self.staff(f"stylist{number}")
            day = booking["starts_at"][:10]
            told = await self.doors.api("GET", f"/staff/day?date={day}", None, token)
            if booking["id"] in [b["id"] for b in told["bookings"]]:
                return str(booking["stylist"]["name"]), token
        raise Off("no stylist has this booking")

    async def _picks(self) -> list[int]:
        """One size of seven products, with enough in stock, and a neighbour size to swap to."""
        page = await self.doors.api("GET", "/products?limit=100")
        found: list[int] = []
        for product in page["items"]:
            sizes = [s for s in product["skus"] if s["left"] >= 3]
            if len({s["size"] for s in sizes}) >= 2 and len(found) < 7:
                found.append(sizes[0]["id"])
        self.tell.check("there is enough to pick from", len(found), 7)
        return found
