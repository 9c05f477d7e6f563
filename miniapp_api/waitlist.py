"""The wait-list: standing in line for a time that is taken, and what is offered to the first in it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.booking import Mode
from domain.waitlist import WaitState
from miniapp_api.bookings import BookingView, Instant, StylistName, view_of
from miniapp_api.frame import Body, Call, Id, Ok, Text, View
from services import waitlist
from services.waitlist import Place


class OfferView(View):
    """A time kept for the member alone, told her at `since`, until `until` (excluded)."""

    booking_id: int
    stylist: StylistName
    since: datetime
    until: datetime


class PlaceView(View):
    """A place in line. `ahead` counts who waits before the member for the same time."""

    id: int
    starts_at: datetime
    mode: Mode
    stylist_id: int | None
    skill: str
    state: WaitState
    ahead: int
    offer: OfferView | None


class PlacesView(View):
    items: list[PlaceView]


def _view(place: Place) -> PlaceView:
    entry, held = place.entry, place.offer
    offer = None
    if held is not None and entry.offer_from is not None and entry.offer_until is not None:
        offer = OfferView(
            booking_id=held.id,
            stylist=StylistName.model_validate(held.stylist),
            since=entry.offer_from,
            until=entry.offer_until,
        )
    return PlaceView(
        id=entry.id,
        starts_at=entry.starts_at,
        mode=Mode(entry.mode),
        stylist_id=entry.stylist_id,
        skill=entry.skill,
        state=entry.state,
        ahead=place.ahead,
        offer=offer,
    )


class WaitBody(Body):
    """Without `stylist_id` whoever becomes free will do."""

    starts_at: Instant
    mode: Mode
    stylist_id: Id | None = None
    skill: Annotated[Text, Field(max_length=32)] = ""


async def post_wait(call: Call, body: WaitBody) -> PlaceView:
    """Stand in line for a time that is taken; the same time again is the same place."""
    return _view(
        await waitlist.join(
            call.shop, call.member_id, body.starts_at, body.mode, stylist_id=body.stylist_id, skill=body.skill
        )
    )


async def get_waits(call: Call) -> PlacesView:
    """The lines the member stands in, with what is offered to her now."""
    return PlacesView(items=[_view(place) for place in await waitlist.places_of(call.member_id)])


async def post_accept(call: Call, wait_id: int) -> BookingView:
    """Take the offered time: it becomes a booking and uses a unit, as long as the hold lasts."""
    return await view_of(call.shop, await waitlist.accept(call.shop, call.member_id, wait_id))


async def delete_wait(call: Call, wait_id: int) -> Ok:
    """Go out of the line, or decline the offer: the next in line has it."""
    await waitlist.leave(call.shop, call.member_id, wait_id)
    return Ok()
