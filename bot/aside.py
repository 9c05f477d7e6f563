"""Short lines while a form is open that bring it nothing: taking note, thanks, the very wish once more."""

import re

from bot import on_care, on_decision, on_member, on_privacy
from bot.leading import asks
from bot.turn import LOOKING, Form
from bot.understand import Understanding
from services.desk import RATING_FORM

WISHES = {
    "book": "book_stylist",
    "move": "change_booking",
    "stop_renewal": "renew_membership",
    "export": "privacy_request",
}
"""The wish a form serves, where it is not the form's own name."""
AGAIN = {
    on_care.FORM: re.compile(r"停|关|退订"),
    on_care.RESUME: re.compile(r"恢复|打开"),
    on_member.STOP_RENEWAL: re.compile(r"停|关|取消"),
    on_privacy.EXPORT: re.compile(r"导出|备份|下载"),
}
"""Forms that take their wish, said once more, for the yes they await; and the word of it that is enough."""
_WORD_LONGEST = 8
_NOT = re.compile(r"[不别没]")
_THANKS = re.compile(r"谢|多谢|3q|thx|thank|拜|再见|回见|88|bye|晚安")


def wish_of(form: Form) -> str:
    """The wish an open form serves."""
    if form.name == on_decision.FORM:
        return "keep_items" if form.slots["keep"] else "return_box"
    return WISHES.get(form.name, form.name)


def said_again(form: Form, heard: Understanding) -> bool:
    """是的 停: the wish that awaits a yes, once more."""
    again = form.name in AGAIN and form.confirm and heard.intent == wish_of(form)
    return again and not asks(heard.text)


def agrees(form: Form, heard: Understanding) -> bool:
    """那关吧, 停: 停 alone would drop other forms, here it is what is to be done."""
    if form.name not in AGAIN or heard.answer not in (None, "cancel"):
        return False
    plain = len(heard.text) <= _WORD_LONGEST and not asks(heard.text) and "算" not in heard.text
    return plain and AGAIN[form.name].search(heard.text) is not None and not _NOT.search(heard.text)


def only_thanks(form: Form, heard: Understanding) -> bool:
    """谢谢, 拜拜 while nothing awaits a yes: no answer to the question, which stays open."""
    return (
        not form.confirm
        and form.name != RATING_FORM
        and heard.intent == "thanks_bye"
        and heard.answer is None
        and not heard.slots
        and _THANKS.search(heard.text) is not None
    )


def takes_note(form: Form, heard: Understanding) -> bool:
    """知道了, ok after an answer that ended in a question: no answer to that, which stays open."""
    plain = heard.intent == "thanks_bye" and not heard.slots
    return form.name != "book" and LOOKING in form.slots and (plain or heard.answer == "yes")
