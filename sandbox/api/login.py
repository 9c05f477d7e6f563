"""Signing in to the mini-program: login codes, session keys, and the phone number behind a button.

Login codes and phone codes are different things: each is good once, for five minutes.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.api.account import identify
from sandbox.api.common import MINI, OK, Ask, Family, refusal, reply
from sandbox.api.quota import Quotas
from sandbox.api.words import ApiError
from sandbox.world import Person, World

LIFE = timedelta(minutes=5)
LOGINS_PER_MINUTE = 100  # per person


@dataclass
class Code:
    """One code the client was given."""

    person: Person
    expires_at: datetime
    used: bool = False


class Logins:
    """Codes given out and the session key each person has now."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._codes: dict[tuple[str, str], Code] = {}
        self._keys: dict[str, str] = {}

    def code(self, person: Person, purpose: str) -> str:
        """A fresh code for "login" or "phone"; having one means the person uses the mini-program now."""
        now = self._world.now()
        person.last_visit_at = now
        text = ("0" if purpose == "login" else "") + secrets.token_hex(16)
        if len(self._codes) > 10_000:
            self._codes = {k: c for k, c in self._codes.items() if c.expires_at > now}
        self._codes[purpose, text] = Code(person, now + LIFE)
        return text

    def spend(self, text: str, purpose: str) -> Person:
        """Whose code it is; 40163 the second time, 40029 when unknown, old or for another purpose."""
        code = self._codes.get((purpose, text))
        if code is None or code.expires_at <= self._world.now():
            raise ApiError(40029)
        if code.used:
            raise ApiError(40163)
        code.used = True
        return code.person

    def fresh_key(self, person: Person) -> str:
        """A new session key; the one before is worth nothing from now on."""
        self._keys[person.id] = base64.b64encode(secrets.token_bytes(16)).decode()
        return self._keys[person.id]

    def signs(self, person: Person, signature: str) -> bool:
        """Is this the HMAC-SHA256 of nothing under the person's present session key?"""
        key = self._keys.get(person.id)
        if key is None:
            return False
        # The session key is used as the text it is, as WeChat's own sample does.
        right = hmac.new(key.encode(), b"", hashlib.sha256).hexdigest()
        return hmac.compare_digest(right, signature)

    def has_key(self, person: Person) -> bool:
        return person.id in self._keys


def _jscode2session(world: World, query: dict[str, str]) -> dict[str, Any]:
    account = identify(world, query.get("appid"), query.get("secret"))
    if account.kind != "mini":
        raise ApiError(40013)
    if query.get("grant_type") != "authorization_code":
        raise ApiError(40002)
    code = query.get("js_code")
    if not code:
        raise ApiError(41008)
    logins = world.room(Logins)
    person = logins.spend(code, "login")
    world.room(Quotas).use_window(person.id, "jscode2session", LOGINS_PER_MINUTE, 45011)
    if person.risk_rank >= 4:
        raise ApiError(40226)
    return {
        "session_key": logins.fresh_key(person),
        "openid": person.openids[account.appid],
        "unionid": person.unionid,
    }


def _signed(ask: Ask) -> Person:
    given: dict[str, Any] = {**ask.query, **ask.body}
    person = ask.person_of(ask.text("openid", 40003, within=given))
    if ask.text("sig_method", 87008, within=given) != "hmac_sha256":
        raise ApiError(87008)
    logins = ask.world.room(Logins)
    if not logins.has_key(person):
        raise ApiError(87007)
    if not logins.signs(person, ask.text("signature", 87009, within=given)):
        raise ApiError(87009)
    return person


async def _checksession(ask: Ask) -> dict[str, Any]:
    _signed(ask)
    return OK


async def _resetsession(ask: Ask) -> dict[str, Any]:
    person = _signed(ask)
    key = ask.world.room(Logins).fresh_key(person)
    return {**OK, "openid": person.openids[ask.account.appid], "session_key": key}


async def _phone(ask: Ask) -> dict[str, Any]:
    person = ask.world.room(Logins).spend(ask.text("code", 41008), "phone")
    if ask.text_or("openid") not in ("", person.openids[ask.account.appid]):
        raise ApiError(40003)
    # Foreign numbers are kept as "+852 61234567".
    country, _, pure = person.phone.rpartition(" ") if person.phone.startswith("+") else ("+86", "", person.phone)
    country = country.lstrip("+")
    return {
        **OK,
        "phone_info": {
            "phoneNumber": pure if country == "86" else f"{country}{pure}",
            "purePhoneNumber": pure,
            # The table of the page says string, its sample shows a number.
            "countryCode": country if ask.world.rng.random() < 0.5 else int(country),
            "watermark": {"timestamp": int(ask.world.now().timestamp()), "appid": ask.account.appid},
        },
    }


async def _paid_unionid(ask: Ask) -> dict[str, Any]:
    """The unionid of somebody who has paid, within five minutes of it; 89300 for no such payment of theirs."""
    person = ask.person_of(ask.text("openid", 40003, within=dict(ask.query)))
    paid = ask.world.paid_orders.get(ask.text("transaction_id", 89300, within=dict(ask.query)))
    if paid is None or paid.openid != person.openids[ask.account.appid] or ask.world.now() > paid.paid_at + LIFE:
        raise ApiError(89300)
    return {**OK, "unionid": person.unionid}


def add_routes(app: web.Application, world: World) -> None:
    async def session(request: web.Request) -> web.Response:
        try:
            if request.method != "GET":
                raise ApiError(43001)
            return reply(world, request, _jscode2session(world, dict(request.query)))
        except ApiError as error:
            return refusal(world, request, error)

    app.router.add_route("*", "/sns/jscode2session", session)
    family = Family(app, world, MINI)
    family.either("/wxa/checksession", _checksession)
    family.either("/wxa/resetusersessionkey", _resetsession)
    family.post("/wxa/business/getuserphonenumber", _phone)
    family.get("/wxa/getpaidunionid", _paid_unionid)
