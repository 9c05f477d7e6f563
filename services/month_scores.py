"""Members' scores, month by month: reckoned once after a month's end, and closed."""

from dataclasses import asdict, dataclass
from datetime import date

import structlog
from tortoise.functions import Max

from domain.clock import add_months, at, day_of
from domain.month_score import MonthFacts, month_scores
from models import Member, MonthClose, MonthScore, sql
from services.shop import Shop
from services.transaction import transaction

__all__ = ["MonthScore", "close_due", "of_member", "table"]
RANGE = 250_000
"""Members of one transaction; a kill loses at most this much work."""
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
            rows = []
            for one in found:
                facts = MonthFacts(**{name: int(one[name]) for name in one if name != "member_id"})
                rows.append(
                    {"member_id": one["member_id"], "month": _name(month), "created_at": shop.now()}
                    | asdict(facts)
                    | asdict(month_scores(facts, rules))
                )
            await sql.insert_many(MonthScore, rows, once=("member_id", "month"))
    members = await MonthScore.filter(month=_name(month)).count()
    close = MonthClose(month=_name(month), rules=asdict(rules), members=members, created_at=shop.now())
    # Two who close at once: one row says so.
    await MonthClose.bulk_create([close], on_conflict=("month",), ignore_conflicts=True)
    log.info("month.closed", month=_name(month), members=members)
    return members


async def of_member(member_id: int, months: int = 12) -> list[MonthScore]:
    """A member's scores, the newest month first; a month without a row is one of three zeros."""
    return await MonthScore.filter(member_id=member_id).order_by("-month").limit(months)


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
