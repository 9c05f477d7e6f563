"""A reply in WeChat's XML: cut at WeChat's byte limit, and nothing in it can break out of its field."""

import re
from datetime import datetime

TEXT_BYTES = 2048
# The last two of each plane are no characters.
_NONE = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNSENDABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_NONE}]")
_ENDS = "。！？!?\n；;"


def clean(text: str) -> str:
    """Control characters, halves of characters and what is none go, and `]]>` cannot end the field early."""
    return _UNSENDABLE.sub("", text).replace("]]>", "]] >")


def cut(text: str, most_bytes: int = TEXT_BYTES) -> str:
    """At most this many UTF-8 bytes, cut at the end of a sentence where there is one."""
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    head = raw[: most_bytes - 3].decode(errors="ignore")
    end = max(head.rfind(mark) for mark in _ENDS)
    return head[: end + 1] if end > len(head) // 2 else head + "…"


def ready(text: str, tail: str = "") -> str:
    """A text as it may be sent by any door: clean, and cut so that its last line `tail` stays whole."""
    whole = clean(text)
    end = f"\n\n{tail}" if tail else ""
    return cut(whole, TEXT_BYTES - len(end.encode())) + end


def passive_text(openid: str, account_id: str, text: str, now: datetime) -> str:
    """A passive text reply; sender and receiver are swapped."""
    return (
        f"<xml><ToUserName><![CDATA[{clean(openid)}]]></ToUserName>"
        f"<FromUserName><![CDATA[{clean(account_id)}]]></FromUserName>"
        f"<CreateTime>{int(now.timestamp())}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{cut(clean(text))}]]></Content></xml>"
    )
