"""Booking a stylist by chat: slots filled over turns, one read-back, a yes; moving, cancelling, looking."""

import re
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from bot import replies
from bot import replies_booking as words
from bot.turn import Form, Handler, Say, Turn
from domain import booking as law
from domain.booking import Mode
from domain.clock import at, day_of, local
from domain.errors import QuotaSpent, SlotNotOffered, SlotTaken, TooLate, TooMany
from services import bookings, slots, stylists
from services.bookings import Booking
from services.slots import DaySlots, Slot
from services.stylists import Stylist

SAID = ("date", "time", "part", "stylist", "mode")
ANY = "any"
_PARTS = {"morning": (0, 12), "noon": (11, 14), "afternoon": (12, 18), "evening": (17, 24)}
_TITLE = re.compile(r"(老师|造型师|搭配师|姐姐|哥哥|姐|哥)$")
_ANYBODY = re.compile(r"随便|都行|都可以|谁都|不挑|无所谓|任意|哪[位个].{0,4}都")
_FREE_WORDS = re.compile(r"有空|空档|空位|有时间|有没有时间|什么时间|哪些时间|哪天能|还能约|能约|约得上|有位|有号")
_NUMBER = re.compile(r"[1-9一二三四五六七八九]")
_DIGITS = "一二三四五六七八九"


def merged(turn: Turn) -> dict[str, Any]:
    """What the form holds, with what was just said over it: a time replaces a part of the day, and back."""
    kept = dict(turn.form.slots) if turn.form else {}
    said = {name: turn.understanding.slots[name] for name in SAID if name in turn.understanding.slots}
    if turn.form is not None and "stylist" not in said and _ANYBODY.search(turn.text):
        said["stylist"] = ANY
    if "time" in said:
        kept.pop("part", None)
    elif "part" in said:
        kept.pop("time", None)
    return {**kept, **said}


def news(turn: Turn, held: dict[str, Any]) -> bool:
    """Whether the line changed anything the form holds."""
    return turn.form is None or any(held.get(name) != turn.form.slots.get(name) for name in SAID)


async def book_or_move(turn: Turn) -> Say:
    """An open form goes on as what it is; without one the wish decides."""
    name = turn.form.name if turn.form else turn.understanding.intent
    return await (move(turn) if name in ("move", "change_booking") else book(turn))


# Who is meant ------------------------------------------------------------------------------------


async def _stylist(held: dict[str, Any], name: str) -> tuple[Stylist | None, Say | None]:
    """The stylist named, or None for anybody; or the question to ask when the name fits none or several."""
    said = str(held.get("stylist") or ANY)
    if said == ANY:
        return None, None
    everybody = await stylists.active()
    bare = _TITLE.sub("", said).strip().lower()
    fits = [s for s in everybody if s.name.lower() == bare] or [
        s for s in everybody if bare and s.name.lower().startswith(bare)
    ]
    if len(fits) == 1:
        return fits[0], None
    rest = {key: value for key, value in held.items() if key != "stylist"}
    text = (
        words.several_stylists([s.name for s in fits])
        if fits
        else words.unknown_stylist(said, [s.name for s in everybody])
    )
    return None, Say(text, "ask:stylist", Form(name, rest, asked="stylist"))


def _fits_part(slot: Slot, part: object) -> bool:
    begin, end = _PARTS.get(str(part), (0, 24))
    return begin <= local(slot.starts_at).hour < end


def _day(held: dict[str, Any]) -> date | None:
    return date.fromisoformat(held["date"]) if held.get("date") else None


def _time(held: dict[str, Any]) -> time | None:
    return time.fromisoformat(held["time"]) if held.get("time") else None


