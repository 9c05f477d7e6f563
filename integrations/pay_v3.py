"""The merchant's voice towards WeChat Pay v3: signed requests, verified answers, v3 errors → our two.

Shared by `wechat_pay` and `pay_score`; knows no order and no amount. Bodies are serialised once: what
is signed is what is sent.
"""

import logging
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from yarl import URL

from domain.clock import Clock
from domain.errors import OutsideRefusal
from integrations.pay_keys import MerchantKeys, read_certificate, spelled
from integrations.wechat_http import TEXT_KEPT, Fault, Hiccup, Reply, WechatHttp, read_json, steadily

log = logging.getLogger(__name__)

SCHEME = "WECHATPAY2-SHA256-RSA2048"
FRESH_SECONDS = 300
FILE_SECONDS = 120.0
LEARN_EVERY = timedelta(minutes=10)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
CERTIFICATES = "/v3/certificates"

PASSING = frozenset(
    {
        "SYSTEMERROR",
        "BANKERROR",
        "FREQUENCYLIMITED",
        "FREQUENCYLIMITEXCEED",
        "RATELIMITEXCEEDED",
        "RATELIMITEXCEED",
    }
)
FINAL_AT_500 = frozenset({"OPENIDMISMATCH", "INVALIDTRANSACTIONID"})
"""Sent with status 500 and yet no reason to try again."""

NOT_FOUND = frozenset({"ORDERNOTEXIST", "ORDERNOTEXISTS", "RESOURCENOTEXISTS", "RESOURCENOTEXIST"})
ONE_SPELLING = {
    code.replace("_", ""): code
    for code in (
        "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS", "ORDER_PAID", "ORDER_CLOSED", "OUT_TRADE_NO_USED",
        "NOT_ENOUGH", "NO_AUTH", "PARAM_ERROR", "INVALID_REQUEST", "SIGN_ERROR", "TRADE_ERROR",
        "ACCOUNT_ERROR", "USER_ACCOUNT_ABNORMAL", "REQUEST_BLOCKED", "RULE_LIMIT", "MCH_NOT_EXISTS",
        "APPID_MCHID_NOT_MATCH", "OPENID_MISMATCH", "INVALID_TRANSACTIONID", "NO_STATEMENT_EXIST",
        "STATEMENT_CREATING",
    )
}  # fmt: skip


class PayRefusal(OutsideRefusal):
    """A v3 refusal. `code` has its underscores; `cause` is the number at the end of the Request-ID."""

    def __init__(self, code: str, text: str, cause: str) -> None:
        super().__init__(ONE_SPELLING.get(code.replace("_", ""), code), f"{text} #{cause}" if cause else text)
        self.cause = cause

    @property
    def is_not_found(self) -> bool:
        return squeezed(self.code) in NOT_FOUND


class Unproven(Exception):
    """Headers and body that the platform's key does not vouch for; the text says what is wrong."""

    def __init__(self, why: str, serial: str = "") -> None:
        super().__init__(why)
        self.unknown_serial = serial


def squeezed(code: str) -> str:
    """WeChat spells its codes with and without underscores: compared, they have none."""
    return code.replace("_", "").upper()


