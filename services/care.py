"""Care: messages planned from what happens, and the counters of the channels that may carry them.

Planning belongs to the transaction of the event itself; sending is `care_sending`'s, much later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from tortoise.expressions import F

from domain import care
from domain.care import CareState
from models import CareMessage, ConsentCredit, ReplyWindow, sql
from services.shop import Shop

Start = tuple[int, str, str, datetime]
"""One member who enters a path: member, path, occurrence, anchor."""


async def start(shop: Shop, member_id: int, path: str, occurrence: str, anchor_at: datetime) -> None:
    """Plan a path's messages inside the caller's transaction; again with the same anchor changes nothing.

    With another anchor what was not sent yet is planned anew for it. Raises ValueError for no such path.
    """
    await start_many(shop, [(member_id, path, occurrence, anchor_at)])
    await (
        CareMessage.filter(member_id=member_id, path=path, occurrence=occurrence, state=CareState.PLANNED)
        .exclude(edition__in=["", care.edition_of(anchor_at)])
        .update(state=CareState.SKIPPED, reason="moved", updated_at=shop.now())
    )


async def start_many(shop: Shop, starts: Iterable[Start]) -> None:
    """Plan paths for many members by one statement, for occurrences that have not begun before."""
    now = shop.now()
    notice_days = shop.rules.membership.renewal_notice_days

    @cache
    def plan(path: str, anchor_at: datetime) -> list[care.Planned]:
        """Those who come in one rush share their anchors, and so their plans."""
        return care.plan(path, anchor_at, now, shop.rules.care, renewal_notice_days=notice_days)

    rows = [
        {
            "member_id": member_id,
            "path": path,
            "occurrence": occurrence,
            "step": planned.step.name,
            "edition": planned.edition,
            "message_class": planned.step.message_class.value,
            "priority": planned.step.priority,
            "send_at": planned.send_at,
            "useful_until": planned.useful_until,
        }
        for member_id, path, occurrence, anchor_at in starts
        for planned in plan(path, anchor_at)
    ]
    if rows:
        await sql.run("care_plan", rows=rows, now=now)


async def stop(shop: Shop, occurrence: str, reason: str, *, member_id: int | None = None) -> int:
    """Set aside everything about `occurrence` that is not sent; how many. `join` needs the member."""
    about = CareMessage.filter(occurrence=occurrence, state=CareState.PLANNED)
    if member_id is not None:
        about = about.filter(member_id=member_id)
    return await about.update(state=CareState.SKIPPED, reason=reason[:64], updated_at=shop.now())


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
        expires_at = sql.instant(row["expires_at"])
        assert expires_at is not None, "the column is never empty"
        taken[row["openid"]] = Taken(row["id"], expires_at)
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
