"""Limited drops: announced by marketing, looked at by everybody."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, Id, Text, View
from services import drops

Pieces = Annotated[int, Field(ge=1, le=1_000_000)]


class DropBody(Body):
    """The window is half-open; `per_member` is the most one member may take."""

    product_id: Id
    title: Annotated[Text, Field(min_length=1, max_length=64)]
    starts_at: Instant
    ends_at: Instant
    pieces: Pieces
    per_member: Pieces


class DropView(View):
    id: int
    product_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    pieces: int
    per_member: int
    left: int
    running: bool


class DropsView(View):
    items: list[DropView]


def _view(call: Call, drop: drops.LimitedDrop) -> DropView:
    return DropView(
        id=drop.id,
        product_id=drop.product_id,
        title=drop.title,
        starts_at=drop.starts_at,
        ends_at=drop.ends_at,
        pieces=drop.pieces,
        per_member=drop.per_member,
        left=drop.pieces - drop.taken,
        running=drop.starts_at <= call.shop.now() < drop.ends_at,
    )


async def get_drops(call: Call) -> DropsView:
    """Limited drops that run or are to come."""
    return DropsView(items=[_view(call, drop) for drop in await drops.on_show(call.shop)])


async def post_drop(call: Call, body: DropBody) -> DropView:
    """Announce a limited drop of a product."""
    plan = drops.DropPlan(body.product_id, body.title, body.starts_at, body.ends_at, body.pieces, body.per_member)
    return _view(call, await drops.make(call.shop, call.staff_id, plan))
