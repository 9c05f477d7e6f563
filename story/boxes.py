"""The chapters of the boxes: one decided by hand, one that falls silent."""

from datetime import datetime, time, timedelta
from typing import Any

from story.door import SHANGHAI
from story.member import Member, at_hour, shown
from story.telling import yuan

PICKED, SIGNED = 100001, 300003
ADDRESS = {"name": "林小满", "phone": "13800005678", "province": "上海市", "city": "上海市", "area": "徐汇区",
           "detail": "衡山路 8 号 301 室", "is_default": True}  # fmt: skip


class Boxes(Member):
    """From the confirmed box to the last settlement."""

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
        await self.step("签收", f"决定到 {shown(box['deadline_at'])}")
        reply = await self.say("盒子最晚什么时候退")
        day = now.date() + timedelta(days=5)
        self.tell.check("the chat tells the same deadline", f"{day.month}月{day.day}日" in reply, True)
        return dict(box)

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
        # Beside the box's own points: the gift for a first purchase, and the one for a thousand yuan.
        points += 200 + (300 if total >= 100000 else 0)
        self.tell.check("points are pending", (me["points"]["usable"], me["points"]["pending"]), (100, points))
        self.tell.check("a round trip is used", (await self.quotas())["round_trip"], 5)
        self.tell.note("钱", f"盒子 {box['id']} 号（支付分）", yuan(total))
        self.tell.note("库存", "第一个盒子：售出 / 退回", f"{len(kept)} / {len(back)}")
        self.points = points

    async def silent(self) -> None:
        self.tell.chapter(6, "第二个盒子：自己挑，押金保障，然后一句话也没说")
        await self.until(at_hour(await self.doors.now() + timedelta(days=8), 10))
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
            await self.until(at_hour(deadline - timedelta(days=days), hour))
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
