"""Workers beside the farm: two more processes on its database that do one thing many times at once when told.

A process is `python -m tests.processes.crew`; it reads one order a line and answers one line of JSON.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import integrations
from integrations.shared_clock import SharedClock
from models import database
from services import outside, plans, refunds, settlement
from services.shop import Accounts, Shop
from settings import ROOT, load

WORKERS = 2
Work = Callable[[Shop, dict[str, Any]], Awaitable[object]]


def free(shop: Shop) -> Shop:
    """The same shop on a free day: the yearly plan costs nothing."""
    now, rules = shop.now(), shop.rules.membership
    since, until = now.isoformat(), (now + timedelta(hours=1)).isoformat()
    offers = tuple(
        replace(plan, campaign_price_fen=0, campaign_from=since, campaign_until=until) for plan in rules.plans
    )
    return replace(shop, rules=replace(shop.rules, membership=replace(rules, plans=offers)))


WORK: dict[str, Work] = {
    "settle_due": lambda shop, _: settlement.settle_due(shop),
    "call_due": lambda shop, _: outside.call_due(shop),
    "free_plan": lambda shop, facts: plans.order(free(shop), facts["member_id"], "yearly"),
    "resume": lambda shop, facts: refunds.resume(shop, facts["staff_id"], facts["refund_id"]),
}


async def _work() -> None:
    settings = load()
    wechat = settings.wechat
    clock = SharedClock(settings.app.clock_file)
    await database.connect(settings.database.url.get_secret_value())
    async with integrations.connect(settings, clock) as gateways:
        accounts = Accounts(wechat.official.appid, wechat.mini.appid)
        shop = Shop(clock, settings.rules, gateways, integrations.make_sealer(settings), accounts)
        loop = asyncio.get_running_loop()
        print("ready", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            many = (WORK[order["work"]](shop, order["facts"]) for _ in range(order["times"]))
            told = await asyncio.gather(*many, return_exceptions=True)
            words = [type(one).__name__ if isinstance(one, BaseException) else "done" for one in told]
            print(json.dumps({"words": words, "sum": sum(one for one in told if isinstance(one, int))}), flush=True)
    await database.close()


class Crew:
    """What a test tells them."""

    def __init__(self, workers: list["subprocess.Popen[bytes]"]) -> None:
        self.workers = workers

    async def all_do(self, work: str, *, times: int, **facts: Any) -> tuple[Counter[str], int]:
        """Every worker does it so many times at once: how often each outcome came, and the sum of the numbers."""
        told = await asyncio.gather(*(asyncio.to_thread(_tell, one, work, times, facts) for one in self.workers))
        return Counter(word for one in told for word in one["words"]), sum(one["sum"] for one in told)


def _tell(worker: "subprocess.Popen[bytes]", work: str, times: int, facts: dict[str, Any]) -> Any:
    assert worker.stdin is not None
    worker.stdin.write(json.dumps({"work": work, "times": times, "facts": facts}).encode() + b"\n")
    worker.stdin.flush()
    return json.loads(_answer(worker))


def _answer(worker: "subprocess.Popen[bytes]") -> bytes:
    """Its next answer; what it logs is passed over."""
    assert worker.stdout is not None
    for line in worker.stdout:
        if line.startswith((b'{"words"', b"ready")):
            return line
    raise RuntimeError("a worker has ended")


@contextmanager
def crew(environment: dict[str, str]) -> Iterator[Crew]:
    """Start them; end exactly them."""
    words = [sys.executable, "-m", "tests.processes.crew"]
    pipe = subprocess.PIPE
    workers = [
        subprocess.Popen(words, cwd=ROOT, env={**os.environ, **environment}, stdin=pipe, stdout=pipe)
        for _ in range(WORKERS)
    ]
    try:
        for worker in workers:
            _answer(worker)
        yield Crew(workers)
    finally:
        for worker in workers:
            # With nothing more to read it ends by itself.
            worker.communicate(timeout=20)


if __name__ == "__main__":
    asyncio.run(_work())
