"""`make bench-care`: life-cycle care for five million members on PostgreSQL, and for one million on SQLite.

`python -m bench.care --members 50000` is a quick look at one size; without it the three sizes of the table.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import platform
import resource
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast

import structlog

from bench import people
from bench.sending import claim_and_record, over_http, used
from domain.audience import Audience
from domain.campaign import CampaignState, Goal, Variant
from domain.clock import ManualClock, at, day_of
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from domain.stage import Stage
from models import Campaign, CareMessage, MemberStage, database
from services import campaign_audience, campaigns, stages
from services.shop import Accounts, Shop
from tests.support import postgres

# Staging and planning ask neither WeChat nor the sealer.
NOBODY, NO_SEALER = cast(Wechat, None), cast(Sealer, None)
SIZES = (50_000, 500_000, 5_000_000)
ON_SQLITE = 1_000_000

# Two in a hundred bought without anybody marking them: only a full pass can find that.
UNTOLD = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT id, 'untold:' || id, now(), 39900, now() FROM member WHERE id % 51 = 1 AND id % 3 <> 0
"""
DUE = "UPDATE member_stage SET look_at = now() WHERE member_id IN (SELECT id FROM member ORDER BY id DESC LIMIT 20000)"


T = TypeVar("T")


@dataclass
class Figures:
    """What one size took, in seconds."""

    members: int
    full: "Took | float" = 0.0
    still: "Took | float" = 0.0
    due: "Took | float" = 0.0
    plan: "Took | float" = 0.0
    dry: "Took | float" = 0.0
    receivers: int = 0


def shop_at_noon() -> Shop:
    """Noon in Shanghai, so that no quiet hour puts anything off; everything made lies before it."""
    noon = at(day_of(datetime.now(UTC)) + timedelta(days=1)) + timedelta(hours=12)
    return Shop(ManualClock(noon), Rules(), NOBODY, NO_SEALER, Accounts(people.APPID, "wx-mini"))


class Took(float):
    """Seconds on the wall, and the processor seconds of this process and the database behind them."""

    cpu: float = 0.0

    def __str__(self) -> str:
        return f"{float(self):.2f} s (CPU {self.cpu:.2f})"


async def timed(work: Awaitable[T], url: str = "") -> tuple[Took, T]:
    began, before = time.perf_counter(), used(url)
    done = await work
    took = Took(time.perf_counter() - began)
    took.cpu = used(url) - before
    return took, done


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure_stages(shop: Shop, url: str, got: Figures) -> None:
    first, _ = await timed(stages.pass_all(shop), url)
    await people.tell(url, UNTOLD)
    await people.tell(url, "VACUUM ANALYZE member_stage")
    got.full, run = await timed(stages.pass_all(shop), url)
    got.still, none = await timed(stages.pass_all(shop), url)
    assert none.changed == 0, "a pass over what stands right writes nothing"
    await people.tell(url, DUE)
    got.due, _ = await timed(stages.look_at_due(shop), url)
    assert await MemberStage.filter(look_at__lte=shop.now()).count() == 0
    print(
        f"  stages: first pass ever {first} | {run.changed:,} changed ({run.changed / got.members:.1%}) {got.full} | "
        f"none changed {got.still} | 20,000 due {got.due}",
        flush=True,
    )


async def measure_campaign(shop: Shop, url: str, got: Figures) -> Campaign:
    """Members in growth with consent, out of everybody: 2 % of all get it."""
    draft = campaigns.Draft(
        name="bench", goal=Goal.DEEPEN, audience=Audience(stages=(Stage.GROWTH,)),
        variants=(Variant("a", "新到", "入秋的新款到了。", "pages/shop/index", "去看看", 1),
                  Variant("b", "新到", "给你留了几件。", "pages/shop/index", "去看看", 1)),
        start_at=shop.now(), useful_until=shop.now() + timedelta(days=3), spread_minutes=60,
    )  # fmt: skip
    row = await campaigns.draft(shop, 1, draft)
    await people.tell(url, "ANALYZE member_stage")
    got.dry, tried = await timed(campaign_audience.dry_run(shop, row.id), url)
    # The two persons' yes is not what is measured.
    await Campaign.filter(id=row.id).update(state=CampaignState.PLANNING, planned_at=shop.now())
    got.plan, rows = await timed(campaigns.plan_launched(shop), url)
    again, none = await timed(campaigns.plan_launched(shop), url)
    await Campaign.filter(id=row.id).update(state=CampaignState.PLANNING, planned_id=0)
    whole, _ = await timed(campaigns.plan_launched(shop), url)
    got.receivers = await CareMessage.filter(path="campaign", state="planned").count()
    written = await CareMessage.filter(path="campaign").count()
    assert (none, rows, got.receivers) == (0, written, tried.receivers), "what the dry run said, and nothing twice"
    over = ", ".join(f"{rule} {count:,}" for rule, count in sorted(tried.passed_over.items()))
    print(
        f"  campaign: {tried.audience:,} meant, {got.receivers:,} get it ({over}): dry run {got.dry} | planned "
        f"{got.plan} | again {again}, 0 new | all anew, as if nothing were known, {whole}, 0 new",
        flush=True,
    )
    return row


