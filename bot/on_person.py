"""When a person is wanted: the hand-over to the desk, complaints, praise and suggestions."""

from datetime import time

from bot.turn import Handler, Say, Turn
from domain.clock import local

_OPEN = ((time(9), time(12)), (time(13), time(21)))
"""The desk's hours by default, with the lunch break."""


def next_opening(now_wall: time) -> str:
    """When a person is there next, as it is said: "" while the desk is open."""
    for start, end in _OPEN:
        if start <= now_wall < end:
            return ""
        if now_wall < start:
            return f"今天 {start:%H:%M}"
    return f"明天 {_OPEN[0][0]:%H:%M}"


async def hand_over(turn: Turn) -> Say:
    """Put the chat into the desk's hands; off hours say when somebody is there."""
    opening = next_opening(local(turn.now).time())
    if opening:
        return Say(f"客服同事现在下班了，{opening} 上班后第一时间回复您。您的问题已经记下，请直接留言。", "person")
    return Say("好的，正在为您转接客服同事，请稍等。您可以先把问题写下来。", "person")


async def complaint(turn: Turn) -> Say:
    opening = next_opening(local(turn.now).time())
    when = f"{opening} 上班后第一个回复您" if opening else "马上回复您"
    return Say(f"非常抱歉给您添麻烦了。这件事我已经优先转给同事，{when}。方便的话请发照片或单号。", "person")


async def feedback(turn: Turn) -> Say:
    return Say("谢谢您告诉我们，已经记在这段聊天里，同事看得到。想马上和人聊，回复「人工」。")


INTENTS: dict[str, Handler] = {"human_agent": hand_over, "complaint": complaint, "feedback": feedback}
FORMS: dict[str, Handler] = {}
