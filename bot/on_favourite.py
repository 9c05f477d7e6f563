"""The member's favourite stylist by chat: named in plain words, taken back in plain words."""

import re

from bot import booking_form as wish
from bot import replies_booking as words
from bot.turn import Say, Turn
from services import stylists

_NAMED = re.compile(
    r"以后(?:都|就|只)?(?:找|约|要|跟)(?P<a>[^的]{1,8}?)(?:做造型|搭配)?(?:吧|了|就行|就好)?$"
    r"|^(?:把|让|请)?(?P<b>[^的把让请]{1,8}?)(?:设为|设成|做|当|作为)(?:我的)?(?:专属|固定|常用)造型师(?:吧)?$"
)


async def choose(turn: Turn) -> Say:
    """以后都找林老师: booked first from now on, where nobody else is named."""
    found = _NAMED.search(re.sub(r"[\s,，。.!！~]+", "", turn.text))
    assert found is not None, "the router asks us only for lines that match"
    stylist, question = await wish.named_stylist({"stylist": found["a"] or found["b"]}, "book")
    if stylist is None:
        return Say(question.text if question else words.WHOM)
    await stylists.set_favourite(turn.shop, turn.member_id, stylist.id)
    return Say(words.favourite(stylist.name), "done")


async def forget(turn: Turn) -> Say:
    """取消专属造型师: the least loaded from now on."""
    await stylists.set_favourite(turn.shop, turn.member_id, None)
    return Say(words.NO_FAVOURITE, "done")


WORDS = (
    (re.compile(r"^(取消|不要)(我的)?(专属|固定|常用)造型师(了)?$"), forget),
    (_NAMED, choose),
)
