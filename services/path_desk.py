"""Paths as marketing works on them: read, checked, previewed, published as a new version, measured; members moved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from tortoise.functions import Count

from domain.campaign import Lift, Outcome, lift
from domain.care import CareState
from domain.care_subject import SAMPLES, fields_of
from domain.care_words import Words
from domain.errors import PathRefused, StaleVersion
from domain.path import Does, Path, Planned, plan
from domain.path_spec import PathWrong, Problem, problems_of, read_path, words_of
from domain.perk import PerkCause
from models import CareMessage, PathTurn, PathVersion, sql
from services import audit, care, care_paths, segments
from services.care import WAITING, Entry
from services.shop import Shop
from services.transaction import transaction

PAGE = 1000
log = structlog.get_logger()


@dataclass(frozen=True)
class Line:
    """One path in force, and how many are inside any version of it."""

    path: Path
    inside: int


async def listed(shop: Shop) -> list[Line]:
    """Every path in force, by name."""
    inside = {row["path"]: int(row["inside"]) for row in await sql.run("paths_inside")}
    paths = sorted((await care_paths.shelf(shop, fresh=True)).in_force(), key=lambda path: path.name)
    return [Line(path, inside.get(path.name, 0)) for path in paths]


async def versions(name: str) -> list[PathVersion]:
    """What was published of it, the newest first; the file that ships is not among them."""
    return await PathVersion.filter(name=name).order_by("-version")


async def check(shop: Shop, name: str, spec: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with it, the gifts and segments it names included; empty = it can be published."""
    found = problems_of(name, spec)
    if found:
        return found
    path = read_path(name, spec)
    asked = {"segment": path.segment} | {f"steps.{i}.segment": step.segment for i, step in enumerate(path.steps)}
    missing = [
        Problem(where, f"there is no segment {segment!r}")
        for where, segment in asked.items()
        if segment and await segments.named(segment) is None
    ]
    gifts = sorted(rule.code for rule in shop.rules.perk.of(PerkCause.PATH))
    known = ", ".join(gifts) or "none"
    return missing + [
        Problem(f"steps.{i}.gift", f"{step.gift!r} is no perk with the cause path; there are {known}")
        for i, step in enumerate(path.steps)
        if step.does is Does.GIFT and step.gift not in gifts
    ]


async def publish(shop: Shop, staff_id: int, name: str, spec: Mapping[str, Any], based_on: int, why: str) -> Path:
    """The next version: who enters from now on follows it, who is inside keeps theirs.

    `based_on` is the version it was made from (0 = the file that ships, or none yet).
    Raises PathRefused with every problem, StaleVersion when somebody published meanwhile.
    """
    if problems := await check(shop, name, spec):
        raise PathRefused([{"where": p.where, "what": p.what} for p in problems])
    async with transaction():
        newest = await PathVersion.filter(name=name).order_by("-version").first()
        if (newest.version if newest else 0) != based_on:
            raise StaleVersion("path")
        row = PathVersion(
            name=name, version=based_on + 1, spec=dict(spec), staff_id=staff_id, why=why[:200], created_at=shop.now()
        )
        # Two who publish at once: the unique key lets one of them through.
        await PathVersion.bulk_create([row], on_conflict=("name", "version"), ignore_conflicts=True)
        kept = await PathVersion.get(name=name, version=based_on + 1)
        if kept.staff_id != staff_id or kept.spec != dict(spec):
            raise StaleVersion("path")
        await audit.note(shop, staff_id, "path.publish", f"path:{name}", version=based_on + 1, why=why[:200])
    log.info("path.published", path=name, version=based_on + 1, staff=staff_id)
    return await care_paths.newest(shop, name)


# Moving members --------------------------------------------------------------------------------------


async def move(shop: Shop, staff_id: int, name: str, old: int, new: int) -> int:
    """Let who is inside one version go on by another; how many. What is still ahead is planned anew from the
    same anchor, and what was said is not said again. A line that a fork opened goes on from its own beginning,
    where the other version has a line of its name; else it ends. Raises NotFound.
    """
    left = await care_paths.version_of(shop, name, old)
    path, moved = await care_paths.version_of(shop, name, new), 0
    inside = await sql.run("path_inside", path=name, version=old)
    for i in range(0, len(inside), PAGE):
        async with transaction():
            moved += await _move_page(shop, left, path, inside[i : i + PAGE])
    async with transaction():
        await audit.note(shop, staff_id, "path.move", f"path:{name}", old=old, new=new, members=moved)
    log.info("path.moved", path=name, old=old, new=new, members=moved)
    return moved


