"""Forms that wait while another one is open: put aside for another wish, gone on with when that one ends."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot import replies
from bot.aside import wish_of
from bot.topic import UNFOLLOWED
from bot.turn import CERTAIN, LOOKING, Form, Handler, Say, Turn
from domain.errors import Refusal
from services.desk import RATING_FORM

DEPTH = 2
"""How many forms may wait: nobody remembers more."""
_INSTEAD = re.compile(r"还是|不如|干脆|要不")
"""还是约老师吧: the new wish takes the place of the old one, which does not come back."""
_EVERYTHING = re.compile(r"[都全](?:部|都)?(?:算了|不[要弄办约订]了|取消|放弃|停)")
_FLEETING = frozenset({RATING_FORM, "update_profile"})
"""Forms there is nothing to come back to: a question in passing, and what is done on a page."""


INSTEAD = {"cancel_booking": ("change_booking", "move"), "move": ("cancel_booking",),
           "stop_messages": ("resume_messages",), "resume_messages": ("stop_messages",)}  # fmt: skip
"""Wishes and forms that replace one for good: who moves a booking cancels it no more, and the other way round."""


def waiting(form: Form | None, opened: Form | None, text: str) -> Form | None:
    """What waits, now that `opened` is what the line `text` left open where `form` was open before."""
    if form is None or (opened is None and _EVERYTHING.search(text)):
        return None
    if opened is None or opened.name == form.name:
        return form.behind
    comes_back = form.name not in _FLEETING and (
        LOOKING not in form.slots and opened.name not in INSTEAD.get(form.name, ()) and not _INSTEAD.search(text)
    )
    forms = [one for one in ([form] if comes_back else []) + _all(form.behind) if one.name != opened.name]
    return _chain(forms[:DEPTH])


def _all(form: Form | None) -> list[Form]:
    return [] if form is None else [form, *_all(form.behind)]


def _chain(forms: list[Form]) -> Form | None:
    return replace(forms[0], behind=_chain(forms[1:])) if forms else None


async def with_second(turn: Turn, said: Say, handlers: Mapping[str, Handler]) -> Say:
    """What was said, with the answer to a second wish of the line; where both ask, the second one waits its turn."""
    also, told = turn.understanding.second, {turn.understanding.intent, *UNFOLLOWED}
    if also is None or said.outcome == "person" or also.confidence < CERTAIN or also.intent in told:
        return said
    try:
        more = await handlers[also.intent](replace(turn, form=None, text=also.text, understanding=also))
    except Refusal as refusal:
        more = Say(replies.refusal(refusal))
    if more.outcome == "person":
        return said
    if said.form is None:
        return replace(said, text=f"{said.text}\n\n{more.text}", form=more.form)
    if more.form is not None:
        return replace(said, form=replace(said.form, behind=more.form))
    return replace(said, text=f"{more.text}\n\n{said.text}")


async def asked_again(turn: Turn, said: Say, form: Form, go_on: Handler, *, back: bool = False) -> Say:
    """What was said, and after it the question of a form that is still open; `back`: of one that had to wait.

    The line has said what it had to say, so that the form reads nothing out of it.
    """
    silent = replace(turn.understanding, text="", intent="other", slots={}, answer=None)
    text = turn.text if form.name == RATING_FORM else ""
    try:
        question = await go_on(replace(turn, form=form, text=text, understanding=silent))
    except Refusal as refusal:
        question = Say(replies.refusal(refusal))
    lead = replies.back_to(wish_of(form)) if back else ""
    still = question.form and replace(question.form, behind=form.behind)
    return replace(said, text=f"{said.text}\n\n{lead}{question.text}", form=still)
