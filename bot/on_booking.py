"""Booking a stylist by chat: slots filled over turns, one read-back, a yes; and looking at what is booked."""

import re
from dataclasses import replace
from typing import Any

from bot import booking_form as wish
from bot import on_waitlist, replies
from bot import replies_booking as words
from bot.on_booking_change import cancel, move
from bot.turn import LOOKING, Form, Handler, Say, Turn
from domain import booking as law
from domain.booking import Mode
from domain.clock import at, day_of
from domain.errors import NotFound, QuotaSpent, SlotNotOffered, SlotTaken
from services import bookings, extras, slots, stylists, zones

_PRESENCE = re.compile(r"在店|在不在|在[吗么没]|当班|值班|上班|休息|下班[了没]|来不来|几点[来到]")
_WHO = re.compile(r"老师|造型师|搭配师|谁|哪位")
_FREE_WORDS = re.compile(r"有空|空档|空位|有时间|有没有时间|什么时间|哪些时间|哪天能|还能约|能约|约得上|有位|有号")


async def book_or_move(turn: Turn) -> Say:
    """An open form goes on as what it is; without one the wish decides."""
    name = turn.form.name if turn.form else turn.understanding.intent
    return await (move(turn) if name in ("move", "change_booking") else book(turn))


async def book(turn: Turn) -> Say:
    """Fill date, time, mode (and stylist), read back, and book on a yes."""
    held = wish.merged(turn)
    form = turn.form
    looked = bool(held.pop(LOOKING, False))
    if form is not None and not wish.news(turn, held):
        if form.confirm and turn.understanding.answer == "yes":
            return await _book_now(turn, held)
        if form.confirm and turn.understanding.answer == "no":
            rest = {key: value for key, value in held.items() if key != "stylist_id"}
            return Say(words.WHAT_ELSE, "ask:time", Form("book", rest, asked="time"))
        if form.confirm and wish.ANOTHER.search(turn.text):
            return await wish.somebody_else(turn, "book", held)
        # 周三 16:00 有空，要帮您约吗？ takes a yes; a mere list of times is only acknowledged.
        named = held.get("date") and held.get("time") and turn.understanding.answer == "yes"
        if looked and not named and (turn.understanding.answer or turn.understanding.intent == "thanks_bye"):
            return Say(words.LOOKED, "ack")
    refused = await _no_unit(turn)
    if refused is not None:
        return refused
    if on_waitlist.JOIN.search(turn.text):
        waits = await on_waitlist.join(turn, held)
        if waits is not None:
            return waits
    stylist, question = await wish.named_stylist(held, "book")
    if question is not None:
        return question
    slot, question = await wish.when(turn, "book", held, stylist)
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
            await zones.zone_of(turn.member_id),
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
        return await _one_more(turn, words.quota_used_up(max(until for _, until, _ in periods)))
    return None


async def _one_more(turn: Turn, used_up: str) -> Say:
    """What a styling above the quota costs, and where it is bought: money is paid in the mini-program alone."""
    try:
        more = await extras.offer(turn.shop, turn.member_id)
    except NotFound:
        return Say(used_up)
    return Say(used_up + words.one_more(more.price_fen), page="pages/booking/booking", label="加购一次造型")


async def _book_now(turn: Turn, held: dict[str, Any]) -> Say:
    day, wanted = wish.day_said(held), wish.time_said(held)
    assert day is not None, "the read-back named the day"
    assert wanted is not None, "the read-back named the time"
    try:
        booking = await bookings.book(turn.shop, turn.member_id, held["stylist_id"], at(day, wanted), held["mode"])
    except (SlotTaken, SlotNotOffered) as refused:
        own = isinstance(refused, SlotNotOffered) and refused.reason == "own_booking"
        rest = {key: value for key, value in held.items() if key not in ("time", "stylist_id")}
        _, question = await wish.when(turn, "book", rest, None)
        assert question is not None, "without a time there is a question"
        lead = words.YOURS_THEN if own else words.JUST_TAKEN
        return Say(lead + question.text, question.outcome, question.form)
    return Say(words.booked(booking, await zones.zone_of(turn.member_id)), "done")


async def _who_is_there(turn: Turn, held: dict[str, Any]) -> Say:
    """林老师今天在店吗: the hours of that day as they are planned, whoever has booked them."""
    stylist, question = await wish.named_stylist(held, "book")
    if question is not None:
        return question
    day = wish.day_said(held) or day_of(turn.now)
    whom = [stylist] if stylist else await stylists.active()
    hours = await slots.at_work(turn.shop, whom, day)
    told = words.at_work(day, [(s.name, hours.get(s.id, [])) for s in whom])
    looking = {**held, "date": day.isoformat(), LOOKING: True}
    return Say(told, "answer", Form("book", looking, asked="time") if hours else None)


async def my_bookings(turn: Turn) -> Say:
    """The sessions to come; or the times that are free, when that is what is asked."""
    free = _FREE_WORDS.search(turn.text) is not None
    # 她哪天有空, asked while booking, is about what the form holds; 我约的几点 is not.
    of_form = free and turn.form is not None and turn.form.name == "book"
    known = wish.merged(turn if of_form else replace(turn, form=None))
    held = {key: value for key, value in known.items() if key in wish.SAID}
    if _PRESENCE.search(turn.text) and "约" not in turn.text and (held.get("stylist") or _WHO.search(turn.text)):
        return await _who_is_there(turn, held)
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    day = wish.day_said(held)
    that_day = [row for row in rows if day is None or day_of(row.starts_at) == day]
    if not free:
        if that_day:
            return Say(words.mine(that_day, await zones.zone_of(turn.member_id)))
        if not held:
            return Say(words.NO_BOOKING)
    stylist, question = await wish.named_stylist(held, "book")
    if question is not None:
        return question
    lead = f"{words.mine(that_day)}\n" if that_day else ""
    slot, question = await wish.when(turn, "book", held, stylist)
    looking = {**held, LOOKING: True}
    if slot is not None:
        return Say(
            f"{lead}{replies.day_and_time(slot.starts_at)}有空，要帮您约吗？",
            "answer",
            Form("book", looking, asked="mode"),
        )
    assert question is not None, "without a slot there is a question"
    looking |= wish.still_shown(question)
    return Say(f"{lead}{question.text}", "answer", Form("book", looking, asked="time" if day else "date"))


INTENTS: dict[str, Handler] = {
    "book_stylist": book_or_move,
    "change_booking": book_or_move,
    "cancel_booking": cancel,
    "my_bookings": my_bookings,
}
FORMS: dict[str, Handler] = {"book": book_or_move, "move": book_or_move, "cancel_booking": cancel}
