"""Credit of guides for what their members buy online."""

from typing import Annotated

from pydantic import Field

from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, View, Who
from services import credits


class SpanQuery(Body):
    """A half-open span."""

    since: Annotated[Instant, Field(alias="from")]
    until: Annotated[Instant, Field(alias="to")]


class CreditView(View):
    """Members who bought, purchases, and their sum net of what came back."""

    staff_id: int
    name: str
    members: int
    purchases: int
    net_fen: int


class CreditsView(View):
    items: list[CreditView]


async def get_credits(call: Call, query: SpanQuery) -> CreditsView:
    """By guide: one's own, or everybody's for finance."""
    own = call.staff_id if call.person.role is Who.GUIDE else None
    found = await credits.credited(query.since, query.until, staff_id=own)
    return CreditsView(items=[CreditView.model_validate(one) for one in found])
