"""When a person is wanted: the hand-over to the desk, complaints, and what the member says of it afterwards."""

from datetime import datetime, timedelta

from bot import replies
from bot.turn import Handler, Say, Turn
from domain import desk as law
from domain.clock import day_of, local
from domain.desk import DeskRules
from services import desk


def opening(now: datetime, rules: DeskRules) -> str:
    """When a person is there next, as it is said: "" while the desk is open."""
    opens = law.next_opening(now, rules)
    if opens is None:
        return ""
    today = day_of(now)
    day = "今天" if day_of(opens) == today else "明天" if day_of(opens) == today + timedelta(days=1) else ""
    return f"{day} {local(opens):%H:%M}".strip()


async def hand_over(turn: Turn) -> Say:
    """Put the chat into the desk's hands; off hours say when somebody is there."""
    opens = opening(turn.now, turn.shop.rules.desk)
    if opens:
        return Say(f"客服同事现在不在，{opens} 上班后第一时间回复您。您的问题已经记下，请直接留言。", "person")
    return Say("好的，正在为您转接客服同事，请稍等。您可以先把问题写下来。", "person")


def handing(turn: Turn, lead: str) -> Say:
    """Give the chat to the desk for something only a person can do; `lead` is a whole sentence."""
    opens = opening(turn.now, turn.shop.rules.desk)
    when = f"同事 {opens} 上班后第一时间为您办。" if opens else "同事马上来为您办。"
    return Say(f"{lead}{when}", "person")


async def complaint(turn: Turn) -> Say:
    opens = opening(turn.now, turn.shop.rules.desk)
    when = f"{opens} 上班后第一个回复您" if opens else "马上回复您"
    return Say(f"非常抱歉给您添麻烦了。这件事我已经优先转给同事，{when}。方便的话请发照片或单号。", "person")


async def rated(turn: Turn) -> Say:
    """The answer to "how was it": kept once; the router lets anything else pass by."""
    given = law.stars(turn.text)
    assert given is not None, "the router asks only with a rating"
    assert turn.form is not None, "a rating answers a question"
    kept = await desk.rate(turn.shop, turn.member_id, int(turn.form.slots["handoff"]), given)
    if not kept:
        return Say(replies.THANKS, "ack")
    return Say(replies.RATED_LOW if given <= 2 else replies.RATED, "done")


INTENTS: dict[str, Handler] = {"human_agent": hand_over, "complaint": complaint}
FORMS: dict[str, Handler] = {desk.RATING_FORM: rated}
