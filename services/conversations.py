"""What followers send: accepted once, worked once, answered once, and picked up again after a crash."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.care_words import page_link
from domain.errors import OutsideRefusal
from domain.membership import Source
from domain.ports import Card
from models import Conversation, InboundEvent, OutsideCall
from models.sql import run
from services import care, desk, outside
from services.members import Arrival, join_many, member_by_openid
from services.shop import Shop
from services.transaction import transaction

ORPHANED_AFTER = timedelta(seconds=60)
"""An accepted event that is still not handled after this long lost its process."""


@dataclass(frozen=True)
class Event:
    """One verified callback. `key` is unique per event within its source (rules: bot, repeats)."""

    source: str  # official | mini
    key: str
    kind: str  # text, subscribe, unsubscribe, SCAN, CLICK, …
    appid: str
    openid: str
    told_at: datetime
    payload: dict[str, Any] = field(default_factory=dict)

    @property
    def scene(self) -> str:
        return str(self.payload.get("EventKey") or "").removeprefix("qrscene_")


@dataclass(frozen=True)
class Talk:
    """Where a conversation stands when an event is accepted."""

    owner: str = "bot"
    form: dict[str, Any] = field(default_factory=dict)
    unclear: int = 0
    last_said_at: datetime | None = None
    # Only of a turn that has just given the chat to the desk: the intent that led to it.
    handed_for: str = ""


@dataclass(frozen=True)
class Accepted:
    """`fresh`: work it. Otherwise it is a repeat: `reply` is the stored one, None while it is being worked."""

    event_id: int
    fresh: bool
    reply: str | None
    member_id: int | None
    member_fresh: bool
    talk: Talk


# How each kind of event says something about whether the person follows.
_FOLLOWS = {"subscribe": True, "unsubscribe": False}
# What each kind opens for our own messages (wechat-platform: reply windows).
_WINDOWS = {"text": "message", "image": "message", "voice": "message", "video": "message", "location": "message",
            "link": "message", "shortvideo": "message", "CLICK": "menu", "scancode_push": "menu",
            "scancode_waitmsg": "menu", "subscribe": "follow", "SCAN": "scan"}  # fmt: skip


def _arrival(event: Event) -> Arrival:
    follows = _FOLLOWS.get(event.kind)
    if event.kind == "subscribe":
        source = Source.SCENE if event.scene else Source.FOLLOW
    elif event.kind == "SCAN":
        source = Source.SCENE
    elif event.kind == "WifiConnected":
        source = Source.WIFI
    elif event.kind in ("user_get_card", "submit_membercard_user_info"):
        source = Source.CARD
    else:
        source = Source.CHAT
    scene = event.scene if source is Source.SCENE else str(event.payload.get("PlaceId") or "")
    return Arrival(event.appid, event.openid, source, event.told_at, scene[:64], follows)


async def accept_many(shop: Shop, events: Sequence[Event]) -> list[Accepted]:
    """Store each event once, find or make its member, open reply windows: one transaction for all.

    Two equal events in one call count as one and its repeat.
    """
    now = shop.now()
    unique = {(e.source, e.key): e for e in events}
    async with transaction():
        fresh = {
            (row["source"], row["external_id"]): row["id"]
            for row in await run(
                "accept_events",
                events=[
                    {"source": e.source, "external_id": e.key, "kind": e.kind[:48], "payload": _work_again(e)}
                    for e in unique.values()
                ],
                now=now,
            )
        }
        new = [e for name, e in unique.items() if name in fresh]
        people = [e for e in new if e.openid]
        joined = {
            (e.source, e.key): j
            for e, j in zip(people, await join_many(shop, [_arrival(e) for e in people]), strict=True)
        }
        await care.on_inbound_many(
            shop,
            [(e.openid, _WINDOWS[e.kind]) for e in people if e.source == "official" and e.kind in _WINDOWS],
        )
        for event in people:
            if event.kind == "unsubscribe":
                # WeChat shuts every window of somebody who leaves.
                await care.close_windows(shop, event.openid)
        talks = {
            c.openid: Talk(c.owner, c.form, c.unclear, c.last_said_at)
            for c in await Conversation.filter(openid__in=list({e.openid for e in people}))
        }
        repeats = [name for name in unique if name not in fresh]
        known: dict[tuple[str, str], InboundEvent] = {}
        if repeats:
            for row in await InboundEvent.filter(external_id__in=[key for _, key in repeats]):
                known[row.source, row.external_id] = row
    answers: list[Accepted] = []
    given: set[tuple[str, str]] = set()
    for event in events:
        name = (event.source, event.key)
        if name in fresh and name not in given:
            given.add(name)
            who = joined.get(name)
            answers.append(
                Accepted(
                    fresh[name],
                    True,
                    None,
                    who.member_id if who else None,
                    who.fresh if who else False,
                    talks.get(event.openid, Talk()),
                )
            )
        else:
            row_id = known[name].id if name in known else fresh[name]
            reply = known[name].reply if name in known and known[name].handled_at else None
            answers.append(Accepted(row_id, False, reply, None, False, Talk()))
    return answers


def _work_again(event: Event) -> dict[str, Any]:
    """What is needed to work the event after a crash; it is emptied once the event is handled."""
    return {
        "appid": event.appid,
        "openid": event.openid,
        "told_at": event.told_at.isoformat(),
        "payload": event.payload,
    }


@dataclass(frozen=True)
class Finished:
    """The outcome of one event. `talk` None leaves the conversation as it was; lines are (side, text, intent).

    `heard`: a person has the chat, and the follower waits for their answer. `card`: title and page of a
    mini-program card that follows the reply.
    """

    event_id: int
    reply: str
    openid: str = ""
    member_id: int | None = None
    talk: Talk | None = None
    lines: tuple[tuple[str, str, str], ...] = ()
    failure: str = ""
    heard: bool = False
    card: tuple[str, str] | None = None


async def finish_many(shop: Shop, outcomes: Sequence[Finished]) -> list[str]:
    """Record outcomes: where the talks stand, what was said, replies for repeats. One transaction.

    Returns each event's reply, "" where a person has taken the chat meanwhile: then the bot is silent.
    """
    now = shop.now()
    async with transaction():
        # Two turns of one follower in one batch: the later one stands.
        talks = {
            o.openid: {
                "openid": o.openid,
                "member_id": o.member_id,
                "owner": o.talk.owner,
                "form": o.talk.form,
                "unclear": o.talk.unclear,
            }
            for o in outcomes
            if o.talk is not None
        }
        owners: dict[str, str] = {}
        if talks:
            kept = await run("keep_conversations", talks=list(talks.values()), now=now)
            owners = {row["openid"]: row["owner"] for row in kept}
        handed = [(o.openid, o.member_id, o.talk.handed_for) for o in outcomes if o.talk and o.talk.handed_for]
        if handed:
            await desk.hand_over_many(shop, handed)
        if any(o.heard for o in outcomes):
            await desk.heard_many(shop, [o.openid for o in outcomes if o.heard])
        silent = {
            o.event_id for o in outcomes if o.talk and not o.talk.handed_for and owners.get(o.openid, "bot") != "bot"
        }
        replies = ["" if o.event_id in silent else o.reply for o in outcomes]
        await run(
            "finish_events",
            done=[
                {"id": o.event_id, "reply": reply, "failure": o.failure[:200]}
                for o, reply in zip(outcomes, replies, strict=True)
            ],
            now=now,
        )
        lines = [
            {
                "openid": o.openid,
                "side": side,
                "text": text,
                "intent": intent,
                "flagged": side == "follower" and shop.blocklist.holds(text),
            }
            for o in outcomes
            for side, text, intent in o.lines
            if side != "bot" or o.event_id not in silent
        ]
        if lines:
            await run("keep_lines", lines=lines, now=now)
        for o in outcomes:
            if o.card is not None and o.event_id not in silent:
                # The reply goes first; the card follows with the next round of calls.
                title, page = o.card
                await outside.want(
                    shop, "push_card", f"event:{o.event_id}", now_too=False, openid=o.openid, title=title, page=page
                )
    return replies


async def orphans(shop: Shop, *, limit: int = 100) -> list[tuple[int, Event]]:
    """Accepted events whose process died before they were handled, oldest first, leased to the caller."""
    now = shop.now()
    found = []
    rows = (
        await InboundEvent.filter(handled_at=None, source__in=["official", "mini"], created_at__lt=now - ORPHANED_AFTER)
        .order_by("created_at")
        .limit(limit)
    )
    for row in rows:
        # The instant of the last try is the lease: only one worker moves it.
        lease = InboundEvent.filter(id=row.id, handled_at=None)
        lease = (
            lease.filter(updated_at__isnull=True)
            if row.updated_at is None
            else lease.filter(updated_at=row.updated_at, updated_at__lt=now - ORPHANED_AFTER)
        )
        if not await lease.update(updated_at=now):
            continue
        kept: dict[str, Any] = dict(row.payload)
        event = Event(
            row.source,
            row.external_id,
            row.kind,
            str(kept.get("appid", "")),
            str(kept.get("openid", "")),
            datetime.fromisoformat(str(kept["told_at"])),
            dict(kept.get("payload") or {}),
        )
        found.append((row.id, event))
    return found


async def talk_of(openid: str) -> Talk:
    found = await Conversation.filter(openid=openid).first()
    return Talk(found.owner, found.form, found.unclear, found.last_said_at) if found else Talk()


async def member_id_of(event: Event) -> int | None:
    member = await member_by_openid(event.appid, event.openid) if event.openid else None
    return member.id if member else None


async def push_later(shop: Shop, event_id: int, openid: str, text: str, *, hands_over: bool = False) -> None:
    """Send an answer that came too late for the passive reply through the customer-service window.

    `hands_over`: it is the word that gives the chat to a person, the last one the bot says.
    """
    async with transaction():
        await outside.want(shop, "push_reply", f"event:{event_id}", openid=openid, text=text, hands_over=hands_over)


@outside.caller("push_reply")
async def _push_reply(shop: Shop, call: OutsideCall) -> None:
    talk = await talk_of(str(call.payload["openid"]))
    if talk.owner != "bot" and not (talk.owner == "desk" and call.payload.get("hands_over")):
        # The chat is a person's meanwhile: the bot stays silent.
        return
    # Our own count of the window goes down first; WeChat's answer stays the last word.
    await care.take_window(shop, str(call.payload["openid"]))
    await shop.wechat.official.send_text(str(call.payload["openid"]), str(call.payload["text"]))


@outside.caller("push_card")
async def _push_card(shop: Shop, call: OutsideCall) -> None:
    """A card through the window, counted; where WeChat does not take the card, a text link instead."""
    openid, title, page = (str(call.payload[name]) for name in ("openid", "title", "page"))
    if (await talk_of(openid)).owner != "bot" or await care.take_window(shop, openid) is None:
        return
    try:
        await shop.wechat.official.send_card(openid, Card(title, page, shop.accounts.card_picture))
    except OutsideRefusal:
        await shop.wechat.official.send_text(openid, page_link(page, title, shop.accounts.mini_appid))
