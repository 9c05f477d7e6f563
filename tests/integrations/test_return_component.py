"""Returns through WeChat's return component, and waybills made known to its tracking."""

import pytest

from domain.errors import OutsideFault, OutsideRefusal
from domain.ports import Address, ReturnFact, ReturnOrder, Wechat
from sandbox.api.couriers import Parcels
from sandbox.api.returns import BOOKED, SELF_ENTERED, Returns
from tests.integrations.shop import Shop

ADD = "/cgi-bin/express/delivery/return/add"
GET = "/cgi-bin/express/delivery/return/get"
HOME = Address("林一", "13800001234", "浙江省", "杭州市", "西湖区", "文三路 1 号")
STORE = Address("盒子退货", "13900005678", "上海市", "上海市", "静安区", "南京西路 2 号")


@pytest.fixture
def order(shop: Shop) -> ReturnOrder:
    return ReturnOrder(
        "B1-R1", shop.openid(shop.person()), HOME, STORE, ["大衣", "衬衫"], 259800, "pages/box/index?id=1"
    )


async def test_opened_booked_picked_up_and_signed(shop: Shop, wechat: Wechat, order: ReturnOrder) -> None:
    return_id = await wechat.logistics.add_return(order)
    assert "138" not in repr(order)
    assert await wechat.logistics.get_return(return_id) == ReturnFact(return_id, "open")
    returns = shop.world.room(Returns)
    parcel = returns.fill(returns.by_id[return_id], BOOKED, "SF", "")
    waybill = parcel.waybill_id
    for action, status in [
        (None, "waiting"),
        (100001, "picked"),
        (200001, "picked"),
        (300002, "picked"),
        (300003, "signed"),
    ]:
        if action:
            parcel.actions.append({"action_type": action})
        for _ in range(4):  # the status comes as a number or as a text
            fact = await wechat.logistics.get_return(return_id)
            assert fact == ReturnFact(return_id, "booked", waybill, "SF", status)


async def test_a_waybill_typed_in_by_the_member(shop: Shop, wechat: Wechat, order: ReturnOrder) -> None:
    return_id = await wechat.logistics.add_return(order)
    returns = shop.world.room(Returns)
    returns.fill(returns.by_id[return_id], SELF_ENTERED, "ZTO", "ZTO777")
    assert (await wechat.logistics.get_return(return_id)).status == "entered"
    shop.fault(GET, "errcode", errcode=931023)
    assert await wechat.logistics.get_return(return_id) == ReturnFact(return_id, "entered")


async def test_one_return_per_order_number(shop: Shop, wechat: Wechat, order: ReturnOrder) -> None:
    shop.fault(ADD, "drop_after")
    with pytest.raises(OutsideFault):
        await wechat.logistics.add_return(order)
    with pytest.raises(OutsideRefusal) as no:
        await wechat.logistics.add_return(order)
    assert no.value.code == "9300522"
    with pytest.raises(OutsideRefusal):
        await wechat.logistics.get_return("1")


async def test_a_waybill_becomes_known_to_tracking(shop: Shop, wechat: Wechat) -> None:
    openid = shop.openid(shop.person())
    token = await wechat.logistics.trace(openid, "13800001234", "ZTO", "ZTO888", ["盒子"], "4200000001")
    assert shop.world.room(Parcels).tokens[token].waybill_id == "ZTO888"
    again = await wechat.logistics.trace(openid, "13800001234", "ZTO", "ZTO888", ["盒子"], "4200000001")
    assert again == token
