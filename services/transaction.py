"""One use case = one transaction, committed in one place."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from tortoise.transactions import in_transaction

AfterCommit = Callable[[], Awaitable[None]]

_after: ContextVar[list[AfterCommit] | None] = ContextVar("after_commit", default=None)
_guard: ContextVar[Callable[[], Awaitable[None]] | None] = ContextVar("guard", default=None)


@contextmanager
def guarded(guard: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Every transaction opened in this block asks `guard` first, which may raise: a leader that was deposed."""
    token = _guard.set(guard)
    try:
        yield
    finally:
        _guard.reset(token)


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Open a transaction, or join the one that is open.

    What was handed to `after_commit` runs once the outermost one has committed, in order; it is
    dropped when the transaction is rolled back.
    """
    if _after.get() is not None:
        yield
        return
    todo: list[AfterCommit] = []
    token = _after.set(todo)
    try:
        async with in_transaction():
            if (guard := _guard.get()) is not None:
                await guard()
            yield
    finally:
        _after.reset(token)
    for work in todo:
        await work()


def in_one() -> bool:
    """Whether a transaction is open here; the gateways refuse to be called then."""
    return _after.get() is not None


def after_commit(work: AfterCommit) -> None:
    """Run `work` after the outermost commit. Raises RuntimeError outside of a transaction."""
    todo = _after.get()
    if todo is None:
        raise RuntimeError("after_commit needs an open transaction")
    todo.append(work)
