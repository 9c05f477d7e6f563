"""The wait-list by chat: standing in line for a time that is taken, and answering an offer."""

import re
from typing import Any

from bot import booking_form as wish
from bot import replies
from bot import replies_booking as words
from bot.turn import Say, Turn
from domain.clock import at
from domain.errors import SlotNotOffered, TooLate, WrongState
from domain.waitlist import WaitState
from services import stylists, waitlist

JOIN = re.compile(r"候补|排队|排个队|等位|有空位.{0,4}(叫|告诉|通知)我")


async def join(turn: Turn, held: dict[str, Any]) -> Say | None:
    """Stand in line for the day and time the form holds; None while one of them is missing."""
    day, wanted = wish.day_said(held), wish.time_said(held)
    if day is None or wanted is None:
        return None
    stylist, question = await wish.named_stylist(held, "book")
    if question is not None:
        return question
    modes = {mode for s in ([stylist] if stylist else await stylists.active()) for mode in s.modes}
    mode = held.get("mode") or ("store" if "store" in modes else "video")
    try:
        place = await waitlist.join(
            turn.shop, turn.member_id, at(day, wanted), mode, stylist_id=stylist.id if stylist else None
        )
    except WrongState:
        return None  # It is free: the form goes on and books it.
    except SlotNotOffered:
        return Say(words.NOTHING_TO_WAIT_FOR)
    return Say(words.in_line(place, turn.shop.rules.booking.hold_minutes), "done")


async def accept(turn: Turn) -> Say:
    """确认候补: what is kept for the member becomes her booking."""
    for place in await waitlist.places_of(turn.member_id):
        if place.entry.state is WaitState.OFFERED:
            try:
                return Say(words.booked(await waitlist.accept(turn.shop, turn.member_id, place.entry.id)), "done")
            except TooLate:
                return Say(words.HOLD_OVER)
    return Say(words.NO_OFFER)


async def leave(turn: Turn) -> Say:
    """放弃候补: what is offered goes to the next in line; without an offer, out of every line."""
    places = await waitlist.places_of(turn.member_id)
    if not places:
        return Say(words.NO_WAIT)
    offered = [place for place in places if place.entry.state is WaitState.OFFERED]
    for place in offered or places:
        await waitlist.leave(turn.shop, turn.member_id, place.entry.id)
    told = "、".join(replies.day_and_time(place.entry.starts_at) for place in offered or places)
    return Say(words.out_of_line(told), "done")


async def look(turn: Turn) -> Say:
    """我的候补: where the member stands."""
    places = await waitlist.places_of(turn.member_id)
    return Say(
        "\n".join(words.in_line(place, turn.shop.rules.booking.hold_minutes) for place in places)
        if places
        else words.NO_WAIT
    )


WORDS = (
    (re.compile(r"^(确认|接受|要)候补$"), accept),
    (re.compile(r"^(放弃|取消|退出|不要|不)候补了?$"), leave),
    (re.compile(r"^(我的|查)候补$"), look),
)
"""What our own messages ask the member to reply: matched as it stands, whatever form is open."""
