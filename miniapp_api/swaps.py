"""A stylist is out: one call marks it and asks each touched member; and where the answers stand."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.swap import SwapState
from miniapp_api.bookings import Instant, StylistName
from miniapp_api.frame import Body, Call, Id, Ok, Text, View
from miniapp_api.stylists import HoursChangeView, StaffBookingView, booking_view, change_view
from services import stylists, swaps


class OutBody(Body):
    """From when until when the stylist is out. `preview` True only shows what would be asked of whom."""

    starts_at: Instant
    ends_at: Instant
    why: Annotated[Text, Field(max_length=64)] = ""
    preview: bool = False
    stylist_id: Annotated[Id | None, Field(description="For admins; a stylist's desk is her own")] = None


class AskedView(View):
    """A touched booking: the colleague whose time is kept for it (null when nobody is free), and the due time."""

    booking: StaffBookingView
    colleague: StylistName | None
    answer_by: datetime


class OutView(View):
    """`entry` is null in a preview. Unanswered questions end with the unit given back to the member."""

    entry: HoursChangeView | None
    asked: list[AskedView]
    back_in_line: int = Field(description="Offers of the wait-list that end with it: their members keep their place")


async def post_out(call: Call, body: OutBody) -> OutView:
    """Mark a stylist out: each touched booking is offered to a colleague with the skill; nobody is moved silently."""
    out = await swaps.mark_out(
        call.shop,
        await stylists.desk_of(call.staff_id),
        body.starts_at,
        body.ends_at,
        body.why,
        stylist_id=body.stylist_id,
        preview=body.preview,
    )
    return OutView(
        entry=change_view(out.entry) if out.entry else None,
        asked=[
            AskedView(
                booking=booking_view(one.booking),
                colleague=StylistName.model_validate(one.to_stylist) if one.to_stylist else None,
                answer_by=one.answer_by,
            )
            for one in out.asked
        ],
        back_in_line=out.back_in_line,
    )


class SwapStandsView(View):
    """One question to one member, and how it stands."""

    id: int
    booking: StaffBookingView
    from_stylist_id: int
    to_stylist_id: int | None
    state: SwapState
    answer_by: datetime
    asked_at: datetime


class SwapsQuery(Body):
    state: SwapState | None = None


class SwapsView(View):
    items: list[SwapStandsView]


async def get_swaps(call: Call, query: SwapsQuery) -> SwapsView:
    """What members were asked because a stylist is out, the newest first: one's own, everybody's for admins."""
    rows = await swaps.asked(await stylists.desk_of(call.staff_id), state=query.state)
    return SwapsView(
        items=[
            SwapStandsView(
                id=swap.id,
                booking=booking_view(booking),
                from_stylist_id=swap.from_stylist_id,
                to_stylist_id=swap.to_stylist_id,
                state=swap.state,
                answer_by=swap.answer_by,
                asked_at=swap.created_at,
            )
            for swap, booking in rows
        ]
    )


async def delete_time_off(call: Call, change_id: int) -> Ok:
    """Take time off or extra time back; members who were asked and have not answered keep their stylist."""
    await swaps.take_back(call.shop, await stylists.desk_of(call.staff_id), change_id)
    return Ok()