@contextlib.asynccontextmanager
async def opened(members: int, server: str) -> AsyncIterator[tuple[str, Shop]]:
    url = postgres.create_database(server, f"care_{members}")
    await database.migrate(url)
    took, _ = await timed(people.fill(url, members))
    await database.connect(url)
    print(f"{members:,} members (made in {took:.0f} s)", flush=True)
    try:
        yield url, shop_at_noon()
    finally:
        await database.close()


async def measure(members: int, server: str, *, sending: bool) -> Figures:
    """One size of everything; what is sent is measured on the largest."""
    got = Figures(members)
    async with opened(members, server) as (url, shop):
        await measure_stages(shop, url, got)
        await measure_campaign(shop, url, got)
        print(
            f"  peak memory {peak_mb():.0f} MB (goal ≤ 200); load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        if sending:
            await claim_and_record(shop, url)
            await over_http(shop, url)
    await people.tell(postgres.with_database(server, "postgres"), f"DROP DATABASE care_{members} WITH (FORCE)")
    return got


async def on_sqlite(members: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as folder:
        path = Path(folder) / "care.sqlite3"
        await database.migrate(f"sqlite://{path}")
        people.fill_sqlite(path, members)
        await database.connect(url := f"sqlite://{path}")
        try:
            shop = shop_at_noon()
            first, _ = await timed(stages.pass_all(shop), url)
            with contextlib.closing(sqlite3.connect(path)) as file:
                file.execute(people.SQLITE_UNTOLD)
                file.commit()
            full, run = await timed(stages.pass_all(shop), url)
            still, _ = await timed(stages.pass_all(shop), url)
        finally:
            await database.close()
    print(
        f"SQLite, {members:,} members: first pass ever {first} | {run.changed:,} changed ({run.changed / members:.1%}) "
        f"{full} (goal for 1,000,000 ≤ 2) | none changed {still}",
        flush=True,
    )


def table(rows: list[Figures]) -> None:
    """Cost per member: flat means that ten times the members take ten times as long."""
    print(f"\n{'members':>12}{'full pass':>14}{'nothing new':>14}{'20,000 due':>14}{'plan':>18}{'dry run':>18}")
    for r in rows:
        each = 1e6 / r.members
        get = 1e6 / max(1, r.receivers)
        print(
            f"{r.members:>12,}{r.full * each:>11.2f} µs{r.still * each:>11.2f} µs{r.due:>12.2f} s"
            f"{r.plan * get:>9.1f} µs/letter{r.dry * get:>9.1f} µs/letter"
        )
    print("goals for 5,000,000: full pass ≤ 10 s = 2 µs, 20,000 due ≤ 1 s, plan ≤ 5 s, dry run ≤ 10 s = 100 µs/letter")


async def main(sizes: list[int], sqlite_members: int) -> None:
    with postgres.server(fsync=True) as server:
        rows = [await measure(members, server, sending=members == max(sizes)) for members in sizes]
    await on_sqlite(sqlite_members)
    table(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.care", description=__doc__)
    parser.add_argument("--members", type=int, help="one size only")
    given = parser.parse_args().members
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}  {machine}  PostgreSQL with fsync, all on the same cores", flush=True)
    asyncio.run(main([given] if given else list(SIZES), min(given or ON_SQLITE, ON_SQLITE)))