class PayV3:
    """One merchant at WeChat Pay. Stateless but for the platform certificates it has learnt."""

    def __init__(self, http: WechatHttp, base: str, keys: MerchantKeys, clock: Clock) -> None:
        self._http = http
        self._base = base
        self._origin = URL(base).origin()
        self.keys = keys
        self._clock = clock
        self._learnt_at = LONG_AGO

    def seconds_now(self) -> str:
        return str(int(self._clock.now().timestamp()))

    def now(self) -> datetime:
        return self._clock.now()

    def authorization(self, method: str, target: str, body: bytes) -> str:
        """The Authorization header for one attempt; `target` is path and query exactly as sent."""
        at, nonce = self.seconds_now(), secrets.token_hex(16)
        message = b"%b\n%b\n%b\n%b\n%b\n" % (
            method.encode(),
            target.encode(),
            at.encode(),
            nonce.encode(),
            body,
        )
        signature = self.keys.sign(message)
        return (
            f'{SCHEME} mchid="{self.keys.mchid}",nonce_str="{nonce}",signature="{signature}",'
            f'timestamp="{at}",serial_no="{self.keys.serial}"'
        )

    def prove(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Unproven unless the platform signed this body within five minutes of our clock."""
        found: dict[str, str] = {}
        for name, value in headers.items():
            low = name.lower()
            if low.startswith("wechatpay-"):
                if low in found:
                    raise Unproven("a header came twice")
                found[low] = value
        signature, serial = found.get("wechatpay-signature"), found.get("wechatpay-serial")
        at, nonce = found.get("wechatpay-timestamp"), found.get("wechatpay-nonce")
        if not (signature and serial and at and nonce):
            raise Unproven("a header is missing")
        if found.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise Unproven("unknown signature type")
        if not (at.isascii() and at.isdigit() and len(at) <= 12):
            raise Unproven("no timestamp")
        if abs(self._clock.now().timestamp() - int(at)) > FRESH_SECONDS:
            raise Unproven("stale")
        if not self.keys.knows(serial):
            raise Unproven("unknown serial", serial)
        message = b"%b\n%b\n%b\n" % (at.encode(), nonce.encode("utf-8", "replace"), body)
        if not self.keys.is_from_platform(serial, message, signature):
            raise Unproven("wrong signature")

    async def call(
        self,
        endpoint: str,
        method: str,
        target: str,
        payload: Mapping[str, Any] | None = None,
        *,
        safe: bool = False,
    ) -> dict[str, Any]:
        """One v3 call. `endpoint` is its name in metrics and errors; `target` may carry numbers and a query.

        Returns the answer's object, empty for 204. Raises PayRefusal, or OutsideFault when the outcome
        is unknown or the answer is not proven: then ask again with the same number. `safe` marks reads.
        """
        body = b"" if payload is None else orjson.dumps(payload)
        url = URL(self._base + target, encoded=True)

        async def once() -> dict[str, Any]:
            with self._http.measured(endpoint):
                reply = await self._send(endpoint, method, url, target, body)
                doubt = await self._doubt(reply)
                if doubt:
                    raise Hiccup(endpoint, f"unproven {doubt}")
                return read_answer(endpoint, reply)

        return await steadily(once, safe=safe)

    async def download(self, endpoint: str, address: str) -> bytes:
        """A file by the address an answer gave. Files are not signed: compare the hash.

        Raises OutsideFault for an address that is not on WeChat Pay's own host: our Authorization
        goes nowhere else.
        """

        async def once() -> bytes:
            with self._http.measured(endpoint):
                url = self._own(address)
                if url is None:
                    raise Fault(endpoint, "foreign address")
                reply = await self._send(endpoint, "GET", url, url.raw_path_qs, b"", seconds=FILE_SECONDS)
                if reply.status != 200:
                    read_answer(endpoint, reply)
                    raise Fault(endpoint, f"http_{reply.status}")
                return reply.body

        return await steadily(once, safe=True)

    def _own(self, address: str) -> URL | None:
        """The address if it is WeChat Pay's own (by our configuration, or one of its hosts over https)."""
        try:
            url = URL(address, encoded=True)
            origin = url.origin()
        except ValueError:
            return None
        known = origin == self._origin or (url.scheme == "https" and (url.host or "").endswith(".mch.weixin.qq.com"))
        return url if known else None

    async def _send(
        self, endpoint: str, method: str, url: URL, target: str, body: bytes, seconds: float | None = None
    ) -> Reply:
        headers = {"Accept": "application/json", "Authorization": self.authorization(method, target, body)}
        if self.keys.asks_for:
            headers["Wechatpay-Serial"] = self.keys.asks_for
        if body:
            headers["Content-Type"] = "application/json"
        return await self._http.exchange(endpoint, method, url, body=body or None, headers=headers, seconds=seconds)

    async def _doubt(self, reply: Reply) -> str:
        """Why an answer is not to be believed; "" when it is. May fetch the platform's certificates.

        Successes must be proven. Refusals of the gateway may come unsigned, but never badly signed.
        """
        if not 200 <= reply.status < 300 and "Wechatpay-Signature" not in reply.headers:
            return ""
        for may_learn in (True, False):
            try:
                self.prove(reply.headers, reply.body)
            except Unproven as problem:
                doubt = problem
            else:
                return ""
            if not (may_learn and doubt.unknown_serial and await self._learn_certificates()):
                break
        return str(doubt)

    async def _learn_certificates(self) -> bool:
        """Fetch the platform certificates after meeting an unknown serial; at most every ten minutes.

        Only answers to our own requests lead here, never notices: an outsider cannot make us fetch. What
        came is trusted because the APIv3 key opens it, and adopted once it has signed its own answer.
        """
        now = self._clock.now()
        if now - self._learnt_at < LEARN_EVERY:
            return False
        self._learnt_at = now
        with self._http.measured(CERTIFICATES):
            url = URL(self._base + CERTIFICATES)
            reply = await self._send(CERTIFICATES, "GET", url, CERTIFICATES, b"")
            if reply.status != 200:
                return False
            before = dict(self.keys.platform)
            try:
                for one in read_json(CERTIFICATES, reply.body)["data"]:
                    serial, key = read_certificate(self.keys.decrypt(one["encrypt_certificate"]))
                    self.keys.platform[spelled(serial)] = key
                self.prove(reply.headers, reply.body)
            except (KeyError, TypeError, AttributeError, ValueError, Unproven):
                self.keys.platform.clear()
                self.keys.platform.update(before)
                return False
        log.info("wechat.pay certificates known=%s", len(self.keys.platform))
        return True


def read_answer(endpoint: str, reply: Reply) -> dict[str, Any]:
    """The object of a 2xx answer; raises what the status and code of another one mean."""
    if 200 <= reply.status < 300:
        return read_json(endpoint, reply.body) if reply.body else {}
    try:
        said: Any = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        said = None
    code = said.get("code") if isinstance(said, dict) else None
    plain = squeezed(code) if isinstance(code, str) else ""
    if reply.status >= 500 and plain not in FINAL_AT_500:
        raise Hiccup(endpoint, f"http_{reply.status}")
    if reply.status == 429 or plain in PASSING:
        raise Fault(endpoint, plain or "http_429")
    if not plain:
        # No code: a proxy on the way spoke, not WeChat. Its 404 says nothing about an order.
        raise Fault(endpoint, f"http_{reply.status}")
    text = str(said.get("message", ""))[:TEXT_KEPT]
    cause = reply.headers.get("Request-ID", "").rpartition("-")[2]
    raise PayRefusal(str(code), text, cause if cause.isdigit() and cause != "0" else "")
