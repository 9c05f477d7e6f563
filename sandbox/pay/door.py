"""The way in and out of every signed endpoint: authorise, parse, decide, sign the answer.

Handlers are plain functions from `Request` to `(status, body)`: nothing is awaited between reading
the state and changing it, so two requests never interleave.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.pay.desk import Pay
from sandbox.pay.errors import OUT_OF_RANGE, SYSTEM_TROUBLE, PayError, param_error, too_frequent
from sandbox.pay.fields import Check
from sandbox.pay.signing import SIGNTEST, dump, request_id, wrong_signature

STALE = timedelta(minutes=10)


@dataclass(frozen=True)
class Request:
    """A request that has proven to be the merchant's."""

    path: dict[str, str]
    query: dict[str, str]
    body: Any
    base: str  # scheme and host, for addresses we hand out

    def shaped(self, rule: Check) -> dict[str, Any]:
        """The JSON body, after it kept every rule of its shape."""
        if self.body is None:
            raise param_error("/", "请求体不是合法的 JSON")
        rule(self.body, "")
        return dict(self.body)

    def asked(self, name: str) -> str:
        """A required query parameter."""
        value = self.query.get(name)
        if not value:
            raise param_error(name, "缺少必填的查询参数", location="query")
        return value


Answer = tuple[int, Any]
Handler = Callable[[Pay, Request], Answer]


def signed(pay: Pay, handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Put `handler` behind the door."""

    async def serve(request: web.Request) -> web.Response:
        raw = await request.read()
        serial = pay.keys.serial_for(request.headers.get("Wechatpay-Serial"), pay.settings.sign_with)
        tail = 0
        try:
            check_manners(request, raw)
            now = pay.world.now()
            header = request.headers.get("Authorization")
            pay.keys.check_request(header, request.method, request.raw_path, raw, now)
            if serial is None:
                raise param_error("Wechatpay-Serial", "平台证书序列号或公钥ID有误", location="header")
            _refuse_as_planned(pay, request.path)
            asked = Request(
                dict(request.match_info),
                dict(request.query),
                _parsed(raw),
                f"{request.scheme}://{request.host}",
            )
            status, answer = handler(pay, asked)
        except PayError as refusal:
            status, answer, tail = refusal.status, refusal.body(), refusal.tail
        body = b"" if answer is None else dump(answer)
        return _answer(pay, request.path, status, body, tail, serial)

    return serve


def check_manners(request: web.Request, raw: bytes) -> None:
    """The headers WeChat insists on before it looks at anything else."""
    accepted = request.headers.get("Accept", "")
    if "application/json" not in accepted or not request.headers.get("User-Agent"):
        raise PayError(400, "PARAM_ERROR", "Http头缺少Accept或User-Agent", tail=OUT_OF_RANGE)
    if raw and request.content_type != "application/json":
        raise PayError(415, "PARAM_ERROR", "Http头Content-Type应为application/json", tail=OUT_OF_RANGE)


def unsigned_path(pay: Pay, handler: Callable[[Pay, Request], bytes]) -> Callable[..., Awaitable[web.Response]]:
    """For file downloads: the request must be signed, the bytes that come back are not."""

    async def serve(request: web.Request) -> web.Response:
        raw = await request.read()
        try:
            header = request.headers.get("Authorization")
            pay.keys.check_request(header, request.method, request.raw_path, raw, pay.world.now())
            content = handler(pay, Request(dict(request.match_info), dict(request.query), None, ""))
        except PayError as refusal:
            return web.Response(
                body=dump(refusal.body()),
                status=refusal.status,
                content_type="application/json",
                headers={"Request-ID": request_id(refusal.tail)},
            )
        return web.Response(body=content, content_type="text/plain", headers={"Request-ID": request_id(0)})

    return serve


def failure(pay: Pay, path: str, status: int) -> web.Response:
    """The signed answer of an injected `status` fault; 429 is a limit, everything else WeChat's trouble."""
    if status == 429:
        refusal = too_frequent()
    else:
        refusal = PayError(status, "SYSTEM_ERROR", "系统异常，请稍后重试", tail=SYSTEM_TROUBLE)
    return _answer(pay, path, status, dump(refusal.body()), refusal.tail, None)


def nothing_here(pay: Pay, request: Request) -> Answer:
    """Any /v3 path that does not exist."""
    raise PayError(404, "RESOURCE_NOT_EXISTS", "请求的接口不存在", tail=OUT_OF_RANGE)


def _refuse_as_planned(pay: Pay, path: str) -> None:
    for planned in pay.refusals:
        if planned.times > 0 and path.startswith(planned.match):
            planned.times -= 1
            raise PayError(planned.status, planned.code, planned.message, tail=planned.tail)


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw.decode())
    except ValueError:
        return None


def _answer(pay: Pay, path: str, status: int, body: bytes, tail: int, serial: str | None) -> web.Response:
    """Sign and send; `answer:<path>` faults spoil the signature on purpose."""
    fault = pay.world.take_fault(f"answer:{path}", "wrong_signature", "stale_timestamp", "signtest")
    kind = fault.kind if fault else None
    at = pay.world.now() - STALE if kind == "stale_timestamp" else pay.world.now()
    false = {"wrong_signature": wrong_signature(), "signtest": SIGNTEST + wrong_signature()}.get(kind or "")
    headers = pay.keys.headers(body, at, serial or pay.merchant.public_key_id, signature=false)
    headers["Request-ID"] = request_id(tail)
    headers["Cache-Control"] = "no-cache, must-revalidate"
    if body:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return web.Response(body=body or None, status=status, headers=headers)
