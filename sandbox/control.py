"""The control endpoints under /sandbox/: what the phone page, the tests and the story turn and read.

This file has the world itself (state, clock, faults, calls, consoles); people are in
`control_people`, parcels and the shop's other outside in `control_shop`.
"""

from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox import control_people, control_shop
from sandbox.api.common import Pages
from sandbox.api.menu import Menu
from sandbox.api.qrcode import QrCode, QrCodes, image_path
from sandbox.api.quota import Quotas
from sandbox.api.tokens import Tokens
from sandbox.callbacks import Pusher
from sandbox.control_input import account_of, answer, bad, fields_of, guarded, owns, query_number, refuse
from sandbox.world import Account, Fault, Tuning, World

__all__ = ["add_routes", "answer", "owns", "refuse"]
ENDPOINT_KINDS = ("delay", "delay_after", "drop", "drop_after", "status", "errcode")
PUSH_KINDS = (
    "delay", "drop", "duplicate", "reorder", "wrong_signature", "stale_timestamp", "wrong_amount"
)  # fmt: skip
CALLS_PER_ANSWER = 1_000
YEARS = (2010, 2100)


class Controls:
    """The handlers that concern the world as a whole."""

    def __init__(self, world: World) -> None:
        self._world = world

    # State -------------------------------------------------------------------------------------------

    async def state(self, request: web.Request) -> Any:
        world = self._world
        return {
            **world.snapshot(),
            "frozen": world.clock.frozen,
            "accounts": {a.kind: self._account(a) for a in (world.official, world.mini)},
            "mchid": world.merchant.mchid,
            "tuning": asdict(world.tuning),
            "menu": world.room(Menu).buttons,
        }

    def _account(self, account: Account) -> dict[str, Any]:
        shown = ("kind", "appid", "gh_id", "callback_url", "mode", "format")
        return {key: getattr(account, key) for key in shown}

    async def menu(self, request: web.Request) -> Any:
        menu = self._world.room(Menu)
        return {"menu": None if menu.buttons is None else {"button": menu.buttons, "menu_id": menu.menu_id}}

    async def qrcodes(self, request: web.Request) -> Any:
        codes = self._world.room(QrCodes)
        return {"qrcodes": [self._qrcode(code, codes.alive(code)) for code in codes.by_ticket.values()]}

    def _qrcode(self, code: QrCode, alive: bool) -> dict[str, Any]:
        return {
            **asdict(code),
            "permanent": code.expires_at is None,
            "alive": alive,
            "image": image_path(code),
        }

    async def calls(self, request: web.Request) -> Any:
        """Calls of the application, oldest first; at most a thousand per answer."""
        prefix, after = request.query.get("path", ""), query_number(request, "after", 0)
        limit = min(query_number(request, "limit", CALLS_PER_ANSWER), CALLS_PER_ANSWER)
        found = [asdict(c) for c in self._world.calls if c.n > after and c.path.startswith(prefix)]
        return {"calls": found[:limit], "last": self._world.calls_seen, "more": len(found) > limit}

    # Clock -------------------------------------------------------------------------------------------

    async def clock(self, request: web.Request) -> Any:
        return {"now": self._world.now(), "frozen": self._world.clock.frozen}

    async def set_clock(self, request: web.Request) -> Any:
        """Set, freeze or let run, then advance; in this order when several are given."""
        world, given = self._world, await fields_of(request)
        given.only("set", "frozen", "advance_seconds")
        if not given.values:
            bad("give set, frozen or advance_seconds")
        if given.has("set") or given.has("frozen"):
            instant = given.instant("set") if given.has("set") else world.now()
            if not YEARS[0] <= instant.year < YEARS[1]:
                bad(f"the clock runs from {YEARS[0]} to {YEARS[1]}")
            world.clock.set(instant, frozen=given.flag("frozen", world.clock.frozen))
        if given.has("advance_seconds"):
            seconds = given.seconds("advance_seconds")
            if seconds < 0:
                bad("advance_seconds only moves forward; use set to go back")
            if seconds > (YEARS[1] - world.now().year - 1) * 365 * 86_400:
                bad(f"the clock runs from {YEARS[0]} to {YEARS[1]}")
            world.clock.advance(timedelta(seconds=seconds))
        return await self.clock(request)

    async def settle(self, request: web.Request) -> Any:
        """Run everything due now, deliver what is held back, until nothing is left."""
        await self._world.settle()
        pusher = self._world.room(Pusher)
        released = await pusher.release("official") + await pusher.release("mini")
        await self._world.settle()
        return {"now": self._world.now(), "due": self._world.snapshot()["due"], "released": released}

    # Faults ------------------------------------------------------------------------------------------

    async def add_fault(self, request: web.Request) -> Any:
        given = await fields_of(request)
        given.only("match", "kind", "times", "seconds", "status", "errcode", "chance")
        match = given.text("match")
        pushes = match.startswith(("callback:", "notify:"))
        if not pushes and not match.startswith("/"):
            bad("match must be a path beginning with /, or callback:… or notify:…")
        if match.startswith("/sandbox"):
            bad("the control endpoints have no faults")
        chance = given.seconds("chance", 1.0)
        if not 0 < chance <= 1:
            bad("chance must lie above 0 and not above 1")
        fault = Fault(
            match=match,
            kind=given.choice("kind", PUSH_KINDS if pushes else ENDPOINT_KINDS),
            times=given.number("times", 1, low=1, high=10**6),
            seconds=given.seconds("seconds", 0.0),
            status=given.number("status", 500, low=400, high=599),
            errcode=given.number("errcode", -1, low=-1, high=10**9),
            chance=chance,
        )
        return asdict(self._world.inject(fault))

    async def faults(self, request: web.Request) -> Any:
        return {"faults": [asdict(f) for f in self._world.faults if f.times > 0]}

    async def clear_faults(self, request: web.Request) -> Any:
        self._world.faults.clear()
        return {"faults": []}

    async def clear_fault(self, request: web.Request) -> Any:
        number = request.match_info["fault"]
        kept = [f for f in self._world.faults if str(f.id) != number]
        if len(kept) == len(self._world.faults):
            bad(f"no fault has the id {number}", 404)
        self._world.faults[:] = kept
        return await self.faults(request)

    # The consoles ------------------------------------------------------------------------------------

    async def set_account(self, request: web.Request) -> Any:
        """What the developer sets in an account's console: where and how to push."""
        kind, given = request.match_info["kind"], await fields_of(request)
        given.only("callback_url", "mode", "format")
        account = self._world.official if kind == "official" else self._world.mini
        changed = replace(
            account,
            callback_url=given.text("callback_url", account.callback_url),
            mode=given.choice("mode", ("plain", "compatible", "safe"), account.mode),
            format=given.choice("format", ("xml", "json"), account.format),
        )
        if changed.callback_url and not changed.callback_url.startswith(("http://", "https://")):
            bad("callback_url must begin with http:// or https://")
        if kind == "official":
            self._world.official = changed
        else:
            self._world.mini = changed
        return self._account(changed)

    async def verify_url(self, request: web.Request) -> Any:
        """The console's URL check of one account."""
        account = account_of(self._world, await fields_of(request))
        return await self._world.room(Pusher).verify_url(account)

    async def tokens(self, request: web.Request) -> Any:
        """Revoke an account's tokens (40001), or freeze or thaw its secret (40243)."""
        given = await fields_of(request)
        given.only("account", "action")
        account, tokens = account_of(self._world, given), self._world.room(Tokens)
        action = given.choice("action", ("revoke", "freeze", "thaw"))
        if action == "revoke":
            tokens.revoke(account.kind)
        elif action == "freeze":
            tokens.frozen_secrets.add(account.appid)
        else:
            tokens.frozen_secrets.discard(account.appid)
        return {"account": account.kind, "action": action}

    async def quota(self, request: web.Request) -> Any:
        """Change an endpoint's daily limit."""
        given = await fields_of(request)
        given.only("cgi_path", "daily_limit")
        path, limit = given.text("cgi_path"), given.number("daily_limit")
        self._world.room(Quotas).limits[path] = limit
        return {"cgi_path": path, "daily_limit": limit}

    async def pages(self, request: web.Request) -> Any:
        """Say which pages the released mini-program has; null lets any page be."""
        given = await fields_of(request)
        given.only("pages")
        pages = self._world.room(Pages)
        pages.released = set(given.texts("pages")) if given.has("pages") else None
        return {"pages": None if pages.released is None else sorted(pages.released)}

    async def tuning(self, request: web.Request) -> Any:
        """Turn one of `world.tuning`'s fields."""
        tuning, given = self._world.tuning, await fields_of(request)
        kinds = {f.name: getattr(tuning, f.name) for f in fields(Tuning)}
        given.only(*kinds)
        changed: dict[str, Any] = {}
        for key in given.values:
            now = kinds[key]
            if isinstance(now, tuple):
                changed[key] = tuple(given.texts(key))
            elif isinstance(now, int):
                changed[key] = given.number(key)
            else:
                changed[key] = given.seconds(key)
                if changed[key] < 0:
                    bad(f"{key} must not be negative")
        for key, value in changed.items():
            setattr(tuning, key, value)
        return asdict(tuning)


def add_routes(app: web.Application, world: World) -> None:
    """Register every control endpoint that is not pay's or the phone's."""
    controls = Controls(world)
    for method, path, handler in (
        ("GET", "state", controls.state),
        ("GET", "menu", controls.menu),
        ("GET", "qrcodes", controls.qrcodes),
        ("GET", "calls", controls.calls),
        ("GET", "clock", controls.clock),
        ("POST", "clock", controls.set_clock),
        ("POST", "settle", controls.settle),
        ("GET", "faults", controls.faults),
        ("POST", "faults", controls.add_fault),
        ("DELETE", "faults", controls.clear_faults),
        ("DELETE", r"faults/{fault:\d+}", controls.clear_fault),
        ("POST", "accounts/{kind:official|mini}", controls.set_account),
        ("POST", "verify-url", controls.verify_url),
        ("POST", "tokens", controls.tokens),
        ("POST", "quota", controls.quota),
        ("POST", "pages", controls.pages),
        ("POST", "tuning", controls.tuning),
        *control_people.routes(world),
        *control_shop.routes(world),
    ):
        app.router.add_route(method, f"/sandbox/{path}", guarded(handler))
