"""The menu at the bottom of the chat (自定义菜单) and its limits."""

from typing import Any

from aiohttp import web

from sandbox.api.common import OFFICIAL, OK, Ask, Family
from sandbox.api.words import ApiError
from sandbox.world import World

KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
# Which further fields a type needs.
NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(KEYED, ("key",)),
    "view": ("url",),
    "media_id": ("media_id",),
    "view_limited": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("url", "appid", "pagepath"),
}
GRANTING = {"click", "scancode_push", "scancode_waitmsg"}  # a tap opens the menu window of messages
TOP_MAX, SUB_MAX = 3, 5
KEY_BYTES, URL_BYTES = 128, 1024
# (type, name, key, url, domain) codes for top buttons and for sub buttons.
_TOP = (40017, 40018, 40019, 40020, 40055, 16)
_SUB = (40024, 40025, 40026, 40027, 40054, 60)


class Menu:
    """The menu as it is now, None when there is none; a new one has a new id."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.buttons: list[dict[str, Any]] | None = None
        self.menu_id = 0

    def set(self, buttons: list[dict[str, Any]] | None) -> None:
        self.buttons = buttons
        self.menu_id = 400_000_000 + self._world.number()

    def leaves(self) -> list[dict[str, Any]]:
        """Every button that can be tapped."""
        found: list[dict[str, Any]] = []
        for button in self.buttons or []:
            found += button["sub_button"] or [button]
        return found

    def find(self, field: str, value: str) -> dict[str, Any] | None:
        return next((b for b in self.leaves() if b.get(field) == value), None)


def _leaf(ask: Ask, button: dict[str, Any], codes: tuple[int, ...]) -> dict[str, Any]:
    bad_type, _, bad_key, bad_url, bad_domain, _ = codes
    kind = ask.text("type", bad_type, within=button)
    if kind not in NEEDS:
        raise ApiError(bad_type)
    kept: dict[str, Any] = {"type": kind, "name": button["name"]}
    for field in NEEDS[kind]:
        empty = {"key": bad_key, "url": bad_url}.get(field, 40097)
        kept[field] = ask.text(field, empty, within=button)
    if "key" in kept and len(kept["key"].encode()) > KEY_BYTES:
        raise ApiError(bad_key)
    if "url" in kept:
        if len(kept["url"].encode()) > URL_BYTES:
            raise ApiError(bad_url)
        if not kept["url"].startswith(("http://", "https://")):
            raise ApiError(bad_domain)
    if kind == "miniprogram":
        if kept["appid"] != ask.world.mini.appid:
            raise ApiError(45064)
        ask.page(kept["pagepath"], bad=40165)
    return kept


def _name(ask: Ask, button: Any, codes: tuple[int, ...]) -> dict[str, Any]:
    if not isinstance(button, dict):
        raise ApiError(47001)
    if len(ask.text("name", codes[1], within=button).encode()) > codes[5]:
        raise ApiError(codes[1])
    return button


async def _create(ask: Ask) -> dict[str, Any]:
    buttons = ask.array("button", 40016)
    if not 1 <= len(buttons) <= TOP_MAX:
        raise ApiError(40016)
    kept: list[dict[str, Any]] = []
    for given in buttons:
        button = _name(ask, given, _TOP)
        subs = ask.array("sub_button", within=button) if "sub_button" in button else []
        if not subs:
            kept.append({**_leaf(ask, button, _TOP), "sub_button": []})
            continue
        if len(subs) > SUB_MAX:
            raise ApiError(40023)
        leaves = [{**_leaf(ask, _name(ask, sub, _SUB), _SUB), "sub_button": []} for sub in subs]
        kept.append({"name": button["name"], "sub_button": leaves})
    ask.world.room(Menu).set(kept)
    return OK


async def _get(ask: Ask) -> dict[str, Any]:
    buttons = ask.world.room(Menu).buttons
    if buttons is None:
        raise ApiError(46003)
    return {"menu": {"button": buttons}}


async def _delete(ask: Ask) -> dict[str, Any]:
    ask.world.room(Menu).set(None)
    return OK


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world, OFFICIAL)
    family.post("/cgi-bin/menu/create", _create, literal=True)
    family.get("/cgi-bin/menu/get", _get)
    family.get("/cgi-bin/menu/delete", _delete)
