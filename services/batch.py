"""Grouping: callers hand in one item each, and a flush works many at once.

This is what carries a free day's rush: a hundred followers cost one commit, a hundred questions one
query, and each of them still gets an answer of their own.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Grouped(Generic[T, R]):
    """`flush` gets up to `most` items and returns as many results, in order, or raises for all of them.

    When a flush of several items fails, each is tried alone, so that one bad item fails by itself.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[T]], Awaitable[Sequence[R]]],
        *,
        most: int = 256,
        turn: asyncio.Lock | None = None,
    ) -> None:
        """`turn` is held during a flush: who share one flush by turns, and their groups grow meanwhile."""
        self._flush, self._most, self._turn = flush, most, turn or asyncio.Lock()
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Wait until the item is committed; its result, or the error of its own flush."""
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            # A fresh context: the worker must not inherit a caller's open transaction.
            self._worker = asyncio.create_task(self._work(), context=contextvars.Context())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            async with self._turn:
                taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                await self._flush_taken(taken)
        # In the same step as the last look at what waits: an item that comes between the two would wait for ever.
        self._worker = None

    async def _flush_taken(self, taken: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._flush([item for item, _ in taken])
        except Exception as fault:
            if len(taken) == 1:
                if not taken[0][1].done():
                    taken[0][1].set_exception(fault)
                return
            for one in taken:
                await self._flush_taken([one])
            return
        for (_, future), result in zip(taken, results, strict=True):
            if not future.done():
                future.set_result(result)
