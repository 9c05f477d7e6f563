"""Moving and cancelling a stylist booking by chat: which one, what it means, one read-back, a yes."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from bot import booking_form as wish
from bot import replies_booking as words
from bot.picking import picked
from bot.turn import Form, Say, Turn
from domain import booking as law
from domain.booking import Mode
from domain.clock import at, day_of, local
from domain.errors import SlotNotOffered, SlotTaken, TooLate, TooMany
from services import bookings, stylists, swaps
from services.bookings import Booking

_NOT = re.compile(r"[不别没]")
_WHAT_IF = re.compile(
    r"(?:的话|如果|万一|要是|假如|[会要得]扣|扣不扣|几次|多久|多晚).*(?:[吗么呢?？]|怎么|多少|算|扣)|多久|最晚"
)


_OLDER = re.compile(r"之前|原来|上次|早先|(?<![的刚才])那[个次天]|第[一二三四五六七八九1-9]")
_JUST_NOW = timedelta(minutes=30)
"""A booking this young is the one meant where none is named."""


def _chosen(turn: Turn, rows: Sequence[Booking], *, named: bool = False) -> Booking | None:
    """Which of several bookings: the one the form holds, the only one, the one picked of those listed, – where a
    day or a stylist can only mean the booking itself (`named`) – the one that was named, or the one just made."""
    kept = turn.form.slots.get("booking_id") if turn.form else None
    if kept is not None:
        return next((row for row in rows if row.id == kept), None)
    if len(rows) == 1:
        return rows[0]
    asked = turn.form is not None and turn.form.asked == "booking"
    place = picked(turn.text, len(rows)) if asked else None
    if place is not None:
        return rows[place]
    fits = [row for row in rows if _is_named(turn, row)] if asked or named else []
    if not fits and not asked and (not named or not _tells(turn)) and not _OLDER.search(turn.text):
        fits = [row for row in rows if turn.now - row.created_at < _JUST_NOW]
    return fits[0] if len(fits) == 1 else None


def _tells(turn: Turn) -> bool:
    """Whether a day, an hour or a stylist is said."""
    return bool(turn.understanding.slots.keys() & {"date", "time", "stylist"})


def _is_named(turn: Turn, booking: Booking) -> bool:
    """周三那个, 林老师的: by its day, its hour or its stylist, all of them where several are said."""
    said, begins = turn.understanding.slots, local(booking.starts_at)
    known = {"date": begins.date().isoformat(), "time": f"{begins:%H:%M}"}
    told = {name: said[name] for name in ("date", "time") if name in said}
    whom = str(said.get("stylist") or "").removesuffix("老师").lower()
    same = all(known[name] == value for name, value in told.items())
    return bool(told or whom) and same and booking.stylist.name.lower().startswith(whom)


async def move(turn: Turn) -> Say:
    """Find the booking and its new time, read back, and move on a yes. Stylist and mode stay unless named."""
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    if not rows:
        return Say(words.NO_BOOKING)
    held = wish.merged(turn)
    booking = _chosen(turn, rows)
    if turn.form is not None and turn.form.asked == "booking":
        # 周三那个 tells which booking, not where to.
        held = dict(turn.form.slots)
    if booking is None:
        return Say(words.which_booking(rows, "改"), "ask:booking", Form("move", held, asked="booking"))
    rules = turn.shop.rules.booking
    try:
        if not await swaps.open_swaps([booking.id]):
            law.require_movable(booking.starts_at, booking.moves, turn.now, rules)
    except TooLate:
        return Say(words.too_late_to_move(booking, rules.free_cancel_hours))
    except TooMany:
        return Say(words.moved_too_often(booking, rules.moves_max))
    if turn.form is not None and turn.form.confirm and not wish.news(turn, held):
        if turn.understanding.answer == "yes":
            return await _move_now(turn, booking, held)
        if turn.understanding.answer == "no":
            return Say(words.WHAT_ELSE, "ask:time", Form("move", {"booking_id": booking.id}, asked="time"))
    held["booking_id"] = booking.id
    if not any(held.get(key) for key in ("date", "time", "part")):
        begins = local(booking.starts_at)
        held |= wish.moved_on(turn.text, begins.date().isoformat(), f"{begins:%H:%M}")
    named, question = await wish.named_stylist(held, "move")
    if question is not None:
        return question
    stylist = named or await stylists.stylist_of(booking.stylist_id)
    # The form keeps what was said; what was not said is filled in from the booking, for this look only.
    filled = {"mode": booking.mode, **held}
    if not any(held.get(key) for key in wish.SAID):
        free = await wish.free_days(turn, filled, stylist, booking.id)
        form = Form("move", {**held, **wish.showing(free)}, asked="date")
        return Say(words.where_to(booking, words.offer(free)), "ask:date", form)
    filled = {"date": day_of(booking.starts_at).isoformat(), **filled}
    if not held.get("time") and not held.get("part"):
        filled["time"] = f"{local(booking.starts_at):%H:%M}"
    slot, question = await wish.when(turn, "move", filled, stylist, booking.id)
    if slot is None:
        assert question is not None, "without a slot there is a question"
        form = Form("move", {**held, **wish.still_shown(question)}, asked=question.outcome.split(":")[1])
        return Say(question.text, question.outcome, form)
    mode = Mode(filled["mode"])
    if (slot.starts_at, stylist.id, mode) == (booking.starts_at, booking.stylist_id, booking.mode):
        return Say(words.same_as_before(booking), "ask:date", Form("move", {"booking_id": booking.id}, asked="date"))
    return Say(
        words.move_read_back(booking, slot.starts_at, stylist.name, mode),
        "confirm",
        Form("move", {**filled, "stylist_id": stylist.id}, asked="time", confirm=True),
    )


async def _move_now(turn: Turn, booking: Booking, held: dict[str, Any]) -> Say:
    day, wanted = wish.day_said(held), wish.time_said(held)
    assert day is not None, "the read-back named the day"
    assert wanted is not None, "the read-back named the time"
    try:
        moved = await bookings.move(
            turn.shop,
            turn.member_id,
            booking.id,
            at(day, wanted),
            stylist_id=held["stylist_id"],
            mode=held["mode"],
        )
    except (SlotTaken, SlotNotOffered):
        rest = {key: value for key, value in held.items() if key not in ("time", "stylist_id")}
        return Say(words.JUST_TAKEN + words.WHICH_TIME, "ask:time", Form("move", rest, asked="time"))
    return Say(words.moved(moved, turn.shop.rules.booking.moves_max - moved.moves), "done")


def _agrees(turn: Turn) -> bool:
    """A yes, or the wish itself once more (好的取消吧), unless it says not to."""
    heard = turn.understanding
    again = heard.intent == "cancel_booking" and "取消" in turn.text and not _NOT.search(turn.text)
    return heard.answer == "yes" or (heard.answer == "cancel" and not _NOT.search(turn.text)) or again


async def cancel(turn: Turn) -> Say:
    """Find the booking, say what cancelling costs, and cancel on a yes. Who only asks what it would cost is told."""
    if turn.form is None and _WHAT_IF.search(turn.text):
        return Say(words.cancelling(turn.shop.rules.booking.free_cancel_hours))
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    if not rows:
        return Say(words.NO_BOOKING)
    booking = _chosen(turn, rows, named=True)
    if booking is None:
        return Say(words.which_booking(rows, "取消"), "ask:booking", Form("cancel_booking", {}, asked="booking"))
    if turn.form is not None and turn.form.confirm and turn.understanding.answer == "no":
        return Say(words.KEPT, "ack")
    preview = await bookings.cancel_preview(turn.shop, turn.member_id, booking.id)
    # The router has kept 算了 away.
    agreed = turn.form is not None and turn.form.confirm and _agrees(turn)
    # A yes to a free cancelling is no yes to one that meanwhile costs a unit.
    if agreed and turn.form is not None and turn.form.slots.get("free") == preview.free:
        await bookings.cancel(turn.shop, turn.member_id, booking.id)
        return Say(words.cancelled(booking, free=preview.free), "done")
    hours = turn.shop.rules.booking.free_cancel_hours
    return Say(
        words.cancel_read_back(booking, free=preview.free, until=preview.free_until, hours=hours),
        "confirm",
        Form("cancel_booking", {"booking_id": booking.id, "free": preview.free}, confirm=True),
    )
