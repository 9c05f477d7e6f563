"""Bad input made from the API's own models: for every body a good one, and every way to spoil it by one value."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

import models
from miniapp_api.frame import Route
from miniapp_api.routes import ADDRESSES

GOOD = {
    "phone": "13800001234", "starts_at": "2026-11-28T07:00:00Z", "ends_at": "2026-11-28T08:00:00Z",
    "at": "2026-11-22T02:00:00Z", "pickup_at": "2026-11-23T02:00:00Z", "carrier": "SF", "waybill": "SF000001",
    "seal": "S-1", "return_seal": "R-1",
    "start_at": "2026-11-22T02:00:00Z", "useful_until": "2026-11-25T02:00:00Z",
    "login": "clerk.one", "wecom_userid": "linwan", "starts": "09:00", "ends": "12:00", "ref": "box:1",
    "anchor_at": "2026-11-22T02:00:00Z", "entered_at": "2026-11-22T02:00:00Z",
    "spec": {
        "title": "生日", "event": "birthday", "goal": "loyalty", "kpi": "orders", "topic": "birthday",
        "steps": [{"name": "wish", "does": "message", "class": "promotion", "title": "生日快乐", "text": "生日快乐",
                   "page": "pages/me/me", "link": "看看"}],
    },
    "birthday": "1990-05-20", "sku_ids": [1, 2, 3, 4, 5], "outcome": "settled",
    "first": "2026-11-01", "last": "2026-11-30", "from": "2026-11-22T00:00:00Z", "to": "2026-11-23T00:00:00Z",
    "closes_at": "2026-11-30T00:00:00Z", "since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z",
    "valid_from": "2026-11-22T00:00:00Z", "valid_until": "2026-12-22T00:00:00Z",
}  # fmt: skip
"""Values that a kind and bounds do not tell, by the field's name."""


@dataclass(frozen=True)
class Spoilt:
    """A body with one fault: what is wrong, where, and the body."""

    what: str
    field: str
    body: Any


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def route_of(name: str) -> Route:
    """The line of the route table with this method and path."""
    return next(route for route in ADDRESSES if name_of(route) == name)


def address(route: Route, number: int | str = 1) -> str:
    """The path with every name filled in: ids with `number`, texts with something that may exist."""
    texts = {
        "purpose": "promotion",
        "topic": "news",
        "code": "yearly",
        "out_trade_no": "P0000000000000001",
        "day": "2026-11-21",
        "name": "welcome",
    }
    path = route.path
    for name in route.path_names:
        path = path.replace("{" + name + "}", str(number) if route.hints[name] is int else texts[name])
    return path


def good_body(route: Route) -> Any:
    """A body its model accepts, every field filled in; None where the address takes none."""
    if route.body is None:
        return None
    schema = route.body.model_json_schema()
    body = _good(schema, schema.get("$defs", {}), "")
    # Of fields that exclude each other, the later ones are left out.
    for name in [*reversed(schema.get("properties", {})), ""]:
        try:
            route.body.model_validate(body)
            break
        except ValidationError as bad:
            if not name or bad.errors()[0]["loc"]:
                raise
            if name not in schema.get("required", []):
                body.pop(name)
    return body


def good_query(route: Route) -> dict[str, Any]:
    """A value for each query field that must be given."""
    assert route.query is not None
    schema = route.query.model_json_schema()
    return {
        name: _good(schema["properties"][name], schema.get("$defs", {}), name) for name in schema.get("required", [])
    }


def _plain(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference or an "or null"."""
    if "$ref" in schema:
        return _plain(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        return _plain(next(one for one in schema["anyOf"] if one.get("type") != "null"), defs)
    return schema


def _good(schema: dict[str, Any], defs: dict[str, Any], name: str) -> Any:
    shape = _plain(schema, defs)
    if "examples" in shape:
        return shape["examples"][0]
    fits = name in GOOD and GOOD[name] in shape.get("enum", [GOOD[name]])
    if fits and re.search(shape.get("pattern", ""), str(GOOD[name])):
        return GOOD[name]
    if "const" in shape:
        return shape["const"]
    if "enum" in shape:
        return shape["enum"][-1]
    if re.search(shape.get("pattern", "^$"), "2026-11"):
        return "2026-11"  # a month
    if shape.get("format") == "date":
        return "2026-11-22"
    kind = shape["type"]
    if kind == "object":
        return {key: _good(one, defs, key) for key, one in shape["properties"].items()}
    if kind == "array":
        return [_good(shape["items"], defs, name)]
    if kind == "boolean":
        return False
    return "好" * max(1, shape.get("minLength", 1)) if kind == "string" else shape.get("minimum", 1)


def spoilt(route: Route) -> Iterator[Spoilt]:
    """Every one-value fault of the address's body."""
    assert route.body is not None
    schema = route.body.model_json_schema()
    whole = good_body(route)
    yield from (Spoilt(f"{body!r} for an object", "", body) for body in ([], "x", 1, None, [whole]))
    for path, value in _faults(schema, schema.get("$defs", {}), ()):
        body = copy.deepcopy(whole)
        at = body
        for step in path[:-1]:
            at = at[step]
        if value is MISSING:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        yield Spoilt(f"{'.'.join(map(str, path))}={str(value)[:40]!r}", str(path[0]), body)


MISSING = object()
Path = tuple[str | int, ...]


def _faults(schema: dict[str, Any], defs: dict[str, Any], path: Path) -> Iterator[tuple[Path, Any]]:
    shape = _plain(schema, defs)
    kind = shape.get("type")
    if kind == "object":
        if "properties" not in shape:
            # Free data: what is wrong inside it is told by the rule that reads it.
            yield path, "text"
            return
        yield (*path, "no_such_field"), 1
        for name in shape.get("required", []):
            yield (*path, name), MISSING
        for name, one in shape["properties"].items():
            yield from _faults(one, defs, (*path, name))
        return
    yield path, {"an": "object"}
    if kind == "array":
        yield path, "text"
        yield path, [[]]
        yield path, [0] * (shape["maxItems"] + 1)
        yield from _faults(shape["items"], defs, (*path, 0))
    elif kind == "string":
        yield path, 7
        yield path, ["list"]
        yield path, "nul\x00nul"
        yield path, "bell\x07"
        yield path, "half \ud800 pair"
        yield path, "长" * 7000
        yield from ((path, "") for _ in range(bool(shape.get("minLength"))))
    elif kind in ("integer", "number"):
        yield path, "many"
        yield path, -1
        yield path, 10**30
        yield path, True if kind == "integer" else "NaN"
        if kind == "integer":
            yield path, 1.5
    else:
        assert kind == "boolean", f"{path}: a kind nobody spoils yet: {shape}"
        yield path, "perhaps"


async def row_counts() -> dict[str, int]:
    """How many rows each table holds."""
    return {name: await getattr(models, name).all().count() for name in models.__all__}
