"""An item handed in the very moment a flush ended was never worked: whoever asked waited for ever."""

import asyncio
from collections.abc import Sequence

from services.batch import Grouped


async def test_an_item_handed_in_as_the_last_one_is_answered_is_worked() -> None:
    async def doubled(items: Sequence[int]) -> list[int]:
        return [2 * item for item in items]

    grouped: Grouped[int, int] = Grouped(doubled)

    async with asyncio.timeout(5):
        assert [await grouped.submit(number) for number in range(5)] == [0, 2, 4, 6, 8]
