"""The service account (服务号): chat messages, template messages, the menu, scene codes."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from domain.ports import Card, Choice, OfficialUser
from integrations.wechat_http import Fault, WechatApi

USER_INFO = "/cgi-bin/user/info"
CUSTOM_SEND = "/cgi-bin/message/custom/send"
TEMPLATE_SEND = "/cgi-bin/message/template/send"
MASS_SEND = "/cgi-bin/message/mass/send"
MASS_GET = "/cgi-bin/message/mass/get"
MENU_CREATE = "/cgi-bin/menu/create"
QRCODE_CREATE = "/cgi-bin/qrcode/create"
PICTURE = "/cgi-bin/showqrcode"

CLIENT_MSG_ID_CHARS = 32
SENT_BEFORE = 45065
"""The client's id was used already: WeChat answers the job it began, which is what was asked for."""


class WechatOfficialAccount:
    """Implements `domain.ports.OfficialAccount`. Sends are never repeated: a lost answer may be a sent one.

    Refusals a caller may meet when sending: 45015 (no open window), 45047 (window used up), 43004 (does
    not follow), 43019 (blacklisted), 48002 (switched off), 40003 (no such openid), 40037 (no such template).
    """

    def __init__(self, api: WechatApi, mini_appid: str, pictures_base: str) -> None:
        """`mini_appid` is the mini-program cards and templates lead to; it must be linked to the account."""
        self._api = api
        self._mini_appid = mini_appid
        self._pictures_base = pictures_base

    async def user_info(self, openid: str) -> OfficialUser:
        """For someone who does not follow, little more than that. `scene` is our own scene text where a
        code brought them, else WeChat's word for the way (`ADD_SCENE_…`).
        """
        said = await self._api.get(USER_INFO, {"openid": openid, "lang": "zh_CN"})
        since = said.get("subscribe_time")
        try:
            subscribed_at = datetime.fromtimestamp(int(since), UTC) if since else None
        except (TypeError, ValueError, OverflowError, OSError):
            subscribed_at = None
        return OfficialUser(
            openid=openid,
            follows=said.get("subscribe") == 1,
            unionid=said.get("unionid") or None,
            scene=said.get("qr_scene_str") or said.get("subscribe_scene") or "",
            subscribed_at=subscribed_at,
        )

    async def send_text(self, openid: str, text: str) -> None:
        """At most 2,048 bytes, or 45002."""
        await self._send(openid, "text", {"content": text})

    async def send_choices(self, openid: str, head: str, choices: Sequence[Choice], tail: str = "") -> None:
        lines = [{"id": choice.id, "content": choice.text} for choice in choices]
        await self._send(openid, "msgmenu", {"head_content": head, "list": lines, "tail_content": tail})

    async def send_card(self, openid: str, card: Card) -> None:
        """The picture must be uploaded before; without one WeChat answers 40007."""
        await self._send(
            openid,
            "miniprogrampage",
            {
                "title": card.title,
                "appid": self._mini_appid,
                "pagepath": card.page,
                "thumb_media_id": card.thumb_media_id,
            },
        )

    async def _send(self, openid: str, kind: str, what: Mapping[str, Any]) -> None:
        await self._api.post(CUSTOM_SEND, {"touser": openid, "msgtype": kind, kind: what})

    async def send_template(
        self, openid: str, template_id: str, data: Mapping[str, str], page: str, client_msg_id: str
    ) -> str:
        """Over-long values are cut by WeChat without a word: fit them before. `page` "" sends no link.

        A client_msg_id longer than WeChat's 32 characters is hashed to fit.
        """
        payload: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {name: {"value": value} for name, value in data.items()},
        }
        if page:
            payload["miniprogram"] = {"appid": self._mini_appid, "pagepath": page}
        if client_msg_id:
            payload["client_msg_id"] = _fitted(client_msg_id)
        said = await self._api.post(TEMPLATE_SEND, payload)
        return str(said.get("msgid", ""))

    async def send_mass(self, openids: Sequence[str], text: str, client_msg_id: str) -> int:
        """Raises OutsideRefusal: 45028 (nobody has a place left this month), 40130 (fewer than two openids)."""
        payload = {
            "touser": list(openids), "msgtype": "text", "text": {"content": text}, "clientmsgid": client_msg_id,
        }  # fmt: skip
        said = await self._api.post(MASS_SEND, payload, done=frozenset({SENT_BEFORE}))
        if not isinstance(said.get("msg_id"), int):
            raise Fault(MASS_SEND, "unreadable")
        return int(said["msg_id"])

    async def mass_status(self, msg_id: int) -> str:
        return str((await self._api.post(MASS_GET, {"msg_id": msg_id}, safe=True)).get("msg_status", ""))

    async def create_menu(self, buttons: Sequence[Mapping[str, Any]]) -> None:
        """Replaces the whole menu; members see it within about five minutes."""
        await self._api.post(MENU_CREATE, {"button": list(buttons)})

    async def create_scene_code(self, scene: str, expire_seconds: int | None) -> str:
        """`scene` up to 64 characters, up to 30 days; permanent codes are limited to 100,000 in all."""
        payload: dict[str, Any] = {
            "action_name": "QR_LIMIT_STR_SCENE" if expire_seconds is None else "QR_STR_SCENE",
            # Forgotten nesting would succeed and yield codes with scene 0.
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expire_seconds is not None:
            payload["expire_seconds"] = expire_seconds
        ticket = (await self._api.post(QRCODE_CREATE, payload)).get("ticket")
        if not isinstance(ticket, str) or not ticket:
            raise Fault(QRCODE_CREATE, "unreadable")
        return f"{self._pictures_base}{PICTURE}?ticket={quote(ticket, safe='')}"


def _fitted(client_msg_id: str) -> str:
    if len(client_msg_id) <= CLIENT_MSG_ID_CHARS:
        return client_msg_id
    return hashlib.sha256(client_msg_id.encode()).hexdigest()[:CLIENT_MSG_ID_CHARS]
