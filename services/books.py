"""The books proved, and handed out: every sum that must be 0 or agree, by set-based statements; the ledger as CSV.

`check` reads only; `prove` also keeps what it found, for the metric, and raises the alarm.
"""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from io import StringIO

import structlog

from domain.money import Fen
from models import BooksCheck, LedgerLine
from models.sql import run
from services.shop import Shop

RULES = {
    "postings": "every posting sums to 0",
    "boxes": "every box sums to 0",
    "orders": "every shop order sums to 0",
    "members": "every member sums to 0",
    "days": "every Shanghai day sums to 0",
    "payments": "what was paid is booked, once, with its sum, and nothing else",
    "sales": "what boxes and orders were charged is what is booked as earned",
    "refunds": "refunds on their way are what is due to each member",
    "points": "every lot of points, and every member, holds what the entries say",
    "stock": "received = sold + lost + on hand + reserved",
    "stock_entries": "stock is what its movements add up to",
    "wallets": "stored value is what its lines and the ledger say",
    "quotas": "quota counters are what their lines say",
}
"""Each is a statement `models/sql/check_NAME.sql` that gives back what breaks it."""
MOST = 100
CHUNK = 5000
COLUMNS = ("id", "day", "event", "account", "amount_fen", "member_id", "box_id", "order_id", "created_at")
log = structlog.get_logger()


@dataclass(frozen=True)
class Difference:
    """What breaks a rule: `wanted` and `found` are fen, points, pieces or units, as the rule is about."""

    rule: str
    subject: str
    wanted: int
    found: int


async def check() -> list[Difference]:
    """Everything that does not agree, at most a hundred of each rule; nothing is written."""
    return [
        Difference(rule, str(row["subject"]), int(row["wanted"]), int(row["found"]))
        for rule in RULES
        for row in await run(f"check_{rule}", most=MOST)
    ]


async def prove(shop: Shop) -> int:
    """The daily job: look, keep what was found, raise the alarm; how many differences."""
    found = await check()
    await BooksCheck.create(differences=len(found), found=[asdict(one) for one in found[:MOST]], created_at=shop.now())
    for one in found:
        log.error("books.difference", rule=one.rule, subject=one.subject, wanted=one.wanted, found=one.found)
    log.info("books.checked", differences=len(found))
    return len(found)


async def last_check() -> BooksCheck | None:
    """What the newest look at the books found."""
    return await BooksCheck.all().order_by("-id").first()


@dataclass(frozen=True)
class DaySum:
    """One account on one day: what was put on its plus and its minus side."""

    day: date
    account: str
    plus_fen: Fen
    minus_fen: Fen


async def days(first: date, last: date) -> list[DaySum]:
    """The trial balance of each Shanghai day from `first` to `last`, both included, the newest first."""
    rows = await run("ledger_days", first=first, last=last)
    return [
        DaySum(date.fromisoformat(row["day"][:10]), row["account"], int(row["plus_fen"]), int(row["minus_fen"]))
        for row in rows
    ]


async def export(first: date | None = None, last: date | None = None) -> AsyncIterator[str]:
    """The ledger as CSV in pieces of some thousand lines, in the order of posting, days included on both ends."""
    yield _csv([COLUMNS])
    rows = LedgerLine.all()
    if first is not None:
        rows = rows.filter(day__gte=first)
    if last is not None:
        rows = rows.filter(day__lte=last)
    after = 0
    while piece := await rows.filter(id__gt=after).order_by("id").limit(CHUNK).values_list(*COLUMNS):
        yield _csv(piece)
        after = piece[-1][0]


def _csv(rows: Sequence[tuple[object, ...]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
