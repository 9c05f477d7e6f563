"""Stages of millions: the full pass when two in a hundred change, and the small one over what is due."""

import resource
import time
from typing import cast

from bench.people import fill, statement
from domain.clock import SystemClock
from domain.ports import Sealer, Wechat
from domain.rules import Rules
from models import MemberStage, database
from services import stages
from services.shop import Accounts, Shop
from tests.support import postgres

# Staging asks neither WeChat nor the sealer.
NOBODY, NO_SEALER = cast(Wechat, None), cast(Sealer, None)

# Two in a hundred bought without anybody marking them: only a full pass can find that.
UNTOLD = """
INSERT INTO purchase (member_id, ref, bought_at, net_fen, created_at)
SELECT id, 'untold:' || id, now(), 39900, now() FROM member WHERE id % 33 = 1 AND id % 3 <> 0
ON CONFLICT DO NOTHING
"""
DUE = """
UPDATE member_stage SET look_at = now() WHERE member_id IN (SELECT id FROM member ORDER BY id DESC LIMIT 20000)
"""


async def measure(members: int, server: str) -> None:
    """One size: prints the first pass, the next one with 2 % changed, one with nothing changed, and the due."""
    url = postgres.create_database(server, f"stages_{members}")
    await database.migrate(url)
    await fill(url, members)
    await database.connect(url)
    shop = Shop(SystemClock(), Rules(), NOBODY, NO_SEALER, Accounts("wx", "wx"))
    try:
        first, _ = await _timed(shop)
        await statement(url, UNTOLD)
        await statement(url, "VACUUM ANALYZE member_stage")
        second, changed = await _timed(shop)
        third, none = await _timed(shop)
        assert none == 0, "a pass over what stands right writes nothing"
        await statement(url, DUE)
        began = time.perf_counter()
        await stages.look_at_due(shop)
        due = time.perf_counter() - began
        assert await MemberStage.filter(look_at__lte=shop.now()).count() == 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{members:>10,} members: first pass {first:6.2f} s | {changed:,} changed {second:6.2f} s "
            f"({second / members * 1e6:.2f} µs a member) | none changed {third:6.2f} s | 20,000 due {due:5.2f} s "
            f"| peak {peak:.0f} MB",
            flush=True,
        )
    finally:
        await database.close()


async def _timed(shop: Shop) -> tuple[float, int]:
    began = time.perf_counter()
    run = await stages.pass_all(shop)
    return time.perf_counter() - began, run.changed
