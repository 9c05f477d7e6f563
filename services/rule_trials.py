"""Rules tried against last year's purchases: read in chunks, gathered, never applied.

`domain/simulation.py` lives each member's year under the rules in force and under the others. By the staff's door
a trial is a row that a job carries on, chunk by chunk; on the command line it runs to its end at once.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from tortoise.functions import Max

from domain.errors import Invalid, NotFound
from domain.membership import Quota
from domain.money import Fen
from domain.rules import Rules
from domain.simulation import (
    Bought,
    Compared,
    Figures,
    Life,
    QuotaChange,
    QuotaUse,
    changed,
    live,
    quota_changes,
    unknown,
)
from models import Member, RuleTrial, sql
from services import audit
from services.shop import Shop
from services.transaction import transaction

__all__ = ["Figures", "RuleTrial", "as_text", "ask", "carry_on", "gather", "get", "listed", "result_of"]
YEAR = timedelta(days=365)
CHUNK = 20_000
"""Members of one chunk: what is held in memory at once."""
log = structlog.get_logger()


@dataclass(frozen=True)
class Result:
    """`cost_fen`: what would not have come in; `cost_points`: given on top. Levels by members at the end."""

    done_percent: int
    compared: Compared
    cost_fen: int
    cost_points: int
    quotas: list[QuotaChange]
    unknown: list[str]


async def gather(
    rules: Rules, until: datetime, changes: Mapping[str, Any], chunk: int = CHUNK
) -> AsyncGenerator[Result, None]:
    """Try the changes over everybody and the year before `until`, a result after each chunk. Raises Invalid."""
    other, last, compared = _other(rules, changes), await _last_id(), Compared()
    quotas = await _quotas(rules, other, until)
    for after in range(0, max(last, 1), chunk):
        await _chunk(rules, other, compared, after, after + chunk, until)
        percent = min(100, 100 * (after + chunk) // max(last, 1))
        yield _result(percent, compared, quotas, changes)


def _other(rules: Rules, changes: Mapping[str, Any]) -> Rules:
    if not changes:
        raise Invalid("changes", "nothing is set otherwise")
    return changed(rules, changes)


async def _last_id() -> int:
    return int((await Member.all().annotate(top=Max("id")).values("top"))[0]["top"] or 0)


def _result(percent: int, compared: Compared, quotas: list[QuotaChange], changes: Mapping[str, Any]) -> Result:
    return Result(percent, compared, *compared.cost(), quotas, unknown(changes))


async def _quotas(rules: Rules, other: Rules, until: datetime) -> list[QuotaChange]:
    rows = await sql.run("simulated_quotas", since=until - YEAR)
    uses = [QuotaUse(row["plan"], Quota(row["kind"]), int(row["used"]), int(row["periods"])) for row in rows]
    return quota_changes(uses, rules, other)


async def _chunk(rules: Rules, other: Rules, into: Compared, after: int, upto: int, until: datetime) -> None:
    """Two years are read: the first only makes the tiers that the second begins with."""
    span: dict[str, Any] = {"after": after, "upto": upto, "since": until - 2 * YEAR}
    bought: dict[int, list[Bought]] = defaultdict(list)
    for row in await sql.run("simulated_purchases", until=until, **span):
        bought[row["member_id"]].append(
            Bought(
                sql.known_instant(row["bought_at"]), int(row["net_fen"]), _fen(row["charged_fen"]),
                _fen(row["public_fen"]), _fen(row["member_fen"]), _fen(row["freight_fen"]),
            )
        )  # fmt: skip
    plans: dict[int, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    matched: dict[int, int] = {}
    for row in await sql.run("simulated_plans", **span):
        begins, ends = sql.instant(row["starts_at"]), sql.instant(row["ends_at"])
        if begins is None or ends is None:
            matched[row["member_id"]] = int(row["matched"])
        else:
            plans[row["member_id"]].append((begins, ends, row["plan"]))
    for member_id, theirs in bought.items():
        life = Life(theirs, plans[member_id], matched.get(member_id, 0))
        into.add(live(life, rules, until - YEAR, until), live(life, other, until - YEAR, until))


def _fen(value: Any) -> Fen | None:
    return None if value is None else int(value)


def as_text(result: Result) -> list[str]:
    """The figures as lines for a terminal, sums in fen."""
    found = result.compared
    lines = [
        f"{found.members} buyers, {found.members_affected} with other figures; "
        f"cost {result.cost_fen} fen and {result.cost_points} points",
        "month    affected        goods before         after   freight before     after   points before     after",
    ]
    for month in sorted(found.before):
        old, new = found.before[month], found.after[month]
        lines.append(
            f"{month}  {found.affected.get(month, 0):8d}  {old.goods_fen:18d}  {new.goods_fen:12d}  "
            f"{old.freight_fen:15d}  {new.freight_fen:8d}  {old.points:14d}  {new.points:8d}"
        )
    lines += [
        f"tier {level}: {found.levels_before.get(level, 0)} → {found.levels_after.get(level, 0)}"
        for level in sorted(found.levels_before.keys() | found.levels_after.keys())
    ]
    lines.append(f"super users: {found.super_before} → {found.super_after}")
    lines += [
        f"{one.plan} {one.kind}: {one.before} → {one.after}, {one.affected_periods} of {one.periods} periods "
        f"would have missed {one.cut_units} units, {one.at_the_limit} had used all"
        for one in result.quotas
    ]
    return lines + [f"not known: {line}" for line in result.unknown]


# By the staff's door ---------------------------------------------------------------------------------


async def ask(shop: Shop, staff_id: int, changes: Mapping[str, Any]) -> RuleTrial:
    """Have changes tried; the job carries it on. Raises Invalid for what cannot be tried."""
    other = _other(shop.rules, changes)
    quotas = [asdict(one) for one in await _quotas(shop.rules, other, shop.now())]
    async with transaction():
        row = await RuleTrial.create(
            changes=dict(changes), staff_id=staff_id, until_at=shop.now(), last_id=await _last_id(),
            gathered={"compared": _as_data(Compared()), "quotas": quotas}, created_at=shop.now(),
        )  # fmt: skip
        await audit.note(shop, staff_id, "rules.simulate", f"rule_trial:{row.id}", changes=dict(changes))
    return row


async def carry_on(shop: Shop) -> int:
    """Carry every trial that is not finished on to its end; how many chunks. A job.

    A kill between chunks goes on at the next one; a chunk is gathered once, by whoever writes it first.
    """
    chunks = 0
    for row in await RuleTrial.filter(finished_at=None).order_by("id"):
        other, done = changed(shop.rules, row.changes), row.done_id
        compared = _compared(row)
        while done < row.last_id:
            await _chunk(shop.rules, other, compared, done, done + CHUNK, row.until_at)
            upto = min(done + CHUNK, row.last_id)
            gathered = {**row.gathered, "compared": _as_data(compared)}
            if not await RuleTrial.filter(id=row.id, done_id=done).update(done_id=upto, gathered=gathered):
                break
            done, chunks = upto, chunks + 1
        else:
            await RuleTrial.filter(id=row.id).update(finished_at=shop.now(), updated_at=shop.now())
            log.info("rules.simulated", trial=row.id, members=compared.members)
    return chunks


async def get(trial_id: int) -> RuleTrial:
    """Raises NotFound."""
    row = await RuleTrial.filter(id=trial_id).first()
    if row is None:
        raise NotFound("rule_trial")
    return row


async def listed(before_id: int | None, limit: int) -> list[RuleTrial]:
    """The newest first."""
    rows = RuleTrial.all() if before_id is None else RuleTrial.filter(id__lt=before_id)
    return await rows.order_by("-id").limit(limit)


def result_of(row: RuleTrial) -> Result:
    """What is gathered so far."""
    percent = 100 if row.finished_at is not None else 100 * row.done_id // max(row.last_id, 1)
    quotas = [QuotaChange(**{**one, "kind": Quota(one["kind"])}) for one in _kept(row)["quotas"]]
    return _result(percent, _compared(row), quotas, row.changes)


def _kept(row: RuleTrial) -> dict[str, Any]:
    return dict(row.gathered)


def _as_data(compared: Compared) -> dict[str, Any]:
    """JSON wants its keys as texts."""
    kept = asdict(compared)
    for name in ("levels_before", "levels_after"):
        kept[name] = {str(level): members for level, members in kept[name].items()}
    return kept


def _compared(row: RuleTrial) -> Compared:
    """As `_as_data` wrote it."""
    kept: dict[str, Any] = dict(_kept(row)["compared"])
    for name in ("before", "after"):
        kept[name] = {month: Figures(**figures) for month, figures in kept[name].items()}
    for name in ("levels_before", "levels_after"):
        kept[name] = {int(level): members for level, members in kept[name].items()}
    return Compared(**kept)
