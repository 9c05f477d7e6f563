"""What the last answer was about: a short question after it that names nothing asks on about that (那要多少钱)."""

import re
from dataclasses import replace

from bot.leading import asks
from bot.turn import CERTAIN, SURE, Form, Say
from bot.understand import Understanding
from services.desk import RATING_FORM

TOPIC = "topic"
"""Kept where a form would stand, while none is open; it asks for nothing."""
UNFOLLOWED = frozenset({
    "other", "greeting", "thanks_bye", "human_agent", "complaint", "feedback", "stop_messages", "resume_messages",
})  # fmt: skip
"""Wishes nobody asks on about: after these a line stands by itself."""
_SUBJECT = re.compile(
    r"[盒券卡店鞋裤裙衣包]|会员|积分|发票|老师|造型|预约|退款|押金|快递|运费|地址|尺码|朋友|账号|消息|人工|客服|订单"
)
_AWAY = re.compile(r"那[个件边]|另|别的|其他|人呢")
_AS_WELL = re.compile(r"^.{1,5}呢[?？]?$")
"""鞋子呢 after an answer: the same question about something else."""
MADE = "made"
"""In a topic: a booking was just made or moved, which is the one a correction means."""
_BOOKINGS = frozenset({"book_stylist", "change_booking"})
_CORRECTS = re.compile(r"[说搞弄选约打看记]错|错了|^(?:啊|哎|诶|不)*(?:不对|不是)|还是")
_BODY = ("height", "weight")
"""What stays true of the member from one question to the next."""
_LONGEST = 14
_SHORT = 4
"""要多久, 多少钱: so short that it means nothing by itself."""
_LEAST = 0.05
"""How likely the topic must be where another wish is more than a guess."""


def followed(form: Form, heard: Understanding) -> Understanding:
    """The line as one about the topic, where it is a short question that names nothing and is not clear by itself."""
    topic = str(form.slots["intent"])
    if MADE in form.slots:
        return _corrected(heard, topic)
    chance = dict(heard.alternatives).get(topic, 0.0)
    as_well = _AS_WELL.match(heard.text) is not None
    likely = heard.confidence < SURE or chance >= _LEAST or len(heard.text) <= _SHORT
    follows = (
        heard.answer is None
        and heard.confidence < CERTAIN
        and len(heard.text) <= _LONGEST
        and asks(heard.text)
        and not _AWAY.search(heard.text)
        and (as_well or (not _SUBJECT.search(heard.text) and likely))
    )
    if not follows and heard.intent != topic:
        return heard
    body = {name: form.slots[name] for name in _BODY if name in form.slots}
    confidence = SURE if follows else heard.confidence
    return replace(heard, intent=topic, confidence=confidence, slots={**body, **heard.slots})


def _corrected(heard: Understanding, topic: str) -> Understanding:
    """说错了 是大后天, right after a booking was made: another day or time for that one."""
    says = heard.when.date is not None or heard.when.time is not None
    if not says or heard.confidence >= CERTAIN or not _CORRECTS.search(heard.text) or asks(heard.text):
        return heard
    slots = {
        "date": heard.when.date and heard.when.date.isoformat(),
        "time": heard.when.time and f"{heard.when.time:%H:%M}",
    }
    told = {name: value for name, value in slots.items() if value}
    return replace(heard, intent=topic, confidence=SURE, answer=None, slots={**heard.slots, **told})


def kept(before: Form | None, heard: Understanding, said: Say) -> Form | None:
    """What stands in place of a form after something was said: an answer's topic, kept over a thank-you."""
    if said.about == "thanks_bye":
        return before if before is not None and before.name == TOPIC else None
    if said.outcome == "done" and said.about in _BOOKINGS:
        return Form(TOPIC, {"intent": "change_booking", MADE: True})
    # What came instead of a rating stands by itself: the talk with the desk is over, and nothing else is open.
    if said.outcome != "answer" or said.about in UNFOLLOWED or (before is not None and before.name == RATING_FORM):
        return None
    body = {name: heard.slots[name] for name in _BODY if name in heard.slots}
    return Form(TOPIC, {"intent": said.about, **body})
