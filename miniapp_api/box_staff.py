"""Stylists at work on boxes: proposals from stock, for a request, a booking's notes, or out of the blue."""

from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Id, Text
from miniapp_api.warehouse import StaffBoxView, staff_view
from services import box_reading, boxes


class ProposalBody(Body):
    """The pieces, by sku, and the stylist's words to the member."""

    sku_ids: Annotated[list[Id], Field(min_length=1, max_length=12)]
    words: Annotated[Text, Field(max_length=1000)] = ""


class StaffCancelBody(Body):
    reason: Annotated[Text, Field(min_length=1, max_length=100)]


async def _seen(call: Call, box_id: int) -> StaffBoxView:
    return staff_view(await box_reading.for_staff(call.shop, call.staff_id, box_id, with_address=False))


async def post_box_proposal(call: Call, box_id: int, body: ProposalBody) -> StaffBoxView:
    """Propose for a requested box; again, it replaces the proposal until the member has confirmed."""
    box = await boxes.propose(call.shop, call.staff_id, box_id=box_id, sku_ids=body.sku_ids, words=body.words)
    return await _seen(call, box.id)


async def post_booking_proposal(call: Call, booking_id: int, body: ProposalBody) -> StaffBoxView:
    """Turn a booking's notes into a proposal for its member; one open box a booking."""
    box = await boxes.propose(call.shop, call.staff_id, booking_id=booking_id, sku_ids=body.sku_ids, words=body.words)
    return await _seen(call, box.id)


async def post_staff_cancel(call: Call, box_id: int, body: StaffCancelBody) -> StaffBoxView:
    """Cancel a box on the brand's side, before it ships."""
    await boxes.cancel(call.shop, box_id, who=call.person.actor, why=body.reason, staff_id=call.staff_id)
    return await _seen(call, box_id)
