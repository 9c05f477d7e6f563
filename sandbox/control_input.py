"""Reading control requests: a wrong one is answered with a clean 400 and a sentence in JSON."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any, NoReturn

from aiohttp import web

from sandbox.world import Account, Person, World

PREFIX = "/sandbox"
_MISSING: Any = object()


class BadControl(Exception):
    """What is wrong with a control request, in one sentence."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.status = status


def owns(path: str) -> bool:
    """Is this one of the sandbox's own addresses, and none of WeChat's?"""
    return path == PREFIX or path.startswith(PREFIX + "/")


def refuse(sentence: str, status: int = 400) -> web.Response:
    return answer({"error": sentence}, status)


def answer(fields: Any, status: int = 200) -> web.Response:
    return web.json_response(fields, status=status, dumps=_dumps)


def _dumps(fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    return str(value)


class Fields:
    """The JSON object of a control request. Every getter says what is wrong by the field's name."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def only(self, *keys: str) -> None:
        """Refuse fields nobody knows: a misspelt one must not pass silently."""
        unknown = sorted(set(self.values) - set(keys))
        if unknown:
            raise BadControl(f"unknown field {unknown[0]!r}; known are {', '.join(keys) or 'none'}")

    def text(self, key: str, default: Any = _MISSING) -> str:
        return str(self._typed(key, default, (str,), "a text"))

    def number(self, key: str, default: Any = _MISSING, *, low: int = 0, high: int = 10**12) -> int:
        value = self._typed(key, default, (int,), "a whole number")
        if isinstance(value, bool) or not low <= value <= high:
            bad(f"{key} must be a whole number from {low} to {high}")
        return int(value)

    def seconds(self, key: str, default: Any = _MISSING) -> float:
        value = self._typed(key, default, (int, float), "a number")
        if isinstance(value, bool) or not -(10**12) <= value <= 10**12:
            bad(f"{key} must be a number of seconds")
        return float(value)

    def flag(self, key: str, default: Any = _MISSING) -> bool:
        return bool(self._typed(key, default, (bool,), "true or false"))

    def choice(self, key: str, allowed: tuple[str, ...], default: Any = _MISSING) -> str:
        value = self.text(key, default)
        if value not in allowed:
            bad(f"{key} must be one of {', '.join(allowed)}")
        return value

    def texts(self, key: str, default: Any = _MISSING) -> list[str]:
        value = self._typed(key, default, (list,), "a list of texts")
        if not all(isinstance(one, str) for one in value):
            bad(f"{key} must be a list of texts")
        return list(value)

    def instant(self, key: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(key))
        except ValueError:
            bad(f"{key} must be an ISO 8601 instant such as 2026-11-22T10:00:00+08:00")
        if value.tzinfo is None:
            bad(f"{key} needs a time zone")
        return value.astimezone(UTC)

    def _typed(self, key: str, default: Any, types: tuple[type, ...], said: str) -> Any:
        value = self.values.get(key, default)
        if value is _MISSING:
            bad(f"{key} is missing")
        if value is None and default is not _MISSING:
            return default
        if not isinstance(value, types) and value is not default:
            bad(f"{key} must be {said}")
        return value


def bad(sentence: str, status: int = 400) -> NoReturn:
    raise BadControl(sentence, status)


async def fields_of(request: web.Request) -> Fields:
    """The request's JSON object; an empty body is an empty object."""
    data = await request.read()
    if not data:
        return Fields({})
    try:
        values = json.loads(data)
    except ValueError:
        bad("the body is not JSON")
    if not isinstance(values, dict):
        bad("the body must be a JSON object")
    return Fields(values)


def query_number(request: web.Request, key: str, default: int) -> int:
    value = request.query.get(key, "")
    if not value:
        return default
    if not value.isdigit() or len(value) > 12:
        bad(f"{key} must be a whole number")
    return int(value)


def account_of(world: World, fields: Fields, default: str = "official") -> Account:
    kind = fields.choice("account", ("official", "mini"), default)
    return world.official if kind == "official" else world.mini


def person_of(world: World, request: web.Request) -> Person:
    person = world.people.get(request.match_info["person"])
    if person is None:
        bad(f"nobody has the id {request.match_info['person']!r}", 404)
    return person


Control = Callable[[web.Request], Awaitable[Any]]


def guarded(handler: Control) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler whose plain result becomes JSON and whose `BadControl` becomes a 4xx."""

    async def wrapped(request: web.Request) -> web.StreamResponse:
        try:
            result = await handler(request)
        except BadControl as error:
            return refuse(str(error), error.status)
        return result if isinstance(result, web.StreamResponse) else answer(result)

    return wrapped
