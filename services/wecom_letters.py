"""Letters by hand: which hand may carry one, the task it is gathered into, and what became of it.

A message in somebody's hands stays `sending`, with the channel `stylist`. `wecom_tasks` makes the calls.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from tortoise.expressions import F
from tortoise.queryset import QuerySet

from domain.broadcast import month_of
from domain.care import CareState, Channel, MessageClass
from domain.wecom import HandOutcome, TaskState, letter_text, stands_until
from models import CareMessage, StylistPlace, WecomContact, WecomLetter, WecomTask, sql
from services import outside
from services.care_channels import Letter
from services.shop import Shop
from services.transaction import transaction

LOST = "lost_outcome"
log = structlog.get_logger()


@dataclass(frozen=True)
class Hand:
    """Whose hand carries a letter, to which of her contacts, with which words, and until when."""

    staff_id: int
    userid: str
    external_userid: str
    text: str
    until: datetime


async def hand_of(shop: Shop, letter: Letter, useful_until: datetime) -> Hand | str:
    """The hand that may carry a letter, with a place of its member's month taken; else why there is none."""
    if shop.wechat.wecom is None:
        return "not_set_up"
    if letter.step.message_class is not MessageClass.PROMOTION:
        return "service"
    now = shop.now()
    until = stands_until(now, useful_until, shop.rules.care)
    if until - now < timedelta(minutes=shop.rules.wecom.least_minutes):
        return "no_time"
    found = await sql.run("wecom_hand", member_id=letter.member_id)
    if not found:
        return "no_stylist"
    if not await take_place(shop, letter.member_id):
        return "no_place"
    [row] = found
    return Hand(row["staff_id"], row["userid"], row["external_userid"], letter_text(letter.words), until)


async def hand_over(shop: Shop, letters: Sequence[tuple[int, int, Hand]]) -> None:
    """Put letters, `(message, member, hand)`, into tasks that still gather, inside the caller's transaction."""
    now = shop.now()
    together: dict[tuple[int, str, str, datetime], list[tuple[int, int, Hand]]] = defaultdict(list)
    for one in letters:
        hand = one[2]
        together[hand.staff_id, hand.userid, hand.text, hand.until].append(one)
    # In one order for everybody: two senders wait for each other's tasks, and never in a ring.
    for (staff_id, userid, text, until), some in sorted(together.items()):
        task = await _gathering(shop, staff_id, userid, text, until)
        await WecomLetter.bulk_create(
            [
                WecomLetter(
                    task_id=task.id, member_id=member_id, message_id=message_id,
                    external_userid=hand.external_userid, created_at=now,
                )
                for message_id, member_id, hand in some
            ]
        )  # fmt: skip


async def _gathering(shop: Shop, staff_id: int, userid: str, text: str, until: datetime) -> WecomTask:
    """The task with these words that still gathers, locked; made, and its call wanted, where there is none."""
    now, key = shop.now(), hashlib.sha256(text.encode()).hexdigest()
    while True:
        fresh = WecomTask(
            staff_id=staff_id, userid=userid, text=text, words_key=key, until=until, created_at=now
        )  # fmt: skip
        await WecomTask.bulk_create([fresh], ignore_conflicts=True)
        wanted = WecomTask.filter(userid=userid, words_key=key, until=until, state=TaskState.GATHERING)
        task = await wanted.select_for_update().first()
        if task is not None:
            await outside.want(
                shop, "wecom_task", f"wecom:{task.id}", now_too=False,
                not_before=task.created_at + timedelta(seconds=shop.rules.wecom.gather_seconds),
            )  # fmt: skip
            return task
        # It was called between the two statements: the next one is ours.


# What became of them -----------------------------------------------------------------------------------


async def open_letters(task: WecomTask) -> list[WecomLetter]:
    """Those without an outcome, locked for the caller's transaction."""
    rows = WecomLetter.filter(task_id=task.id, outcome=HandOutcome.WAITS)
    return await rows.order_by("id").select_for_update()


async def sent(shop: Shop, letter: WecomLetter, sent_at: datetime) -> None:
    """She sent it."""
    async with transaction():
        await _write(shop, [letter], HandOutcome.SENT)
        await _message(letter.message_id).update(
            state=CareState.SENT, reason="", sent_at=sent_at, updated_at=shop.now()
        )
    log.info("wecom.sent", message=letter.message_id, member=letter.member_id)


async def lost(shop: Shop, letters: Sequence[WecomLetter]) -> None:
    """Perhaps sent, and nobody knows: never said again."""
    async with transaction():
        await _write(shop, letters, HandOutcome.UNKNOWN)
        for letter in letters:
            await _message(letter.message_id).update(state=CareState.UNKNOWN, reason=LOST, updated_at=shop.now())
    log.error("wecom.lost", messages=[letter.message_id for letter in letters])


async def back(shop: Shop, letters: Sequence[WecomLetter], outcome: HandOutcome) -> None:
    """Surely not sent: planned again, for the gate and, unless it was taken back, for the next channel."""
    now = shop.now()
    async with transaction():
        await _write(shop, letters, outcome)
        for letter in letters:
            message = await _message(letter.message_id).first()
            if message is None:
                continue
            passed = [] if outcome is HandOutcome.TAKEN_BACK else [[Channel.STYLIST.value, outcome.value]]
            await _message(letter.message_id).update(
                state=CareState.PLANNED, channel="", reason=outcome.value, tried=[*message.tried, *passed], send_at=now,
                sent_at=None, updated_at=now,
            )  # fmt: skip
            await _give_place_back(shop, letter, full=outcome is HandOutcome.MONTH_FULL)
        if outcome is HandOutcome.NOT_A_CONTACT:
            for letter in letters:
                task = await WecomTask.get(id=letter.task_id)
                await WecomContact.filter(
                    external_userid=letter.external_userid, userid=task.userid, ended_at=None
                ).update(ended_at=now, updated_at=now)
    log.info("wecom.back", messages=[letter.message_id for letter in letters], outcome=outcome.value)


def _message(message_id: int) -> QuerySet[CareMessage]:
    return CareMessage.filter(id=message_id, state=CareState.SENDING, channel=Channel.STYLIST)


async def _write(shop: Shop, letters: Sequence[WecomLetter], outcome: HandOutcome) -> None:
    await WecomLetter.filter(id__in=[letter.id for letter in letters], outcome=HandOutcome.WAITS).update(
        outcome=outcome, updated_at=shop.now()
    )


# Places of the month ---------------------------------------------------------------------------------


async def take_place(shop: Shop, member_id: int) -> bool:
    """Take one of the month's places; False when none is left."""
    now = shop.now()
    month = {"member_id": member_id, "month": month_of(now)}
    await StylistPlace.bulk_create(
        [StylistPlace(**month, taken=0, created_at=now)], on_conflict=("member_id", "month"), ignore_conflicts=True
    )
    taken = await StylistPlace.filter(**month, taken__lt=shop.rules.wecom.letters_a_month).update(
        taken=F("taken") + 1, updated_at=now
    )
    return bool(taken)


async def _give_place_back(shop: Shop, letter: WecomLetter, *, full: bool) -> None:
    """Nothing went, so the place is free again; where WeCom says that the month is full, it is so in our books too."""
    mine = StylistPlace.filter(member_id=letter.member_id, month=month_of(letter.created_at), taken__gt=0)
    if full:
        await mine.update(taken=shop.rules.wecom.letters_a_month, updated_at=shop.now())
    else:
        await mine.update(taken=F("taken") - 1, updated_at=shop.now())
