"""Members' scores, month by month: reckoned once after a month's end, and closed."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any

import structlog
from tortoise.functions import Max

from domain.clock import add_months, at, day_of
from domain.month_score import MonthFacts, MonthScoreRules, month_scores
from models import Member, MonthClose, MonthScore, sql
from services.shop import Shop
from services.transaction import transaction

__all__ = ["MonthScore", "close_due", "of_member", "table"]
RANGE = 50_000
"""Members read and closed in one transaction; a kill loses at most this much work."""
WRITTEN = 10_000
"""Rows of one statement: what a busy month's range would be as one text is more than a process should hold."""
SCORES = ("activity", "immersion", "conversion")
log = structlog.get_logger()


def _name(month: date) -> str:
    return f"{month:%Y-%m}"


async def close_due(shop: Shop) -> int:
    """Score and close every month that is over; how many members were scored. A job.

    A kill goes on where it stopped; what is written already stays. The first run closes the month before.
    """
    this_month = day_of(shop.now()).replace(day=1)
    newest = await MonthClose.all().order_by("-month").first()
    month = add_months(date.fromisoformat(f"{newest.month}-01") if newest else add_months(this_month, -2), 1)
    scored = 0
    while month < this_month:
        scored += await _close(shop, month)
        month = add_months(month, 1)
    return scored


async def _close(shop: Shop, month: date) -> int:
    span = {"since": at(month), "until": at(add_months(month, 1))}
    rules = shop.rules.month_score
    last = int((await Member.all().annotate(top=Max("id")).values("top"))[0]["top"] or 0)
    for after in range(0, last, RANGE):
        async with transaction():
            found = await sql.run("month_facts", after=after, upto=after + RANGE, **span)
            for first in range(0, len(found), WRITTEN):
                rows = [_scored(one, month, rules, shop.now()) for one in found[first : first + WRITTEN]]
                await sql.insert_many(MonthScore, rows, once=("member_id", "month"))
    members = await MonthScore.filter(month=_name(month)).count()
    close = MonthClose(month=_name(month), rules=asdict(rules), members=members, created_at=shop.now())
    # Two who close at once: one row says so.
    await MonthClose.bulk_create([close], on_conflict=("month",), ignore_conflicts=True)
    log.info("month.closed", month=_name(month), members=members)
    return members


def _scored(found: Mapping[str, Any], month: date, rules: MonthScoreRules, now: datetime) -> dict[str, Any]:
    """A member's row: what was done, and what that is worth."""
    facts = MonthFacts(**{name: int(found[name]) for name in found if name != "member_id"})
    same = {"member_id": found["member_id"], "month": _name(month), "created_at": now}
    return same | asdict(facts) | asdict(month_scores(facts, rules))


async def of_member(shop: Shop, member_id: int, months: int = 12) -> list[MonthScore]:
    """A member's scores, the newest month first; a month without a row is one of three zeros.

    A closed month may hold rows of somebody who turned out since to be the same person: they stay as they are,
    and are read as one.
    """
    by_month: dict[str, list[MonthScore]] = {}
    for row in await MonthScore.filter(member_id__in=await _selves(member_id)).order_by("-month"):
        by_month.setdefault(row.month, []).append(row)
    wanted = list(by_month.items())[:months]
    closed = await MonthClose.filter(month__in=[month for month, _ in wanted])
    rules = {close.month: MonthScoreRules(**close.rules) for close in closed}
    return [
        rows[0] if len(rows) == 1 else _as_one(member_id, rows, rules.get(month, shop.rules.month_score))
        for month, rows in wanted
    ]


async def _selves(member_id: int) -> list[int]:
    """The member's id, and those that were merged into it."""
    ids, newest = [member_id], [member_id]
    while newest:
        newest = [int(str(i)) for i in await Member.filter(merged_into_id__in=newest).values_list("id", flat=True)]
        ids += newest
    return ids


def _as_one(member_id: int, rows: Sequence[MonthScore], rules: MonthScoreRules) -> MonthScore:
    """What several did in a month, as if by one. A day that two of them came on counts twice, up to all there are."""
    sums = {field.name: sum(getattr(row, field.name) for row in rows) for field in fields(MonthFacts)}
    month = date.fromisoformat(f"{rows[0].month}-01")
    facts = MonthFacts(**sums | {"days": min(sums["days"], (add_months(month, 1) - month).days)})
    return MonthScore(member_id=member_id, month=rows[0].month, **asdict(facts), **asdict(month_scores(facts, rules)))


@dataclass(frozen=True)
class ScoreLine:
    """One score of one closed month: of those who did anything, the mean, and how many stand in each ten.

    `tens` has ten numbers: 0 to 9, 10 to 19, … 90 to 100.
    """

    month: str
    score: str
    members: int
    mean: float
    tens: list[int]


async def table(first: str, last: str) -> list[ScoreLine]:
    """The closed months between two (2026-01), both included, score by score."""
    closed = {row.month for row in await MonthClose.filter(month__gte=first, month__lte=last)}
    lines: dict[tuple[str, str], list[int]] = {(month, score): [0] * 10 for month in sorted(closed) for score in SCORES}
    sums: dict[tuple[str, str], int] = dict.fromkeys(lines, 0)
    for row in await sql.run("month_table", first=first, last=last):
        key = (row["month"], row["score"])
        if key in lines:
            lines[key][int(row["ten"]) // 10] = int(row["members"])
            sums[key] += int(row["points"])
    return [
        ScoreLine(month, score, sum(tens), round(sums[month, score] / max(1, sum(tens)), 1), tens)
        for (month, score), tens in lines.items()
    ]
