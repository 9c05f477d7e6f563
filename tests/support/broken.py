"""What broke unexpectedly while a test ran: every exception that was logged, and so would hide in a green test."""

import sys
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from structlog._config import BoundLoggerLazyProxy


@dataclass
class Broken:
    """`expected` are the names of log lines that may carry an exception in this test."""

    expected: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def note(self, _: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor of logged lines: those with an exception are kept."""
        if event.get("exc_info") and event["event"] not in self.expected:
            told = {key: value for key, value in event.items() if key not in ("event", "exc_info", "timestamp")}
            self.found.append(f"{event['event']} {told}: {sys.exception()!r}")
        return event

    def require_none(self) -> None:
        """Raises AssertionError for what broke since the last look."""
        found, self.found = self.found, []
        assert not found, "broke unexpectedly:\n" + "\n".join(found)


@asynccontextmanager
async def watched() -> AsyncIterator[Broken]:
    """Keep what breaks within, and look at the end that nothing did."""
    broken, kept = Broken(), structlog.get_config()
    free_loggers()
    structlog.configure(processors=[broken.note, *kept["processors"]], cache_logger_on_first_use=False)
    try:
        yield broken
    finally:
        structlog.configure(**kept)
    broken.require_none()


def free_loggers() -> None:
    """Loggers that an earlier test let a command line fix follow the configuration again."""
    for module in list(sys.modules.values()):
        if isinstance(made := vars(module).get("log"), BoundLoggerLazyProxy):
            vars(made).pop("bind", None)
