"""Who speaks: an ordered list, the first that matches answers; the fallback is visibly last.

Each `on_*` file of the bot names the intents it answers (`INTENTS`) and the forms it carries on
(`FORMS`): functions from a `Turn` to a `Say`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot import (
    booking_form,
    on_booking,
    on_box,
    on_box_order,
    on_care,
    on_decision,
    on_favourite,
    on_invoice,
    on_member,
    on_opinion,
    on_person,
    on_privacy,
    on_shop,
    on_swap,
    on_waitlist,
    replies,
)
from bot.aside import agrees, only_thanks, said_again, takes_note, wish_of
from bot.leading import asks, led
from bot.picking import picked
from bot.shelf import INSTEAD, asked_again, waiting, with_second
from bot.topic import TOPIC, followed, kept
from bot.turn import CERTAIN, SURE, Form, Handler, Say, Turn
from bot.understand import Understanding, When
from domain.desk import stars
from domain.errors import Refusal
from services.desk import RATING_FORM
from services.turns import Talk

ROOMS = (
    on_booking, on_box, on_box_order, on_care, on_decision, on_invoice, on_member, on_opinion, on_person, on_privacy,
    on_shop,
)  # fmt: skip
INTENTS: dict[str, Handler] = {name: handler for room in ROOMS for name, handler in room.INTENTS.items()}
FORMS: dict[str, Handler] = {name: handler for room in ROOMS for name, handler in room.FORMS.items()}
WORDS: tuple[tuple[re.Pattern[str], Handler], ...] = (*on_waitlist.WORDS, *on_swap.WORDS, *on_favourite.WORDS)
_BARE = re.compile(r"[\s,，。.!！~、「」]+")
_CORRECTS = re.compile(r"^(?:不对|不是|错了|[说打]错|[哦啊额]?不+\s|等等)")
_MEANT = re.compile(r"我是说|我说的是|我是想|我的?意思是")
"""不是 我是说换成M码: the wish itself was heard wrong, not what was read back."""
_ANEW = re.compile(r"(?<!重)新约|另(?:外)?约|多约")
"""A booking beside the one that is to be moved."""
_NOT = re.compile(r"[不别没]")
_BOOKED = re.compile(r"之前|原来|上次|已经|那[个次天]|约好|约过|我的|约了")
_EXCUSE = re.compile(r"没空|没时间|有事|太?忙|出差|再说|来不了|去不了|不方便|再约|加班|生病|不去|不来")
_ABLE = re.compile(
    r"^那?(?:你|你们|这里)(?:还|都|到底)?(?:会|能|可以)(?:干|做|帮我?)?(?:点|些)?(?:啥|什么|哪些|嘛|吗)+[呀啊呢]?[?？]*$"
)
_OTHERS_MOST = 2
"""So often in a row what is surely none of ours is told so; after that a person looks."""
TOGETHER = (
    frozenset({"book_stylist", "my_bookings"}),
    frozenset({"change_booking", "cancel_booking"}),
    frozenset({"size_advice", "exchange_size"}),
)
"""Wishes so near that asking which of them is meant would only hold up: 明天还有空吗 想约搭配."""
INTERRUPTS = CERTAIN
"""An open form is only left aside for another wish that is this clear."""
LOOSE = frozenset({"order_box", "size_advice", "update_profile"})
"""Forms that only keep a topic open: nothing is about to be done, so another wish need not be so clear."""
TOLD = frozenset({
    "my_bookings", "box_status", "refund_status", "points_balance", "member_benefits", "join_membership", "tier_match",
    "coupon", "invite_friend", "shipping_policy", "store_info",
})  # fmt: skip
"""Wishes that are only told something: a question of this kind is answered in passing, even where it is less clear."""
IDLE = timedelta(minutes=30)
CHOICE = "choice"
"""The open question of which of two wishes was meant."""
log = structlog.get_logger()


_WHOM_HEARD_AS = frozenset({"human_agent", "my_bookings", "exchange_size", "feedback"})
"""What a line that only says whom the session is with sounds like by itself."""


def live_form(talk: Talk, turn: Turn) -> Form | None:
    """The open form, unless it has been idle for thirty minutes."""
    return Form.from_json(talk.form) if _lately(talk, turn) else None


def _lately(talk: Talk, turn: Turn) -> bool:
    return talk.last_said_at is not None and turn.now - talk.last_said_at < IDLE


async def speak(turn: Turn, talk: Talk) -> tuple[Say, Talk]:
    """What to say to a text of a chat that is the bot's, and where the talk stands then."""
    before = form = live_form(talk, turn)
    if form is not None and form.name == RATING_FORM and stars(turn.text) is None:
        # A question asked in passing: who says something else instead is not held up by it.
        form = None
    unclear = talk.unclear if _lately(talk, turn) else 0
    if form is not None and form.name == CHOICE:
        picked = _chosen(form, turn.text)
        if picked is not None:
            turn = replace(turn, understanding=replace(turn.understanding, intent=picked, confidence=1.0))
        form = None
    if form is not None and form.name == TOPIC:
        turn, form = replace(turn, understanding=followed(form, turn.understanding)), None
    turn = replace(turn, form=form)
    if form is not None:
        turn = replace(turn, understanding=_as_answer(form, turn.understanding))
    about = served(turn)
    try:
        said, unclear = await _first_that_matches(turn, unclear)
    except Refusal as refusal:
        said, unclear = Say(replies.refusal(refusal)), 0
    said = replace(await _over_what_waits(turn, said), about=said.about or about)
    form = said.form or (kept(before, turn.understanding, said) if not unclear else None)
    stands = form.as_json() if form else {}
    if said.outcome == "person":
        return said, Talk("desk", stands, unclear, turn.now, handed_for=turn.understanding.intent)
    return said, Talk("bot", stands, unclear, turn.now)


