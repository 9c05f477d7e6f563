"""Around every call: request id, limits, session, idempotent answers, refusals as problems, metrics."""

import hashlib
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import Counter, Histogram

from domain.errors import (
    IdempotencyConflict,
    Invalid,
    NotAllowed,
    NotFound,
    OutsideFault,
    OutsideRefusal,
    RateLimited,
    Refusal,
)
from miniapp_api.auth import Sessions
from miniapp_api.frame import SHOP, Call, Person, Route, Who, arguments, reply
from miniapp_api.problems import of_refusal, plain
from services import answers, members, staff
from settings import LimitSettings

Next = Callable[[web.Request], Awaitable[web.StreamResponse]]

SESSIONS: web.AppKey[Sessions] = web.AppKey("sessions", Sessions)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
KEY = re.compile(r"[!-~]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
log = structlog.get_logger()

REQUESTS = Counter("hezi_http_requests_total", "Requests by route and status", ["route", "method", "status"])
SECONDS = Histogram("hezi_http_request_seconds", "Time to answer by route", ["route", "method"])


class Limiter:
    """A fixed-window counter per key and minute of the shop's clock; forgets old minutes."""

    def __init__(self) -> None:
        self._minute = 0
        self._seen: dict[str, int] = {}

    def check(self, key: str, limit: int, now_seconds: float) -> None:
        """Count one. Raises RateLimited above `limit` a minute."""
        minute = int(now_seconds // 60)
        if minute != self._minute:
            self._minute, self._seen = minute, {}
        count = self._seen.get(key, 0) + 1
        self._seen[key] = count
        if count > limit:
            raise RateLimited(60 - int(now_seconds % 60))


@cache
def _series(name: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """The two series of an answer; looking labels up costs more than counting."""
    return REQUESTS.labels(name, method, str(status)), SECONDS.labels(name, method)


def _route_name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


@web.middleware
async def surround(request: web.Request, handler: Next) -> web.StreamResponse:
    """Give the request an id, turn what is raised into an answer, and count it."""
    given = request.headers.get("X-Request-Id", "")
    request_id = given if given.isascii() and given.isalnum() and len(given) <= 64 else secrets.token_hex(8)
    request[REQUEST_ID] = request_id
    started = time.perf_counter()
    status = 500
    try:
        response = await handler(request)
        status = response.status
    except Refusal as refusal:
        response = of_refusal(refusal, request_id)
    except web.HTTPRequestEntityTooLarge:
        response = plain(413, "too_large", "The body is too large", request_id)
    except web.HTTPException as http:
        if http.status < 400:
            raise
        response = plain(http.status, http.reason.lower().replace(" ", "_"), http.reason, request_id)
        if http.status == 405 and "Allow" in http.headers:
            response.headers["Allow"] = http.headers["Allow"]
    except (OutsideFault, OutsideRefusal) as outside:
        log.warning("outside.unavailable", request_id=request_id, fault=type(outside).__name__)
        response = plain(502, "wechat_unavailable", "WeChat did not answer as hoped; try again", request_id)
    except Exception:
        # The route, not the path: the address of a calendar feed is its key.
        log.exception("http.failed", request_id=request_id, route=_route_name(request))
        response = plain(500, "fault", "Something broke on our side", request_id)
    status = response.status
    response.headers["X-Request-Id"] = request_id
    name = _route_name(request)
    # A stranger may invent methods; each label is a series that stays for good.
    method = request.method if request.method in METHODS else "other"
    requests, seconds = _series(name, method, status)
    requests.inc()
    seconds.observe(time.perf_counter() - started)
    return response


class Alive:
    """Whether a session still holds: the member stands alone, the staff account is open and of this role.

    Asked before every write, remembered for reads. A member of the last hour is asked about every time:
    newcomers are the ones that turn out to be somebody already known, and are merged.
    """

    REMEMBER_SECONDS = 30.0
    NEWCOMER_SECONDS = 3600.0
    MOST = 50_000

    def __init__(self) -> None:
        self._seen: dict[Person, float] = {}

    async def check(self, person: Person, now_seconds: float, *, fresh: bool) -> bool:
        if not fresh and abs(now_seconds - self._seen.get(person, 0.0)) < self.REMEMBER_SECONDS:
            return True
        self._seen.pop(person, None)
        if person.member_id is not None:
            since = await members.standing(person.member_id)
            if since is None:
                return False
            if now_seconds - since.timestamp() < self.NEWCOMER_SECONDS:
                return True
        elif person.staff_id is None or not await staff.current(person.staff_id, person.role):
            return False
        if len(self._seen) >= self.MOST:
            self._seen.clear()
        self._seen[person] = now_seconds
        return True


def cross_origin(origin: str) -> Any:
    """Lets one other origin call this API from a browser: the phone page of the sandbox, never more."""

    @web.middleware
    async def allow(request: web.Request, handler: Next) -> web.StreamResponse:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response: web.StreamResponse = web.Response(status=204)
        else:
            response = await handler(request)
        if request.headers.get("Origin") == origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE"
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key"
            response.headers["Vary"] = "Origin"
        return response

    return allow


def person_of(request: web.Request, sessions: Sessions) -> Person:
    """Who is calling; nobody in particular without an Authorization header."""
    header = request.headers.get("Authorization", "")
    if not header:
        return Person()
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise NotAllowed("session")
    return sessions.read(token, request.app[SHOP].now())


@dataclass(frozen=True)
class Gate:
    """What one site remembers of its callers between requests."""

    limits: LimitSettings
    limiter: Limiter = field(default_factory=Limiter)
    alive: Alive = field(default_factory=Alive)

    def address_of(self, request: web.Request) -> str:
        """Where a stranger calls from: behind proxies of ours, what the outermost of them has seen.

        What stands further left in X-Forwarded-For was written by the caller and is worth nothing.
        """
        address = request.remote or ""
        chain = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
        while chain and self._ours(address):
            try:
                address = str(ip_address(chain.pop().strip()))
            except ValueError:
                break
        return address

    def _ours(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self.limits.trusted_proxies)
        except ValueError:
            return False

    def per_address(self, path: str) -> int:
        """Logging in is the door worth trying at night: it has a limit of its own."""
        return self.limits.login_per_address_minute if path.endswith("/session") else self.limits.per_address_minute


def lapsed(request_id: str) -> web.Response:
    """The caller is to log in again."""
    return plain(401, "session", "The session is missing, forged or lapsed", request_id)


def serve(route: Route, gate: Gate) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of one line of the route table."""
    writes = route.method != "GET"

    async def handle(request: web.Request) -> web.StreamResponse:
        shop = request.app[SHOP]
        now = shop.now().timestamp()
        request_id = request[REQUEST_ID]
        try:
            person = person_of(request, request.app[SESSIONS])
        except NotAllowed:
            return lapsed(request_id)
        if Who.ANYONE not in route.who:
            if person.role is Who.ANYONE:
                return lapsed(request_id)
            if person.role not in route.who and not (person.role is Who.ADMIN and Who.MEMBER not in route.who):
                raise NotAllowed("role")
        if person.role is Who.ANYONE:
            gate.limiter.check(f"{route.path} {gate.address_of(request)}", gate.per_address(route.path), now)
        else:
            gate.limiter.check(person.actor, gate.limits.per_person_minute, now)
        if person.role is not Who.ANYONE and not await gate.alive.check(person, now, fresh=writes):
            return lapsed(request_id)
        call = Call(shop, request, person)
        given = await arguments(route, request)
        key = request.headers.get("Idempotency-Key") if route.keeps_answers else None
        if key is None:
            try:
                return reply(route, await route.handler(call, **given))
            except NotFound:
                # Merged into another member while this was asked: what was theirs is that one's now.
                if person.role is Who.ANYONE or await gate.alive.check(person, now, fresh=True):
                    raise
                return lapsed(request_id)
        if KEY.fullmatch(key) is None:
            raise Invalid("Idempotency-Key", "1 to 64 visible ASCII characters")
        return await _once(route, call, given, key)

    return handle


async def _once(route: Route, call: Call, given: dict[str, object], key: str) -> web.Response:
    """Answer a repeated write with its first answer. Refusals are answers too; faults are not kept."""
    body_hash = hashlib.sha256(
        f"{route.method} {call.request.path_qs}\n".encode() + await call.request.read()
    ).hexdigest()
    kept = await answers.begin(call.shop, call.person.actor, key, body_hash)
    if kept is answers.OTHER_BODY:
        raise IdempotencyConflict
    if kept is answers.RUNNING:
        return plain(409, "in_progress", "The first request with this key is still running", call.request[REQUEST_ID])
    if isinstance(kept, answers.Kept):
        return web.Response(
            body=kept.body.encode(),
            status=kept.status,
            content_type="application/json" if kept.status < 400 else "application/problem+json",
            headers={"Idempotency-Replayed": "true"},
        )
    try:
        response = reply(route, await route.handler(call, **given))
    except Refusal as refusal:
        response = of_refusal(refusal, call.request[REQUEST_ID])
    except BaseException:
        await answers.forget(call.person.actor, key)
        raise
    assert isinstance(response.body, bytes), "answers to writes are small and whole"
    await answers.keep(call.shop, call.person.actor, key, response.status, response.body.decode())
    return response
