"""Custom-service messages (客服消息): what may be sent in the windows a person's own acts open.

Each trigger opens one window (how many messages, for how long). A new act of the same kind opens it
afresh and does not add to it; a message is paid from the window that lapses first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.api.common import OK, Ask, Family
from sandbox.api.media import Media
from sandbox.api.words import ApiError
from sandbox.chat import Chat
from sandbox.world import Account, Person, World

TEXT_BYTES = 2048
TYPING_WITHIN = timedelta(seconds=30)
TYPING_LASTS = timedelta(seconds=15)
TRIGGERS = {
    "message": (5, timedelta(hours=48)),
    "menu": (3, timedelta(minutes=1)),
    "follow": (3, timedelta(minutes=1)),
    "scan": (3, timedelta(minutes=1)),
    "enter": (2, timedelta(minutes=1)),
}
MINI_KINDS = {"text", "image", "link", "miniprogrampage"}


@dataclass
class Grant:
    """A window: how many messages are left in it, and when it shuts."""

    count: int
    expires_at: datetime


class Windows:
    """The open windows of every (account, person); one per kind of trigger."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._grants: dict[tuple[str, str], dict[str, Grant]] = {}
        self._acted_at: dict[tuple[str, str], datetime] = {}
        self._typing_until: dict[tuple[str, str], datetime] = {}

    def grant(self, account: Account, person: Person, trigger: str) -> None:
        count, life = TRIGGERS[trigger]
        now = self._world.now()
        key = (account.kind, person.id)
        self._grants.setdefault(key, {})[trigger] = Grant(count, now + life)
        self._acted_at[key] = now

    def close(self, account: Account, person: Person) -> None:
        """Shut every window, as unfollowing does."""
        self._grants.pop((account.kind, person.id), None)

    def open(self, account: Account, person: Person) -> list[dict[str, Any]]:
        now = self._world.now()
        found = self._grants.get((account.kind, person.id), {})
        return [
            {"trigger": k, "count": g.count, "expires_at": g.expires_at.isoformat()}
            for k, g in sorted(found.items(), key=lambda kg: kg[1].expires_at)
            if g.expires_at > now
        ]

    def take(self, account: Account, person: Person) -> None:
        """Pay for one message; 45015 without a live window, 45047 when all live ones are used up."""
        now = self._world.now()
        live = [g for g in self._grants.get((account.kind, person.id), {}).values() if g.expires_at > now]
        if not live:
            raise ApiError(45015)
        paying = min((g for g in live if g.count > 0), key=lambda g: g.expires_at, default=None)
        if paying is None:
            raise ApiError(45047)
        paying.count -= 1
        self._acted_at[account.kind, person.id] = now
        self._typing_until.pop((account.kind, person.id), None)

    def type(self, account: Account, person: Person, on: bool) -> datetime | None:
        """Show or hide "…", and until when: 45080 unless something was exchanged in 30 s, 45081 when
        it is shown already.
        """
        key, now = (account.kind, person.id), self._world.now()
        if on:
            if now - self._acted_at.get(key, now - timedelta(days=1)) > TYPING_WITHIN:
                raise ApiError(45080)
            if self._typing_until.get(key, now) > now:
                raise ApiError(45081)
            self._typing_until[key] = now + TYPING_LASTS
            return now + TYPING_LASTS
        self._typing_until.pop(key, None)
        return None


async def _send(ask: Ask) -> dict[str, Any]:
    person, kind = ask.person(), ask.text("msgtype", 40008)
    if kind not in CONTENTS or (ask.account.kind == "mini" and kind not in MINI_KINDS):
        raise ApiError(45162 if ask.account.kind == "mini" and kind in CONTENTS else 40008)
    if ask.account.kind == "official" and kind == "link":
        raise ApiError(40008)
    inside = ask.object(kind, 47001)
    shown = CONTENTS[kind](ask, inside)
    for optional in ("customservice", "aimsgcontext"):
        if optional in ask.body:
            ask.object(optional)
    reachable(ask, person)
    ask.world.room(Windows).take(ask.account, person)
    if ask.body.get("aimsgcontext", {}).get("is_ai_msg"):
        shown["ai"] = True
    if ask.escaped:
        shown["escaped"] = True
    ask.world.room(Chat).out(person, "custom", ask.account, msgtype=kind, **shown)
    return OK


