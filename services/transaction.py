"""One use case = one transaction, committed in one place."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from tortoise.transactions import in_transaction

AfterCommit = Callable[[], Awaitable[None]]

_after: ContextVar[list[AfterCommit] | None] = ContextVar("after_commit", default=None)


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
