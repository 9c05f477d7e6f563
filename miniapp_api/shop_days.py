"""Days the shop sets itself, for admins: closed, worked in exchange, or ordinary."""

from datetime import date
from typing import Annotated

from pydantic import Field

from domain.booking import DayKind
from domain.errors import NotFound
from miniapp_api.frame import Body, Call, Text, View
from miniapp_api.stylists import StaffBookingView, booking_view
from services import shop_days
from services.shop_days import DayChange


class DayBody(Body):
    """`preview` True only shows what it would touch."""

    kind: DayKind
    why: Annotated[Text, Field(max_length=64)] = ""
    preview: bool = False


class DayView(View):
    day: date
    kind: DayKind
    why: str


class DaysView(View):
    items: list[DayView]


class DayChangeView(View):
    """`touched` are sessions that day without their stylist at work: they stay, nobody is moved silently."""

    day: date
    kind: DayKind
    why: str
    touched: list[StaffBookingView]


async def get_days(call: Call) -> DaysView:
    """The days set by the staff from today on; of all others the settings and the public calendar decide."""
    return DaysView(items=[DayView.model_validate(row) for row in await shop_days.days(call.shop)])


async def put_day(call: Call, day: str, body: DayBody) -> DayChangeView:
    """Say what a day is, with the sessions it would leave without their stylist shown before it is saved."""
    return _view(await shop_days.put(call.shop, call.staff_id, _day(day), body.kind, body.why, preview=body.preview))


async def delete_day(call: Call, day: str) -> DayChangeView:
    """Leave a day to the settings and the public calendar again."""
    return _view(await shop_days.withdraw(call.shop, call.staff_id, _day(day)))


def _view(change: DayChange) -> DayChangeView:
    return DayChangeView(
        day=change.day, kind=change.kind, why=change.why, touched=[booking_view(row) for row in change.touched]
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound("day") from None