async def _move_page(shop: Shop, left: Path, path: Path, people: Sequence[Mapping[str, Any]]) -> int:
    now = shop.now()
    there = {step.line for step in path.steps}
    inside: dict[str, Any] = {
        "member_id__in": [row["member_id"] for row in people], "path": path.name, "version": left.version,
        "occurrence__in": list({row["occurrence"] for row in people}),
    }  # fmt: skip
    messages = CareMessage.filter(**inside, state=CareState.PLANNED)
    turns = PathTurn.filter(**inside, state=WAITING)
    wanted = ("member_id", "occurrence", "step", "created_at")
    # Who is still inside, in which lines, each opened when its steps were planned.
    still: dict[tuple[int, str], dict[str, datetime]] = {}
    for row in [*await messages.values(*wanted), *await turns.values(*wanted)]:
        lines = still.setdefault((row["member_id"], row["occurrence"]), {})
        step = left.step(row["step"])
        line = step.line if step is not None else ""
        lines[line] = min(lines.get(line, now), row["created_at"])
    put_off = list(await messages.exclude(reason="").values_list("id", flat=True))
    await messages.update(state=CareState.SKIPPED, reason="moved", lease_until=None, updated_at=now)
    await turns.delete()
    entries, moved = list[Entry](), 0
    for person in people:
        member_id, occurrence = person["member_id"], person["occurrence"]
        if (member_id, occurrence) not in still:
            continue
        anchor_at, entered_at = sql.known_instant(person["anchor_at"]), sql.known_instant(person["entered_at"])
        opened = {"": entered_at} | {k: at for k, at in still[member_id, occurrence].items() if k and k in there}
        entries += [
            Entry(member_id, path, occurrence, anchor_at, entered_at, opened_at, line)
            for line, opened_at in opened.items()
        ]
        moved += 1
    await care.enter(shop, entries, after=now)
    # What was put off (a cap, a night, a fault) is past its own time: it keeps its place, if it is still said at all.
    said = [path.full_name(step) for step in path.steps if step.does is Does.MESSAGE]
    await CareMessage.filter(id__in=put_off, step__in=said, state=CareState.SKIPPED, reason="moved").update(
        state=CareState.PLANNED, reason="", version=path.version, updated_at=now
    )
    return moved


# Measuring -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StepCount:
    """How many rows of a step stand in a state, with the reason of those that were passed over."""

    step: str
    state: str
    reason: str
    count: int


@dataclass(frozen=True)
class Group:
    """Entrants who were told something (`told`), were held out (`control`), or neither (`untold`)."""

    group: str
    members: int
    first_orders: int
    orders: int
    returned: int
    net_fen: int
    attended: int
    renewed: int
    opinions: int

    def value_of(self, kpi: str) -> int:
        """The figure a path is judged by."""
        return int(getattr(self, kpi))

    def outcome(self, kpi: str) -> Outcome:
        """How many of the group did what the path is for; where that is a sum, how many ordered."""
        return Outcome(self.members, self.orders if kpi == "net_fen" else self.value_of(kpi), self.net_fen)


@dataclass(frozen=True)
class Report:
    """`lift` compares the told with the control group; None where one of them is empty."""

    path: Path
    steps: list[StepCount]
    groups: list[Group]
    lift: Lift | None


async def report(shop: Shop, name: str, version: int, since: datetime) -> Report:
    """What one version did for those who entered since then. Raises NotFound."""
    path = await care_paths.version_of(shop, name, version)
    mine: dict[str, Any] = {"path": name, "version": version, "created_at__gte": since}
    done = PathTurn.filter(**mine).annotate(n=Count("id")).group_by("step", "state", "outcome")
    counts = [
        StepCount(row["step"], row["state"], row["reason"] if row["state"] != CareState.SENT else "", int(row["n"]))
        for row in await sql.run("path_said", path=name, version=version, since=since)
    ]
    counts += [
        # A task's outcome names its case: that it was opened is enough here.
        StepCount(row["step"], row["state"], row["outcome"].partition(":")[0], int(row["n"]))
        for row in await done.values("step", "state", "outcome", "n")
    ]
    rows = await sql.run(
        "path_outcome", path=name, version=version, since=since, days=path.kpi_days,
        silent_days=shop.rules.stage.growth.last_within_days,
    )  # fmt: skip
    groups = [Group(row.pop("grp"), **{key: int(value or 0) for key, value in row.items()}) for row in rows]
    groups.sort(key=lambda group: group.group)
    outcomes = {group.group: group.outcome(path.kpi) for group in groups}
    nobody = Outcome(0, 0, 0)
    gained = lift(outcomes.get("told", nobody), outcomes.get("control", nobody))
    return Report(path, _summed(counts), groups, gained)


def _summed(counts: Sequence[StepCount]) -> list[StepCount]:
    sums: dict[tuple[str, str, str], int] = {}
    for one in counts:
        key = (one.step, one.state, one.reason)
        sums[key] = sums.get(key, 0) + one.count
    return [StepCount(*key, count) for key, count in sorted(sums.items())]


# Preview ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One step as a member would meet it; a line that a fork opens is shown from the fork's own instant."""

    planned: Planned
    words: Words | None


def preview(shop: Shop, name: str, spec: Mapping[str, Any], anchor_at: datetime, entered_at: datetime) -> list[Shown]:
    """Every step with its instants and words, about an example of its event. Raises PathRefused."""
    try:
        path = read_path(name, spec)
    except PathWrong as wrong:
        raise PathRefused([{"where": p.where, "what": p.what} for p in wrong.problems]) from None
    fields = fields_of(SAMPLES.get(path.event))
    notice_days = shop.rules.membership.renewal_notice_days
    shown, lines = [], [("", entered_at)]
    while lines:
        line, opened_at = lines.pop(0)
        for planned in plan(path, anchor_at, opened_at, shop.rules.care, line=line, notice_days=notice_days):
            step = planned.step
            shown.append(Shown(planned, words_of(step, fields) if step.does is Does.MESSAGE else None))
            lines += [(fork, planned.send_at) for fork in (step.then, step.otherwise) if fork]
    return sorted(shown, key=lambda one: one.planned.send_at)
