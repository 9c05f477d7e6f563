"""The mini-program's server side: login, phone, messages, content check, shipping, scene codes."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.clock import SHANGHAI
from domain.errors import OutsideRefusal
from domain.ports import ContentVerdict, MiniLogin, ShippedParcel
from integrations.wechat_http import Fault, WechatApi

LOGIN = "/sns/jscode2session"
PHONE = "/wxa/business/getuserphonenumber"
PAID_UNIONID = "/wxa/getpaidunionid"
SUBSCRIBE_SEND = "/cgi-bin/message/subscribe/send"
CHECK_TEXT = "/wxa/msg_sec_check"
UPLOAD_SHIPPING = "/wxa/sec/order/upload_shipping_info"
GET_SHIPPING = "/wxa/sec/order/get_order"
CONFIRM_RECEIVE = "/wxa/sec/order/notify_confirm_receive"
SCENE_CODE = "/wxa/getwxacodeunlimit"

BY_TRANSACTION = 2
EXPRESS = 1
UNIFIED, SPLIT = 1, 2
DESCRIPTION_CHARS = 120
SHIPPED_ALREADY = frozenset({10060002, 10060003, 10060023})
NOTHING_TO_SHIP = frozenset({10060004})
REMINDED_ALREADY = frozenset({10060030})
SHIPPING_LATER = frozenset({10060001, 10060012, 10060019})
"""The payment is not known to shipping yet (seconds after it was made), or their system is unwell."""

NO_PAID_UNIONID = frozenset({"89002", "89300"})
"""The account is bound to no open platform, or the payment is unknown or older than five minutes."""

UPLOAD_TIME = "268485216"
"""The upload_time is malformed, which ours is not, or no later than that of the last upload."""

SENDING_TO_SAME_USER = frozenset({43108})
LANES = 64


class WechatMiniProgram:
    """Implements `domain.ports.MiniProgram`."""

    def __init__(self, api: WechatApi, appid: str, secret: str) -> None:
        self._api = api
        self._appid = appid
        self._secret = secret
        # WeChat refuses two subscription messages to one person at a time: one lane for each person.
        self._lanes = tuple(asyncio.Lock() for _ in range(LANES))

    async def login(self, code: str) -> MiniLogin:
        """A code works once, for five minutes: 40029 or 40163 ask the member to log in again."""
        said = await self._api.plain(
            "GET",
            LOGIN,
            params={
                "appid": self._appid,
                "secret": self._secret,
                "js_code": code,
                "grant_type": "authorization_code",
            },
        )
        try:
            return MiniLogin(said["openid"], said.get("unionid") or None, said["session_key"])
        except KeyError:
            pass
        raise Fault(LOGIN, "unreadable")

    async def phone_number(self, code: str, openid: str) -> str:
        """The bare number for mainland China, `+852…` for others. The code works once; not the login's."""
        said = await self._api.post(PHONE, {"code": code, "openid": openid})
        info = said.get("phone_info")
        number = info.get("purePhoneNumber") if isinstance(info, dict) else None
        if not isinstance(info, dict) or not isinstance(number, str) or not number:
            raise Fault(PHONE, "unreadable")
        country = str(info.get("countryCode") or "86").lstrip("+")
        return number if country == "86" else f"+{country}{number}"

    async def paid_unionid(self, openid: str, transaction_id: str) -> str | None:
        """The unionid of somebody who paid within the last five minutes; None where WeChat tells none any more."""
        try:
            said = await self._api.get(PAID_UNIONID, {"openid": openid, "transaction_id": transaction_id})
        except OutsideRefusal as no:
            if no.code in NO_PAID_UNIONID:
                return None
            raise
        return said.get("unionid") or None

    async def send_subscribe(self, openid: str, template_id: str, data: Mapping[str, str], page: str) -> None:
        """Uses up one consent. Refusals: 43101 (no consent left), 47003 (a value WeChat does not like), …"""
        payload: dict[str, Any] = {
            "touser": openid,
            "template_id": template_id,
            "data": {name: {"value": value} for name, value in data.items()},
            "miniprogram_state": "formal",
            "lang": "zh_CN",
        }
        if page:
            payload["page"] = page
        async with self._lanes[hash(openid) % LANES]:
            await self._api.post(SUBSCRIBE_SEND, payload, later=SENDING_TO_SAME_USER)

    async def check_text(self, openid: str, text: str, scene: int) -> ContentVerdict:
        """Up to 2,500 characters; scene 1 profile, 2 comment, 3 forum, 4 social log.

        Raises OutsideRefusal 61010 when the person was not in the mini-program within two hours.
        """
        payload = {"content": text, "version": 2, "scene": scene, "openid": openid}
        said = await self._api.post(CHECK_TEXT, payload, safe=True)
        try:
            result = said["result"]
            return ContentVerdict(str(result["suggest"]), int(result["label"]), str(said.get("trace_id", "")))
        except (KeyError, TypeError, ValueError):
            pass
        raise Fault(CHECK_TEXT, "unreadable")

    async def upload_shipping(
        self,
        transaction_id: str,
        payer_openid: str,
        parcels: Sequence[ShippedParcel],
        at: datetime,
        complete: bool,
    ) -> None:
        """`parcels` are all of the order so far (1 to 15); `complete` with the last one tells the buyer.

        Already shipped, unchanged, or nothing to ship (refunded) counts as done. Raises OutsideFault
        while WeChat does not know the payment yet.
        """
        unified = complete and len(parcels) == 1
        payload: dict[str, Any] = {
            "order_key": {"order_number_type": BY_TRANSACTION, "transaction_id": transaction_id},
            "logistics_type": EXPRESS,
            "delivery_mode": UNIFIED if unified else SPLIT,
            "shipping_list": [_parcel(parcel) for parcel in parcels],
            "upload_time": at.astimezone(SHANGHAI).isoformat(timespec="milliseconds"),
            "payer": {"openid": payer_openid},
        }
        if not unified:
            payload["is_all_delivered"] = complete
        try:
            await self._api.post(UPLOAD_SHIPPING, payload, done=SHIPPED_ALREADY | NOTHING_TO_SHIP, later=SHIPPING_LATER)
        except OutsideRefusal as no:
            # An upload whose answer was lost, repeated with its own time, is refused for that time.
            if no.code != UPLOAD_TIME or not await self._is_uploaded(transaction_id, parcels, complete):
                raise

    async def _is_uploaded(self, transaction_id: str, parcels: Sequence[ShippedParcel], complete: bool) -> bool:
        """Whether WeChat has these parcels already, and as finished as they are said to be."""
        said = await self._api.post(GET_SHIPPING, {"transaction_id": transaction_id}, safe=True)
        try:
            shipping = said["order"]["shipping"]
            known = {parcel["tracking_no"] for parcel in shipping["shipping_list"]}
            finished = bool(shipping["finish_shipping"])
        except (KeyError, TypeError):
            return False
        return known >= {parcel.waybill for parcel in parcels} and finished >= complete

    async def confirm_receive(self, transaction_id: str, received_at: datetime) -> None:
        """Remind the buyer to confirm, once per order; already reminded counts as done.

        Raises OutsideRefusal 10060028 (not shipped), 10060029 (before shipping), 10060032 (no express).
        """
        payload = {"transaction_id": transaction_id, "received_time": int(received_at.timestamp())}
        await self._api.post(CONFIRM_RECEIVE, payload, done=REMINDED_ALREADY, later=SHIPPING_LATER)

    async def scene_code(self, scene: str, page: str) -> bytes:
        """A picture that leads to `page` (no leading slash, no query). `scene`: 1 to 32 visible letters."""
        return await self._api.post_for_picture(SCENE_CODE, {"scene": scene, "page": page})


def _parcel(parcel: ShippedParcel) -> dict[str, Any]:
    told: dict[str, Any] = {
        "tracking_no": parcel.waybill,
        "express_company": parcel.company,
        "item_desc": parcel.description[:DESCRIPTION_CHARS],
    }
    if parcel.receiver_contact:
        told["contact"] = {"receiver_contact": _masked(parcel.receiver_contact)}
    return told


def _masked(phone: str) -> str:
    """WeChat takes no number in full; one that comes masked stays as it is."""
    return phone if "*" in phone else f"{phone[:-8]}****{phone[-4:]}"
