"""The stylist is out: the member's answer by chat, in the words the message asked for."""

import re

from bot import replies_booking as words
from bot.turn import Say, Turn
from domain.errors import TooLate, WrongState
from services import bookings, swaps
from services.bookings import Booking


async def _asked(turn: Turn) -> list[Booking]:
    rows = await bookings.upcoming(turn.shop, turn.member_id)
    asked = await swaps.open_swaps([row.id for row in rows])
    return [row for row in rows if row.id in asked]


async def accept(turn: Turn) -> Say:
    """接受调整: the colleague takes the session, the next one where several are asked about."""
    rows = await _asked(turn)
    if not rows:
        return Say(words.NOTHING_ASKED)
    try:
        return Say(words.swapped(await swaps.accept(turn.shop, turn.member_id, rows[0].id)), "done")
    except WrongState:
        return Say(words.NO_COLLEAGUE)
    except TooLate:
        return Say(words.NOTHING_ASKED)


async def give_back(turn: Turn) -> Say:
    """退回次数: the session is off and its unit is back, whatever the hour."""
    rows = await _asked(turn)
    if not rows:
        return Say(words.NOTHING_ASKED)
    await bookings.cancel(turn.shop, turn.member_id, rows[0].id, "stylist out")
    return Say(words.cancelled(rows[0], free=True), "done")


WORDS = (
    (re.compile(r"^(接受|同意)调整$"), accept),
    (re.compile(r"^退回次数$"), give_back),
)
