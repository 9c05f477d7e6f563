"""What box tests hold in their hands: a member with a box at any point of its life, through the real doors."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models import Sku
from tests.support.money import Shopper, buy, pay, shopper

if TYPE_CHECKING:
    from tests.support.doors import Doors

ADDRESS = {
    "name": "林一",
    "phone": "13800001234",
    "province": "上海市",
    "city": "上海市",
    "area": "徐汇区",
    "detail": "衡山路 8 号 301 室",
}
PICKED, MOVING, SIGNED = 100001, 200001, 300003


@dataclass
class Life:
    """One member and one box of theirs."""

    house: "Doors"
    who: Shopper
    warehouse: str
    box: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return int(self.box["id"])

    @property
    def items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.box["items"]
        return items

    async def call(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """A call of the member's."""
        return await self.house.api(method, path, body, token=self.who.token, status=status)

    async def staff(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        """A call of the warehouse's."""
        return await self.house.api(method, path, body, token=self.warehouse, status=status)

    async def at(self, instant: datetime | str) -> None:
        """Move the clock and what hangs on it, and log in again: sessions last twelve hours."""
        await self.house.move_to(datetime.fromisoformat(instant) if isinstance(instant, str) else instant)
        self.who = replace(self.who, token=await self.house.login(self.who.person))
        self.warehouse = await self.house.staff("warehouse1")

    async def look(self) -> dict[str, Any]:
        self.box = await self.call("GET", f"/boxes/{self.id}")
        return self.box

    async def states(self) -> list[str]:
        await self.look()
        return [item["state"] for item in self.items]

    async def confirm(self, cover: str, **more: Any) -> dict[str, Any]:
        """Confirm with a new address; the sheet."""
        address = await self.call("POST", "/me/addresses", ADDRESS)
        body = {"version": self.box["version"], "cover": cover, "address_id": address["id"], **more}
        sheet: dict[str, Any] = await self.call("POST", f"/boxes/{self.id}/confirm", body)
        return sheet

    async def cover(self, kind: str, **more: Any) -> None:
        """Confirm, and say yes on the phone; the warehouse may pack."""
        sheet = await self.confirm(kind, **more)
        if kind == "deposit":
            await pay(self.house, sheet["pay"])
        else:
            told = await self.house.wechat(f"/payscore/{sheet['package']}/confirm", {"person": self.who.person.id})
            assert told["notice"]["accepted"], told
        assert (await self.look())["state"] == "packing"

    async def cover_somehow(self, kind: str, **more: Any) -> None:
        """As `cover`, but the notice may be doubled or lost: then the job asks."""
        sheet = await self.confirm(kind, **more)
        if kind == "deposit":
            await pay(self.house, sheet["pay"])
        else:
            await self.house.wechat(f"/payscore/{sheet['package']}/confirm", {"person": self.who.person.id})
        if (await self.look())["state"] != "packing":
            await self.house.move(minutes=10)
        assert (await self.look())["state"] == "packing"

    async def ship(self, *split: int) -> list[dict[str, Any]]:
        """Ship in parcels of so many items each (one of all by default); the parcels."""
        ids = [item["id"] for item in self.items]
        parcels = []
        for number, count in enumerate(split or (len(ids),), 1):
            taken, ids = ids[:count], ids[count:]
            parcels.append({"carrier": "SF", "waybill": f"SF{self.id:06d}{number}", "item_ids": taken})
        await self.staff("POST", f"/staff/boxes/{self.id}/ship", {"parcels": parcels})
        return [p for p in (await self.look())["parcels"] if p["direction"] == "out"]

    async def carrier(self, parcel_id: int, action: int, at: datetime | None = None) -> None:
        told_at = (at or await self.house.now()).isoformat()
        await self.staff("POST", f"/staff/parcels/{parcel_id}/events", {"action_type": action, "at": told_at})

    async def signed(self, *split: int) -> "Life":
        """Ship and have everything signed now."""
        for parcel in await self.ship(*split):
            await self.carrier(parcel["id"], SIGNED)
        await self.look()
        return self

    async def decide(self, keep: int) -> None:
        """Keep the first so many, return the rest because of the size."""
        lines = [
            {"item_id": item["id"], "decision": "keep", "feedback": "合身"}
            if number < keep
            else {"item_id": item["id"], "decision": "return", "reason": "size", "feedback": "袖子长"}
            for number, item in enumerate(self.items)
        ]
        self.box = await self.call("POST", f"/boxes/{self.id}/decisions", {"items": lines})

    async def send_back(self, **more: Any) -> str:
        """Book the return, have the courier pick it up; the waybill."""
        told = await self.call("POST", f"/boxes/{self.id}/return", more)
        return await self.hand_over(told["return_id"])

    async def hand_over(self, return_id: str) -> str:
        """The member books the courier in WeChat's component, who comes at once; the waybill."""
        filled = await self.house.wechat(
            f"/parcels/return/{return_id}", {"status": 1, "delivery_id": "SF", "action_type": PICKED}
        )
        return str(filled["return"]["waybill_id"])

    async def grade(self, grades: dict[int, str], note: str = "") -> None:
        items = [{"item_id": i, "grade": g, "note": note} for i, g in grades.items()]
        await self.staff("POST", f"/staff/boxes/{self.id}/grade", {"items": items})

    async def come_back(self, waybill: str, grade: str = "ok") -> None:
        """The warehouse opens the parcel and grades all that was announced."""
        await self.staff("POST", "/staff/parcels/receive", {"waybill": waybill})
        await self.look()
        await self.grade({i["id"]: grade for i in self.items if i["state"] == "received"})


async def pieces(house: "Doors", count: int, *, cheap: bool = False) -> list[int]:
    """So many sku ids of different products, with a few of each on hand."""
    page = await house.api("GET", "/products?limit=100")
    found = []
    for product in sorted(page["items"], key=lambda p: p["price_fen"]) if cheap else page["items"]:
        sku = next((s for s in product["skus"] if s["left"] >= 3), None)
        if sku is not None:
            found.append(int(sku["id"]))
    assert len(found) >= count
    return found[:count]


async def life(house: "Doors", *, plan: bool = True, count: int = 5, name: str = "林一", cheap: bool = False) -> Life:
    """A member (with a plan) and a box of their own pick, proposed."""
    who = await shopper(house, name)
    if plan:
        await buy(house, who)
    started = Life(house, who, await house.staff("warehouse1"))
    body = {"sku_ids": await pieces(house, count, cheap=cheap), "occasion": "通勤"}
    started.box = await started.call("POST", "/boxes", body)
    return started


async def stock_of(sku_ids: list[int]) -> dict[int, tuple[int, int, int, int]]:
    """(on_hand, reserved, sold, lost) of each, after checking that the stock adds up."""
    rows = await Sku.filter(id__in=sku_ids)
    for sku in rows:
        assert sku.received == sku.on_hand + sku.reserved + sku.sold + sku.lost
    return {sku.id: (sku.on_hand, sku.reserved, sku.sold, sku.lost) for sku in rows}
