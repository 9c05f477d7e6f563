"""What order tests hold in their hands: a member who buys outright, at any point of an order's life."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from models import Coupon, MemberCoupon
from tests.support.boxes import ADDRESS, PICKED, SIGNED, pieces
from tests.support.money import Shopper, buy, pay, shopper

if TYPE_CHECKING:
    from tests.support.doors import Doors
    from tests.support.house import House


@dataclass
class Buyer:
    """One member with an address, and the order they placed last."""

    house: "Doors"
    who: Shopper
    warehouse: str
    address_id: int
    order: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return int(self.order["id"])

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

    async def place(self, *lines: tuple[int, int], stored_fen: int = 0, **more: Any) -> dict[str, Any]:
        """Preview and place what the preview says; the answer."""
        body = {**more} if "cart_version" in more else {"items": items(*lines), **more}
        quote = await self.call("POST", "/orders/preview", body)
        body |= {"address_id": self.address_id, "total_fen": quote["total_fen"], "stored_fen": stored_fen}
        placed: dict[str, Any] = await self.call("POST", "/orders", body)
        self.order = placed
        return placed

    async def pay(self) -> dict[str, Any]:
        """Pay what was placed; the order afterwards."""
        sheet = await self.call("POST", f"/payments/{self.order['out_trade_no']}/prepare")
        told = await pay(self.house, sheet)
        assert told["notice"]["accepted"], told
        return await self.look()

    async def look(self) -> dict[str, Any]:
        self.order = await self.call("GET", f"/orders/{self.id}")
        return self.order


def items(*lines: tuple[int, int]) -> list[dict[str, int]]:
    return [{"sku_id": sku_id, "quantity": quantity} for sku_id, quantity in lines]


async def buyer(house: "Doors", name: str = "林一", *, plan: bool = False) -> Buyer:
    who = await shopper(house, name)
    if plan:
        await buy(house, who)
    address = await house.api("POST", "/me/addresses", ADDRESS, token=who.token)
    return Buyer(house, who, await house.staff("warehouse1"), int(address["id"]))


async def goods(house: "Doors", count: int) -> list[tuple[int, int]]:
    """(sku_id, public price) of so many products with some on hand, the cheapest first."""
    page = await house.api("GET", "/products?limit=100")
    prices = {s["id"]: p["public_price_fen"] for p in page["items"] for s in p["skus"]}
    return [(sku_id, prices[sku_id]) for sku_id in await pieces(house, count, cheap=True)]


async def coupon(house: "House", member_id: int, threshold_fen: int, off_fen: int, code: str = "T") -> int:
    """A coupon in the member's hand; its id there."""
    now = house.shop.now()
    offer = await Coupon.create(
        code=code, name="满减", threshold_fen=threshold_fen, off_fen=off_fen, created_at=now,
        valid_from=now, valid_until=now + timedelta(days=400),
    )  # fmt: skip
    held = await MemberCoupon.create(member_id=member_id, coupon_id=offer.id, reason="test", created_at=now)
    return int(held.id)


async def ordered(house: "Doors", *, count: int = 3, name: str = "林一", plan: bool = False, **more: Any) -> Buyer:
    """A member with an order of so many different pieces, paid."""
    one = await buyer(house, name, plan=plan)
    await one.place(*[(sku_id, 1) for sku_id, _ in await goods(house, count)], **more)
    await one.pay()
    return one


async def arrived(house: "Doors", **how: Any) -> Buyer:
    """The same, shipped and signed now."""
    one = await ordered(house, **how)
    await ship(one)
    await carrier(one, SIGNED)
    await one.look()
    return one


async def ship(one: Buyer) -> dict[str, Any]:
    told: dict[str, Any] = await one.staff(
        "POST", f"/staff/orders/{one.id}/ship", {"carrier": "SF", "waybill": f"SFO{one.id:06d}"}
    )
    await one.look()
    return told


async def carrier(one: Buyer, action: int, at: datetime | None = None) -> bool:
    """A word of the carrier about the order's way out; whether it was news."""
    [parcel] = [p for p in one.order["parcels"] if p["direction"] == "out"]
    body = {"action_type": action, "at": (at or await one.house.now()).isoformat()}
    told = await one.staff("POST", f"/staff/orders/parcels/{parcel['id']}/events", body)
    return bool(told["ok"])


def back(one: Buyer, *numbers: int, reason: str = "size") -> dict[str, Any]:
    """The body that returns the pieces with these numbers."""
    return {"items": [{"item_id": one.order["items"][n]["id"], "reason": reason} for n in numbers]}


async def send_back(one: Buyer, *numbers: int, reason: str = "size") -> str:
    """Open a return, have the courier fetch it at once; the waybill."""
    told = await one.call("POST", f"/orders/{one.id}/returns", back(one, *numbers, reason=reason))
    filled = await one.house.wechat(
        f"/parcels/return/{told['return_id']}", {"status": 1, "delivery_id": "SF", "action_type": PICKED}
    )
    return str(filled["return"]["waybill_id"])


async def come_back(one: Buyer, waybill: str, grade: str = "ok") -> dict[str, Any]:
    """The warehouse opens the parcel and grades all that was announced in it."""
    await one.staff("POST", "/staff/orders/parcels/receive", {"waybill": waybill})
    await one.look()
    [parcel] = [p for p in one.order["parcels"] if p["waybill"] == waybill]
    lines = [{"item_id": i["id"], "grade": grade} for i in one.order["items"] if i["parcel_id"] == parcel["id"]]
    await one.staff("POST", f"/staff/orders/{one.id}/grade", {"items": lines})
    return await one.look()
