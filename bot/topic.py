"""What the last answer was about: a short question after it that names nothing asks on about that (那要多少钱)."""

import re
from dataclasses import replace

from bot.leading import asks
from bot.turn import CERTAIN, SURE, Form, Say
from bot.understand import Understanding

TOPIC = "topic"
"""Kept where a form would stand, while none is open; it asks for nothing."""
UNFOLLOWED = frozenset({
    "other", "greeting", "thanks_bye", "human_agent", "complaint", "feedback", "stop_messages", "resume_messages",
})  # fmt: skip
"""Wishes nobody asks on about: after these a line stands by itself."""
_SUBJECT = re.compile(
    r"[盒券卡店鞋裤裙衣包]|会员|积分|发票|老师|造型|预约|退款|押金|快递|运费|地址|尺码|朋友|账号|消息|人工|客服|订单"
    r"|那[个件边]|另|别的|其他"
)
"""In a line that names what it is about, or points away from what it was about."""
_LONGEST = 14
_LEAST = 0.05
"""How likely the topic must be where another wish is more than a guess."""


def topic_of(form: Form | None) -> str:
    """The wish that was answered last; "" where a question is open, or nothing was answered."""
    return str(form.slots["intent"]) if form is not None and form.name == TOPIC else ""


def followed(topic: str, heard: Understanding) -> Understanding:
    """The line as one about the topic, where it is a short question that names nothing and is not clear by itself."""
    chance = dict(heard.alternatives).get(topic, 0.0)
    follows = (
        heard.answer is None
        and (heard.confidence < SURE or (heard.confidence < CERTAIN and chance >= _LEAST))
        and len(heard.text) <= _LONGEST
        and asks(heard.text)
        and not _SUBJECT.search(heard.text)
    )
    return replace(heard, intent=topic, confidence=SURE) if follows else heard


def kept(topic: str, said: Say) -> Form | None:
    """What stands in place of a form after something was said: an answer's topic, kept over a thank-you."""
    if said.about != "thanks_bye":
        topic = said.about if said.outcome == "answer" and said.about not in UNFOLLOWED else ""
    return Form(TOPIC, {"intent": topic}) if topic else None
