"""No more care messages, or care messages again: the consent to promotions, or one topic of them, changed by a word."""

import re

from bot.leading import asks
from bot.turn import CERTAIN, Form, Handler, Say, Turn
from domain.membership import Purpose
from domain.path import TOPIC_NAMES, Topic
from services import consents, members

CHANNEL = "chat"
FORM = "stop_messages"
RESUME = "resume_messages"
_TOPICS: tuple[tuple[Topic, re.Pattern[str]], ...] = (
    (Topic.NEWS, re.compile(r"上新|新品|新款|活动|促销|打折|折扣|大促")),
    (Topic.STYLING, re.compile(r"穿搭|搭配|玩法|教程")),
    (Topic.BIRTHDAY, re.compile(r"生日")),
    (Topic.OPINION, re.compile(r"问卷|调查|调研|征询|满意度|评价|投票")),
    (Topic.CARE, re.compile(r"问候|关怀|回访")),
)
"""The words by which a member means one topic; who names none or several means all messages."""
_ALL = re.compile(r"全|所有|一切|都(?:不|别|关|停|退)")

ASK = "要关掉推荐和关怀消息吗？预约、盒子和会员到期这类必要通知不受影响，账号也会留着。回复「是」就关。"
STOPPED = (
    "好的，以后不再给您发推荐和关怀消息了。账号和会员都在，预约、盒子和会员到期的必要通知仍会照常送达。"
    "想恢复时，回复「恢复消息」就行。"
)
STOPPED_ALREADY = "您已经关掉推荐和关怀消息了，我们不会再发；必要通知不受影响。想恢复时，回复「恢复消息」。"
KEPT = "好的，消息照常。想关的时候，回复「退订」就行。"
RESUMED = "好的，已经恢复推荐和关怀消息：每天最多一条，晚上十点后不打扰。不想收了，回复「退订」。"
ASK_RESUME = "要恢复推荐和关怀消息吗？每天最多一条，晚上十点后不打扰。回复「是」就恢复。"
LEFT_OFF = "好的，推荐和关怀消息还是关着。想恢复时，回复「恢复消息」。"
RESUMED_ALREADY = "推荐和关怀消息一直开着呢。不想收了，随时回复「退订」。"


def _topic(text: str) -> Topic | None:
    """The one topic a line names."""
    named = [topic for topic, pattern in _TOPICS if pattern.search(text)]
    return named[0] if len(named) == 1 else None


async def stop_messages(turn: Turn) -> Say:
    """One read-back, then it is done: leaving must be as easy as joining."""
    if await _refused(turn):
        return Say(STOPPED_ALREADY, "done")
    topic = _topic(turn.text)
    if topic is None:
        return Say(ASK, "confirm", Form(FORM, asked="confirm", confirm=True))
    if topic in await _topics_off(turn):
        return Say(f"「{TOPIC_NAMES[topic]}」类消息已经关着了。全部都不想收，回复「退订」。", "done")
    return _ask_topic(topic)


def _ask_topic(topic: Topic) -> Say:
    return Say(
        f"要关掉「{TOPIC_NAMES[topic]}」这一类消息吗？别的推荐和关怀照常。回复「是」就关；全部都不想收，回复「全部」。",
        "confirm",
        Form(FORM, {"topic": topic.value}, asked="confirm", confirm=True),
    )


def means_all(form: Form, text: str) -> bool:
    """Whether a line says, to the question about one topic, that none of the others is wanted either."""
    return form.name == FORM and "topic" in form.slots and _ALL.search(text) is not None


async def go_on(turn: Turn) -> Say:
    """The answer to the read-back. "Not my account!" and asking again are a yes to this question."""
    heard = turn.understanding
    assert turn.form is not None, "a form goes on"
    topic = Topic(turn.form.slots["topic"]) if "topic" in turn.form.slots else None
    about_account = any(word in turn.text for word in ("注销", "账号", "帐号"))
    if means_all(turn.form, turn.text):
        topic, about_account = None, True
    named = _topic(turn.text)
    if named is not None and named != topic and heard.intent == FORM and heard.answer is None:
        return _ask_topic(named)
    if heard.answer == "yes" or ((about_account or heard.intent == FORM) and not asks(turn.text)):
        if topic is not None:
            await consents.switch_topic(turn.shop, turn.member_id, topic, CHANNEL, on=False)
            name = TOPIC_NAMES[topic]
            return Say(f"好的，以后不再发「{name}」类消息，别的照常。想恢复时，回复「恢复{name}消息」。", "done")
        await members.consent(turn.shop, turn.member_id, Purpose.PROMOTION, CHANNEL, given=False)
        return Say(STOPPED, "done")
    if heard.answer in ("no", "cancel") or heard.intent == RESUME:
        return Say(KEPT, "ack")
    return _ask_topic(topic) if topic else Say(ASK, "confirm", Form(FORM, asked="confirm", confirm=True))


async def resume_messages(turn: Turn) -> Say:
    """The member's own words are the consent where they are clear; else one read-back. Nothing else revives it."""
    topic, given = _topic(turn.text), await consents.consented(turn.member_id, Purpose.PROMOTION.value)
    off = topic is not None and topic in await _topics_off(turn)
    if given and not off:
        return Say(RESUMED_ALREADY, "done")
    if turn.understanding.confidence < CERTAIN:
        return Say(ASK_RESUME, "confirm", Form(RESUME, {"topic": topic.value} if off and topic else {}, confirm=True))
    return await _resume(turn, topic if off else None)


async def go_on_resuming(turn: Turn) -> Say:
    heard = turn.understanding
    assert turn.form is not None, "a form goes on"
    if heard.answer == "yes" or heard.intent == RESUME:
        return await _resume(turn, Topic(turn.form.slots["topic"]) if "topic" in turn.form.slots else None)
    if heard.answer in ("no", "cancel") or heard.intent == FORM:
        return Say(LEFT_OFF, "ack")
    return Say(ASK_RESUME, "confirm", turn.form)


async def _resume(turn: Turn, topic: Topic | None) -> Say:
    await members.consent(turn.shop, turn.member_id, Purpose.PROMOTION, CHANNEL, given=True)
    if topic is not None:
        await consents.switch_topic(turn.shop, turn.member_id, topic, CHANNEL, on=True)
    return Say(RESUMED, "done")


async def _topics_off(turn: Turn) -> set[Topic]:
    return (await consents.topics_off([turn.member_id])).get(turn.member_id, set())


async def _refused(turn: Turn) -> bool:
    """Asked before, and said no; who was never asked is not "already" anything."""
    return (await consents.standing(turn.member_id)).get(Purpose.PROMOTION.value) is False


INTENTS: dict[str, Handler] = {"stop_messages": stop_messages, RESUME: resume_messages}
FORMS: dict[str, Handler] = {FORM: go_on, RESUME: go_on_resuming}
