"""A merchant and a payer in the sandbox's WeChat Pay, at Sunday 2026-11-22 12:00 in Shanghai."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.pay.trial import TrialMerchant, open_trial
from sandbox.setup import make_world
from sandbox.world import Person


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[TrialMerchant]:
    world, credentials = make_world(tmp_path)
    world.clock.set(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), frozen=True)
    async with open_trial(world, credentials["merchant"]["merchant_private_key_pem"]) as trial:
        yield trial


@pytest.fixture
def lin(shop: TrialMerchant) -> Person:
    return shop.world.add_person("林晓")
