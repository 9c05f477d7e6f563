"""Tasks in WeCom: laid before the staff, asked about, stopped where a letter is not right any more.

A letter goes to the next channel only once its task is stopped at WeCom and read again: she cannot send it then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from domain.care_gate import gate, surely_not_sent
from domain.errors import OutsideFault, OutsideRefusal, WrongState
from domain.ports import HandSent, LaidTask, Wecom
from domain.wecom import ANSWERS, MOST, TASK_LIFE, HandOutcome, TaskState, still_right
from models import CareMessage, Member, OutsideCall, WecomLetter, WecomTask
from models.base import move
from services import care_facts, outside, wecom_letters
from services.care_channels import ALL, standing_still
from services.care_subjects import look_many
from services.shop import Shop
from services.transaction import transaction

NOBODY_TO_SEND_TO = "41048"
GIVE_UP = timedelta(days=1)
"""A task WeCom tells nothing of for so long after its end is lost."""
GATHERED = (TaskState.GATHERING, TaskState.WANTED)
log = structlog.get_logger()


# Laying a task before her ----------------------------------------------------------------------------


@outside.caller("wecom_task")
async def _call(shop: Shop, wanted: OutsideCall) -> None:
    """Lay the task. Found in the middle of a call, nobody knows whether WeCom has it: never again."""
    wecom, task = shop.wechat.wecom, await WecomTask.get(id=int(wanted.ref.partition(":")[2]))
    if task.state is TaskState.CALLING:
        await _lose(shop, task)
        return
    letters = await _begin(shop, task) if task.state in GATHERED and wecom is not None else []
    if not letters or wecom is None:
        return
    try:
        laid = await wecom.lay_task(task.userid, [one.external_userid for one in letters], task.text)
    except OutsideRefusal as no:
        await _end(shop, task, TaskState.FAILED, HandOutcome.REFUSED, no.code)
        if no.code != NOBODY_TO_SEND_TO:
            raise
    except OutsideFault as fault:
        if not surely_not_sent(fault.kind):
            await _lose(shop, task)
            return
        await _move(shop, task, TaskState.WANTED, fault.kind)
        raise
    else:
        await _laid(shop, task, laid)


async def _begin(shop: Shop, task: WecomTask) -> list[WecomLetter]:
    """Close a task for further letters and mark it `calling`; whom the gate lets through no more is taken out of it."""
    async with transaction():
        await WecomTask.filter(id=task.id).select_for_update().get()
        letters = await wecom_letters.open_letters(task)
        wrong = await _wrong(shop, letters)
        out = [one for n, one in enumerate(letters) if one.id in wrong or n >= MOST]
        if out:
            await wecom_letters.back(shop, out, HandOutcome.TAKEN_BACK)
        going = [one for one in letters if one not in out]
        await _move(shop, task, TaskState.CALLING if going else TaskState.DONE)
    return going


async def _wrong(shop: Shop, letters: Sequence[WecomLetter]) -> set[int]:
    """Those of these letters that the gate would not leave in her hands now."""
    messages = {m.id: m for m in await CareMessage.filter(id__in=[one.message_id for one in letters])}
    members = {m.id: m for m in await Member.filter(id__in=[m.member_id for m in messages.values()])}
    read = await care_facts.read(shop, list(messages)) if messages else {}
    asked = list(messages.values())
    looks = await look_many(shop, [(message, members[message.member_id]) for message in asked])
    halted = ALL in await standing_still()
    right = {
        message.id
        for message, seen in zip(asked, looks, strict=True)
        if still_right(
            gate(
                care_facts.facts(shop, message, members[message.member_id], seen, read[message.id], halted=halted),
                shop.rules.care,
            )
        )
    }
    return {one.id for one in letters if one.message_id not in right}


async def _laid(shop: Shop, task: WecomTask, laid: LaidTask) -> None:
    async with transaction():
        await move(task, TASK_LIFE, TaskState.OPEN, at=shop.now(), who="wecom", msg_id=laid.msg_id[:64])
        refused = [one for one in await wecom_letters.open_letters(task) if one.external_userid in laid.refused]
        if refused:
            await wecom_letters.back(shop, refused, HandOutcome.REFUSED)
    log.info("wecom.task_laid", task=task.id, staff=task.staff_id, refused=len(laid.refused))


async def _lose(shop: Shop, task: WecomTask) -> None:
    async with transaction():
        await _move(shop, task, TaskState.UNKNOWN, wecom_letters.LOST)
        await wecom_letters.lost(shop, await wecom_letters.open_letters(task))


async def _end(shop: Shop, task: WecomTask, state: TaskState, outcome: HandOutcome, why: str = "") -> None:
    """The task is over; what is still open in it has this outcome."""
    async with transaction():
        await _move(shop, task, state, why)
        if letters := await wecom_letters.open_letters(task):
            await wecom_letters.back(shop, letters, outcome)


async def _move(shop: Shop, task: WecomTask, state: TaskState, why: str = "") -> None:
    await move(task, TASK_LIFE, state, at=shop.now(), who="wecom", why=why)


# How it went -----------------------------------------------------------------------------------------


async def look_at_open(shop: Shop) -> int:
    """Ask how the tasks went, and take back what is over or not right any more; how many tasks ended. A job."""
    ended, now = 0, shop.now()
    for task in await WecomTask.filter(state__in=GATHERED, until__lte=now):
        # WeCom could not be asked in time: nothing was laid before her.
        await _end(shop, task, TaskState.FAILED, HandOutcome.NOT_SENT)
        ended += 1
    for task in await WecomTask.filter(state=TaskState.OPEN).order_by("id"):
        try:
            ended += await _look_at(shop, shop.wechat.wecom, task)
        except WrongState:
            continue  # Another worker was faster.
        except (OutsideFault, OutsideRefusal) as no:
            log.warning("wecom.not_read", task=task.id, failure=str(no)[:200])
            if now >= task.until + GIVE_UP:
                await _lose(shop, task)
                ended += 1
    return ended


async def _look_at(shop: Shop, wecom: Wecom | None, task: WecomTask) -> bool:
    """Whether the task has ended. Raises OutsideFault, OutsideRefusal where WeCom does not tell."""
    if wecom is None:
        raise OutsideFault("wecom: switched off")
    waiting = await _learn(shop, task, await wecom.how_sent(task.msg_id, task.userid))
    over = shop.now() >= task.until
    if waiting and not over and not await _wrong(shop, waiting):
        return False
    if waiting:
        try:
            await wecom.stop_task(task.msg_id)
        except OutsideRefusal as no:
            # She may still send it, so nothing else may say it.
            log.error("wecom.not_stopped", task=task.id, code=no.code)
            await _lose(shop, task)
            return True
        # What she sent in the last instant is sent.
        await _learn(shop, task, await wecom.how_sent(task.msg_id, task.userid))
    await _end(shop, task, TaskState.DONE, HandOutcome.NOT_SENT if over else HandOutcome.TAKEN_BACK)
    return True


async def _learn(shop: Shop, task: WecomTask, told: Sequence[HandSent]) -> list[WecomLetter]:
    """Write what WeCom tells of each letter; which of them still wait."""
    said = {one.external_userid: one for one in told}
    async with transaction():
        waiting = []
        for letter in await wecom_letters.open_letters(task):
            one = said.get(letter.external_userid)
            outcome = ANSWERS.get(one.status, HandOutcome.WAITS) if one is not None else HandOutcome.WAITS
            if one is None or outcome is HandOutcome.WAITS:
                waiting.append(letter)
            elif outcome is HandOutcome.SENT:
                await wecom_letters.sent(shop, letter, one.sent_at or shop.now())
            else:
                await wecom_letters.back(shop, [letter], outcome)
    return waiting


async def listed(staff_id: int | None, since: datetime) -> list[tuple[WecomTask, list[WecomLetter]]]:
    """Tasks of one person, or of all, that stand until after an instant, the first to end first, with their letters."""
    rows = WecomTask.filter(until__gt=since)
    tasks = await (rows if staff_id is None else rows.filter(staff_id=staff_id)).order_by("until", "id").limit(200)
    letters: dict[int, list[WecomLetter]] = {task.id: [] for task in tasks}
    for letter in await WecomLetter.filter(task_id__in=list(letters)).order_by("id"):
        letters[letter.task_id].append(letter)
    return [(task, letters[task.id]) for task in tasks]
