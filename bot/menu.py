"""The official account's menu: three rooms, each entry reachable by words too."""

from collections.abc import Mapping
from typing import Any

from services.shop import Shop


def buttons(mini_appid: str, public_url: str) -> list[Mapping[str, Any]]:
    """What menu/create takes. Pages open in the mini-program; `url` is the fallback of old clients."""

    def page(name: str, path: str) -> dict[str, str]:
        return {"type": "miniprogram", "name": name, "url": public_url, "appid": mini_appid, "pagepath": path}

    def click(name: str, key: str) -> dict[str, str]:
        return {"type": "click", "name": name, "key": key}

    return [
        {
            "name": "盒子",
            "sub_button": [click("我的盒子", "my_box"), click("订盒子", "order_box"), click("退回", "return_box"),
                           page("逛商店", "pages/shop/index")],
        },
        {"name": "造型师", "sub_button": [click("约造型师", "book"), click("我的预约", "my_bookings")]},
        {
            "name": "会员",
            "sub_button": [click("我的权益", "benefits"), click("续费", "renew"), click("我的积分", "points"),
                           click("找人工", "person")],
        },
    ]  # fmt: skip


async def send(shop: Shop, public_url: str) -> None:
    """Give WeChat the menu; it replaces the one that is there."""
    await shop.wechat.official.create_menu(buttons(shop.accounts.mini_appid, public_url))
