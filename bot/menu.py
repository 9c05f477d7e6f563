"""The official account's menu: its rooms stand in config.toml, each entry reachable by words too."""

from collections.abc import Mapping
from typing import Any

from bot.on_event import wish_of_key
from domain.menu import MenuEntry, MenuRules
from services.shop import Shop
from settings import SettingsError


def buttons(rules: MenuRules, mini_appid: str, public_url: str) -> list[Mapping[str, Any]]:
    """What menu/create takes. Pages open in the mini-program; `url` is the fallback of old clients.

    Raises SettingsError for a key that nobody answers.
    """

    def button(entry: MenuEntry) -> dict[str, str]:
        if entry.page:
            return {
                "type": "miniprogram", "name": entry.name, "url": public_url, "appid": mini_appid,
                "pagepath": entry.page,
            }  # fmt: skip
        if wish_of_key(entry.key) is None:
            raise SettingsError(f"rules.menu: nobody answers the key {entry.key!r}")
        return {"type": "click", "name": entry.name, "key": entry.key}

    return [{"name": room.name, "sub_button": [button(entry) for entry in room.entries]} for room in rules.rooms]


async def send(shop: Shop, public_url: str) -> None:
    """Give WeChat the menu; it replaces the one that is there."""
    await shop.wechat.official.create_menu(buttons(shop.rules.menu, shop.accounts.mini_appid, public_url))
