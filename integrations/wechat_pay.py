"""WeChat Pay v3 for orders of the mini-program: prepay, query, close, refund, bill, notices.

Every write may be repeated with the same number and the same fields; none is repeated here.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote

import orjson

from domain.clock import SHANGHAI
from domain.ports import (
    Notice,
    NoticeRefused,
    PaymentFact,
    PayParams,
    Prepay,
    RefundFact,
    RefundOrder,
)
from integrations.pay_v3 import PayRefusal, PayV3, Unproven, squeezed
from integrations.wechat_http import Fault

JSAPI = "/v3/pay/transactions/jsapi"
ORDER = "/v3/pay/transactions/out-trade-no/{}"
CLOSE = "/v3/pay/transactions/out-trade-no/{}/close"
REFUNDS = "/v3/refund/domestic/refunds"
REFUND = "/v3/refund/domestic/refunds/{}"
BILL = "/v3/bill/tradebill"
BILL_FILE = "/v3/billdownload/file"

DESCRIPTION_CHARS = 127
REASON_CHARS = 80
TRADE_STATES = {
    "SUCCESS": "SUCCESS",
    "REFUND": "REFUND",
    "NOTPAY": "NOTPAY",
    "CLOSED": "CLOSED",
    "REVOKED": "CLOSED",
    "USERPAYING": "NOTPAY",
    "PAYERROR": "NOTPAY",
}
REFUND_STATES = frozenset({"PROCESSING", "SUCCESS", "CLOSED", "ABNORMAL"})
ALREADY_CLOSED = frozenset({"ORDERCLOSED"})


class WechatPay:
    """Implements `domain.ports.Pay` for one merchant and one appid."""

    def __init__(self, v3: PayV3, appid: str, notify_url: str) -> None:
        """`notify_url` is a full address without query; payments and refunds are told to it."""
        self._v3 = v3
        self._appid = appid
        self._notify_url = notify_url

    async def prepay(self, order: Prepay) -> str:
        """Raises OutsideRefusal INVALID_REQUEST (paid, or other fields than the first time), ORDER_CLOSED
        (or expired), OUT_TRADE_NO_USED, OPENID_MISMATCH, PARAM_ERROR, …
        """
        payload: dict[str, Any] = {
            "appid": self._appid,
            "mchid": self._v3.keys.mchid,
            "description": order.description[:DESCRIPTION_CHARS],
            "out_trade_no": order.out_trade_no,
            "notify_url": self._notify_url,
            "amount": {"total": order.amount_fen, "currency": "CNY"},
            "payer": {"openid": order.openid},
        }
        if order.expires_at is not None:
            payload["time_expire"] = beijing(order.expires_at)
        answer = await self._v3.call(JSAPI, "POST", JSAPI, payload)
        prepay_id = answer.get("prepay_id")
        if not isinstance(prepay_id, str) or not prepay_id:
            raise Fault(JSAPI, "unreadable")
        return prepay_id

    def pay_params(self, prepay_id: str) -> PayParams:
        """Signed for wx.requestPayment; a prepay_id works for two hours."""
        at, nonce, package = self._v3.seconds_now(), secrets.token_hex(16), f"prepay_id={prepay_id}"
        signature = self._v3.keys.sign(f"{self._appid}\n{at}\n{nonce}\n{package}\n".encode())
        return PayParams(timeStamp=at, nonceStr=nonce, package=package, signType="RSA", paySign=signature)

    async def query(self, out_trade_no: str) -> PaymentFact:
        """What WeChat knows; state NOT_FOUND where it never heard of the number."""
        target = f"{_with(ORDER, out_trade_no)}?mchid={quote(self._v3.keys.mchid)}"
        try:
            answer = await self._v3.call(ORDER, "GET", target, safe=True)
        except PayRefusal as no:
            if not no.is_not_found:
                raise
            return PaymentFact(out_trade_no, "NOT_FOUND")
        same_number(ORDER, answer, "out_trade_no", out_trade_no)
        return payment_fact(answer)

    async def close(self, out_trade_no: str) -> None:
        """An order already closed, or one WeChat never heard of, counts as closed.

        Raises OutsideRefusal ORDER_PAID for a paid one. A member already at the password may still pay:
        a query must follow.
        """
        try:
            await self._v3.call(CLOSE, "POST", _with(CLOSE, out_trade_no), {"mchid": self._v3.keys.mchid})
        except PayRefusal as no:
            if not no.is_not_found and squeezed(no.code) not in ALREADY_CLOSED:
                raise

    async def refund(self, order: RefundOrder) -> RefundFact:
        """Ask for a refund; asked again with the same number it tells how that refund stands.

        Raises OutsideRefusal NOT_ENOUGH (our balance), INVALID_REQUEST, RESOURCE_NOT_EXISTS (no such
        payment), …; after OutsideFault ask again with the same out_refund_no, never with a new one.
        """
        answer = await self._v3.call(
            REFUNDS,
            "POST",
            REFUNDS,
            {
                "transaction_id": order.transaction_id,
                "out_refund_no": order.out_refund_no,
                "reason": order.reason[:REASON_CHARS],
                "notify_url": self._notify_url,
                "amount": {"refund": order.refund_fen, "total": order.total_fen, "currency": "CNY"},
            },
        )
        same_number(REFUNDS, answer, "out_refund_no", order.out_refund_no)
        return refund_fact(answer)

    async def query_refund(self, out_refund_no: str) -> RefundFact:
        """How a refund stands; status NOT_FOUND where WeChat never heard of the number."""
        try:
            answer = await self._v3.call(REFUND, "GET", _with(REFUND, out_refund_no), safe=True)
        except PayRefusal as no:
            if not no.is_not_found:
                raise
            return RefundFact(out_refund_no, "NOT_FOUND")
        same_number(REFUND, answer, "out_refund_no", out_refund_no)
        return refund_fact(answer)

    async def trade_bill(self, day: date) -> str:
        """All trades and refunds of one day in Shanghai, as CSV; "" where there were none.

        Raises OutsideFault while WeChat still writes it (until about 10:00 of the next day), and where
        the file does not have the hash that was announced.
        """
        try:
            answer = await self._v3.call(BILL, "GET", f"{BILL}?bill_date={day.isoformat()}&bill_type=ALL", safe=True)
        except PayRefusal as no:
            if no.code == "NO_STATEMENT_EXIST":
                return ""
            if no.code == "STATEMENT_CREATING":
                raise Fault(BILL, "STATEMENT_CREATING") from None
            raise
        address, announced = answer.get("download_url"), answer.get("hash_value")
        if not isinstance(address, str) or not isinstance(announced, str) or answer.get("hash_type") != "SHA1":
            raise Fault(BILL, "unreadable")
        file = await self._v3.download(BILL_FILE, address)
        # SHA-1 is what the API announces; it guards against a torn download, not against a forger.
        if not hmac.compare_digest(hashlib.sha1(file).hexdigest().encode(), announced.lower().encode()):  # noqa: S324
            raise Fault(BILL_FILE, "hash")
        return file.decode("utf-8-sig")

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """Verify first, decrypt second. Raises NoticeRefused for everything odd.

        That the amount is the one asked for is checked by who knows the order.
        """
        try:
            self._v3.prove(headers, body)
            told = orjson.loads(body)
            plain = orjson.loads(self._v3.keys.decrypt(told["resource"]))
            mchid, number, kind = plain.get("mchid", self._v3.keys.mchid), told["id"], told["event_type"]
        except Unproven as problem:
            why = str(problem)
        except (ValueError, KeyError, TypeError, AttributeError):
            why = "unreadable"
        else:
            texts = all(isinstance(text, str) and text for text in (mchid, number, kind))
            if texts and hmac.compare_digest(mchid.encode(), self._v3.keys.mchid.encode()):
                return Notice(number, kind, plain)
            why = "not for this merchant"
        raise NoticeRefused(why)

    def payment_told(self, notice: Notice) -> PaymentFact:
        return payment_fact(notice.resource)

    def refund_told(self, notice: Notice) -> RefundFact:
        """A notice says `refund_status` where the API says `status`."""
        return refund_fact({**notice.resource, "status": notice.resource.get("refund_status")})


def payment_fact(said: Mapping[str, Any]) -> PaymentFact:
    """An order as a query or a TRANSACTION.SUCCESS notice tells it. Raises OutsideFault when unreadable."""
    try:
        amount, payer, paid_at = said.get("amount") or {}, said.get("payer") or {}, said.get("success_time")
        return PaymentFact(
            out_trade_no=said["out_trade_no"],
            state=TRADE_STATES[said["trade_state"]],
            transaction_id=said.get("transaction_id") or "",
            total_fen=int(amount.get("total") or 0),
            openid=payer.get("openid") or "",
            paid_at=instant(paid_at) if paid_at else None,
            appid=said.get("appid") or "",
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise Fault(ORDER, "unreadable")


def refund_fact(said: Mapping[str, Any]) -> RefundFact:
    """A refund as the API tells it (`status`). Raises OutsideFault when unreadable."""
    try:
        status, done_at = said["status"], said.get("success_time")
        if status not in REFUND_STATES:
            raise ValueError(status)
        return RefundFact(
            out_refund_no=said["out_refund_no"],
            status=status,
            refund_id=said.get("refund_id") or "",
            refund_fen=int(said["amount"]["refund"]),
            done_at=instant(done_at) if done_at else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise Fault(REFUND, "unreadable")


def same_number(endpoint: str, answer: Mapping[str, Any], name: str, asked: str) -> None:
    """A proven answer about another thing (a replay) is no answer. Raises OutsideFault."""
    if answer.get(name) != asked:
        raise Fault(endpoint, "answer about something else")


def beijing(at: datetime) -> str:
    """RFC 3339 with whole seconds and +08:00, as WeChat Pay writes instants."""
    return at.astimezone(SHANGHAI).isoformat(timespec="seconds")


def instant(text: str) -> datetime:
    """A UTC instant from RFC 3339. Raises ValueError, also for a text without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("no zone")
    return at.astimezone(UTC)


def _with(template: str, number: str) -> str:
    """Numbers may hold `|` and `*`: percent-encoded, since what is signed must be what is sent."""
    return template.format(quote(number, safe=""))
