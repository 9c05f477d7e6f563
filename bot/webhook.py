"""WeChat's callback: check the signature, decrypt, parse, have it worked, answer in time, encrypt."""

import hashlib
import hmac
import json
import re
import struct
from base64 import b64decode
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import structlog
from aiohttp import web
from wechatpy.crypto import PrpCrypto
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
    RecursionError,
    ElementTree.ParseError,
    struct.error,
    WeChatException,
)
"""What the cipher and the parsers may raise on bad input: all of it is a clean 400."""
_SAID = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
KEY_BYTES = 32


class Account:
    """One of our two accounts as its callback sees it; the previous key is still understood."""

    def __init__(self, source: str, appid: str, token: str, aes_keys: Sequence[str]) -> None:
        """Raises ValueError for a key that is not 43 characters of base64."""
        self.source, self.appid, self.token = source, appid, token
        self._ciphers = [PrpCrypto(_key(key)) for key in aes_keys if key]

    def _signature(self, *parts: str) -> str:
        return hashlib.sha1("".join(sorted((self.token, *parts))).encode(), usedforsecurity=False).hexdigest()

    def signed(self, signature: str, *parts: str) -> bool:
        """Whether the signature is that of the parts and our token, compared in constant time."""
        return hmac.compare_digest(self._signature(*parts).encode(), signature.encode())

    def open(self, encrypted: str) -> tuple[str, PrpCrypto]:
        """The plaintext of what was signed, and the cipher that opened it (the reply is sealed with the same)."""
        failure: Exception = ValueError("no key")
        for cipher in self._ciphers:
            try:
                return str(cipher.decrypt(encrypted, self.appid)), cipher
            except UNREADABLE as bad:
                failure = bad
        raise failure

    def seal(self, plain: str, cipher: PrpCrypto, timestamp: str, nonce: str) -> str:
        """The encrypted and signed answer."""
        encrypted = cipher.encrypt(plain, self.appid).decode()
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{self._signature(timestamp, nonce, encrypted)}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        )


def _key(encoded: str) -> bytes:
    key = b64decode(encoded + "=")
    if len(key) != KEY_BYTES:
        raise ValueError("an AES key of WeChat has 43 characters")
    return key


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
        encrypted = await encrypted_of(request, self.max_body)
        if isinstance(encrypted, web.Response):
            return encrypted
        if not self.account.signed(query.get("msg_signature", ""), timestamp, nonce, encrypted):
            return web.Response(status=403)
        try:
            plain, cipher = self.account.open(encrypted)
            data = message_of(plain)
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
        plain = passive_text(event.openid, str(data["ToUserName"]), reply, self.clock.now())
        return web.Response(text=self.account.seal(plain, cipher, timestamp, nonce), content_type="application/xml")

    def _fresh(self, timestamp: str) -> bool:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            return False
        return abs(self.clock.now().timestamp() - int(timestamp)) <= FRESH_SECONDS


async def encrypted_of(request: web.Request, most: int) -> str | web.Response:
    """What the body carries, or the answer to one that is too large or unreadable.

    A body may come in pieces, so it is read to its end, and never further than `most` bytes.
    """
    if (request.content_length or 0) > most:
        return web.Response(status=413)
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > most:
            return web.Response(status=413)
    try:
        return envelope(bytes(body))
    except UNREADABLE:
        return web.Response(status=400)


def envelope(body: bytes) -> str:
    """The `Encrypt` of the outer XML or JSON; nothing else of it is looked at."""
    text = body.decode()
    if text.lstrip().startswith("{"):
        encrypted = json.loads(text)["Encrypt"]
    else:
        _plain_xml(text)
        start = text.index("<Encrypt>") + len("<Encrypt>")
        encrypted = text[start : text.index("</Encrypt>", start)].strip()
        encrypted = encrypted.removeprefix("<![CDATA[").removesuffix("]]>")
    if not isinstance(encrypted, str) or not encrypted:
        raise ValueError("nothing encrypted")
    return encrypted


def _plain_xml(text: str) -> None:
    """Raises ValueError for document types, entities and comments; what a member says may hold their marks."""
    if text.count("<!") > text.count("<![CDATA[") and "<!" in _SAID.sub("", text):
        raise ValueError("no document types, no entities")


def message_of(plain: str) -> dict[str, Any]:
    if plain.lstrip().startswith("{"):
        data = json.loads(plain)
    else:
        _plain_xml(plain)
        data = _fields(ElementTree.fromstring(plain))  # noqa: S314 – nothing is declared in it, so nothing expands.
    if not isinstance(data, dict):
        raise ValueError("not a message")
    return data


def _fields(element: ElementTree.Element) -> dict[str, Any]:
    """What an element holds, by name: texts (None where empty), further fields, a list where a name comes again."""
    found: dict[str, Any] = {}
    for child in element:
        value = _fields(child) if len(child) else (child.text or "").strip() or None
        known = found.get(child.tag)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            found[child.tag] = [known, value]
    return found


def _event(account: Account, data: dict[str, Any]) -> Event:
    """The event with its key: MsgId for messages; user, instant, event and its key for events."""
    openid, message_type = data["FromUserName"], data["MsgType"]
    if not (isinstance(openid, str) and isinstance(message_type, str)):
        raise ValueError("no sender, or no kind")
    told_at = datetime.fromtimestamp(int(data["CreateTime"]), UTC)
    if message_type == "event":
        kind = str(data["Event"])
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
