"""Shipping labels under the shop's own contract: ordered at WeChat, so that the carrier's words are pushed to us."""

from collections.abc import Sequence

from domain.errors import OutsideRefusal
from domain.ports import WaybillOrder
from models import Box
from services import addresses, members
from services.shop import Shop


async def order_label(shop: Shop, box: Box, number: int, carrier: str, goods: Sequence[str]) -> str:
    """The waybill of the box's `number`-th parcel; asked again, the same one. Outside of any transaction.

    Raises OutsideRefusal (`no_contract` where the courier has none with us), OutsideFault.
    """
    openid = await members.openid_of(box.member_id, shop.accounts.mini_appid)
    if openid is None:
        raise OutsideRefusal("no_openid", "the member has no openid of the mini-program")
    return await shop.wechat.logistics.order_waybill(
        WaybillOrder(
            order_id=f"HZ{box.id}V{box.version}P{number}",
            openid=openid,
            company=carrier,
            sender=addresses.warehouse(shop),
            receiver=addresses.unseal(shop, box.address_sealed),
            goods=goods,
            page=f"pages/box/box?id={box.id}",
        )
    )
