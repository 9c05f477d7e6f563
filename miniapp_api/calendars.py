"""iCalendar files: one booking for its member, a feed for each stylist. Stable UID, rising SEQUENCE."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import icalendar
from aiohttp import web

from domain.booking import BookingState, Mode
from domain.clock import local
from domain.errors import NotFound
from domain.money import yuan
from miniapp_api.frame import SHOP
from services import styling
from services.bookings import Booking

_GONE = (BookingState.CANCELLED, BookingState.LATE_CANCELLED)
_PLACE = {Mode.STORE: "到店", Mode.VIDEO: "视频"}


def place(mode: str) -> str:
    """How a member calls the mode."""
    return _PLACE[Mode(mode)]


def of_member(booking: Booking) -> bytes:
    """The member's own entry, its stylist fetched."""
    return _calendar([booking], "盒子造型预约", lambda b: (f"造型师{b.stylist.name}（{place(b.mode)}）", b.occasion))


def of_stylist(name: str, rows: Sequence[Booking]) -> bytes:
    """A stylist's feed. The member is a number here: calendars are kept by other firms."""

    def words(booking: Booking) -> tuple[str, str]:
        budget = f"预算 {yuan(booking.budget_fen)} 元" if booking.budget_fen is not None else ""
        about = "，".join(part for part in (booking.occasion, budget) if part)
        return f"造型服务 会员{booking.member_id}（{place(booking.mode)}）", about

    return _calendar(rows, f"{name}的造型日程", words)


def _calendar(rows: Sequence[Booking], title: str, words: Callable[[Booking], tuple[str, str]]) -> bytes:
    calendar = icalendar.Calendar()
    calendar.add("PRODID", "-//hezi//bookings//ZH")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    calendar.add("X-WR-CALNAME", title)
    calendar.add("X-WR-TIMEZONE", "Asia/Shanghai")
    for booking in rows:
        summary, description = words(booking)
        changed_at = booking.updated_at or booking.created_at
        event = icalendar.Event()
        event.add("UID", booking.uid)
        event.add("SEQUENCE", booking.sequence)
        event.add("DTSTAMP", changed_at)
        event.add("LAST-MODIFIED", changed_at)
        event.add("DTSTART", local(booking.starts_at))
        event.add("DTEND", local(booking.ends_at))
        event.add("SUMMARY", summary)
        if description:
            event.add("DESCRIPTION", description)
        event.add("STATUS", "CANCELLED" if booking.state in _GONE else "CONFIRMED")
        if booking.state is BookingState.BOOKED:
            alarm = icalendar.Alarm()
            alarm.add("ACTION", "DISPLAY")
            alarm.add("DESCRIPTION", summary)
            alarm.add("TRIGGER", timedelta(hours=-2))
            event.add_component(alarm)
        calendar.add_component(event)
    calendar.add_missing_timezones()
    ics: bytes = calendar.to_ical()
    return ics


def answer(ics: bytes, name: str) -> web.Response:
    return web.Response(
        body=ics,
        content_type="text/calendar",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-cache",
        },
    )


async def feed(request: web.Request) -> web.Response:
    """GET /calendar/{token}.ics: a stylist's bookings for a calendar program. The token is the only key."""
    shop = request.app[SHOP]
    token = request.match_info["token"]
    if not (token.isascii() and token.isprintable()):
        raise NotFound("calendar")
    stylist, rows = await styling.feed(token[:64], shop.now())
    return answer(of_stylist(stylist.name, rows), "stylist.ics")
