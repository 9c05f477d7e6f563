"""`make bench-care`: life-cycle care for five million members on PostgreSQL, and for one million on SQLite.

`python -m bench.care --members 50000` is a quick look at one size; without it the three sizes of the table.
`--only pass|plan|claim|relay|send|segments|sqlite` measures one part alone, those between plan and sqlite at 500,000.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import structlog

from bench import people
from bench.segments import of_everybody
from bench.sending import claim_and_record, over_http, relayed
from bench.took import Took, peak_mb, timed
from domain.audience import Audience
from domain.campaign import CampaignState, Goal, Variant
from domain.clock import ManualClock, at, day_of
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from domain.stage import Stage
from models import Campaign, CareMessage, MemberStage, database
from services import campaign_audience, campaigns, stages
from services.shop import Accounts, Shop
from settings import ROOT
from tests.support import postgres

# Staging and planning ask neither WeChat nor the sealer.
NOBODY, NO_SEALER = cast(Wechat, None), cast(Sealer, None)
SIZES = (50_000, 500_000, 5_000_000)
ON_SQLITE = 1_000_000
PARTS = ("pass", "plan", "claim", "relay", "send", "segments", "sqlite")
SENDING = {"claim", "relay", "send"}
ON_THE_LARGEST = SENDING | {"segments"}
ENOUGH_TO_SEND = 500_000
# What docs/runbook.md tells an operator to set where members are counted by the million.
SETTINGS = (
    "-c shared_buffers=2GB -c max_wal_size=8GB -c checkpoint_timeout=15min -c work_mem=16MB -c random_page_cost=1.1"
)

# Two in a hundred bought without anybody marking them: only a full pass can find that.
UNTOLD = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT id, 'untold:' || id, now(), 39900, now() FROM member WHERE id % 51 = 1 AND id % 3 <> 0
"""
DUE = "UPDATE member_stage SET look_at = now() WHERE member_id IN (SELECT id FROM member ORDER BY id DESC LIMIT 20000)"


def migrate(url: str) -> None:
    """In a process of its own: the memory that rendering every model takes is not a pass's."""
    what = "import asyncio, sys; from models import database; asyncio.run(database.migrate(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", what, url], check=True, cwd=ROOT)


def shop_at_noon() -> Shop:
    """Noon in Shanghai, so that no quiet hour puts anything off; everything made lies before it."""
    noon = at(day_of(datetime.now(UTC)) + timedelta(days=1)) + timedelta(hours=12)
    return Shop(ManualClock(noon), Rules(), NOBODY, NO_SEALER, Accounts(people.APPID, "wx-mini"))


@dataclass
class Figures:
    """What one size took, in seconds."""

    members: int
    full: Took = field(default_factory=Took)
    still: Took = field(default_factory=Took)
    due: Took = field(default_factory=Took)
    plan: Took = field(default_factory=Took)
    dry: Took = field(default_factory=Took)
    receivers: int = 0


async def measure_stages(shop: Shop, url: str, got: Figures) -> None:
    await people.tell(url, UNTOLD)
    await people.tell(url, "VACUUM ANALYZE purchase")
    got.full, run = await timed(stages.pass_all(shop), url)
    got.still, none = await timed(stages.pass_all(shop), url)
    assert none.changed == 0, "a pass over what stands right writes nothing"
    await people.tell(url, DUE)
    got.due, _ = await timed(stages.look_at_due(shop), url)
    assert await MemberStage.filter(look_at__lte=shop.now()).count() == 0
    print(
        f"  stages: {run.changed:,} changed ({run.changed / got.members:.1%}) {got.full} | none changed {got.still} | "
        f"20,000 due {got.due}",
        flush=True,
    )


async def drafted(shop: Shop, members: int) -> Campaign:
    """Members in growth, with consent or not; a third of them where there are millions, for the goal is 100,000."""
    lately = 40 if members > ENOUGH_TO_SEND else 0
    draft = campaigns.Draft(
        name="bench", goal=Goal.DEEPEN, audience=Audience(stages=(Stage.GROWTH,), bought_within_days=lately),
        variants=(Variant("a", "新到", "入秋的新款到了。", "pages/shop/index", "去看看", 1),
                  Variant("b", "新到", "给你留了几件。", "pages/shop/index", "去看看", 1)),
        start_at=shop.now(), useful_until=shop.now() + timedelta(days=3), spread_minutes=60,
    )  # fmt: skip
    return await campaigns.draft(shop, 1, draft)


async def planned(shop: Shop, url: str, row: Campaign) -> tuple[Took, int]:
    """Planned from the first member on. The two persons' yes is not what is measured."""
    await Campaign.filter(id=row.id).update(state=CampaignState.PLANNING, planned_at=shop.now(), planned_id=0)
    return await timed(campaigns.plan_launched(shop), url)


