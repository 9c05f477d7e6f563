"""The desk: chats given to people, in whose turn they are, and the way back to the bot.

A chat's hand-off and its conversation's owner move together, in one transaction; who lost a race is
told so by `WrongState`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from tortoise.expressions import F

from domain import desk as law
from domain.care_gate import surely_not_sent
from domain.desk import HANDOFF_LIFE, POOL, HandoffState
from domain.desk_words import RATING_QUESTION
from domain.errors import NotAllowed, NotFound, OutsideFault, OutsideRefusal, WrongState
from models import ChatLine, Conversation, GuideBinding, Handoff, Member, OutsideCall, StaffUser, Stylist
from models.base import History, move
from models.sql import run
from services import audit, care, outside
from services.shop import Shop
from services.standing import standings
from services.transaction import transaction

ROLES = ("service", "stylist", "guide", "admin")
RATING_FORM = "rate_desk"
"""The bot's open question after a hand-back."""
log = structlog.get_logger()


@dataclass(frozen=True)
class Clerk:
    """Somebody of the staff at the desk. The service desk (and admin) sees all; others only their own people."""

    staff_id: int
    sees_all: bool


# Into people's hands ---------------------------------------------------------------------------------


async def bound_staff(member_ids: Iterable[int]) -> dict[int, list[int]]:
    """The staff bound to each member, the stylist before the guide; only accounts that are open."""
    ids = list(set(member_ids))
    members = await Member.filter(id__in=ids).values_list("id", "stylist_id")
    stylists = {s.id: s.staff_id for s in await Stylist.filter(id__in=[s for _, s in members if s], active=True)}
    guides = {g.member_id: g.staff_id for g in await GuideBinding.filter(member_id__in=ids)}
    wanted = {member_id: [stylists.get(stylist_id), guides.get(member_id)] for member_id, stylist_id in members}
    named = {staff_id for pair in wanted.values() for staff_id in pair if staff_id}
    there = set(await StaffUser.filter(id__in=named, active=True).values_list("id", flat=True)) if named else set()
    return {member_id: [s for s in pair if s in there] for member_id, pair in wanted.items()}


