"""Taking the turns of paths that are due: tasks, gifts, branches, waits and exits; each once, by itself."""

from datetime import datetime, timedelta

import structlog
from tortoise.expressions import Q

from domain.care import CareState
from domain.case import CaseKind
from domain.clock import day_of
from domain.errors import NotFound
from domain.path import Does, Path, Step
from domain.perk import occurrence
from models import CareMessage, Member, PathTurn
from services import care, care_paths, cases, path_conditions, perks
from services.care import DROPPED, HAPPENED, TAKEN, WAITING, Entry
from services.path_conditions import Asked
from services.shop import Shop
from services.transaction import transaction

BATCH = 200
RETRY = timedelta(minutes=5)
log = structlog.get_logger()


async def walk_due(shop: Shop, *, limit: int = 5000) -> int:
    """Take what is due, in the order in which it was planned; how many turns. A job."""
    taken = last = 0
    until = shop.now()
    while taken < limit:
        due = PathTurn.filter(Q(due_at__lte=until) & Q(state=WAITING) & Q(id__gt=last)).order_by("id")
        ids = [int(str(i)) for i in await due.limit(BATCH).values_list("id", flat=True)]
        for turn_id in ids:
            try:
                taken += await _take(shop, turn_id)
            except Exception:
                # One that breaks is looked at again a little later; the others go on.
                log.exception("path.broken", turn=turn_id)
                await PathTurn.filter(id=turn_id, state=WAITING).update(due_at=shop.now() + RETRY)
        if len(ids) < BATCH:
            break
        last = ids[-1]
    return taken


async def _take(shop: Shop, turn_id: int) -> bool:
    """One turn under its lock: of two workers one takes it, and what it does is in the same transaction."""
    async with transaction():
        turn = await PathTurn.filter(id=turn_id, state=WAITING).select_for_update(skip_locked=True).first()
        if turn is None or turn.due_at > shop.now():
            return False
        member = await Member.filter(id=turn.member_id).select_for_update().get()
        state, outcome = DROPPED, "step_gone"
        try:
            path, step = await care_paths.step_of(shop, turn.path, turn.version, turn.step)
        except NotFound:
            log.error("path.step_gone", turn=turn.id, path=turn.path, version=turn.version, step=turn.step)
        else:
            state, outcome = await _decide(shop, turn, member, path, step)
        await PathTurn.filter(id=turn.id).update(state=state, outcome=outcome[:64], updated_at=shop.now())
    log.info("path.turn", turn=turn.id, member=turn.member_id, step=turn.step, outcome=outcome)
    return True


async def _decide(shop: Shop, turn: PathTurn, member: Member, path: Path, step: Step) -> tuple[str, str]:
    """What the turn comes to: its state, and the outcome that stays with it."""
    if member.merged_into_id is not None:
        return DROPPED, "member_gone"
    asked = Asked(member, path.event, turn.entered_at, step.segment)
    if (reason := await path_conditions.needless(shop, step, asked)) is not None:
        return DROPPED, reason
    if step.does is Does.TASK:
        return TAKEN, await _open_task(shop, turn, path, step)
    if step.does is Does.GIFT:
        return TAKEN, await _give(shop, turn, step)
    if step.does is Does.WAIT:
        return TAKEN, await _open_line(shop, turn, path, step, yes=turn.outcome == HAPPENED)
    holds = step.condition is None or await path_conditions.holds(shop, step.condition, asked)
    if step.does is Does.BRANCH:
        return TAKEN, await _open_line(shop, turn, path, step, yes=holds)
    if not holds:
        return TAKEN, "stays"
    await leave(shop, turn.member_id, turn.path, turn.occurrence, "exit", shop.now())
    return TAKEN, "exit"


async def _open_task(shop: Shop, turn: PathTurn, path: Path, step: Step) -> str:
    """A case with what is to be done; one is open about a member and step, however often it comes up."""
    due_at = shop.now() + timedelta(hours=step.due_hours)
    case = await cases.open_case(
        shop, CaseKind.CARE, f"{turn.step}:{turn.member_id}", turn.member_id, due_at,
        {"path": path.title, "todo": step.text},
    )  # fmt: skip
    return f"case:{case.id}"


async def _give(shop: Shop, turn: PathTurn, step: Step) -> str:
    """A path's gift is a perk: once a year per rule and person, however many paths lead to it."""
    rule = next((rule for rule in shop.rules.perk.rules if rule.code == step.gift), None)
    if rule is None:
        log.error("path.no_such_gift", turn=turn.id, gift=step.gift)
        return "no_such_gift"
    ref = f"path:{turn.id}"
    given = await perks.give(shop, turn.member_id, rule, ref, occurrence(rule, day_of(shop.now())))
    return "given" if given else "given_before"


async def _open_line(shop: Shop, turn: PathTurn, path: Path, step: Step, *, yes: bool) -> str:
    line = step.then if yes else step.otherwise
    if line:
        now = shop.now()
        entry = Entry(turn.member_id, path, turn.occurrence, turn.anchor_at, turn.entered_at, now, line)
        await care.enter(shop, [entry])
    return f"{'yes' if yes else 'no'}:{line}"


async def leave(shop: Shop, member_id: int, path: str, occurrence: str, reason: str, now: datetime) -> None:
    """Nothing more of this path for this member and thing, inside the caller's transaction."""
    inside = {"member_id": member_id, "path": path, "occurrence": occurrence}
    await PathTurn.filter(**inside, state=WAITING).update(state=DROPPED, outcome=reason, updated_at=now)
    await CareMessage.filter(**inside, state=CareState.PLANNED).update(
        state=CareState.SKIPPED, reason=reason, lease_until=None, updated_at=now
    )
