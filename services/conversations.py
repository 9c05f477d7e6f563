"""What followers send: accepted once, worked once, answered once, and picked up again after a crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from domain.care_words import page_link
from domain.desk import COMPLAINT
from domain.errors import OutsideRefusal
from domain.membership import Source
from domain.ports import Card
from models import ChatLine, InboundEvent, OutsideCall
from models.sql import insert_many, run
from services import care, desk, outside, perks, stages, turns
from services.members import Arrival, Joined, join_many, member_by_openid
from services.shop import Shop
from services.transaction import transaction
from services.turns import TALKING, Line, Talk

ORPHANED_AFTER = timedelta(seconds=60)
"""An accepted event that is still not handled after this long lost its process."""


BOOKKEEPING = (
    "trade_manage_", "add_express_path", "MASSSENDJOBFINISH", "TEMPLATESENDJOBFINISH", "subscribe_msg_sent_event",
    "wxa_media_check",
)  # fmt: skip
"""WeChat's own words about an order, a parcel, a picture or a message of ours: whom they name did not come by them."""


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
class Accepted:
    """`fresh`: work it. Otherwise it is a repeat: `reply` is the stored one, None while it is being worked.

    `talk` is None while another line of the follower has the turn.
    """

    event_id: int
    fresh: bool
    reply: str | None
    member_id: int | None
    member_fresh: bool
    talk: Talk | None


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
    return Arrival(event.appid, event.openid, source, event.told_at, _scene(event, source)[:64], follows)


def _scene(event: Event, source: Source) -> str:
    """Where exactly somebody came from: the code they scanned, the store of the Wi-Fi, where a card was on offer."""
    told = event.payload
    if source is Source.SCENE:
        return event.scene
    if source is Source.WIFI:
        return f"store:{told.get('PlaceId') or told.get('ShopId') or ''}"
    return str(told.get("OuterStr") or told.get("CardId") or "") if source is Source.CARD else ""


async def accept_many(shop: Shop, events: Sequence[Event]) -> list[Accepted]:
    """Store each event once, find or make its member, open reply windows, take turns: one transaction for all.

    Two equal events in one call count as one and its repeat.
    """
    now = shop.now()
    unique = {(e.source, e.key): e for e in events}
    async with transaction():
        kept = [
            {"source": e.source, "external_id": e.key, "kind": e.kind[:48], "payload": _work_again(e)}
            for e in unique.values()
        ]
        fresh = {
            (row["source"], row["external_id"]): row["id"] for row in await run("accept_events", events=kept, now=now)
        }
        people = [e for name, e in unique.items() if name in fresh and e.openid and not e.kind.startswith(BOOKKEEPING)]
        joined = {
            (e.source, e.key): j
            for e, j in zip(people, await join_many(shop, [_arrival(e) for e in people]), strict=True)
        }
        await care.on_inbound_many(
            shop,
            [(e.openid, _WINDOWS[e.kind]) for e in people if e.source == "official" and e.kind in _WINDOWS],
        )
        for event in people:
            if _arrival(event).source is Source.CARD:
                await perks.for_card(shop, joined[event.source, event.key].member_id)
            if event.kind == "unsubscribe":
                # WeChat shuts every window of somebody who leaves.
                await care.close_windows(shop, event.openid)
            person = joined[event.source, event.key]
            if event.kind in _FOLLOWS and not person.fresh:
                # By the rules leaving may end a stage, and coming back begin one.
                await stages.look_again(shop, person.member_id)
        talks = await _talks(shop, [(fresh[e.source, e.key], e, joined[e.source, e.key]) for e in people])
        repeats = await _stored([name for name in unique if name not in fresh])
    answers: list[Accepted] = []
    given: set[tuple[str, str]] = set()
    for event in events:
        name = (event.source, event.key)
        if name in fresh and name not in given:
            given.add(name)
            who = joined.get(name)
            member_id, made = (who.member_id, who.fresh) if who else (None, False)
            answers.append(Accepted(fresh[name], True, None, member_id, made, talks.get(fresh[name], Talk())))
        else:
            event_id, reply = repeats[name] if name in repeats else (fresh[name], None)
            answers.append(Accepted(event_id, False, reply, None, False, None))
    return answers


async def _stored(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str | None]]:
    """Row and reply of events that came again."""
    if not names:
        return {}
    asked = [{"source": source, "external_id": key} for source, key in names]
    return {
        (row["source"], row["external_id"]): (row["id"], row["reply"])
        for row in await run("stored_replies", events=asked)
    }


