"""What money tests hold in their hands: members with a session, the phone's pay sheet, signed notices."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.box import BoxState
from domain.ports import Address
from models import Box, LedgerLine
from sandbox.pay.desk import Pay
from sandbox.pay.signing import dump, encrypt
from sandbox.pay.times import rfc3339
from sandbox.world import Person
from services import addresses

if TYPE_CHECKING:
    from tests.support.doors import Doors
    from tests.support.house import House

Letter = tuple[dict[str, str], bytes]


@dataclass(frozen=True)
class Shopper:
    """A registered member and their session."""

    person: Person
    token: str
    member_id: int


async def shopper(house: "Doors", name: str = "林一") -> Shopper:
    person = await house.person(name)
    token = await house.login(person)
    me = await house.api("GET", "/me", token=token)
    return Shopper(person, token, int(me.get("member_id") or me["id"]))


async def order(house: "Doors", who: Shopper, plan: str = "yearly", *, renew: bool = False) -> dict[str, Any]:
    """Order a plan through the API."""
    query = "?renew=true" if renew else ""
    told: dict[str, Any] = await house.api("POST", f"/plans/{plan}/order{query}", token=who.token)
    return told


async def pay(house: "Doors", params: dict[str, Any]) -> dict[str, Any]:
    """Confirm the payment sheet on the phone; what the sandbox tells of it, with the notice's fate."""
    prepay_id = str(params["package"]).removeprefix("prepay_id=")
    told: dict[str, Any] = await house.wechat(f"/pay/orders/{prepay_id}/confirm", params)
    return told


async def buy(house: "Doors", who: Shopper, plan: str = "yearly", *, renew: bool = False) -> dict[str, Any]:
    """Order and pay; the membership page afterwards."""
    placed = await order(house, who, plan, renew=renew)
    told = await pay(house, placed["pay_params"])
    assert told["notice"]["accepted"], told
    page: dict[str, Any] = await house.api("GET", "/me/membership", token=who.token)
    return page


async def fault(house: "Doors", match: str, kind: str, **more: Any) -> None:
    """Let something go wrong at WeChat, or on the way from there."""
    await house.wechat("/faults", {"match": match, "kind": kind, **more})


def letter(house: "House", event_type: str, plain: dict[str, Any], *, number: str = "") -> Letter:
    """A notice as WeChat would seal and sign it now, about anything."""
    desk = house.world.room(Pay)
    resource = encrypt(house.world.merchant.api_v3_key, dump({"mchid": house.world.merchant.mchid, **plain}), "x")
    body = dump(
        {
            "id": number or str(uuid.uuid4()),
            "create_time": rfc3339(house.world.now()),
            "resource_type": "encrypt-resource",
            "event_type": event_type,
            "summary": "",
            "resource": {"original_type": "x", **resource},
        }
    )
    return desk.keys.headers(body, house.world.now(), house.world.merchant.public_key_id), body


async def post(house: "Doors", headers: dict[str, str], body: bytes) -> tuple[int, str]:
    """Put a letter through the notice door: the status and the answer."""
    async with house.http.post(f"{house.base}/api/notify/pay", data=body, headers=headers) as answer:
        return answer.status, await answer.text()


async def balance(**where: Any) -> dict[str, int]:
    """Account → sum of the ledger lines that match; accounts at zero are left out."""
    sums: dict[str, int] = {}
    for line in await LedgerLine.filter(**where):
        sums[line.account] = sums.get(line.account, 0) + line.amount_fen
    assert sum(sums.values()) == 0, sums
    return {account: fen for account, fen in sums.items() if fen}


async def box(house: "House", who: Shopper, state: BoxState = BoxState.CONFIRMED, cover: str = "") -> Box:
    """A bare box of the member's, as the money side sees one."""
    home = Address("林一", "13800001111", "上海市", "上海市", "徐汇区", "衡山路 1 号")
    return await Box.create(
        member_id=who.member_id,
        state=state,
        cover=cover,
        address_sealed=addresses.seal(house.shop, home),
        created_at=house.shop.now(),
    )
