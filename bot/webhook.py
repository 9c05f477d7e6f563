"""WeChat's callback: check the signature, decrypt, parse, have it worked, answer in time, encrypt."""

import hashlib
import hmac
import json
import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

import structlog
from aiohttp import web
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import WeChatException

from bot.reception import NotStored, Reception
from bot.wire import passive_text
from domain.clock import Clock
from services.conversations import Event

log = structlog.get_logger()
FRESH_SECONDS = 600
"""A callback whose timestamp is further away than this is not answered: it was recorded and replayed."""

UNREADABLE = (
    ValueError,
    KeyError,
    AttributeError,
    TypeError,
    IndexError,
    ExpatError,
    struct.error,
    WeChatException,
)
"""What wechatpy may raise on bad input (wechat-platform, section 11): all of it is a clean 400."""


class Account:
    """One of our two accounts as its callback sees it; the previous key is still understood."""

    def __init__(self, source: str, appid: str, token: str, aes_keys: Sequence[str]) -> None:
        self.source, self.appid, self.token = source, appid, token
        self._cryptos = [WeChatCrypto(token, key, appid) for key in aes_keys if key]

    def signed(self, signature: str, *parts: str) -> bool:
        """Whether the signature is that of the parts and our token, compared in constant time."""
        wanted = hashlib.sha1("".join(sorted((self.token, *parts))).encode(), usedforsecurity=False).hexdigest()
        return hmac.compare_digest(wanted.encode(), signature.encode())

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> tuple[str, WeChatCrypto]:
        """The plaintext, and the key that opened it (the reply is sealed with the same)."""
        failure: Exception = ValueError("no key")
        for crypto in self._cryptos:
            try:
                return str(crypto.decrypt_message({"Encrypt": encrypted}, signature, timestamp, nonce)), crypto
            except UNREADABLE as bad:
                failure = bad
        raise failure


class Webhook:
    """The two handlers of one account's callback address."""

    def __init__(
        self, account: Account, reception: Reception, clock: Clock, *, answer_seconds: float, max_body: int
    ) -> None:
        self.account, self.reception, self.clock = account, reception, clock
        self.answer_seconds, self.max_body = answer_seconds, max_body

    async def get(self, request: web.Request) -> web.Response:
        """WeChat's check of the address: the echo goes back as it came."""
        query = request.query
        if not self.account.signed(query.get("signature", ""), query.get("timestamp", ""), query.get("nonce", "")):
            return web.Response(status=403)
        return web.Response(text=query.get("echostr", ""))

    async def post(self, request: web.Request) -> web.Response:
        query = request.query
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        # The query's own signature is checked before a byte of the body is read.
        if not self.account.signed(query.get("signature", ""), timestamp, nonce) or not self._fresh(timestamp):
            return web.Response(status=403)
        if (request.content_length or 0) > self.max_body:
            return web.Response(status=413)
        body = await request.content.read(self.max_body + 1)
        if len(body) > self.max_body:
            return web.Response(status=413)
        try:
            encrypted = _envelope(body)
        except UNREADABLE:
            return web.Response(status=400)
        if not self.account.signed(query.get("msg_signature", ""), timestamp, nonce, encrypted):
            return web.Response(status=403)
        try:
            plain, crypto = self.account.open(encrypted, query["msg_signature"], timestamp, nonce)
            data = _message(plain)
            event = _event(self.account, data)
        except UNREADABLE:
            return web.Response(status=400)
        try:
            reply = await self.reception.answer(event, self.answer_seconds)
        except NotStored:
            log.warning("webhook.not_stored", kind=event.kind)
            return web.Response(status=503)
        if not reply or self.account.source != "official":
            return web.Response(text="success")
        sealed = crypto.encrypt_message(
            passive_text(event.openid, str(data["ToUserName"]), reply, self.clock.now()), nonce, timestamp
        )
        return web.Response(text=str(sealed), content_type="application/xml")

    def _fresh(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        return abs(self.clock.now().timestamp() - int(timestamp)) <= FRESH_SECONDS


def _envelope(body: bytes) -> str:
    """The `Encrypt` of the outer XML or JSON; nothing else of it is looked at."""
    text = body.decode()
    if text.lstrip().startswith("{"):
        encrypted = json.loads(text)["Encrypt"]
    else:
        if "<!" in text.replace("<![CDATA[", ""):
            raise ValueError("no document types, no entities")
        start = text.index("<Encrypt>") + len("<Encrypt>")
        encrypted = text[start : text.index("</Encrypt>", start)].strip()
        encrypted = encrypted.removeprefix("<![CDATA[").removesuffix("]]>")
    if not isinstance(encrypted, str) or not encrypted:
        raise ValueError("nothing encrypted")
    return encrypted


def _message(plain: str) -> dict[str, Any]:
    if plain.lstrip().startswith("{"):
        data = json.loads(plain)
    else:
        if "<!" in plain.replace("<![CDATA[", ""):
            raise ValueError("no document types, no entities")
        data = parse_message(plain)._data
    if not isinstance(data, dict):
        raise ValueError("not a message")
    return dict(data)


def _event(account: Account, data: dict[str, Any]) -> Event:
    """The event with its key: MsgId for messages; user, instant, event and its key for events."""
    openid, message_type = str(data["FromUserName"]), str(data["MsgType"])
    told_at = datetime.fromtimestamp(int(data["CreateTime"]), UTC)
    if message_type == "event":
        # wechatpy renames a follow by scene code; to us it is a follow with a scene.
        kind = str(data["Event"]).replace("subscribe_scan", "subscribe")
        told = f"{openid}:{int(data['CreateTime'])}:{kind}:{_told_apart(kind, data)}"
    else:
        kind, told = message_type, f"{openid}:{int(data['MsgId'])}"
    if len(told) > 150:
        told = f"{openid[:64]}:{hashlib.sha256(told.encode()).hexdigest()}"
    return Event(account.source, told, kind, account.appid, openid, told_at, data)


def _told_apart(kind: str, data: dict[str, Any]) -> str:
    """What tells two events of one person in one second apart."""
    if kind in ("subscribe", "unsubscribe"):
        return ""
    return json.dumps(
        {k: v for k, v in data.items() if k not in ("ToUserName", "FromUserName", "CreateTime", "MsgType", "Event")},
        sort_keys=True,
        ensure_ascii=False,
        default=str,
    )
