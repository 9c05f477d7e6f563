"""How an address becomes a call: typed handlers, read from their own signatures.

A handler is `async def post_x(call: Call, box_id: int, body: XBody, query: XQuery) -> XView`.
Path parameters, body, query and answer are taken from the annotations, validated, and described in
the OpenAPI document from the very same models.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from domain.errors import Invalid, NotFound
from services.shop import Shop

SHOP: web.AppKey[Shop] = web.AppKey("shop", Shop)

# PostgreSQL's bigint; a larger id cannot exist.
MAX_ID = 2**63 - 1
ID_DIGITS = len(str(MAX_ID))

# Names in an address (a plan's code, a payment's number) are shorter than this.
NAME_LENGTH = 64


class Who(StrEnum):
    """Who may call an address. Staff roles are named one by one; admin may call every staff address."""

    ANYONE = "anyone"
    MEMBER = "member"
    STYLIST = "stylist"
    GUIDE = "guide"
    WAREHOUSE = "warehouse"
    MARKETING = "marketing"
    SERVICE = "service"
    FINANCE = "finance"
    ADMIN = "admin"


STAFF = tuple(w for w in Who if w not in (Who.ANYONE, Who.MEMBER))


class Body(BaseModel):
    """What a client sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class View(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)


def _no_control(text: str) -> str:
    if any(ord(c) < 32 and c not in "\n\t" for c in text) or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("control characters are not allowed")
    return text


Text = Annotated[str, AfterValidator(_no_control)]
"""A text without control characters (NUL, which PostgreSQL refuses, among them)."""

Id = Annotated[int, Field(ge=1, le=MAX_ID)]
FenAmount = Annotated[int, Field(ge=0, le=100_000_000, description="Integer fen")]
T = TypeVar("T")


class Page(View, Generic[T]):
    """One page of a list; `next_cursor` is None on the last one."""

    items: list[T]
    next_cursor: str | None = None


class PageQuery(Body):
    cursor: Annotated[str, Field(max_length=64, pattern=r"^[0-9]{0,18}$")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class Ok(View):
    ok: bool = True


@dataclass(frozen=True)
class Person:
    """Who is calling, as the session says."""

    member_id: int | None = None
    staff_id: int | None = None
    role: Who = Who.ANYONE

    @property
    def actor(self) -> str:
        if self.member_id is not None:
            return f"member:{self.member_id}"
        return f"staff:{self.staff_id}" if self.staff_id is not None else "anyone"


@dataclass(frozen=True)
class Call:
    """One request, with the shop it is for and the person it is from."""

    shop: Shop
    request: web.Request
    person: Person

    @property
    def member_id(self) -> int:
        assert self.person.member_id is not None, "the route table lets only members in here"
        return self.person.member_id

    @property
    def staff_id(self) -> int:
        assert self.person.staff_id is not None, "the route table lets only staff in here"
        return self.person.staff_id


Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Route:
    """One line of the route table."""

    method: str
    path: str
    handler: Handler
    who: tuple[Who, ...] = (Who.MEMBER,)
    status: int = 200
    picture: bool = False  # the body is a picture, read by the handler itself

    @cached_property
    def hints(self) -> dict[str, Any]:
        return get_type_hints(self.handler, include_extras=True)

    @cached_property
    def body(self) -> type[BaseModel] | None:
        return self.hints.get("body")

    @cached_property
    def query(self) -> type[BaseModel] | None:
        return self.hints.get("query")

    @cached_property
    def returns(self) -> Any:
        return self.hints.get("return")

    @cached_property
    def path_names(self) -> list[str]:
        names = inspect.signature(self.handler).parameters
        return [n for n in names if n not in ("call", "body", "query")]

    @property
    def keeps_answers(self) -> bool:
        """A write under an Idempotency-Key gets its first answer again; not so a log-in, whose answer is a
        session, and a picture, which is kept once by itself.
        """
        return self.method != "GET" and Who.ANYONE not in self.who and not self.picture

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.handler) or self.handler.__name__).splitlines()[0]


def _first_problem(error: ValidationError) -> Invalid:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "body"
    return Invalid(field, first["msg"])


async def arguments(route: Route, request: web.Request) -> dict[str, Any]:
    """Everything the handler's signature asks for. Raises Invalid naming the field."""
    given: dict[str, Any] = {}
    for name in route.path_names:
        text = request.match_info[name]
        if route.hints[name] is int:
            if not (text.isascii() and text.isdigit() and len(text) <= ID_DIGITS) or not 1 <= int(text) <= MAX_ID:
                raise NotFound(name.removesuffix("_id"))
            given[name] = int(text)
        elif issubclass(route.hints[name], StrEnum):
            try:
                given[name] = route.hints[name](text)
            except ValueError:
                raise NotFound(name) from None
        elif text.isprintable() and len(text) <= NAME_LENGTH:
            given[name] = text
        else:
            raise NotFound(name)
    if route.query is not None:
        seen: dict[str, str] = {}
        for key, value in request.query.items():
            if key in seen:
                raise Invalid(key, "given twice")
            seen[key] = value
        try:
            given["query"] = route.query.model_validate(seen)
        except ValidationError as bad:
            raise _first_problem(bad) from None
    if route.body is not None:
        if request.content_type != "application/json":
            raise Invalid("Content-Type", "application/json is needed")
        raw = await request.read()
        try:
            given["body"] = route.body.model_validate_json(raw, strict=True)
        except ValidationError as bad:
            raise _first_problem(bad) from None
    return given


def reply(route: Route, answer: Any) -> web.Response:
    """The handler's answer as JSON; a handler may also return a ready response."""
    if isinstance(answer, web.Response):
        return answer
    if isinstance(answer, bytes):
        return web.Response(body=answer, status=route.status, content_type="application/json")
    assert isinstance(answer, BaseModel), f"{route.handler.__name__} must answer with a View"
    # The bytes go out as pydantic writes them: no second pass through a JSON library.
    return web.Response(
        body=answer.__pydantic_serializer__.to_json(answer),
        status=route.status,
        content_type="application/json",
    )


__all__ = [
    "SHOP", "STAFF", "Body", "Call", "FenAmount", "Id", "Ok", "Page", "PageQuery", "Person",
    "Route", "Text", "View", "Who", "arguments", "reply",
]  # fmt: skip
