"""How long a piece of work takes: on the wall, and of the processors."""

import resource
import time
from collections.abc import Awaitable
from typing import TypeVar

from bench.sending import used

T = TypeVar("T")


class Took(float):
    """Seconds on the wall, and the processor seconds of this process and the database behind them."""

    cpu: float = 0.0

    def __str__(self) -> str:
        return f"{float(self):.2f} s (CPU {self.cpu:.2f})"

    def each(self, count: int) -> str:
        """The same for one of so many, as a column of the table."""
        count = max(1, count)
        return f"{1e6 * self / count:>12.2f} µs (CPU{1e6 * self.cpu / count:>6.2f})"


async def timed(work: Awaitable[T], url: str = "") -> tuple[Took, T]:
    began, before = time.perf_counter(), used(url)
    done = await work
    took = Took(time.perf_counter() - began)
    took.cpu = used(url) - before
    return took, done


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