async def _free(turn: Turn, held: dict[str, Any], stylist: Stylist | None, moving_id: int | None) -> list[DaySlots]:
    """Free days and times from today to the horizon, of the part of the day that was asked for."""
    today = day_of(turn.now)
    days = await slots.free_slots(
        turn.shop,
        today,
        today + timedelta(days=turn.shop.rules.booking.horizon_days),
        stylist.id if stylist else None,
        held.get("mode"),
        turn.member_id,
        moving_id=moving_id,
    )
    return [
        DaySlots(d.day, d.kind, tuple(s for s in d.slots if _fits_part(s, held.get("part"))), d.quota_left)
        for d in days
    ]


def _of(days: Sequence[DaySlots], which: date) -> DaySlots | None:
    return next((d for d in days if d.day == which and d.slots), None)


def _at_other_times(days: Sequence[DaySlots], wanted: time | None) -> list[DaySlots]:
    """The days with only the time that was named, where any day has it; else as they are."""
    if wanted is None:
        return list(days)
    same = [
        DaySlots(d.day, d.kind, tuple(s for s in d.slots if local(s.starts_at).time() == wanted), d.quota_left)
        for d in days
    ]
    return same if any(d.slots for d in same) else list(days)


async def _when(
    turn: Turn, name: str, held: dict[str, Any], stylist: Stylist | None, moving_id: int | None = None
) -> tuple[Slot | None, Say | None]:
    """The slot that was named and is free; else what to ask, with times that really are."""
    day, wanted = _day(held), _time(held)
    days = await _free(turn, held, stylist, moving_id)
    form_date = Form(name, held, asked="date")
    if day is None:
        return None, Say(f"{words.WHICH_DAY}\n{words.offer(_at_other_times(days, wanted))}", "ask:date", form_date)
    today = day_of(turn.now)
    horizon = turn.shop.rules.booking.horizon_days
    if day < today:
        return None, Say(f"{words.PAST}{words.offer(days)}", "ask:date", form_date)
    if day > today + timedelta(days=horizon):
        return None, Say(f"{words.too_far(horizon)}{words.offer(days)}", "ask:date", form_date)
    free = _of(days, day)
    if free is None:
        return None, Say(f"{words.full(day)}{words.offer(days)}", "ask:date", form_date)
    if wanted is None:
        return None, Say(f"{words.free_on(free)}{words.WHICH_TIME}", "ask:time", Form(name, held, asked="time"))
    starts_at = at(day, wanted)
    slot = next((s for s in free.slots if s.starts_at == starts_at), None)
    if slot is not None:
        return slot, None
    text = words.not_then(starts_at, f"{stylist.name}老师" if stylist else "") + words.free_on(free)
    if stylist is not None:
        others = _of(await _free(turn, held, None, moving_id), day)
        ids = next((s.stylist_ids for s in others.slots if s.starts_at == starts_at), ()) if others else ()
        names = [s.name for s in await stylists.active() if s.id in ids]
        text += words.who_else(names) if names else ""
    return None, Say(text, "ask:time", Form(name, held, asked="time"))


# Booking -----------------------------------------------------------------------------------------


