"""Care: paths entered by what happens, and the counters of the channels that may carry their messages.

Planning belongs to the transaction of the event itself; sending is `care_sending`'s, much later. A message
is a row of `care_message`, whatever else a path does at an instant is a row of `path_turn`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tortoise.expressions import F

from domain import care
from domain.care import CareState
from domain.path import Does, Event, Path, plan
from models import CareMessage, ConsentCredit, PathTurn, ReplyWindow, sql
from services import care_paths, segments
from services.shop import Shop

Start = tuple[int, str, datetime]
"""One member to whom an event happens: member, occurrence, anchor."""


@dataclass(frozen=True)
class Entry:
    """One member in one version of a path. `opened_at` is when the line began; for the main line, the entry."""

    member_id: int
    path: Path
    occurrence: str
    anchor_at: datetime
    entered_at: datetime
    opened_at: datetime
    line: str = ""


async def start(shop: Shop, member_id: int, event: Event, occurrence: str, anchor_at: datetime) -> None:
    """An event happens to a member: enter its paths, inside the caller's transaction; again changes nothing.

    With another anchor what was not sent yet is planned anew for it, by the version that was entered.
    """
    await start_many(shop, event, [(member_id, occurrence, anchor_at)])
    now, inside = shop.now(), {"member_id": member_id, "occurrence": occurrence}
    await (
        CareMessage.filter(**inside, state=CareState.PLANNED)
        .exclude(edition__in=["", care.edition_of(anchor_at)])
        .update(state=CareState.SKIPPED, reason="moved", updated_at=now)
    )
    for turn in await PathTurn.filter(**inside, state=WAITING).exclude(anchor_at=anchor_at):
        path = await care_paths.version_of(shop, turn.path, turn.version)
        step = path.step(turn.step)
        if path.event is event and step is not None and not step.line:
            due_at = max(step.when.instant(anchor_at, turn.entered_at, _notice_days(shop)), now)
            await PathTurn.filter(id=turn.id).update(anchor_at=anchor_at, due_at=due_at, updated_at=now)


async def start_many(shop: Shop, event: Event, starts: Iterable[Start]) -> None:
    """The same event for many members, by one statement a table; what is planned already stays as it is."""
    starts, now = list(starts), shop.now()
    shelf = await care_paths.shelf(shop)
    if shelf.awaits(event):
        await PathTurn.filter(
            member_id__in=[member_id for member_id, _, _ in starts], awaits=event, state=WAITING
        ).update(due_at=now, outcome=HAPPENED, updated_at=now)
    entries = [
        Entry(member_id, path, occurrence, anchor_at, now, now)
        for path in shelf.begun_by(event)
        for member_id, occurrence, anchor_at in await _let_in(shop, path, starts)
    ]
    await enter(shop, await _as_entered(shop, entries))


WAITING, TAKEN, DROPPED = "waiting", "taken", "dropped"
HAPPENED = "happened"


async def _let_in(shop: Shop, path: Path, starts: Sequence[Start]) -> Sequence[Start]:
    """Without those whom the path does not mean, or who went it, about another thing, too lately."""
    if path.segment and starts:
        meant = await segments.among(shop, path.segment, [s[0] for s in starts])
        starts = [s for s in starts if s[0] in meant]
    if not path.again_after_days or not starts:
        return starts
    since = shop.now() - timedelta(days=path.again_after_days)
    lately = {"member_id__in": [s[0] for s in starts], "path": path.name, "created_at__gt": since}
    went: dict[int, set[str]] = defaultdict(set)
    for row in [
        *await CareMessage.filter(**lately).values("member_id", "occurrence"),
        *await PathTurn.filter(**lately).values("member_id", "occurrence"),
    ]:
        went[row["member_id"]].add(row["occurrence"])
    return [s for s in starts if not went[s[0]] - {s[1]}]


async def _as_entered(shop: Shop, entries: list[Entry]) -> list[Entry]:
    """Who is inside already keeps the version entered; only a path with newer versions has to ask."""
    newer = [one for one in entries if one.path.version]
    if not newer:
        return entries
    inside: dict[tuple[int, str, str], int] = {}
    wanted = {
        "member_id__in": [one.member_id for one in newer], "path__in": list({one.path.name for one in newer}),
        "occurrence__in": list({one.occurrence for one in newer}),
    }  # fmt: skip
    for row in [
        *await CareMessage.filter(**wanted).values("member_id", "path", "occurrence", "version"),
        *await PathTurn.filter(**wanted).values("member_id", "path", "occurrence", "version"),
    ]:
        inside[(row["member_id"], row["path"], row["occurrence"])] = row["version"] or 0
    kept = []
    for one in entries:
        version = inside.get((one.member_id, one.path.name, one.occurrence), one.path.version)
        kept.append(replace(one, path=await care_paths.version_of(shop, one.path.name, version)))
    return kept


def _notice_days(shop: Shop) -> int:
    return shop.rules.membership.renewal_notice_days


async def enter(shop: Shop, entries: Iterable[Entry], *, after: datetime | None = None) -> None:
    """Write the rows of these lines, or only of what is due later than `after`; those that are there stay."""
    plans: dict[tuple[Any, ...], list[Any]] = {}
    messages: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for one in entries:
        # Those who come in one rush share their anchors, and so their plans.
        key = (one.path.name, one.path.version, one.anchor_at, one.opened_at, one.line)
        if key not in plans:
            plans[key] = plan(
                one.path, one.anchor_at, one.opened_at, shop.rules.care, line=one.line, notice_days=_notice_days(shop)
            )
        for planned in plans[key]:
            if after is not None and planned.send_at <= after:
                continue
            common = {
                "member_id": one.member_id,
                "path": one.path.name,
                "version": one.path.version,
                "step": one.path.full_name(planned.step),
                "occurrence": one.occurrence,
                "anchor_at": one.anchor_at,
            }
            if planned.step.does is Does.MESSAGE:
                messages.append(
                    common
                    | {
                        "edition": planned.edition,
                        "message_class": planned.step.message_class.value,
                        "priority": planned.step.priority,
                        "send_at": planned.send_at,
                        "useful_until": planned.useful_until,
                    }
                )
            else:
                awaits = planned.step.awaits
                turns.append(
                    common
                    | {
                        "entered_at": one.entered_at,
                        "due_at": planned.send_at,
                        "awaits": awaits.value if awaits else "",
                        "created_at": shop.now(),
                    }
                )
    if messages:
        await sql.run("care_plan", rows=messages, now=shop.now())
    if turns:
        await sql.insert_many(PathTurn, turns, once=("member_id", "step", "occurrence"))


async def stop(shop: Shop, occurrence: str, reason: str) -> int:
    """Set aside everything about one thing (a box, a booking) that is not sent; how many messages."""
    return len(await sql.run("care_stop", occurrence=occurrence, reason=reason[:64], now=shop.now()))


# Reply windows of the official account ---------------------------------------------------------------


async def on_inbound(shop: Shop, openid: str, trigger: str) -> None:
    """A follower's act opens a window: `message`, `menu`, `follow` or `scan`."""
    await on_inbound_many(shop, [(openid, trigger)])


