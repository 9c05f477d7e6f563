"""WeCom's callback: who of the staff and of the customers found or deleted each other. Nothing is answered in words.

Unlike the accounts' callbacks it is signed over the ciphertext alone, and the echostr of the check is encrypted too.
"""

from datetime import UTC, datetime
from typing import Any

import structlog
from aiohttp import web

from bot.webhook import FRESH_SECONDS, UNREADABLE, Account, encrypted_of, message_of
from services import inbox, wecom_contacts
from services.shop import Shop
from services.wecom_contacts import Change

log = structlog.get_logger()


class WecomWebhook:
    """The two handlers of the corporation's callback address; `account.appid` is its corpid."""

    def __init__(self, account: Account, shop: Shop, *, max_body: int) -> None:
        self.account, self.shop, self.max_body = account, shop, max_body

    async def get(self, request: web.Request) -> web.Response:
        """The check of the address: the echostr's plaintext goes back, and nothing else."""
        encrypted = request.query.get("echostr", "")
        if not self._is_wecoms(request, encrypted):
            return web.Response(status=403)
        try:
            return web.Response(text=self.account.open(encrypted)[0])
        except UNREADABLE:
            return web.Response(status=400)

    async def post(self, request: web.Request) -> web.Response:
        """Stored once and worked once; a repeat gets the same 200, and a fault makes WeCom tell it again."""
        if not self._fresh(request):
            return web.Response(status=403)
        encrypted = await encrypted_of(request, self.max_body)
        if isinstance(encrypted, web.Response):
            return encrypted
        if not self._is_wecoms(request, encrypted):
            return web.Response(status=403)
        try:
            data = message_of(self.account.open(encrypted)[0])
            change = _change(data)
        except UNREADABLE:
            return web.Response(status=400)
        if change is not None:
            await self._work(change)
        return web.Response(text="success")

    async def _work(self, change: Change) -> None:
        key = f"{change.kind}:{change.userid}:{change.external_userid}:{change.told_at.timestamp():.0f}"

        async def do() -> str:
            return await wecom_contacts.on_change(self.shop, change)

        await inbox.once("wecom", key, change.kind, do, now=self.shop.now())

    def _is_wecoms(self, request: web.Request, encrypted: str) -> bool:
        query = request.query
        said = query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        return self._fresh(request) and self.account.signed(*said, encrypted)

    def _fresh(self, request: web.Request) -> bool:
        told = request.query.get("timestamp", "")
        if not (told.isascii() and told.isdigit() and len(told) <= 12):
            return False
        return abs(self.shop.now().timestamp() - int(told)) <= FRESH_SECONDS


def _change(data: dict[str, Any]) -> Change | None:
    """The change an event tells; None for any other event. Raises KeyError, ValueError."""
    if data["MsgType"] != "event" or data["Event"] != "change_external_contact":
        return None
    if data["ChangeType"] not in wecom_contacts.BEGINS | wecom_contacts.ENDS:
        return None
    kind, userid, external_userid = str(data["ChangeType"]), data["UserID"], data["ExternalUserID"]
    if not all(isinstance(one, str) and 0 < len(one) <= 64 for one in (userid, external_userid)):
        raise ValueError("no names")
    return Change(kind, userid, external_userid, datetime.fromtimestamp(int(data["CreateTime"]), UTC))
