"""The life cycle's stages, kept by sets: a full pass over everybody, and a small one over what is due.

Both judge by the same statement, write only what differs, and may be repeated, cut off or run twice at
once: a member who bought something meanwhile stays due and is looked at by the next one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.functions import Count, Max

from domain.clock import at, day_of
from domain.errors import StaleVersion
from domain.stage import Begins, BuyingRule, Ends, Stage, StageRules
from models import Member, MemberStage, StageChange, StagePass, StageRuleSet, sql
from services import audit
from services.shop import Shop
from services.transaction import transaction

RANGE = 250_000
"""Members of one transaction of a full pass; a kill loses at most this much work."""
AT_ONCE = 2
"""Ranges judged side by side, each on a connection of its own (SQLite has one, and takes turns)."""
DUE = 20_000
"""Due members of one transaction."""
log = structlog.get_logger()


@dataclass(frozen=True)
class RulesInForce:
    """The entry rules with the version that members' history names; 0 = config.toml's."""

    version: int
    rules: StageRules


async def rules_in_force(shop: Shop) -> RulesInForce:
    newest = await StageRuleSet.all().order_by("-version").first()
    if newest is None:
        return RulesInForce(0, shop.rules.stage)
    return RulesInForce(newest.version, _rules(newest.rules))


def _rules(kept: Mapping[str, Any]) -> StageRules:
    return StageRules(
        BuyingRule(**kept["maturity"]),
        BuyingRule(**kept["growth"]),
        kept["observation_days"],
        Begins(kept.get("begins", Begins.SEEN)),
        Ends(kept.get("ends", Ends.NEVER)),
    )


# Passes ----------------------------------------------------------------------------------------------


def _bounds(rules: StageRules, now: datetime) -> dict[str, Any]:
    """The rules as instants, so that the statement only compares."""

    def before(days: int) -> datetime:
        return now - timedelta(days=days)

    found: dict[str, Any] = {
        "new_from": before(rules.observation_days), "new_days": rules.observation_days, "begins": rules.begins,
        "ends": rules.ends,
    }  # fmt: skip
    for name, rule in (("maturity", rules.maturity), ("growth", rules.growth)):
        found |= {
            f"{name}_from": before(rule.window_days),
            f"{name}_days": rule.window_days,
            f"{name}_last_from": before(rule.last_within_days),
            f"{name}_last_days": rule.last_within_days,
            f"{name}_orders": rule.orders,
            f"{name}_fen": rule.spend_fen,
        }
    return found


async def _write(now: datetime, version: int) -> tuple[int, int]:
    """Carry out what was judged into `stage_due`: how many rows that were, and how many changed stage."""
    count = (await sql.run("stage_write", now=now, version=version))[0]
    return int(count["judged"]), int(count["changed"])


async def look_at_due(shop: Shop) -> int:
    """The incremental pass: members whose stage may have changed by now; how many changed. A job."""
    changed = 0
    while True:
        now, force = shop.now(), await rules_in_force(shop)
        async with transaction():
            await sql.run("stage_scratch")
            await sql.run("stage_judge_due", now=now, count=DUE, every_look=0, **_bounds(force.rules, now))
            judged, moved = await _write(now, force.version)
        changed += moved
        if judged < DUE:
            break
    if changed:
        log.info("stages.looked", changed=changed)
    return changed


async def pass_all(shop: Shop) -> StagePass:
    """The full pass: every member judged anew, range by range. One that was cut off is resumed. A job."""
    run = await StagePass.filter(finished_at=None).order_by("-id").first()
    force = await rules_in_force(shop)
    if run is None or run.rules_version != force.version:
        now = shop.now()
        await StagePass.filter(finished_at=None).update(finished_at=now, updated_at=now)
        run = await StagePass.create(judged_at=now, rules_version=force.version, created_at=now)
    before = await StagePass.filter(finished_at__not_isnull=True, done_id__gt=0).order_by("-id").first()
    # Other rules may want an earlier look than the one that is written.
    every_look = int(before is None or before.rules_version != force.version)
    last = int((await Member.all().annotate(top=Max("id")).values("top"))[0]["top"] or 0)
    while run.done_id < last:
        starts = range(run.done_id, min(run.done_id + AT_ONCE * RANGE, last), RANGE)
        run.changed += sum(await asyncio.gather(*(_pass_range(run, force, after, every_look) for after in starts)))
        run.done_id = min(run.done_id + AT_ONCE * RANGE, last)
        # Written after the ranges: a kill in between judges them again, which changes nothing.
        await StagePass.filter(id=run.id).update(done_id=run.done_id, changed=run.changed, updated_at=shop.now())
    run.finished_at = shop.now()
    await StagePass.filter(id=run.id).update(finished_at=run.finished_at)
    log.info("stages.passed", members=last, changed=run.changed, rules=force.version)
    return run


async def _pass_range(run: StagePass, force: RulesInForce, after: int, every_look: int) -> int:
    """Judge one range in a transaction of its own; how many changed stage."""
    async with transaction():
        await sql.run("stage_scratch")
        await sql.run(
            "stage_judge_range", after=after, upto=after + RANGE, now=run.judged_at, every_look=every_look,
            **_bounds(force.rules, run.judged_at),
        )  # fmt: skip
        _, moved = await _write(run.judged_at, force.version)
    return moved


async def look_again(shop: Shop, member_id: int) -> None:
    """Something happened that may end or begin a stage by the rules: the next incremental pass looks."""
    await MemberStage.filter(member_id=member_id).update(look_at=shop.now())


# Reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageCount:
    """How many stand in a stage now, and how many came and left since yesterday's midnight in Shanghai."""

    stage: Stage
    members: int
    came: int
    left: int