async def on_inbound_many(shop: Shop, acts: Iterable[tuple[str, str]]) -> None:
    """Acts of many followers, `(openid, trigger)`, by one statement."""
    now = shop.now()
    rows = []
    for openid, trigger in dict.fromkeys(acts):
        count, life = care.WINDOWS[trigger]
        rows.append({"openid": openid, "trigger": trigger, "count": count, "expires_at": now + life})
    if rows:
        await sql.run("window_open", acts=rows, now=now)


@dataclass(frozen=True)
class Taken:
    """One message taken from a window, to be given back when it surely was not sent."""

    window_id: int
    expires_at: datetime


async def take_window(shop: Shop, openid: str) -> Taken | None:
    """Take one customer-service message from the window that lapses soonest; None when none is open."""
    return (await take_windows(shop, [openid])).get(openid)


async def take_windows(shop: Shop, openids: Iterable[str]) -> dict[str, Taken]:
    """The same for many followers at once, one message each; who has no window open is left out."""
    asked = sorted(set(openids))
    rows = await sql.run("window_take", openids=asked, now=shop.now()) if asked else []
    taken = {}
    for row in rows:
        taken[row["openid"]] = Taken(row["id"], sql.known_instant(row["expires_at"]))
    return taken


async def give_back(taken: Taken) -> None:
    """Nothing was sent: the window has its message again, unless it was opened afresh meanwhile."""
    await ReplyWindow.filter(id=taken.window_id, expires_at=taken.expires_at).update(left_count=F("left_count") + 1)


async def close_windows(shop: Shop, openid: str) -> None:
    """WeChat says there is no window (or the member unfollowed): there is none in our books either."""
    await ReplyWindow.filter(openid=openid).update(left_count=0, updated_at=shop.now())


# One-time subscription consents of the mini-program --------------------------------------------------


async def add_credit(shop: Shop, member_id: int, template_id: str) -> None:
    """The member accepted a template in the pop-up: one more message may be sent with it."""
    now = shop.now()
    await ConsentCredit.bulk_create(
        [ConsentCredit(member_id=member_id, template_id=template_id, created_at=now)],
        on_conflict=("member_id", "template_id"),
        ignore_conflicts=True,
    )
    await ConsentCredit.filter(member_id=member_id, template_id=template_id).update(
        left_count=F("left_count") + 1, updated_at=now
    )


async def take_credit(shop: Shop, member_id: int, template_id: str) -> bool:
    """Use one consent up; False when none is left."""
    taken = await ConsentCredit.filter(member_id=member_id, template_id=template_id, left_count__gt=0).update(
        left_count=F("left_count") - 1, updated_at=shop.now()
    )
    return bool(taken)


async def give_credit_back(shop: Shop, member_id: int, template_id: str) -> None:
    """Nothing was sent, so the consent is not used up."""
    await ConsentCredit.filter(member_id=member_id, template_id=template_id).update(
        left_count=F("left_count") + 1, updated_at=shop.now()
    )


async def drop_credits(shop: Shop, member_id: int, template_id: str) -> None:
    """WeChat says there is none (43101), or the member refused the template for good."""
    await ConsentCredit.filter(member_id=member_id, template_id=template_id).update(left_count=0, updated_at=shop.now())