async def book(turn: Turn) -> Say:
    """Fill date, time, mode (and stylist), read back, and book on a yes."""
    held = merged(turn)
    form = turn.form
    looked = bool(held.pop("looking", False))
    if form is not None and not news(turn, held):
        if form.confirm and turn.understanding.answer == "yes":
            return await _book_now(turn, held)
        if form.confirm and turn.understanding.answer == "no":
            rest = {key: value for key, value in held.items() if key != "stylist_id"}
            return Say(words.WHAT_ELSE, "ask:time", Form("book", rest, asked="time"))
        if looked and (turn.understanding.answer or turn.understanding.intent == "thanks_bye"):
            return Say(words.LOOKED, "ack")
    refused = await _no_unit(turn)
    if refused is not None:
        return refused
    stylist, question = await _stylist(held, "book")
    if question is not None:
        return question
    slot, question = await _when(turn, "book", held, stylist)
    if slot is None:
        assert question is not None, "without a slot there is a question"
        return question
    able = [stylist] if stylist else [s for s in await stylists.active() if s.id in slot.stylist_ids]
    if not held.get("mode"):
        modes = {mode for s in able for mode in s.modes}
        if len(modes) > 1:
            return Say(words.WHICH_MODE, "ask:mode", Form("book", held, asked="mode"))
        held["mode"] = next(iter(modes))
    order, _ = await slots.free_now(
        turn.shop,
        able,
        slot.starts_at,
        held["mode"],
        favourite_id=await stylists.favourite_of(turn.member_id),
    )
    if not order:
        return Say(words.JUST_TAKEN + words.WHICH_TIME, "ask:time", Form("book", held, asked="time"))
    chosen = next(s for s in able if s.id == order[0])
    left = next(
        (u for since, until, u in await slots.quota_left(turn.member_id) if since <= slot.starts_at < until),
        0,
    )
    if left <= 0:
        raise QuotaSpent("styling")
    return Say(
        words.read_back(
            slot,
            chosen.name,
            Mode(held["mode"]),
            left,
            turn.now,
            law.free_until(slot.starts_at, turn.shop.rules.booking),
        ),
        "confirm",
        # `time` is what a correction at this point mostly changes; the reader listens for it.
        Form("book", {**held, "stylist_id": chosen.id}, asked="time", confirm=True),
    )


async def _no_unit(turn: Turn) -> Say | None:
    """Told before the first question, not after the last: no plan, or no unit left in any year to come."""
    periods = [p for p in await slots.quota_left(turn.member_id) if p[1] > turn.now]
    if not periods:
        return Say(words.NO_PLAN)
    if not any(units > 0 for _, _, units in periods):
        return Say(words.quota_used_up(max(until for _, until, _ in periods)))
    return None


async def _book_now(turn: Turn, held: dict[str, Any]) -> Say:
    day, wanted = _day(held), _time(held)
    assert day is not None, "the read-back named the day"
    assert wanted is not None, "the read-back named the time"
    try:
        booking = await bookings.book(turn.shop, turn.member_id, held["stylist_id"], at(day, wanted), held["mode"])
    except (SlotTaken, SlotNotOffered) as refused:
        own = isinstance(refused, SlotNotOffered) and refused.reason == "own_booking"
        rest = {key: value for key, value in held.items() if key not in ("time", "stylist_id")}
        _, question = await _when(turn, "book", rest, None)
        assert question is not None, "without a time there is a question"
        lead = words.YOURS_THEN if own else words.JUST_TAKEN
        return Say(lead + question.text, question.outcome, question.form)
    return Say(words.booked(booking), "done")


# Moving and cancelling ---------------------------------------------------------------------------


def _chosen(turn: Turn, rows: Sequence[Booking]) -> Booking | None:
    """Which of several bookings: the one the form holds, the only one, or the number just said."""
    kept = turn.form.slots.get("booking_id") if turn.form else None
    if kept is not None:
        return next((row for row in rows if row.id == kept), None)
    if len(rows) == 1:
        return rows[0]
    if turn.form is not None and turn.form.asked == "booking":
        said = _NUMBER.search(turn.text)
        if said is not None:
            number = int(said[0]) if said[0].isdigit() else _DIGITS.index(said[0]) + 1
            return rows[number - 1] if number <= len(rows) else None
    return None