def served(turn: Turn) -> str:
    """The wish a turn is about: that of the open form, unless another one comes in between."""
    form, heard = turn.form, turn.understanding
    if form is None or (_wish_behind(form, heard) if _given_up(form, heard) else _interrupts(form, heard)):
        return heard.intent
    if only_thanks(form, heard) or takes_note(form, heard):
        return "thanks_bye"
    return wish_of(form)


async def _over_what_waits(turn: Turn, said: Say) -> Say:
    """What is said, with the forms that wait behind what is open now; the first of them goes on when nothing is."""
    waits = waiting(turn.form, said.form, turn.text)
    if waits is None or said.outcome == "person":
        return said
    if said.form is None:
        return await asked_again(turn, said, waits, FORMS[waits.name], back=True)
    return replace(said, form=replace(said.form, behind=waits))


async def _first_that_matches(turn: Turn, unclear: int) -> tuple[Say, int]:
    heard = turn.understanding
    form = turn.form
    # 0. Words that a message of ours asked for, whatever form is open: it stays open.
    for pattern, handler in WORDS:
        if pattern.search(_BARE.sub("", turn.text)):
            return replace(await handler(turn), form=form), 0
    # 1. 算了 ends any form, in any state; what is wished instead is answered.
    if form is not None and _given_up(form, heard):
        if _wish_behind(form, heard):
            return await INTENTS[heard.intent](replace(turn, form=None)), 0
        return Say(replies.FORM_ENDED, "ack"), 0
    # 2. An open form goes on, unless another wish is clear: that is answered, and the form goes on after it.
    if form is not None:
        if takes_note(form, heard):
            return Say(replies.NOTED, "ack", form), 0
        if only_thanks(form, heard):
            return Say(replies.THANKS, "ack", form), 0
        if not _interrupts(form, heard):
            return await FORMS[form.name](turn), 0
        try:
            said = await INTENTS[heard.intent](replace(turn, form=_read_into(form, heard)))
        except Refusal as refusal:
            said = Say(replies.refusal(refusal))
        if said.form is not None or said.outcome == "person" or heard.intent in INSTEAD.get(form.name, ()):
            return said, 0
        return await asked_again(turn, said, form, FORMS[form.name]), 0
    # 3. What can you do: asked of the bot itself, it is no line that was not understood.
    if _ABLE.search(_BARE.sub("", turn.text)):
        return Say(replies.GREETING), 0
    # 4. A clear wish is answered; 算了 with nothing open is one for peace.
    if form is None and "cancel" in (heard.answer, _only(turn.text)) and heard.confidence < CERTAIN:
        return Say(replies.FORM_ENDED, "ack"), 0
    clear = heard.intent != "other" and _sure(heard)
    if clear and not on_opinion.may_tell(heard):
        return await with_second(turn, await INTENTS[heard.intent](turn), INTENTS), 0
    # 5. Words that mean nothing else, or say how something is, are an opinion after a path asked for one.
    if await on_opinion.listens(turn):
        return await on_opinion.taken(turn), 0
    if clear:
        return await INTENTS[heard.intent](turn), 0
    # 6. The fallback. What is surely none of ours is said to be; else two choices the first time, a person the second.
    if heard.intent == "other" and heard.confidence >= SURE and unclear < _OTHERS_MOST:
        return Say(replies.OTHER), unclear + 1
    if unclear == 0:
        return _ask_which([heard.intent, *(name for name, _ in heard.alternatives)]), 1
    return await on_person.hand_over(turn), 0


def _read_into(form: Form, heard: Understanding) -> Form | None:
    """What another wish reads of the form it comes into: the look at free times all, moving the booking meant."""
    if heard.intent == "my_bookings":
        return form
    meant = form.slots.get("booking_id")
    if heard.intent == "change_booking" and meant is not None:
        return Form("move", {"booking_id": meant})
    return None


def _sure(heard: Understanding) -> bool:
    """Sure of the wish, or that it is one of a few of which each leads to the other and none acts without a yes."""
    near = next((names for names in TOGETHER if heard.intent in names), frozenset())
    return heard.confidence + sum(chance for name, chance in heard.alternatives if name in near) >= SURE


