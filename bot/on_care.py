"""No more care messages, or care messages again: the consent to promotions, changed by a word."""

from bot.turn import Form, Handler, Say, Turn
from domain.membership import Purpose
from services import consents, members

CHANNEL = "chat"
FORM = "stop_messages"

ASK = "要关掉推荐和关怀消息吗？预约、盒子和会员到期这类必要通知不受影响，账号也会留着。回复「是」就关。"
STOPPED = (
    "好的，以后不再给您发推荐和关怀消息了。账号和会员都在，预约、盒子和会员到期的必要通知仍会照常送达。"
    "想恢复时，回复「恢复消息」就行。"
)
STOPPED_ALREADY = "您已经关掉推荐和关怀消息了，我们不会再发；必要通知不受影响。想恢复时，回复「恢复消息」。"
KEPT = "好的，消息照常。想关的时候，回复「退订」就行。"
RESUMED = "好的，已经恢复推荐和关怀消息：每天最多一条，晚上十点后不打扰。不想收了，回复「退订」。"
RESUMED_ALREADY = "推荐和关怀消息一直开着呢。不想收了，随时回复「退订」。"


async def stop_messages(turn: Turn) -> Say:
    """One read-back, then it is done: leaving must be as easy as joining."""
    if await _refused(turn):
        return Say(STOPPED_ALREADY, "done")
    return Say(ASK, "confirm", Form(FORM, asked="confirm", confirm=True))


async def go_on(turn: Turn) -> Say:
    """The answer to the read-back. "Not my account!" and asking again are a yes to this question."""
    heard = turn.understanding
    about_account = any(word in turn.text for word in ("注销", "账号", "帐号"))
    if heard.answer == "yes" or about_account or heard.intent == FORM:
        await members.consent(turn.shop, turn.member_id, Purpose.PROMOTION, CHANNEL, given=False)
        return Say(STOPPED, "done")
    if heard.answer in ("no", "cancel") or heard.intent == "resume_messages":
        return Say(KEPT, "ack")
    return Say(ASK, "confirm", Form(FORM, asked="confirm", confirm=True))


async def resume_messages(turn: Turn) -> Say:
    """The member's own words are the consent; nothing else revives it."""
    if await consents.consented(turn.member_id, Purpose.PROMOTION.value):
        return Say(RESUMED_ALREADY, "done")
    await members.consent(turn.shop, turn.member_id, Purpose.PROMOTION, CHANNEL, given=True)
    return Say(RESUMED, "done")


async def _refused(turn: Turn) -> bool:
    """Asked before, and said no; who was never asked is not "already" anything."""
    return (await consents.standing(turn.member_id)).get(Purpose.PROMOTION.value) is False


INTENTS: dict[str, Handler] = {"stop_messages": stop_messages, "resume_messages": resume_messages}
FORMS: dict[str, Handler] = {FORM: go_on}
