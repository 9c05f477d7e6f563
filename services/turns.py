"""Turns: one follower's lines are worked one after the other, in whichever process they arrive.

A line takes the turn in its conversation when it is accepted, and gives it back with its outcome.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from tortoise.expressions import Q

from models import Conversation
from models.sql import insert_many, instant
from services.shop import Shop

TALKING = frozenset({"text", "CLICK"})
"""What is said to the bot: the events that take turns."""

LIFE = timedelta(seconds=30)
"""Whoever has not ended a turn after this long has lost it, and the next line goes on."""

WAITS = timedelta(seconds=2)
"""Whoever has not asked for a turn again after this long waits no more, and holds up nobody."""


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
class Line:
    """An event that wants the turn."""

    event_id: int
    openid: str
    member_id: int | None


async def take_many(shop: Shop, lines: Iterable[Line]) -> dict[int, Talk]:
    """Where the talks of those lines stand whose turn it is now, by event; the others ask again later.

    Inside the caller's transaction. Of two lines of one follower the first has the turn, and of two that wait the
    earlier one gets it.
    """
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(line.openid, line)
    if not first:
        return {}
    now = shop.now()
    asked = [
        {
            "openid": openid,
            "member_id": line.member_id,
            "last_said_at": now,
            "turn_event_id": line.event_id,
            "turn_until": now + LIFE,
            "created_at": now,
        }
        for openid, line in first.items()
    ]
    taken = {}
    for row in await insert_many(Conversation, asked, once=("openid",), again="take_turns"):
        form = row["form"] if isinstance(row["form"], dict) else orjson.loads(row["form"])
        last_said_at = instant(row["last_said_at"])
        taken[first[row["openid"]].event_id] = Talk(row["owner"], form, row["unclear"], last_said_at)
    for openid in sorted(first):
        if first[openid].event_id not in taken:
            await _stand_in_line(first[openid], now)
    return taken


async def _stand_in_line(line: Line, now: datetime) -> None:
    """The earliest line that waits is remembered, so that no later one of another process goes first."""
    later = Q(waiting_event_id=None) | Q(waiting_event_id__gte=line.event_id) | Q(waiting_until__lte=now)
    await Conversation.filter(later, openid=line.openid).update(
        waiting_event_id=line.event_id, waiting_until=now + WAITS
    )


async def take(shop: Shop, line: Line) -> Talk | None:
    """Where the talk stands, when it is this line's turn now; None while another one has it."""
    return (await take_many(shop, [line])).get(line.event_id)


async def end_many(shop: Shop, ended: Sequence[tuple[Line, Talk | None]]) -> dict[str, str]:
    """Give turns back, each with where the talk stands then; None leaves it as it was.

    Inside the caller's transaction. Returns who has each chat now, by openid; a person who took it meanwhile
    keeps it.
    """
    now = shop.now()
    stands = [
        {
            "openid": line.openid,
            "turn_event_id": line.event_id,
            "owner": talk.owner,
            "form": talk.form,
            "unclear": talk.unclear,
            "last_said_at": now,
            "created_at": now,
        }
        for line, talk in ended
        if talk is not None
    ]
    silent = [line for line, talk in ended if talk is None]
    if silent:
        await Conversation.filter(
            openid__in=[line.openid for line in silent], turn_event_id__in=[line.event_id for line in silent]
        ).update(turn_event_id=None, turn_until=None, updated_at=now)
    # The rows are there since the turns were taken.
    rows = await insert_many(Conversation, stands, once=("openid",), again="end_turns")
    return {row["openid"]: row["owner"] for row in rows}


async def talks_of(openids: Sequence[str]) -> dict[str, Talk]:
    """Where conversations stand, without a turn in them; those that never began are left out."""
    if not openids:
        return {}
    rows = await Conversation.filter(openid__in=list(openids))
    return {c.openid: Talk(c.owner, c.form, c.unclear, c.last_said_at) for c in rows}


async def talk_of(openid: str) -> Talk:
    """Where one conversation stands, without a turn in it."""
    return (await talks_of([openid])).get(openid, Talk())