def _given_up(form: Form, heard: Understanding) -> bool:
    """算了 in any state; but 取消吧, where cancelling a booking is what was asked, says yes to it."""
    agrees = form.name == "cancel_booking" and "取消" in heard.text and not _NOT.search(heard.text)
    turns = form.name == on_decision.FORM and on_decision.turns_round(form, heard.text)
    return heard.answer == "cancel" and not agrees and not turns and not on_care.means_all(form, heard.text)


def _as_answer(form: Form, heard: Understanding) -> Understanding:
    """The line with the answer its first words give, where it has more in it than the answer."""
    said, rest = led(heard.text)
    if agrees(form, heard):
        return replace(heard, answer="yes" if form.confirm else None)
    if form.name == "book" and heard.answer is None and heard.intent == "cancel_booking" and not heard.slots:
        # Nothing is booked yet that this form is about; a booking that stands is named by one of these words.
        said = said if _BOOKED.search(heard.text) or asks(heard.text) else "cancel"
    if said == "cancel" and heard.answer in (None, "no"):
        corrected = bool(heard.slots) and not _EXCUSE.search(rest)
        return heard if corrected else replace(heard, answer="cancel")
    if heard.answer is None and said == "yes" and not rest:
        return replace(heard, answer="yes")
    if heard.answer is not None or said is None or _interrupts(form, heard):
        return heard
    # 好 那就三点 brings something new: that is no yes to what was read back.
    more = bool(heard.slots) or heard.when != When() or (form.name == "cancel_booking" and "取消" not in rest)
    return heard if said == "yes" and rest and more else replace(heard, answer=said)


def _wish_behind(form: Form, heard: Understanding) -> bool:
    """算了 帮我转人工: the form is given up for something else that is clear."""
    said, rest = led(heard.text)
    plain = replace(heard, answer=None)
    return (
        said == "cancel"
        and len(rest) > 1
        and _interrupts(form, plain)
        and (heard.intent != "cancel_booking" or "取消" in rest)
    )


def _only(text: str) -> str | None:
    """How a whole line answers, with the words before it: 好的 那先不续了."""
    said, rest = led(text)
    return None if rest or asks(text) else said


def _ask_which(intents: Sequence[str]) -> Say:
    """One question with two choices, remembered until it is answered."""
    named = [name for name in dict.fromkeys(intents) if name in replies.NAMES][:2]
    if len(named) < 2:
        return Say(replies.OTHER)
    return Say(replies.choose(*named), "ask:choice", Form(CHOICE, {"intents": named}, asked="choice"))


def _chosen(form: Form, text: str) -> str | None:
    """Which of the two choices a line picks."""
    place = picked(text, len(form.slots["intents"]))
    return None if place is None else str(form.slots["intents"][place])


def _interrupts(form: Form, heard: Understanding) -> bool:
    loose = (form.name in LOOSE and not form.confirm) or (heard.intent in TOLD and asks(heard.text))
    return (
        heard.intent != "other"
        and heard.intent in INTENTS
        and heard.confidence >= (SURE if loose else INTERRUPTS)
        and heard.answer is None
        and not (form.confirm and _corrects(form, heard))
        and (INTENTS[heard.intent] is not FORMS[form.name] or _begins_anew(form, heard))
        and not said_again(form, heard)
        and not (form.name == on_decision.FORM and heard.intent in on_decision.INTENTS)
        and not form_words(form, heard)
        and heard.intent not in ("greeting", "thanks_bye")
    )


def _corrects(form: Form, heard: Understanding) -> bool:
    """Whether a line takes back something of what was read back, and not the whole wish."""
    other = heard.intent in INSTEAD.get(form.name, ()) or _MEANT.search(heard.text) is not None
    return _CORRECTS.match(heard.text) is not None and not other


def _begins_anew(form: Form, heard: Understanding) -> bool:
    """那就新约一个吧, where one was to be moved."""
    return form.name == "move" and heard.intent == "book_stylist" and _ANEW.search(heard.text) is not None


def form_words(form: Form, heard: Understanding) -> bool:
    """Whether the line brings what the form has just asked for, or something else that belongs into it."""
    if _begins_anew(form, heard):
        return False
    if bool(form.asked) and heard.slots.get(form.asked) is not None:
        return True
    if form.name == RATING_FORM:
        # It only stays open for a line that is a rating: 3分 is not about points.
        return True
    shown = len(form.slots.get(booking_form.SHOWN, []))
    if on_care.means_all(form, heard.text) or agrees(form, heard) or picked(heard.text, shown) is not None:
        return True
    if form.name in ("book", "move") and heard.intent in _WHOM_HEARD_AS:
        # 要Coco 别给我换人, 哪个老师都成: whom the session is with.
        swaps = heard.intent == "exchange_size" and bool(heard.slots.get("stylist"))
        return swaps or booking_form.says_whom(heard)
    if form.name == on_box_order.NAME and heard.intent not in ("complaint", "human_agent"):
        return bool(heard.slots.keys() & set(on_box_order.TOLD)) and not asks(heard.text)
    if form.name == on_invoice.FORM:
        return on_invoice.belongs(heard.text)
    return form.name == on_decision.FORM and not form.slots["keep"] and on_decision.says_why(heard.text)