async def hand_over_many(shop: Shop, wanted: Sequence[tuple[str, int | None, str]]) -> None:
    """Open hand-offs, `(openid, member, reason)`, inside the caller's transaction; one is open per follower."""
    now = shop.now()
    members = [member_id for _, member_id, _ in wanted if member_id is not None]
    bound, standing = await bound_staff(members), await standings(shop, members)
    await Handoff.bulk_create(
        [
            Handoff(
                openid=openid, member_id=member_id, reason=reason[:32], created_at=now,
                priority=law.priority(reason, standing.get(member_id or 0, law.Standing())),
                offered_to=law.next_in_line(bound.get(member_id or 0, ()), {}, ()),
                waiting_since=now, due_at=law.answer_due(now, shop.rules.desk),
            )
            for openid, member_id, reason in wanted
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    log.info("desk.handed_over", members=members, reasons=[reason for _, _, reason in wanted])


async def heard_many(shop: Shop, openids: Sequence[str]) -> None:
    """Followers wrote to their person: from now on each waits for an answer, unless they do already."""
    now = shop.now()
    await (
        Handoff.filter(openid__in=list(openids), due_at=None)
        .exclude(state=HandoffState.CLOSED)
        .update(waiting_since=now, due_at=law.answer_due(now, shop.rules.desk), updated_at=now)
    )


async def complained_many(shop: Shop, openids: Sequence[str]) -> None:
    """Followers complain while they wait: from now on they go before others."""
    waiting = Handoff.filter(openid__in=list(openids), state=HandoffState.WAITING).exclude(reason=law.COMPLAINT)
    await waiting.update(reason=law.COMPLAINT, priority=F("priority") + law.COMPLAINTS_FIRST, updated_at=shop.now())


# Whose chat it is ------------------------------------------------------------------------------------


async def conversation_for(clerk: Clerk, conversation_id: int) -> Conversation:
    """A chat this person may look into: any for the service desk, else their own people's. Raises NotFound."""
    row = await Conversation.filter(id=conversation_id).first()
    if row is None:
        raise NotFound("conversation")
    if clerk.sees_all:
        return row
    handoff = await Handoff.filter(openid=row.openid).exclude(state=HandoffState.CLOSED).first()
    asked = handoff is not None and clerk.staff_id in (handoff.offered_to, handoff.staff_id)
    theirs = row.member_id is not None and clerk.staff_id in (await bound_staff([row.member_id])).get(row.member_id, ())
    if not (asked or theirs):
        raise NotFound("conversation")
    return row


async def open_handoff(row: Conversation, wanted: HandoffState) -> Handoff:
    """The hand-off of a chat that people have, both rows locked. Raises WrongState when the bot has it."""
    # The conversation before the hand-off, as a follower's line locks them: the two never wait for each other.
    await Conversation.filter(id=row.id).select_for_update(no_key=True).get()
    found = await Handoff.filter(openid=row.openid).exclude(state=HandoffState.CLOSED).select_for_update().first()
    if found is None:
        raise WrongState("handoff", HandoffState.CLOSED, wanted)
    return found


async def own_handoff(clerk: Clerk, row: Conversation, wanted: HandoffState) -> Handoff:
    """The same, taken by this person. Raises WrongState otherwise."""
    found = await open_handoff(row, wanted)
    if (found.state, found.staff_id) != (HandoffState.TAKEN, clerk.staff_id):
        raise WrongState("handoff", found.state, wanted)
    return found


async def take(shop: Shop, clerk: Clerk, conversation_id: int) -> None:
    """Take a waiting chat; again is fine. Raises WrongState when a colleague was faster or the bot has it."""
    async with transaction():
        row = await conversation_for(clerk, conversation_id)
        handoff = await open_handoff(row, HandoffState.TAKEN)
        if (handoff.state, handoff.staff_id) == (HandoffState.TAKEN, clerk.staff_id):
            return
        await move(
            handoff, HANDOFF_LIFE, HandoffState.TAKEN, at=shop.now(), who=f"staff:{clerk.staff_id}",
            staff_id=clerk.staff_id, offered_to=clerk.staff_id,
        )  # fmt: skip
        await Conversation.filter(id=row.id).update(owner=f"staff:{clerk.staff_id}", updated_at=shop.now())
        await audit.note(shop, clerk.staff_id, "desk.take", f"conversation:{row.id}")
    log.info("desk.taken", conversation=row.id, staff=clerk.staff_id)


async def transfer(shop: Shop, clerk: Clerk, conversation_id: int, to_staff_id: int, why: str) -> None:
    """Offer a chat to a colleague, who has the usual minutes to answer; `why` stays as a private note.

    Raises NotFound when there is no such colleague at the desk, WrongState when the chat is not one's own
    (the service desk may also send on what waits).
    """
    now = shop.now()
    async with transaction():
        row = await conversation_for(clerk, conversation_id)
        if not await StaffUser.filter(id=to_staff_id, role__in=ROLES, active=True).exists():
            raise NotFound("staff")
        handoff = await open_handoff(row, HandoffState.WAITING)
        due_at = law.answer_due(now, shop.rules.desk)
        change = {"offered_to": to_staff_id, "staff_id": None, "due_at": due_at}
        if handoff.state is HandoffState.TAKEN:
            await own_handoff(clerk, row, HandoffState.WAITING)
            await move(
                handoff, HANDOFF_LIFE, HandoffState.WAITING, at=now, who=f"staff:{clerk.staff_id}",
                why=f"to staff:{to_staff_id}", **change,
            )  # fmt: skip
        else:
            await Handoff.filter(id=handoff.id).update(**change, updated_at=now)
        await Conversation.filter(id=row.id).update(owner="desk", updated_at=now)
        if why:
            await ChatLine.create(openid=row.openid, side="note", text=why, staff_id=clerk.staff_id, created_at=now)
        await audit.note(shop, clerk.staff_id, "desk.transfer", f"conversation:{row.id}", to=to_staff_id)
    log.info("desk.transferred", conversation=row.id, staff=clerk.staff_id, to=to_staff_id)


async def hand_back(shop: Shop, clerk: Clerk, conversation_id: int) -> None:
    """Give the chat back to the bot, which answers from the next line on and first asks how it was.

    Raises WrongState unless the chat is one's own, or waits for anybody.
    """
    now = shop.now()
    async with transaction():
        row = await conversation_for(clerk, conversation_id)
        handoff = await open_handoff(row, HandoffState.CLOSED)
        if handoff.state is HandoffState.TAKEN:
            await own_handoff(clerk, row, HandoffState.CLOSED)
        await move(
            handoff, HANDOFF_LIFE, HandoffState.CLOSED, at=now, who=f"staff:{clerk.staff_id}",
            closed_at=now, due_at=None, waiting_since=None,
        )  # fmt: skip
        asks = handoff.first_answer_at is not None
        form = {"name": RATING_FORM, "slots": {"handoff": handoff.id}, "asked": "", "confirm": False} if asks else {}
        await Conversation.filter(id=row.id).update(owner="bot", form=form, unclear=0, last_said_at=now, updated_at=now)
        await audit.note(shop, clerk.staff_id, "desk.hand_back", f"conversation:{row.id}")
        if asks:
            await outside.want(shop, "ask_rating", f"handoff:{handoff.id}", openid=row.openid)
    log.info("desk.handed_back", conversation=row.id, staff=clerk.staff_id)


@outside.caller("ask_rating")
async def _ask_rating(shop: Shop, call: OutsideCall) -> None:
    """A question in passing: without a window it is not asked, and it is never asked twice."""
    openid = str(call.payload["openid"])
    if not await Conversation.filter(openid=openid, owner="bot").exists():
        return
    taken = await care.take_window(shop, openid)
    if taken is None:
        return
    try:
        await shop.wechat.official.send_text(openid, RATING_QUESTION)
    except OutsideRefusal:
        await care.give_back(taken)
    except OutsideFault as fault:
        if surely_not_sent(fault.kind):
            await care.give_back(taken)
    else:
        await ChatLine.create(openid=openid, side="bot", text=RATING_QUESTION, created_at=shop.now())


async def rate(shop: Shop, member_id: int, handoff_id: int, stars: int) -> bool:
    """Keep a member's rating of a hand-off, once; False when it is too late or was given before."""
    now = shop.now()
    return bool(
        await Handoff.filter(
            id=handoff_id, member_id=member_id, state=HandoffState.CLOSED, rating=None,
            closed_at__gt=now - law.rated_within(shop.rules.desk),
        ).update(rating=stars, rated_at=now, updated_at=now)
    )  # fmt: skip


# The timer -------------------------------------------------------------------------------------------


async def pass_on(shop: Shop, *, limit: int = 500) -> int:
    """Chats nobody answered in time go to the next in line; how many. Run twice, each goes on once."""
    now = shop.now()
    due = await Handoff.filter(due_at__lte=now).exclude(state=HandoffState.CLOSED).order_by("due_at").limit(limit)
    if not due:
        return 0
    bound = await bound_staff(h.member_id for h in due if h.member_id is not None)
    busy = await _desk_load()
    steps = []
    for handoff in due:
        released = handoff.staff_id or 0
        tried = [*handoff.tried, handoff.offered_to]
        offered_to = law.next_in_line(bound.get(handoff.member_id or 0, ()), busy, tried, released=released)
        if offered_to in busy:
            busy[offered_to] += 1
        steps.append(
            {
                "id": handoff.id, "openid": handoff.openid, "passes": handoff.passes, "offered_to": offered_to,
                # The pool a second time means that everybody was asked: a new round.
                "tried": [] if offered_to == POOL and POOL in tried else tried,
            }
        )  # fmt: skip
    async with transaction():
        free = await _not_being_worked([handoff.openid for handoff in due])
        steps = [step for step in steps if step.pop("openid") in free]
        passed = await run("handoff_pass", steps=steps, now=now, due_at=law.answer_due(now, shop.rules.desk))
        await (
            Conversation.filter(openid__in=[row["openid"] for row in passed])
            .exclude(owner="bot")
            .update(owner="desk", updated_at=now)
        )
        await History.bulk_create(
            [
                History(noun="handoff", row_id=row["id"], old="unanswered", new=HandoffState.WAITING,
                        who="job:pass_on", why=f"to staff:{row['offered_to']}", created_at=now)
                for row in passed
            ]
        )  # fmt: skip
    for row in passed:
        log.warning("desk.passed_on", handoff=row["id"], to=row["offered_to"])
    return len(passed)


async def _not_being_worked(openids: Sequence[str]) -> set[str]:
    """Lock these conversations, leaving out those somebody works on: their hand-offs wait for the next round."""
    rows = Conversation.filter(openid__in=list(openids)).select_for_update(skip_locked=True, no_key=True)
    return {row.openid for row in await rows}


async def _desk_load() -> dict[int, int]:
    """How many chats each person of the service desk has in hand, or is asked to take."""
    load = {user.id: 0 for user in await StaffUser.filter(role="service", active=True)}
    for offered_to, staff_id in await Handoff.exclude(state=HandoffState.CLOSED).values_list("offered_to", "staff_id"):
        who = staff_id or offered_to
        if who in load:
            load[who] += 1
    return load


async def bind_guide(shop: Shop, by_staff_id: int, member_id: int, guide_id: int) -> None:
    """Make somebody the member's guide, in place of whoever was. Raises NotFound, NotAllowed."""
    now = shop.now()
    async with transaction():
        member = await Member.filter(id=member_id, merged_into_id=None).first()
        if member is None:
            raise NotFound("member")
        if not await StaffUser.filter(id=guide_id, role="guide", active=True).exists():
            raise NotAllowed("guide")
        await GuideBinding.bulk_create(
            [GuideBinding(member_id=member_id, staff_id=guide_id, created_at=now, updated_at=now)],
            on_conflict=("member_id",),
            update_fields=("staff_id", "updated_at"),
        )
        await audit.note(shop, by_staff_id, "desk.bind_guide", f"member:{member_id}", guide=guide_id)