async def _talks(shop: Shop, people: Sequence[tuple[int, Event, Joined]]) -> dict[int, Talk | None]:
    """Where each event's talk stands; None where another line of the follower has the turn."""
    lines = [Line(event_id, e.openid, who.member_id) for event_id, e, who in people if e.kind in TALKING]
    taken = await turns.take_many(shop, lines)
    # Somebody who has only just come has no talk yet.
    others = {event_id: e.openid for event_id, e, who in people if e.kind not in TALKING and not who.fresh}
    known = await turns.talks_of(list(set(others.values())))
    return {
        **{line.event_id: taken.get(line.event_id) for line in lines},
        **{event_id: known[openid] for event_id, openid in others.items() if openid in known},
    }


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
    """The outcome of one event. Lines are (side, text, intent).

    `turn`: it had the turn, which is given back. `talk`: where the conversation stands then; None leaves it as
    it was. `heard`: a person has the chat, and the follower waits for their answer. `card`: title and page of a
    mini-program card that follows the reply. `late` is asked at the very end of the transaction: whether nobody
    waits for the reply any more, so that it is to be pushed.
    """

    event_id: int
    reply: str
    openid: str = ""
    member_id: int | None = None
    turn: bool = False
    talk: Talk | None = None
    lines: tuple[tuple[str, str, str], ...] = ()
    failure: str = ""
    heard: bool = False
    card: tuple[str, str] | None = None
    late: Callable[[], bool] = lambda: False


async def finish_many(shop: Shop, outcomes: Sequence[Finished]) -> list[str]:
    """Record outcomes: where talks stand, what was said, replies for repeats and to push. One transaction.

    Returns each event's reply, "" where a person has taken the chat meanwhile: then the bot is silent.
    """
    now = shop.now()
    async with transaction():
        ended = [(Line(o.event_id, o.openid, o.member_id), o.talk) for o in outcomes if o.turn]
        owners = await turns.end_many(shop, ended)
        handed = [(o.openid, o.member_id, o.talk.handed_for) for o in outcomes if o.talk and o.talk.handed_for]
        if handed:
            await desk.hand_over_many(shop, handed)
        if any(o.heard for o in outcomes):
            await desk.heard_many(shop, [o.openid for o in outcomes if o.heard])
        complaining = [o.openid for o in outcomes if o.heard and any(line[2] == COMPLAINT for line in o.lines)]
        if complaining:
            await desk.complained_many(shop, complaining)
        silent = {
            o.event_id for o in outcomes if o.talk and not o.talk.handed_for and owners.get(o.openid, "bot") != "bot"
        }
        replies = ["" if o.event_id in silent else o.reply for o in outcomes]
        answered = list(zip(outcomes, replies, strict=True))
        await run(
            "finish_events",
            done=[{"id": o.event_id, "reply": reply, "failure": o.failure[:200]} for o, reply in answered],
            now=now,
        )
        await insert_many(
            ChatLine,
            [
                {
                    "openid": o.openid,
                    "side": side,
                    "text": text,
                    "intent": intent,
                    "flagged": side == "follower" and shop.blocklist.holds(text),
                    "created_at": now,
                }
                for o in outcomes
                for side, text, intent in o.lines
                if side != "bot" or o.event_id not in silent
            ],
        )
        for o in outcomes:
            if o.card is not None and o.event_id not in silent:
                # The reply goes first; the card follows with the next round of calls.
                title, page = o.card
                await outside.want(
                    shop, "push_card", f"event:{o.event_id}", now_too=False, openid=o.openid, title=title, page=page
                )
        for o, reply in answered:
            if o.late() and reply:
                # The call itself must not hold up the others of this group: `push_now` makes it, or the job.
                # `hands_over`: the word that gives the chat to a person is the last one the bot says.
                await outside.want(
                    shop, "push_reply", f"event:{o.event_id}", now_too=False, openid=o.openid, text=reply,
                    hands_over=bool(o.talk and o.talk.handed_for),
                )  # fmt: skip
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


async def member_id_of(event: Event) -> int | None:
    member = await member_by_openid(event.appid, event.openid) if event.openid else None
    return member.id if member else None


async def push_now(shop: Shop, event_id: int) -> None:
    """Send a late reply through the customer-service window; what fails is tried again by the job."""
    await outside.call_now(shop, "push_reply", f"event:{event_id}")


@outside.caller("push_reply")
async def _push_reply(shop: Shop, call: OutsideCall) -> None:
    openid = str(call.payload["openid"])
    talk = await turns.talk_of(openid)
    if talk.owner != "bot" and not (talk.owner == "desk" and call.payload.get("hands_over")):
        # The chat is a person's meanwhile: the bot stays silent.
        return
    # Our own count of the window goes down first; WeChat's answer stays the last word.
    await care.take_window(shop, openid)
    await shop.wechat.official.send_text(openid, str(call.payload["text"]))


@outside.caller("push_card")
async def _push_card(shop: Shop, call: OutsideCall) -> None:
    """A card through the window, counted; where WeChat does not take the card, a text link instead."""
    openid, title, page = (str(call.payload[name]) for name in ("openid", "title", "page"))
    if (await turns.talk_of(openid)).owner != "bot" or await care.take_window(shop, openid) is None:
        return
    try:
        await shop.wechat.official.send_card(openid, Card(title, page, shop.accounts.card_picture))
    except OutsideRefusal:
        await shop.wechat.official.send_text(openid, page_link(page, title, shop.accounts.mini_appid))
