"""What a member thinks, said in the chat: taken down as an opinion, with an owner and an answer due."""

import re

from bot import on_person, replies
from bot.leading import asks
from bot.turn import Handler, Say, Turn
from bot.understand import Understanding
from services import opinions

LEAST, LEAST_UNASKED = 4, 8
"""A shorter line ("好的", "嗯") is no opinion; one that nobody asked for says a little more than "还不错"."""
_TELLING = frozenset({"feedback", "complaint", "size_advice"})
"""What an answer to "how was it" is also understood as: 尺码总是偏小 is no question about sizes."""
_WISHES = re.compile(r"帮|推荐|给我|请|要|想|看看")


async def listens(turn: Turn) -> bool:
    """Whether a path asked this member lately and waits for an answer."""
    return len(turn.text) >= LEAST and await opinions.asked(turn.shop, turn.member_id)


def may_tell(heard: Understanding) -> bool:
    """Whether a line that is understood as something may be the answer to a path's question."""
    if heard.intent == "size_advice":
        return not heard.slots and not asks(heard.text) and not _WISHES.search(heard.text)
    return heard.intent in _TELLING


async def taken(turn: Turn) -> Say:
    """Take the line down; with a complaint a person looks at the chat too."""
    await opinions.tell(turn.shop, turn.member_id, turn.text[:1000], "chat")
    if turn.understanding.intent == "complaint":
        return await on_person.complaint(turn)
    return Say(replies.OPINION_TAKEN, "done")


async def feedback(turn: Turn) -> Say:
    if len(turn.text) >= LEAST_UNASKED:
        return await taken(turn)
    return Say("谢谢您告诉我们，已经记在这段聊天里，同事看得到。想马上和人聊，回复「人工」。")


INTENTS: dict[str, Handler] = {"feedback": feedback}
FORMS: dict[str, Handler] = {}
