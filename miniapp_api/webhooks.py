"""The stream of business events, and the endpoints that are told of them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from domain.event import EndpointState, EventName, told
from miniapp_api.frame import MAX_ID, Body, Call, Page, PageQuery, Text, View
from services import events, webhooks


class EventsQuery(Body):
    """`after`: the cursor of the last answer; 0 begins with the first event ever."""

    after: Annotated[int, Field(ge=0, le=MAX_ID)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class EventView(View):
    """One event, in the very shape of a webhook's body. `data` holds what never changes, by type (docs/events.md)."""

    id: str
    type: EventName
    version: int
    timestamp: datetime
    ref: str = Field(description="What it is about: order:9, box:4, membership:7")
    member_id: int | None
    data: dict[str, Any]


class EventsView(View):
    """`after` is the cursor to go on from, also when there was nothing."""

    items: list[EventView]
    after: int


async def get_events(call: Call, query: EventsQuery) -> EventsView:
    """The next events behind a cursor, the oldest first, none left out."""
    found, after = await events.read(query.after, query.limit)
    return EventsView(items=[EventView.model_validate(told(event)) for event in found], after=after)


Names = Annotated[list[EventName], Field(max_length=len(EventName), description="Empty: all")]
Url = Annotated[Text, Field(min_length=8, max_length=500)]


class EndpointBody(Body):
    """`after`: told from behind this event on; left out, from now on."""

    url: Url
    events: Names = Field(default_factory=list)
    after: Annotated[int, Field(ge=0, le=MAX_ID)] | None = None


class EndpointChangeBody(Body):
    """`on` switches it on with fresh attempts, or off; `skip` leaves out the one event it is stuck at."""

    url: Url
    events: Names = Field(default_factory=list)
    on: bool = True
    skip: bool = False


class EndpointView(View):
    """`cursor` is the last event it has taken; `failure` says why the next one was not taken at the last attempt."""

    id: int
    url: str
    events: list[EventName]
    state: EndpointState
    cursor: int
    attempts: int
    failure: str
    next_at: datetime
    old_until: datetime | None = Field(description="Until then the secret before the last change signs along")
    created_at: datetime


class EndpointsView(View):
    items: list[EndpointView]


class EndpointSecretView(View):
    """The secret is shown this once: whsec_ and base64, as Standard Webhooks has it."""

    endpoint: EndpointView
    secret: str


class DeliveryView(View):
    """One attempt. `status` 0: no answer came; `failure` empty: taken."""

    id: int
    event_id: int
    name: str
    attempt: int
    status: int
    failure: str
    created_at: datetime


def _with_secret(made: tuple[Any, str]) -> EndpointSecretView:
    return EndpointSecretView(endpoint=EndpointView.model_validate(made[0]), secret=made[1])


async def get_endpoints(call: Call) -> EndpointsView:
    """Who is told, and how it stands."""
    return EndpointsView(items=[EndpointView.model_validate(row) for row in await webhooks.listed()])


async def post_endpoint(call: Call, body: EndpointBody) -> EndpointSecretView:
    """Tell another system of events. Its secret is shown this once."""
    return _with_secret(await webhooks.add(call.shop, call.staff_id, body.url, body.events, body.after))


async def put_endpoint(call: Call, endpoint_id: int, body: EndpointChangeBody) -> EndpointView:
    """Change an endpoint, switch it on again or off."""
    row = await webhooks.change(
        call.shop, call.staff_id, endpoint_id, body.url, body.events, on=body.on, skip=body.skip
    )
    return EndpointView.model_validate(row)


async def post_secret(call: Call, endpoint_id: int) -> EndpointSecretView:
    """Give an endpoint a new secret, shown this once; the old one signs along for a day."""
    return _with_secret(await webhooks.rotate(call.shop, call.staff_id, endpoint_id))


async def get_deliveries(call: Call, endpoint_id: int, query: PageQuery) -> Page[DeliveryView]:
    """Every attempt to tell an endpoint, the newest first."""
    before = int(query.cursor) if query.cursor else None
    rows = await webhooks.deliveries(endpoint_id, before, query.limit + 1)
    return Page[DeliveryView](
        items=[DeliveryView.model_validate(row) for row in rows[: query.limit]],
        next_cursor=str(rows[query.limit - 1].id) if len(rows) > query.limit else None,
    )
