"""Drives a coroutine and kills it at its n-th await, as a crash of the process would."""

from collections.abc import Coroutine, Generator
from types import coroutine
from typing import Any

HANDLING = frozenset({"__aenter__", "__aexit__", "acquire", "release"})
"""Inside these a library opens or gives back a connection. A dead process has none: there it is not killed."""


class Killed(BaseException):
    """The process is gone: nothing that runs after it may be relied upon."""


def _handling(work: Any) -> bool:
    """Whether the await that was just served is a library's own handling of a connection."""
    while work is not None:
        code = next((c for n in ("cr_code", "gi_code", "ag_code") if (c := getattr(work, n, None))), None)
        frame = next((f for n in ("cr_frame", "gi_frame", "ag_frame") if (f := getattr(work, n, None))), None)
        if code is not None and code.co_name in HANDLING:
            # A context manager written as a generator: what it awaits stands in that generator.
            generator = getattr(frame.f_locals.get("self"), "gen", None) if frame is not None else None
            if generator is None:
                return True
            work = generator
        work = next((w for n in ("cr_await", "gi_yieldfrom", "ag_await") if (w := getattr(work, n, None))), None)
    return False


@coroutine
def killed_at(work: Coroutine[Any, Any, Any], point: int) -> Generator[Any, Any, int]:
    """Run `work` and kill it once its `point`-th await has been served; how many awaits there were.

    A result below `point` says that it ended by itself. What it had not committed is rolled back, as the
    database does when a connection is gone; what it had committed stays.
    """
    count, killed, sent = 0, False, None
    fault: BaseException | None = None
    while True:
        try:
            if fault is not None:
                waiting, fault = work.throw(fault), None
            else:
                waiting = work.send(sent)
        except StopIteration:
            return count
        except Killed:
            return count
        try:
            sent = yield waiting
        except BaseException as broke:
            fault = broke
            continue
        if not killed and not _handling(work):
            count += 1
            if count == point:
                killed, fault = True, Killed()
