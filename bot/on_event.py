"""Everything that is not a text: follows, scans, menu clicks, and what the mini-program's account is told."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import structlog

from bot import replies
from bot.understand import Understanding, When
from services import broadcasts, care, members, order_parcels
from services.conversations import Accepted, Event
from services.shop import Shop

log = structlog.get_logger()

MENU = {
    "my_box": "box_status",
    "order_box": "order_box",
    "return_box": "return_box",
    "book": "book_stylist",
    "my_bookings": "my_bookings",
    "benefits": "member_benefits",
    "renew": "renew_membership",
    "points": "points_balance",
    "person": "human_agent",
}
"""Menu keys and the wish each stands for: every one is reachable by words too."""


async def handle(shop: Shop, event: Event, accepted: Accepted) -> str:
    """The reply to an event; "" where nothing is to be said."""
    kind = event.kind
    if kind == "subscribe":
        return replies.WELCOME if accepted.member_fresh else replies.WELCOME_BACK
    if kind == "SCAN":
        return replies.SCANNED
    if kind in ("image", "voice", "video", "shortvideo", "location", "link"):
        return replies.MEDIA
    if kind == "CLICK":
        # An entry of an older menu that is still on somebody's phone.
        return replies.GREETING
    if kind == "user_get_card":
        return replies.CARD
    if kind == "subscribe_msg_popup_event" or kind == "subscribe_msg_change_event":
        await _consents(shop, event, accepted)
    elif kind in ("subscribe_msg_sent_event", "TEMPLATESENDJOBFINISH"):
        _report(event)
    elif kind == "MASSSENDJOBFINISH":
        await _mass_send(shop, event)
    elif kind == "add_express_path":
        await _carrier(shop, event)
    elif kind in ("user_authorization_revoke", "user_info_modified"):
        openid = str(event.payload.get("OpenID") or event.openid)
        await members.forget_revoked(shop, event.appid, openid)
    return ""


def wish_of_click(event: Event) -> str | None:
    """The intent a menu click stands for."""
    return wish_of_key(str(event.payload.get("EventKey") or "")) if event.kind == "CLICK" else None


def wish_of_key(key: str) -> str | None:
    """A menu key of ours, or an intent's own name."""
    return MENU.get(key) or (key if key in replies.NAMES else None)


_SHOWN = {"image": "图片", "voice": "语音", "video": "视频", "shortvideo": "小视频", "location": "位置", "link": "链接"}


def thread_lines(event: Event, wish: str | None) -> tuple[tuple[str, str, str], ...]:
    """What a person at the desk sees of an event in the thread: words as said, a picture by its address."""
    data = event.payload
    if event.kind == "text":
        return (("follower", str(data.get("Content") or ""), ""),)
    if event.kind in _SHOWN:
        more = data.get("PicUrl") or data.get("Recognition") or data.get("Label") or data.get("Url") or ""
        return (("follower", f"[{_SHOWN[event.kind]}] {more}".strip(), ""),)
    if wish is not None:
        return (("follower", f"[菜单] {replies.NAMES[wish]}", wish),)
    return ()


def as_understood(intent: str) -> Understanding:
    """A menu click as if it had been said quite clearly."""
    return Understanding("", intent, 1.0, (), {}, When(None, None, None), None)


def _listed(container: Any) -> Iterable[dict[str, Any]]:
    """WeChat sends one item as an object and several as an array; the container may be left out in JSON."""
    items = container.get("List", container) if isinstance(container, dict) else container
    if isinstance(items, dict):
        return [items]
    return [i for i in items if isinstance(i, dict)] if isinstance(items, list) else []


async def _consents(shop: Shop, event: Event, accepted: Accepted) -> None:
    data = event.payload
    # WeChat's own sample of the change event has the pop-up's container.
    container = data.get("SubscribeMsgPopupEvent") or data.get("SubscribeMsgChangeEvent") or data.get("List") or []
    for item in _listed(container):
        template = str(item.get("TemplateId") or "")
        if not template or accepted.member_id is None:
            continue
        if event.kind == "subscribe_msg_popup_event" and item.get("SubscribeStatusString") == "accept":
            await care.add_credit(shop, accepted.member_id, template)
        elif item.get("SubscribeStatusString") == "reject" and event.kind == "subscribe_msg_change_event":
            await care.drop_credits(shop, accepted.member_id, template)


def _report(event: Event) -> None:
    """What became of a message WeChat had taken. It cannot be sent again by itself, so a failure is for people."""
    data = event.payload
    if event.kind == "TEMPLATESENDJOBFINISH":
        told = [] if data.get("Status") == "success" else [data.get("Status")]
    else:
        items = _listed(data.get("SubscribeMsgSentEvent") or data.get("List") or [])
        told = [item.get("ErrorStatus") for item in items if str(item.get("ErrorCode")) != "0"]
    for status in told:
        log.warning("care.not_delivered", by=event.kind, status=str(status))


async def _mass_send(shop: Shop, event: Event) -> None:
    told = event.payload

    def number(name: str) -> int | None:
        value = str(told.get(name) or "0")
        return int(value) if value.isdigit() else None

    # Older callbacks write MsgID, newer ones MsgId.
    msg_id = number("MsgID") or number("MsgId") or 0
    counts = [number(name) for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
    await broadcasts.finished(shop, msg_id, broadcasts.Finish(str(told.get("Status") or ""), *counts))


async def _carrier(shop: Shop, event: Event) -> None:
    waybill = str(event.payload.get("WayBillId") or "")
    for action in _listed(event.payload.get("Actions") or []):
        at = datetime.fromtimestamp(int(action["ActionTime"]), UTC)
        await order_parcels.on_carrier_event(
            shop, waybill, int(action["ActionType"]), at, str(action.get("ActionMsg") or "")[:200]
        )