async def counts(shop: Shop) -> list[StageCount]:
    """The four stages; their sum is all members."""
    since = at(day_of(shop.now()) - timedelta(days=1))
    rows = await MemberStage.all().annotate(n=Count("member_id")).group_by("stage").values("stage", "n")
    there = {Stage(row["stage"]): int(row["n"]) for row in rows}
    everybody = await Member.filter(merged_into_id=None).count()
    # Who joined since the last pass has no row yet, and is in observation.
    there[Stage.OBSERVATION] = there.get(Stage.OBSERVATION, 0) + everybody - sum(there.values())
    flows = StageChange.filter(created_at__gte=since)
    came = {r["new"]: int(r["n"]) for r in await flows.annotate(n=Count("id")).group_by("new").values("new", "n")}
    left = {r["old"]: int(r["n"]) for r in await flows.annotate(n=Count("id")).group_by("old").values("old", "n")}
    return [StageCount(s, there.get(s, 0), came.get(s, 0), left.get(s, 0)) for s in Stage]


async def stage_of(member_id: int) -> Stage:
    """A member's stage as of the last look."""
    return (await stages_of([member_id]))[member_id]


async def stages_of(member_ids: Sequence[int]) -> dict[int, Stage]:
    """The stages of many members as of the last look."""
    rows = MemberStage.filter(member_id__in=list(set(member_ids)))
    there = {member_id: Stage(stage) for member_id, stage in await rows.values_list("member_id", "stage")}
    return {member_id: there.get(member_id, Stage.OBSERVATION) for member_id in member_ids}


async def history(member_id: int, *, limit: int = 100) -> list[StageChange]:
    """The newest changes first."""
    return await StageChange.filter(member_id=member_id).order_by("-created_at", "-id").limit(limit)


# Rules -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Flow:
    """How many would go from one stage to another."""

    old: Stage
    new: Stage
    members: int


async def preview(shop: Shop, rules: StageRules) -> list[Flow]:
    """Who would stand where under other rules, beside where they stand now; nothing is written.

    Members who would stay are counted too (old = new), so the sum is all members.
    """
    now = shop.now()
    rows = await sql.run("stage_preview", now=now, **_bounds(rules, now))
    return [Flow(Stage(row["old"]), Stage(row["new"]), int(row["members"])) for row in rows]


async def save_rules(shop: Shop, staff_id: int, rules: StageRules, based_on: int, why: str) -> RulesInForce:
    """Save the next version of the rules; the next full pass stages everybody by it.

    Raises StaleVersion when somebody saved after `based_on` was read.
    """
    async with transaction():
        if (await rules_in_force(shop)).version != based_on:
            raise StaleVersion("stage_rules")
        row = StageRuleSet(
            version=based_on + 1, rules=asdict(rules), staff_id=staff_id, why=why[:200], created_at=shop.now()
        )
        # Two who save at once: the version's unique key lets one of them through.
        await StageRuleSet.bulk_create([row], on_conflict=("version",), ignore_conflicts=True)
        kept = await StageRuleSet.get(version=based_on + 1)
        if kept.staff_id != staff_id or _rules(kept.rules) != rules:
            raise StaleVersion("stage_rules")
        await audit.note(shop, staff_id, "stage.rules", f"stage_rules:{based_on + 1}", why=why[:200])
    return RulesInForce(based_on + 1, rules)
