"""What order tests hold in their hands: a member who buys outright, at any point of an order's life."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models import Coupon, MemberCoupon
from tests.support.boxes import ADDRESS, pieces
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

    async def place(self, *lines: tuple[int, int], **more: Any) -> dict[str, Any]:
        """Preview and place what the preview says; the answer."""
        body = {**more} if "cart_version" in more else {"items": items(*lines), **more}
        quote = await self.call("POST", "/orders/preview", body)
        body |= {"address_id": self.address_id, "total_fen": quote["total_fen"]}
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
        valid_from=now, valid_until=now.replace(year=2027),
    )  # fmt: skip
    held = await MemberCoupon.create(member_id=member_id, coupon_id=offer.id, reason="test", created_at=now)
    return int(held.id)
