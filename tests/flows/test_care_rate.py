"""However many senders an account has, on whichever hosts: together they stay below its rate."""

import asyncio
import time
from dataclasses import replace

from domain.clock import ManualClock
from domain.rules import Rules
from services.care_rate import allowed
from services.shop import Accounts, Shop
from tests.conftest import NO_SEALER, NOBODY
from tests.support.house import START


async def test_two_senders_of_an_account_share_one_rate(database: str) -> None:
    """Twenty calls by two senders at once, a hundred a second allowed: the last begins 0.19 s after the first."""
    rules = Rules()
    rules = replace(rules, care=replace(rules.care, calls_a_second_max=100))
    shop = Shop(ManualClock(START), rules, NOBODY, NO_SEALER, Accounts("wx", "wx"))

    async def sender() -> None:
        for _ in range(10):
            await allowed(shop, 1)

    began = time.monotonic()
    await asyncio.gather(sender(), sender())
    assert time.monotonic() - began >= 0.19
