"""The life itself: arrive, join, book, box, keep and return, be cared for; then a silent second box."""

from datetime import datetime, time, timedelta
from typing import Any

from story.door import SHANGHAI, Doors, Off
from story.telling import Telling, yuan

PICKED, SIGNED = 100001, 300003
ADDRESS = {"name": "林小满", "phone": "13800005678", "province": "上海市", "city": "上海市", "area": "徐汇区",
           "detail": "衡山路 8 号 301 室", "is_default": True}  # fmt: skip


class Life:
    """One member. Sessions are opened again after each jump of the clock, as a mini-program does."""

    def __init__(self, doors: Doors, telling: Telling) -> None:
        self.doors, self.tell = doors, telling
        self.person: dict[str, Any] = {}
        self.token = ""
        self.stock: dict[int, int] = {}

    # Small words ---------------------------------------------------------------------------------

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

    # Chapters ------------------------------------------------------------------------------------

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
        await self.step("微信支付 398.00 元，通知来了两次，只算一次", f"有效期到 {_shown(current['ends_at'])}")
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
            f"小程序里约好 {_shown(booking['starts_at'])}，{booking['stylist']['name']}，到店", "造型次数还剩 5"
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

    async def confirm(self, box: dict[str, Any]) -> dict[str, Any]:
        self.tell.chapter(4, "预览、修改、确认；仓库打包，路上，签收")
        dropped, swapped = box["items"][6], box["items"][0]
        product = await self.doors.api("GET", f"/products/{swapped['product_id']}")
        other = next(
            s for s in product["skus"]
            if s["left"] >= 1 and s["colour"] == swapped["colour"] and s["size"] != swapped["size"]
        )  # fmt: skip
        edit = {
            "version": box["version"],
            "remove": [dropped["id"]],
            "swap": [{"item_id": swapped["id"], "sku_id": other["id"]}],
        }
        box = await self.me("PATCH", f"/boxes/{box['id']}", edit)
        live = [i for i in box["items"] if i["state"] == "proposed"]
        sums = sum(i["price_fen"] for i in live)
        preview = await self.me("GET", f"/boxes/{box['id']}/preview")
        self.tell.check("the highest sum is that of the goods", preview["highest_fen"], sums)
        self.tell.check("the round trip is free", preview["round_trip_free"], True)
        await self.step(f"去掉一件、换一个码，剩 {len(live)} 件", f"最多只会扣 {yuan(sums)} 元", "往返免费")
        self.stock = await self.on_hand([i["sku_id"] for i in live])
        address = await self.me("POST", "/me/addresses", ADDRESS)
        body = {"version": box["version"], "cover": "pay_score", "address_id": address["id"]}
        sheet = await self.me("POST", f"/boxes/{box['id']}/confirm", body)
        yes = await self.doors.wechat(f"/payscore/{sheet['package']}/confirm", {"person": self.person["id"]})
        self.tell.check("the Pay Score notice is accepted", yes["notice"]["accepted"], True)
        box = await self.me("GET", f"/boxes/{box['id']}")
        self.tell.check("the warehouse may pack", box["state"], "packing")
        self.tell.check("a round trip is held", (await self.quotas())["round_trip"], 5)
        await self.step("用微信支付分确认，先不付钱", f"支付分保障 {yuan(sums)} 元", "免费往返还剩 5")
        return dict(box)

    async def deliver(self, box: dict[str, Any]) -> dict[str, Any]:
        warehouse = await self.staff("warehouse1")
        items = [i["id"] for i in box["items"] if i["state"] == "reserved"]
        picks = await self.doors.api("GET", "/staff/picklist", None, warehouse)
        self.tell.check("the pick list has her pieces", set(items) <= {p["item_id"] for p in picks["items"]}, True)
        parcels = {"parcels": [{"carrier": "SF", "item_ids": items}]}
        await self.doors.api("POST", f"/staff/boxes/{box['id']}/ship", parcels, warehouse)
        box = await self.me("GET", f"/boxes/{box['id']}")
        waybill = next(p["waybill"] for p in box["parcels"] if p["direction"] == "out")
        await self.step("仓库打包，微信出面单", f"顺丰 {waybill}")
        await self.carrier(waybill, PICKED, "已揽收")
        await self.until((await self.doors.now()) + timedelta(days=2))
        await self.carrier(waybill, SIGNED, "已签收")
        box = await self.me("GET", f"/boxes/{box['id']}")
        self.tell.check("the box is delivered", box["state"], "delivered")
        now = await self.doors.now()
        midnight = datetime.combine(now.date() + timedelta(days=6), time(0), SHANGHAI)
        self.tell.check("24:00 of the fifth day", datetime.fromisoformat(box["deadline_at"]), midnight)
        await self.step("签收", f"决定到 {_shown(box['deadline_at'])}")
        reply = await self.say("盒子最晚什么时候退")
        day = now.date() + timedelta(days=5)
        self.tell.check("the chat tells the same deadline", f"{day.month}月{day.day}日" in reply, True)
        return dict(box)

    async def carrier(self, waybill: str, action: int, words: str) -> None:
        await self.doors.wechat(f"/carrier/{waybill}", {"action_type": action, "action_msg": words})
        await self.doors.wechat("/settle")

    async def decide(self, box: dict[str, Any]) -> dict[str, Any]:
        self.tell.chapter(5, "留三件，退三件；取件、验收、结清")
        items = [i for i in box["items"] if i["state"] == "at_member"]
        kept, back = items[:3], items[3:]
        lines = [{"item_id": i["id"], "decision": "keep", "feedback": "合身"} for i in kept]
        lines += [{"item_id": i["id"], "decision": "return", "reason": "size", "feedback": "肩宽了一点"} for i in back]
        await self.me("POST", f"/boxes/{box['id']}/decisions", {"items": lines})
        total = sum(i["price_fen"] for i in kept)
        preview = await self.me("GET", f"/boxes/{box['id']}/settlement-preview")
        self.tell.check("the bill before it is one", preview["charge_fen"], total)
        points = total * 2 // 100
        self.tell.check("points: ×2, floored once", preview["points"], points)
        await self.step(
            f"留 {len(kept)} 件，退 {len(back)} 件（尺码）", f"将扣 {yuan(total)} 元", f"将得 {points} 积分"
        )
        told = await self.me("POST", f"/boxes/{box['id']}/return", {})
        filled = await self.doors.wechat(
            f"/parcels/return/{told['return_id']}", {"status": 1, "delivery_id": "SF", "action_type": PICKED}
        )
        waybill = filled["return"]["waybill_id"]
        await self.doors.advance(minutes=11)
        box = await self.me("GET", f"/boxes/{box['id']}")
        parcel = next(p for p in box["parcels"] if p["direction"] == "back")
        self.tell.check("the carrier has accepted it", parcel["state"], "accepted")
        await self.step("预约取件，快递已揽收：从此刻起不会超时", f"退回单号 {waybill}")
        await self.until((await self.doors.now()) + timedelta(days=1))
        warehouse = await self.staff("warehouse1")
        await self.doors.api("POST", "/staff/parcels/receive", {"waybill": waybill}, warehouse)
        grades = {"items": [{"item_id": i["id"], "grade": "ok"} for i in back]}
        await self.doors.api("POST", f"/staff/boxes/{box['id']}/grade", grades, warehouse)
        await self.doors.advance(minutes=2)
        box = await self.me("GET", f"/boxes/{box['id']}")
        self.tell.check("settled", (box["state"], box["charge_fen"]), ("settled", total))
        await self.step("仓库验收，盒子结清，支付分扣款", f"实扣 {yuan(total)} 元")
        await self._settled(box, kept, back, total, points)
        return dict(box)

    async def _settled(self, box: dict[str, Any], kept: list[Any], back: list[Any], total: int, points: int) -> None:
        """To the fen: WeChat's side, the ledger, stock, quotas, points."""
        state = await self.doors.wechat("/pay/state", method="GET")
        [score] = [o for o in state["payscore_orders"] if o["state"] == "DONE"]
        self.tell.check("WeChat collected exactly that", score["total_amount"], total)
        finance = await self.staff("finance1")
        ledger = await self.doors.api("GET", f"/staff/ledger/boxes/{box['id']}", None, finance)
        sums: dict[str, int] = {}
        for line in ledger["lines"]:
            sums[line["account"]] = sums.get(line["account"], 0) + line["amount_fen"]
        self.tell.check("the box's ledger sums to zero", ledger["total_fen"], 0)
        self.tell.check("sales are the kept goods", sums["sales"], -total)
        self.tell.check("the money is at WeChat", sums["wechat"], total)
        self.tell.check("nothing is owed", sums.get("receivable", 0), 0)
        stock = await self.on_hand(list(self.stock))
        for item in kept:
            self.tell.check("a kept piece is gone", stock[item["sku_id"]], self.stock[item["sku_id"]] - 1)
        for item in back:
            self.tell.check("a returned piece is back", stock[item["sku_id"]], self.stock[item["sku_id"]])
        me = await self.me("GET", "/me")
        self.tell.check("points are pending", (me["points"]["usable"], me["points"]["pending"]), (100, points))
        self.tell.check("a round trip is used", (await self.quotas())["round_trip"], 5)
        self.tell.note("钱", f"盒子 {box['id']} 号（支付分）", yuan(total))
        self.tell.note("库存", "第一个盒子：售出 / 退回", f"{len(kept)} / {len(back)}")
        self.points = points

    async def silent(self) -> None:
        self.tell.chapter(6, "第二个盒子：自己挑，押金保障，然后一句话也没说")
        await self.until(_at(await self.doors.now() + timedelta(days=8), 10))
        me = await self.me("GET", "/me")
        self.tell.check(
            "the points are usable now", me["points"], {**me["points"], "usable": 100 + self.points, "pending": 0}
        )
        await self.step("过了七天无理由期，积分到账", f"{100 + self.points} 积分可用")
        page = await self.doors.api("GET", "/products?limit=100")
        cheap = sorted(page["items"], key=lambda p: p["member_price_fen"])
        picks = [
            next(s["id"] for s in p["skus"] if s["left"] >= 2) for p in cheap if any(s["left"] >= 2 for s in p["skus"])
        ]
        box = await self.me("POST", "/boxes", {"sku_ids": picks[:5], "occasion": "周末"})
        addresses = await self.me("GET", "/me/addresses")
        body = {"version": box["version"], "cover": "deposit", "address_id": addresses["items"][0]["id"]}
        sheet = await self.me("POST", f"/boxes/{box['id']}/confirm", body)
        self.tell.check("the deposit", sheet["now_fen"], 30_000)
        await self.pay(sheet["pay"])
        await self.step("挑了 5 件，付押金 300.00 元", f"最多 {yuan(sheet['highest_fen'])} 元")
        box = await self.deliver(await self.me("GET", f"/boxes/{box['id']}"))
        deadline = datetime.fromisoformat(box["deadline_at"]).astimezone(SHANGHAI)
        for days, hour in ((2, 12), (1, 11)):
            await self.until(_at(deadline - timedelta(days=days), hour))
        await self.step("到期前的提醒都发了，她没有回")
        await self.until(deadline - timedelta(seconds=30))
        before = await self.me("GET", f"/boxes/{box['id']}")
        self.tell.check("not a second too early", before["state"], "delivered")
        await self.until(deadline + timedelta(minutes=2))
        box = await self.me("GET", f"/boxes/{box['id']}")
        total = sum(i["price_fen"] for i in box["items"])
        self.tell.check("settled by the deadline job", (box["state"], box["charge_fen"]), ("settled", total))
        await self.step("24:00 一过，盒子自动结清：留下 5 件", f"共 {yuan(total)} 元，押金先抵")
        await self._square(box, total)

    async def _square(self, box: dict[str, Any], total: int) -> None:
        """The deposit is used first; what is missing is paid, what is over comes back."""
        if total > 30_000:
            owed = await self.me("POST", f"/boxes/{box['id']}/balance")
            self.tell.check("only the rest is owed", owed["owed_fen"], total - 30_000)
            await self.pay(owed["pay"])
            await self.step("补足余款", f"{yuan(total - 30_000)} 元")
        else:
            await self.doors.advance(minutes=2)
        finance = await self.staff("finance1")
        ledger = await self.doors.api("GET", f"/staff/ledger/boxes/{box['id']}", None, finance)
        sums: dict[str, int] = {}
        for line in ledger["lines"]:
            sums[line["account"]] = sums.get(line["account"], 0) + line["amount_fen"]
        self.tell.check("the second box sums to zero", ledger["total_fen"], 0)
        self.tell.check("the money is exactly the goods", (sums["wechat"], sums["sales"]), (total, -total))
        self.tell.note("钱", f"盒子 {box['id']} 号（押金 + 余款）", yuan(total))

    async def cared(self) -> None:
        self.tell.chapter(7, "这一路收到的关怀")
        await self.until(_at(await self.doors.now() + timedelta(days=2), 19))
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


def _at(instant: datetime, hour: int) -> datetime:
    return datetime.combine(instant.astimezone(SHANGHAI).date(), time(hour), SHANGHAI)


def _shown(instant: str) -> str:
    wall = datetime.fromisoformat(instant).astimezone(SHANGHAI)
    if wall.time() == time(0):
        return f"{wall.date() - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{wall:%Y-%m-%d %H:%M}"


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