async def move(turn: Turn) -> Say:
    """Find the booking and its new time, read back, and move on a yes. Stylist and mode stay unless named."""
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    if not rows:
        return Say(words.NO_BOOKING)
    held = merged(turn)
    booking = _chosen(turn, rows)
    if booking is None:
        return Say(words.which_booking(rows, "改"), "ask:booking", Form("move", held, asked="booking"))
    rules = turn.shop.rules.booking
    try:
        law.require_movable(booking.starts_at, booking.moves, turn.now, rules)
    except TooLate:
        return Say(words.too_late_to_move(booking, rules.free_cancel_hours))
    except TooMany:
        return Say(words.moved_too_often(booking, rules.moves_max))
    if turn.form is not None and turn.form.confirm and not news(turn, held):
        if turn.understanding.answer == "yes":
            return await _move_now(turn, booking, held)
        if turn.understanding.answer == "no":
            return Say(words.WHAT_ELSE, "ask:time", Form("move", {"booking_id": booking.id}, asked="time"))
    held["booking_id"] = booking.id
    named, question = await _stylist(held, "move")
    if question is not None:
        return question
    stylist = named or await stylists.stylist_of(booking.stylist_id)
    # The form keeps what was said; what was not said is filled in from the booking, for this look only.
    filled = {"mode": booking.mode, **held}
    if not any(held.get(key) for key in SAID):
        free = words.offer(await _free(turn, filled, stylist, booking.id))
        return Say(words.where_to(booking, free), "ask:date", Form("move", held, asked="date"))
    filled = {"date": day_of(booking.starts_at).isoformat(), **filled}
    if not held.get("time") and not held.get("part"):
        filled["time"] = f"{local(booking.starts_at):%H:%M}"
    slot, question = await _when(turn, "move", filled, stylist, booking.id)
    if slot is None:
        assert question is not None, "without a slot there is a question"
        return Say(question.text, question.outcome, Form("move", held, asked=question.outcome.split(":")[1]))
    mode = Mode(filled["mode"])
    if (slot.starts_at, stylist.id, mode) == (booking.starts_at, booking.stylist_id, booking.mode):
        return Say(words.same_as_before(booking), "ask:date", Form("move", {"booking_id": booking.id}, asked="date"))
    return Say(
        words.move_read_back(booking, slot.starts_at, stylist.name, mode),
        "confirm",
        Form("move", {**filled, "stylist_id": stylist.id}, asked="time", confirm=True),
    )


async def _move_now(turn: Turn, booking: Booking, held: dict[str, Any]) -> Say:
    day, wanted = _day(held), _time(held)
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


async def cancel(turn: Turn) -> Say:
    """Find the booking, say what cancelling costs, and cancel on a yes."""
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    if not rows:
        return Say(words.NO_BOOKING)
    booking = _chosen(turn, rows)
    if booking is None:
        return Say(words.which_booking(rows, "取消"), "ask:booking", Form("cancel_booking", {}, asked="booking"))
    if turn.form is not None and turn.form.confirm and turn.understanding.answer == "no":
        return Say(words.KEPT, "ack")
    preview = await bookings.cancel_preview(turn.shop, turn.member_id, booking.id)
    agreed = turn.form is not None and turn.form.confirm and turn.understanding.answer == "yes"
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


# Looking -----------------------------------------------------------------------------------------


async def my_bookings(turn: Turn) -> Say:
    """The sessions to come; or the times that are free, when that is what is asked."""
    held = {key: value for key, value in merged(turn).items() if key in SAID}
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    day = _day(held)
    that_day = [row for row in rows if day is None or day_of(row.starts_at) == day]
    if not _FREE_WORDS.search(turn.text):
        if that_day:
            return Say(words.mine(that_day))
        if not held:
            return Say(words.NO_BOOKING)
    stylist, question = await _stylist(held, "book")
    if question is not None:
        return question
    lead = f"{words.mine(that_day)}\n" if that_day else ""
    slot, question = await _when(turn, "book", held, stylist)
    looking = {**held, "looking": True}
    if slot is not None:
        return Say(
            f"{lead}{replies.day_and_time(slot.starts_at)}有空，要帮您约吗？",
            "answer",
            Form("book", looking, asked="mode"),
        )
    assert question is not None, "without a slot there is a question"
    return Say(f"{lead}{question.text}", "answer", Form("book", looking, asked="time" if day else "date"))


INTENTS: dict[str, Handler] = {
    "book_stylist": book_or_move,
    "change_booking": book_or_move,
    "cancel_booking": cancel,
    "my_bookings": my_bookings,
}
FORMS: dict[str, Handler] = {"book": book_or_move, "move": book_or_move, "cancel_booking": cancel}
