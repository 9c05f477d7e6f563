"""Template messages (模板消息), official subscription notices (bizsend) and the mini-program's
one-time subscription messages (订阅消息).
"""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from sandbox.api.common import MINI, OFFICIAL, OK, Ask, Family
from sandbox.api.security import Moderation
from sandbox.api.templates import Key, Template, Templates
from sandbox.api.values import shortened
from sandbox.api.words import ApiError
from sandbox.callbacks import Pusher
from sandbox.chat import Chat
from sandbox.world import Account, Person, World

REPORT_AFTER = timedelta(seconds=1)  # shop time until the delivery event is pushed
SAME_WITHIN = timedelta(minutes=10)
CLIENT_ID_MAX = 32
STATES = {"developer", "trial", "formal"}
LANGS = {"zh_CN", "en_US", "zh_HK", "zh_TW"}


class Credits:
    """How many subscription messages a person has let an account send, per template.

    Every accept adds one, every message sent takes one; a refusal in the settings takes all. There
    is no endpoint that tells the balance.
    """

    def __init__(self, world: World) -> None:
        self._left: dict[tuple[str, str, str], int] = defaultdict(int)

    def add(self, account: Account, person: Person, template_id: str) -> None:
        self._left[account.kind, person.id, template_id] += 1

    def forget(self, account: Account, person: Person, template_id: str) -> None:
        self._left.pop((account.kind, person.id, template_id), None)

    def left(self, account: Account, person: Person, template_id: str) -> int:
        return self._left.get((account.kind, person.id, template_id), 0)

    def take(self, account: Account, person: Person, template_id: str) -> None:
        if self.left(account, person, template_id) <= 0:
            raise ApiError(43101)
        self._left[account.kind, person.id, template_id] -= 1

    def of(self, person: Person) -> list[dict[str, Any]]:
        return [
            {"account": kind, "template_id": template_id, "left": left}
            for (kind, who, template_id), left in self._left.items()
            if who == person.id and left
        ]


class Sent:
    """Template messages by (openid, client_msg_id), so that a repeated request sends once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[tuple[str, str], tuple[int, datetime]] = {}

    def before(self, openid: str, client_msg_id: str) -> int | None:
        msgid, at = self._seen.get((openid, client_msg_id), (None, None))
        return msgid if at is not None and self._world.now() - at < SAME_WITHIN else None

    def remember(self, openid: str, client_msg_id: str, msgid: int) -> None:
        now = self._world.now()
        if len(self._seen) > 20_000:
            self._seen = {k: v for k, v in self._seen.items() if now - v[1] < SAME_WITHIN}
        self._seen[openid, client_msg_id] = (msgid, now)


def _lines(values: list[tuple[Key, str]]) -> list[dict[str, str]]:
    return [{"key": key.name, "label": key.label, "value": value} for key, value in values]


def _target(ask: Ask) -> dict[str, Any]:
    """Where a tap on the message leads: the mini-program when both are given."""
    shown: dict[str, Any] = {"url": ask.text_or("url")}
    if "miniprogram" in ask.body:
        mini = ask.object("miniprogram")
        if ask.text("appid", 40013, within=mini) != ask.world.mini.appid:
            raise ApiError(40013)
        path = ask.text_or("pagepath", within=mini)
        shown["pagepath"] = ask.page(path, bad=40165) if path else ""
    return shown


async def _template_send(ask: Ask) -> dict[str, Any]:
    world, person = ask.world, ask.person()
    template = world.room(Templates).need(ask.account, ask.text("template_id", 40037), "category")
    values = template.checked(ask, official=True)
    target, client_id = _target(ask), ask.text_or("client_msg_id")
    if len(client_id) > CLIENT_ID_MAX:
        raise ApiError(47003, "argument invalid! client_msg_id")
    if person.blacklisted:
        raise ApiError(43019)
    if not person.follows:
        raise ApiError(43004)
    openid, sent = person.openids[ask.account.appid], world.room(Sent)
    if client_id and (before := sent.before(openid, client_id)) is not None:
        return {**OK, "msgid": before}
    msgid = 3_000_000_000_000_000_000 + world.number()
    if client_id:
        sent.remember(openid, client_id, msgid)
    status = "failed:user block" if person.messages_off else "success"
    if status == "success":
        short = [(key, shortened(value)) for key, value in values]
        flags = {"escaped": True} if ask.escaped else {}
        world.room(Chat).out(
            person, "template", ask.account, title=template.title, template_id=template.id,
            data=_lines(short), msgid=msgid, **target, **flags,
        )  # fmt: skip
    world.room(Pusher).event_later(
        ask.account, openid, "TEMPLATESENDJOBFINISH", REPORT_AFTER, MsgID=msgid, Status=status
    )
    return {**OK, "msgid": msgid}


def _sensitive(ask: Ask, values: list[tuple[Key, str]]) -> None:
    """Subscription messages are read before they go out: 45168."""
    if any(ask.world.room(Moderation).judge(value)[1] == "risky" for _, value in values):
        raise ApiError(45168)


def _deliver(ask: Ask, person: Person, template: Template, values: list[tuple[Key, str]], **target: Any) -> None:
    """Take one credit, show the message, and report it with subscribe_msg_sent_event."""
    world = ask.world
    _sensitive(ask, values)
    world.room(Credits).take(ask.account, person, template.id)
    world.room(Chat).out(
        person, "subscribe", ask.account, title=template.title, template_id=template.id,
        data=_lines(values), **target,
    )  # fmt: skip
    item = {
        "TemplateId": template.id,
        "MsgID": str(1_700_000_000_000_000_000 + world.number()),
        "ErrorCode": "0",
        "ErrorStatus": "success",
    }
    world.room(Pusher).event_later(
        ask.account,
        person.openids[ask.account.appid],
        "subscribe_msg_sent_event",
        REPORT_AFTER,
        SubscribeMsgSentEvent={"List": [item]},
    )


async def _bizsend(ask: Ask) -> dict[str, Any]:
    person = ask.person()
    template = ask.world.room(Templates).need(ask.account, ask.text("template_id", 40037), "subscription")
    values = template.checked(ask, official=False)
    url = ask.text_or("page")
    if url and not url.startswith(("http://", "https://")):
        raise ApiError(41030)
    _deliver(ask, person, template, values, **{**_target(ask), "url": url})
    return OK


async def _subscribe_send(ask: Ask) -> dict[str, Any]:
    person = ask.person()
    template = ask.world.room(Templates).need(ask.account, ask.text("template_id", 40037), "one_time")
    values = template.checked(ask, official=False)
    page = ask.text_or("page")
    if page:
        ask.page(page)
    state = ask.text_or("miniprogram_state", "formal")
    if state not in STATES or ask.text_or("lang", "zh_CN") not in LANGS:
        raise ApiError(40097)
    _deliver(ask, person, template, values, page=page, miniprogram_state=state)
    return OK


def add_routes(app: web.Application, world: World) -> None:
    official = Family(app, world, OFFICIAL)
    official.post("/cgi-bin/message/template/send", _template_send, literal=True)
    official.post("/cgi-bin/message/subscribe/bizsend", _bizsend)
    Family(app, world, MINI).post("/cgi-bin/message/subscribe/send", _subscribe_send)
