"""How a pushed message looks on the wire, and how a passive reply (被动回复) is read from it.

A message is a plain dict in WeChat's field order. Values are str, int, a dict (a container) or a
list (the same element several times).
"""

import json
import xml.etree.ElementTree as ET
from typing import Any

from sandbox import crypt
from sandbox.world import Account

Fields = dict[str, Any]
REPLY_KINDS = {"text", "image", "voice", "video", "music", "news", "transfer_customer_service"}
TEXT_BYTES = 2048


class BadReply(ValueError):
    """What the application answered is not a passive reply; the person sees a fault text."""


# Out -----------------------------------------------------------------------------------------------


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, dict):
        inside = "".join(_element(k, v) for k, v in value.items())
    elif isinstance(value, int):
        inside = str(value)
    else:
        inside = "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return f"<{name}>{inside}</{name}>"


def to_xml(fields: Fields) -> str:
    return "<xml>" + "".join(_element(k, v) for k, v in fields.items()) + "</xml>"


def to_json(fields: Fields) -> str:
    """JSON as pushed: the containers of subscribe_msg_* are flattened to `List`, which is an object
    when it has one item and an array when it has several; `CreateTime` is a string there.
    """
    flat: Fields = {}
    for key, value in fields.items():
        if key.startswith("SubscribeMsg") and isinstance(value, dict):
            items = value["List"]
            flat["List"] = items[0] if len(items) == 1 else items
            flat["CreateTime"] = str(flat["CreateTime"])
        else:
            flat[key] = value
    return json.dumps(flat, ensure_ascii=False)


def render(account: Account, fields: Fields) -> str:
    return to_json(fields) if account.format == "json" else to_xml(fields)


def envelope(account: Account, fields: Fields, encrypted: str | None) -> str:
    """The body of a push: clear in plain mode, both in compatible mode, only `Encrypt` in safe mode."""
    if encrypted is None:
        return render(account, fields)
    if account.mode == "compatible":
        return render(account, {**fields, "Encrypt": encrypted})
    return render(account, {"ToUserName": account.gh_id, "Encrypt": encrypted})


# In ------------------------------------------------------------------------------------------------


def _tree(element: ET.Element) -> Any:
    if not len(element):
        return element.text or ""
    inside: Fields = {}
    for child in element:
        value = _tree(child)
        if child.tag in inside:
            seen = inside[child.tag]
            inside[child.tag] = [*seen, value] if isinstance(seen, list) else [seen, value]
        else:
            inside[child.tag] = value
    return inside


def parse(text: str) -> Fields:
    """A reply's fields from XML (root `xml`) or JSON; raises `BadReply`."""
    text = text.strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except ValueError as error:
            raise BadReply("not JSON") from error
    else:
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise BadReply("a document type has no place in a reply")
        try:
            root = ET.fromstring(text)  # noqa: S314 - Entities are refused above.
        except ET.ParseError as error:
            raise BadReply(f"not XML: {error}") from error
        if root.tag != "xml":
            raise BadReply("the root is not <xml>")
        found = _tree(root)
    if not isinstance(found, dict):
        raise BadReply("not a message")
    return found


def open_reply(account: Account, body: bytes) -> Fields | None:
    """The passive reply in an HTTP body, verified and decrypted; None for empty or `success`."""
    if body.strip() in (b"", b"success"):
        return None
    try:
        fields = parse(body.decode())
    except UnicodeDecodeError as error:
        raise BadReply("not UTF-8") from error
    if "Encrypt" not in fields:
        if account.mode == "safe":
            raise BadReply("in safe mode a reply must be encrypted")
        return fields
    if account.mode == "plain":
        raise BadReply("in plain mode a reply must not be encrypted")
    stamp, nonce = str(fields.get("TimeStamp", "")), str(fields.get("Nonce", ""))
    if not stamp.isdigit() or not nonce:
        raise BadReply("TimeStamp or Nonce is missing")
    wanted = crypt.signature(account.token, stamp, nonce, str(fields["Encrypt"]))
    if not crypt.same(wanted, str(fields.get("MsgSignature", ""))):
        raise BadReply("MsgSignature is wrong")
    try:
        clear = crypt.decrypt(account.aes_key, account.appid, str(fields["Encrypt"]))
        return parse(clear.decode())
    except (crypt.BadCipher, UnicodeDecodeError) as error:
        raise BadReply(str(error)) from error


def check_reply(account: Account, openid: str, fields: Fields) -> Fields:
    """The reply in the words of the chat log, after every rule a reply must follow."""
    if fields.get("ToUserName") != openid or fields.get("FromUserName") != account.gh_id:
        raise BadReply("ToUserName must be the openid and FromUserName the gh_ id")
    if not str(fields.get("CreateTime", "")).isdigit():
        raise BadReply("CreateTime is not a number")
    kind = fields.get("MsgType")
    if not isinstance(kind, str) or kind not in REPLY_KINDS:
        raise BadReply(f"unknown MsgType {kind!r}")
    if account.kind == "mini" and kind != "transfer_customer_service":
        raise BadReply("a mini-program may only answer transfer_customer_service")
    if kind == "text":
        content = fields.get("Content")
        if not isinstance(content, str) or not content:
            raise BadReply("Content is empty")
        if len(content.encode()) > TEXT_BYTES:
            raise BadReply("Content is longer than 2048 bytes")
        return {"msgtype": "text", "content": content}
    if kind == "news":
        return {"msgtype": "news", "articles": _articles(fields)}
    if kind == "transfer_customer_service":
        return {"msgtype": kind, "content": ""}
    inside = fields.get(kind.capitalize())
    if not isinstance(inside, dict):
        raise BadReply(f"<{kind.capitalize()}> is missing")
    if kind in ("image", "voice", "video") and not inside.get("MediaId"):
        raise BadReply("MediaId is missing")
    return {"msgtype": kind, **inside}


def _articles(fields: Fields) -> list[Fields]:
    box = fields.get("Articles")
    items = box.get("item") if isinstance(box, dict) else None
    articles = [items] if isinstance(items, dict) else items
    if not isinstance(articles, list) or str(fields.get("ArticleCount")) != str(len(articles)):
        raise BadReply("ArticleCount does not count the items of Articles")
    if len(articles) != 1:
        raise BadReply("a reply carries exactly one article")
    return [
        {
            "title": a.get("Title"),
            "description": a.get("Description"),
            "url": a.get("Url"),
            "picurl": a.get("PicUrl"),
        }
        for a in articles
    ]