async def measure_campaign(shop: Shop, url: str, got: Figures) -> None:
    row = await drafted(shop, got.members)
    got.dry, tried = await timed(campaign_audience.dry_run(shop, row.id), url)
    got.plan, rows = await planned(shop, url, row)
    again, none = await timed(campaigns.plan_launched(shop), url)
    whole, _ = await planned(shop, url, row)
    got.receivers = await CareMessage.filter(path="campaign", state="planned").count()
    written = await CareMessage.filter(path="campaign").count()
    assert (none, rows, got.receivers) == (0, written, tried.receivers), "what the dry run said, and nothing twice"
    over = ", ".join(f"{rule} {count:,}" for rule, count in sorted(tried.passed_over.items()))
    print(
        f"  campaign: {tried.audience:,} meant, {got.receivers:,} get it ({over}): dry run {got.dry} | planned "
        f"{got.plan} | again {again}, 0 new | all anew, as if nothing were known, {whole}, 0 new",
        flush=True,
    )


@contextlib.asynccontextmanager
async def opened(members: int, server: str) -> AsyncIterator[tuple[str, Shop]]:
    url = postgres.create_database(server, f"care_{members}")
    migrate(url)
    took, _ = await timed(people.fill(url, members))
    await database.connect(url)
    print(f"{members:,} members (made in {took:.0f} s)", flush=True)
    try:
        yield url, shop_at_noon()
    finally:
        await database.close()


async def measure(members: int, server: str, parts: set[str]) -> Figures:
    """One size of everything that is asked for."""
    got = Figures(members)
    async with opened(members, server) as (url, shop):
        first, _ = await timed(stages.pass_all(shop), url)
        print(f"  stages: first pass ever, everybody's {first}", flush=True)
        await people.tell(url, "VACUUM ANALYZE member_stage, stage_change")
        if "pass" in parts:
            await measure_stages(shop, url, got)
        if "plan" in parts:
            await measure_campaign(shop, url, got)
        elif parts & SENDING:
            await planned(shop, url, await drafted(shop, members))
        print(
            f"  peak memory {peak_mb():.0f} MB (goal ≤ 200); load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )
        for name, work in (
            ("claim", claim_and_record),
            ("relay", relayed),
            ("send", over_http),
            ("segments", of_everybody),
        ):
            if name in parts:
                await work(shop, url)
    await people.tell(postgres.with_database(server, "postgres"), f"DROP DATABASE care_{members} WITH (FORCE)")
    return got


async def on_sqlite(members: int) -> None:
    with tempfile.TemporaryDirectory(prefix="hezi-bench-") as folder:
        path = Path(folder) / "care.sqlite3"
        migrate(f"sqlite://{path}")
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


def table(rows: list[Figures], parts: set[str]) -> None:
    """Cost per member: flat means that ten times the members take ten times as long. Processor time beside the wall."""
    if "pass" in parts:
        print(f"\n{'members':>12}{'full pass':>26}{'nothing new':>26}{'20,000 due':>24}")
        for r in rows:
            print(f"{r.members:>12,}{r.full.each(r.members)}{r.still.each(r.members)}{r.due!s:>24}")
        print("goals for 5,000,000: full pass ≤ 10 s = 2 µs, 20,000 due ≤ 1 s", flush=True)
    if "plan" in parts:
        print(f"\n{'members':>12}{'letters':>12}{'plan, a letter':>26}{'dry run, a letter':>26}")
        for r in rows:
            print(f"{r.members:>12,}{r.receivers:>12,}{r.plan.each(r.receivers)}{r.dry.each(r.receivers)}")
        print("goals for 100,000 of 5,000,000: plan ≤ 5 s = 50 µs, dry run ≤ 10 s = 100 µs a letter", flush=True)


async def main(sizes: list[int], sqlite_members: int, parts: set[str]) -> None:
    """Told to end, it ends what it has started and leaves nothing behind."""
    here = asyncio.current_task()
    assert here is not None, "asyncio.run made it"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, here.cancel)
    began = time.perf_counter()
    if on_postgres := parts - {"sqlite"}:
        with postgres.server(fsync=True, more=SETTINGS) as server:
            rows = [
                await measure(members, server, on_postgres if members == max(sizes) else on_postgres - ON_THE_LARGEST)
                for members in sizes
            ]
        table(rows, parts)
    if "sqlite" in parts:
        await on_sqlite(sqlite_members)
    print(f"all in {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.care", description=__doc__)
    parser.add_argument("--members", type=int, help="one size only")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part only; may be given again")
    given = parser.parse_args()
    chosen = set(given.only or PARTS)
    asked = [given.members] if given.members else [ENOUGH_TO_SEND] if chosen <= ON_THE_LARGEST else list(SIZES)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{datetime.now(UTC):%Y-%m-%d}  {machine}  PostgreSQL with fsync, all on the same cores", flush=True)
    asyncio.run(main(asked, min(given.members or ON_SQLITE, ON_SQLITE), chosen))
