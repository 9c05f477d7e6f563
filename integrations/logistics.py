"""WeChat's return component (退货组件) and waybill traces; both speak with the mini-program's token."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.errors import OutsideRefusal
from domain.ports import Address, ReturnFact, ReturnOrder, WaybillOrder
from integrations.wechat_http import Fault, WechatApi

RETURN_ADD = "/cgi-bin/express/delivery/return/add"
RETURN_GET = "/cgi-bin/express/delivery/return/get"
ORDER_ADD = "/cgi-bin/express/business/order/add"
ORDER_GET = "/cgi-bin/express/business/order/get"
ORDER_EXISTS = "9300501"
TRACE = "/cgi-bin/express/delivery/open_msg/trace_waybill"

HOW = {"0": "open", "1": "booked", "2": "entered"}
WAYBILL_UNKNOWN = 931023
"""The member typed a number the courier does not know (yet): the return is still there."""

WHERE = {
    "0": "waiting",
    "1": "picked",
    "2": "picked",  # on the way
    "3": "picked",  # out for delivery
    "4": "signed",
    "5": "picked",  # something went wrong on the way
    "6": "signed",  # by somebody on the receiver's behalf
    "7": "cancelled",  # the courier could not pick it up
    "8": "picked",  # refused at the door
    "11": "cancelled",
    "12": "cancelled",
    "13": "picked",  # going back to the sender
    "14": "cancelled",  # back with the sender
    "15": "cancelled",
}


class WechatLogistics:
    """Implements `domain.ports.Logistics`."""

    def __init__(self, api: WechatApi, goods_picture_url: str, contracts: Mapping[str, str]) -> None:
        """WeChat insists on a picture of each piece of goods: all have the one at `goods_picture_url`.

        `contracts` maps a courier (SF, JDL, …) to the account number bound in the mini-program's console.
        """
        self._api = api
        self._goods_picture_url = goods_picture_url
        self._contracts = contracts

    async def order_waybill(self, order: WaybillOrder) -> str:
        """Orders a label under the shop's contract. An order placed before is asked for its waybill."""
        biz_id = self._contracts.get(order.company)
        if biz_id is None:
            raise OutsideRefusal("no_contract", order.company)
        try:
            said = await self._api.post(
                ORDER_ADD,
                {
                    "add_source": 0,
                    "order_id": order.order_id,
                    "openid": order.openid,
                    "delivery_id": order.company,
                    "biz_id": biz_id,
                    "sender": _address(order.sender),
                    "receiver": _address(order.receiver),
                    "shop": {
                        "wxa_path": order.page,
                        "img_url": self._goods_picture_url,
                        "goods_name": order.goods[0],
                        "goods_count": len(order.goods),
                    },
                    "cargo": {
                        "count": 1,
                        # The label's estimate; the courier weighs and measures for itself.
                        "weight": 0.5 * len(order.goods),
                        "space_x": 40,
                        "space_y": 30,
                        "space_z": 15,
                        "detail_list": [{"name": name, "count": 1} for name in order.goods],
                    },
                    "insured": {"use_insured": 0, "insured_value": 0},
                    "service": {"service_type": 0, "service_name": "标准快递"},
                },
            )
        except OutsideRefusal as refusal:
            if refusal.code != ORDER_EXISTS:
                raise
            said = await self._api.post(
                ORDER_GET,
                {"order_id": order.order_id, "openid": order.openid, "delivery_id": order.company},
                safe=True,
            )
        return _text(ORDER_ADD, said, "waybill_id")

    async def add_return(self, order: ReturnOrder) -> str:
        """Opens a return and tells the member. A shop_order_id opens one return: again is 9300522."""
        said = await self._api.post(
            RETURN_ADD,
            {
                "shop_order_id": order.shop_order_id,
                "biz_addr": _address(order.receiver),
                "user_addr": _address(order.sender),
                "openid": order.openid,
                "order_path": order.page,
                "goods_list": [{"name": name, "url": self._goods_picture_url} for name in order.goods],
                "order_price": order.worth_fen,
            },
        )
        return _text(RETURN_ADD, said, "return_id")

    async def get_return(self, return_id: str) -> ReturnFact:
        """Nothing is pushed: ask now and then. Numbers come as numbers or as texts."""
        said = await self._api.post(RETURN_GET, {"return_id": return_id}, safe=True, done=frozenset({WAYBILL_UNKNOWN}))
        if said.get("errcode") == WAYBILL_UNKNOWN:
            return ReturnFact(return_id, "entered")
        status = HOW.get(str(said.get("status", "")))
        if status is None:
            raise Fault(RETURN_GET, "unreadable")
        return ReturnFact(
            return_id,
            status,
            waybill=str(said.get("waybill_id") or ""),
            company=str(said.get("delivery_id") or ""),
            order_status=WHERE.get(str(said.get("order_status", "")), "waiting"),
        )

    async def trace(
        self,
        openid: str,
        receiver_phone: str,
        company: str,
        waybill: str,
        goods: Sequence[str],
        transaction_id: str,
    ) -> str:
        """Registered again, a waybill keeps its token."""
        pieces = [{"goods_name": name, "goods_img_url": self._goods_picture_url} for name in goods]
        said = await self._api.post(
            TRACE,
            {
                "openid": openid,
                "receiver_phone": receiver_phone,
                "delivery_id": company,
                "waybill_id": waybill,
                "goods_info": {"detail_list": pieces},
                "trans_id": transaction_id,
            },
        )
        return _text(TRACE, said, "waybill_token")


def _address(at: Address) -> dict[str, str]:
    return {
        "name": at.name,
        "mobile": at.phone,
        "country": "中国",
        "province": at.province,
        "city": at.city,
        "area": at.area,
        "address": at.detail,
    }


def _text(endpoint: str, said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if value is None or value == "":
        raise Fault(endpoint, "unreadable")
    return str(value)