def reachable(ask: Ask, person: Person) -> None:
    """May the account write to this person at all: 43004, 45015, 43019, 48002."""
    if ask.account.kind != "official":
        return
    if person.blacklisted:
        raise ApiError(43019)
    if not person.follows:
        raise ApiError(43004 if person.subscribed_at is None else 45015)
    if person.messages_off:
        raise ApiError(48002)


async def _typing(ask: Ask) -> dict[str, Any]:
    person, command = ask.person(), ask.text("command")
    if command not in ("Typing", "CancelTyping"):
        raise ApiError(45072)
    reachable(ask, person)
    until = ask.world.room(Windows).type(ask.account, person, command == "Typing")
    ask.world.room(Chat).set_typing(person, ask.account, until)
    return OK


# What each msgtype must hold -------------------------------------------------------------------------


def _text(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    content = ask.text("content", 44004, within=inside)
    if len(content.encode()) > TEXT_BYTES:
        raise ApiError(45002)
    return {"content": content}


def _media(ask: Ask, inside: dict[str, Any], key: str = "media_id") -> str:
    media_id = ask.text(key, 40007, within=inside)
    ask.world.room(Media).need(media_id)
    return media_id


def _one_media(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    return {"media_id": _media(ask, inside)}


def _optional(ask: Ask, inside: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: ask.text_or(key, within=inside) for key in keys}


def _video(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    media = {"media_id": _media(ask, inside), "thumb_media_id": _media(ask, inside, "thumb_media_id")}
    return {**media, **_optional(ask, inside, "title", "description")}


def _music(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    for key in ("musicurl", "hqmusicurl"):
        ask.text(key, within=inside)
    _media(ask, inside, "thumb_media_id")
    return _optional(ask, inside, "title", "description", "musicurl", "hqmusicurl")


def _news(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    articles = ask.array("articles", 47001, within=inside)
    if len(articles) != 1:
        raise ApiError(45008)
    if not isinstance(articles[0], dict):
        raise ApiError(47001)
    ask.text("title", 44004, within=articles[0])
    return {"articles": [_optional(ask, articles[0], "title", "description", "url", "picurl")]}


def _published(key: str) -> Any:
    def check(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
        return {key: ask.text(key, 40007, within=inside)}

    return check


def _msgmenu(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    items = ask.array("list", 47001, within=inside)
    if not items or not all(isinstance(one, dict) for one in items):
        raise ApiError(47001)
    choices = []
    for one in items:
        if not isinstance(one.get("id"), str | int):
            raise ApiError(47001)
        choices.append({"id": str(one["id"]), "content": ask.text("content", 44004, within=one)})
    return {**_optional(ask, inside, "head_content", "tail_content"), "list": choices}


def _miniprogram(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    if ask.account.kind == "official" and ask.text("appid", 40013, within=inside) != ask.world.mini.appid:
        raise ApiError(40013, "the mini-program is not associated with this account")
    page = ask.page(ask.text("pagepath", 40165, within=inside), bad=40165)
    _media(ask, inside, "thumb_media_id")
    return {"title": ask.text("title", 44004, within=inside), "pagepath": page}


def _link(ask: Ask, inside: dict[str, Any]) -> dict[str, Any]:
    for key in ("title", "url"):
        ask.text(key, 44004, within=inside)
    return _optional(ask, inside, "title", "description", "url", "thumb_url")


CONTENTS: dict[str, Any] = {
    "text": _text,
    "image": _one_media,
    "voice": _one_media,
    "video": _video,
    "music": _music,
    "news": _news,
    "mpnews": _published("media_id"),
    "mpnewsarticle": _published("article_id"),
    "msgmenu": _msgmenu,
    "wxcard": _published("card_id"),
    "miniprogrampage": _miniprogram,
    "link": _link,
}


def add_routes(app: web.Application, world: World) -> None:
    family = Family(app, world)
    family.post("/cgi-bin/message/custom/send", _send, literal=True)
    family.post("/cgi-bin/message/custom/typing", _typing)
