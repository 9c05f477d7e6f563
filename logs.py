"""Structured logs: one line per use case with ids; what looks personal is masked whoever logs it."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
import structlog

from settings import LogSettings

_PHONE = re.compile(r"(?<!\d)((?:86)?1[3-9]\d)\d{4}(\d{4})(?!\d)")
_NAMES = "access_token|secret|session_key|js_code|token|password"
_SECRET = re.compile(rf"\b({_NAMES})([\"']?\s*[=:]\s*[\"']?)[^&\s\"',}}]+")
_BEARER = re.compile(r"\b(Bearer )[^\s\"',}]+", re.IGNORECASE)
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def masked(text: str) -> str:
    """Phone numbers keep their first three and last four digits; secrets in addresses and answers go."""
    return _BEARER.sub(r"\1…", _SECRET.sub(r"\1\2…", _PHONE.sub(r"\1****\2", text)))


def _masked_within(value: Any) -> Any:
    """The same for whatever a value holds."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {key: _masked_within(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked_within(one) for one in value]
    return value


def _mask(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _masked_within(value) for key, value in event.items()}


class MaskedFormatter(logging.Formatter):
    """For the lines of libraries, which know nothing of our manners."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


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
    handler = logging.StreamHandler()
    handler.setFormatter(MaskedFormatter(logging.BASIC_FORMAT))
    logging.basicConfig(handlers=[handler])
    # Never below "info": what libraries write for debugging has every value of every statement in it.
    logging.getLogger().setLevel(max(LEVELS[wanted.level], logging.INFO))


def configure_for_people() -> None:
    """What the demo prints: warnings only, readable."""
    configure(LogSettings(level="warning", json_lines=False))
