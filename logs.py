"""Structured logs: one line per use case with ids; what looks personal is masked whoever logs it."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import orjson
import structlog

from settings import LogSettings

_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_SECRET = re.compile(r"(access_token|secret|session_key|token)=[^&\s\"']+")
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def masked(text: str) -> str:
    """Phone numbers keep their first three and last four digits; secrets in addresses go."""
    return _SECRET.sub(r"\1=…", _PHONE.sub(r"\1****\2", text))


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: masked(value) if isinstance(value, str) else value for key, value in event.items()}


def configure(wanted: LogSettings) -> None:
    """JSON lines for machines, or coloured lines for people."""
    renderer: list[Any] = (
        [structlog.processors.JSONRenderer(serializer=lambda obj, **_: orjson.dumps(obj, default=str).decode())]
        if wanted.json_lines
        else [structlog.dev.ConsoleRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            *renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[wanted.level]),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=LEVELS[wanted.level])


def configure_for_people() -> None:
    """What the demo prints: warnings only, readable."""
    configure(LogSettings(level="warning", json_lines=False))
