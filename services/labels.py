"""Shipping labels under the shop's own contract: ordered at WeChat, so that the carrier's words are pushed to us."""

from collections.abc import Sequence

from domain.errors import OutsideRefusal
from domain.ports import WaybillOrder
from models import Box
from services import addresses, members
from services.shop import Shop


async def order_label(shop: Shop, box: Box, number: int, carrier: str, goods: Sequence[str]) -> str:
    """The waybill of the box's `number`-th parcel; asked again, the same one. Raises as `label` does."""
    name, page = f"HZ{box.id}V{box.version}P{number}", f"pages/box/box?id={box.id}"
    return await label(shop, name, box.member_id, box.address_sealed, page, carrier, goods)


async def label(
    shop: Shop, name: str, member_id: int, address_sealed: str, page: str, carrier: str, goods: Sequence[str]
) -> str:
    """The waybill ordered under our own `name`; asked again, the same one. Outside of any transaction.

    Raises OutsideRefusal (`no_contract` where the courier has none with us), OutsideFault.
    """
    openid = await members.openid_of(member_id, shop.accounts.mini_appid)
    if openid is None:
        raise OutsideRefusal("no_openid", "the member has no openid of the mini-program")
    return await shop.wechat.logistics.order_waybill(
        WaybillOrder(
            order_id=name,
            openid=openid,
            company=carrier,
            sender=addresses.warehouse(shop),
            receiver=addresses.unseal(shop, address_sealed),
            goods=goods,
            page=page,
        )
    )
