"""Keeping and sending back by chat: which pieces, one read-back, a yes. Money is settled in the mini-program."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from bot import replies
from bot.leading import led
from bot.turn import LOOKING, Form, Handler, Say, Turn
from domain.box import BoxState, ItemState
from domain.desk_words import BOX_WORDS
from domain.money import yuan
from services import outlook, proposals, returns
from services.glance import BoxGlance
from services.returns import BoxItem

FORM = "decide"
NO_BOX = "您现在没有进行中的盒子。想订一盒，回复「订盒子」。"
AT_MEMBER = (BoxState.DELIVERED, BoxState.DECIDING, BoxState.RETURNING)
OPEN = (ItemState.AT_MEMBER, ItemState.KEEPING, ItemState.RETURNING)
_ALL = re.compile(r"全部|全都|都(?:要|留|退|不要|买|寄)|所有|整盒|一件不留|全(?:要|留|退)")
_SOME = re.compile(
    r"[几一两三四五六七八九1-9这那]\s?(?:件|条|双|个(?!盒|箱|包裹)|套|身)|部分|有的|其中|剩下|其他|其余|别的|的(?:要|不要|留|退)"
)
_QUESTION = re.compile(
    r"怎么|咋|如何|哪|几[天号点]|什么|多久|多少|吗|么|呢|[?？]|能不能|可不可以|运费|邮费|最[晚迟]|期限|地址|流程"
)
_EXCEPT = re.compile(r"除了|除开|除去|除")
_REST = re.compile(
    r"(?:其他|其它|其余|别的|剩下|剩余|另外)[^，,。 ]{0,6}?"
    r"(?:(?P<back>退|不要|不留|寄回|还回|拿走|拿回|[来取收]走|[来上]门?[取收]|取件)|(?P<keep>留|要|买|收))"
)
_GOES = re.compile(r"退|不[要留买]|寄回|还回|拿走|[来取收]走|[来上]门?[取收]|取件")
_STAYS = re.compile(r"留|不退|(?<!不)[要买](?!退|寄)")
_NO_RETURN, _NO_KEEPING = re.compile(r"[不别](?:想|用|要)?退了?"), re.compile(r"[不别](?:想|用)?[留买要]了?")
_TAKES = re.compile(r"留下|(?<!不)[要买]了|[都全][留要买]")
_OTHERS = re.compile(r"其他|其它|其余|别的|剩下|剩余|另外")
_COUNTED = re.compile(r"(?:其他|其它|其余|别的|剩下|剩余|另外)的?[1-9一二三四五六七八九](?=件|个)")
_KINDS = "裙裤鞋靴包衫"
_NUMBERS = re.compile(r"(?<!\d)[1-9](?!\d)|第?([一二三四五六七八九])(?=件|个|、|和|，|$)")
_REASONS = (
    ("size", re.compile(r"尺码|码数|大了|小了|偏[大小]|太[大小长短紧松]|穿不[下进]|不合身")),
    ("colour", re.compile(r"颜色|色差|显黑|显老")),
    ("style", re.compile(r"款式|样式|不好看|不喜欢|风格")),
    ("quality", re.compile(r"面料|料子|扎|起球|太薄|太厚")),
    ("price", re.compile(r"贵|价格|超预算")),
)
_REASON_NAMES = {
    "size": "尺码", "colour": "颜色", "style": "款式", "quality": "面料和质量", "price": "价格", "other": "其他",
}  # fmt: skip


def until(turn: Turn, box: BoxGlance) -> str:
    """Until when the member decides, and on another box at home; "" where no clock runs any more."""
    words, now = "", turn.shop.now()
    if box.deadline_at is not None and box.state in AT_MEMBER and now < box.deadline_at:
        words = f"请在 {replies.day_and_time(box.deadline_at)} 前决定，要退的在这之前交给快递就算数。"
    if box.other_until is not None and now < box.other_until:
        words += f"另一盒（{box.other_id} 号）到 {replies.day_and_time(box.other_until)} 为止。"
    return words


def page_of(box_id: int) -> str:
    return f"pages/box/box?id={box_id}"


async def keep_items(turn: Turn) -> Say:
    return await _decide(turn, keep=True)


async def return_box(turn: Turn) -> Say:
    return await _decide(turn, keep=False)


async def go_on(turn: Turn) -> Say:
    """The open form: a choice of pieces, a yes, a no, or the other way round after all."""
    assert turn.form is not None, "a form goes on"
    keep, heard = bool(turn.form.slots["keep"]), turn.understanding
    # The other way round only by a word for it: 第一件和第二件 alone answers the question that was asked.
    if turns_round(turn.form, turn.text):
        keep = not keep
    elif heard.answer in (None, "no") and heard.intent == "return_box" and _GOES.search(turn.text):
        keep = False
    elif heard.answer in (None, "no") and heard.intent == "keep_items" and _STAYS.search(turn.text):
        keep = keep or not _GOES.search(turn.text)
    return await _decide(turn, keep=keep)


def turns_round(form: Form, text: str) -> bool:
    """算了不退了 全留下: what was about to be done is denied or dropped, and the other way is said."""
    keep = bool(form.slots["keep"])
    denied, wanted = (_NO_KEEPING, _GOES) if keep else (_NO_RETURN, _STAYS)
    rest = denied.sub("", text)
    said, instead = led(text)
    if said == "cancel" and instead:
        # 算了 都留下吧 is a wish, 算了 先留着 is not.
        rest, wanted = instead, _GOES if keep else _TAKES
    return rest != text and wanted.search(rest) is not None and _QUESTION.search(text) is None


def says_why(text: str) -> bool:
    """尺码不合适: a reason to send back, not a question about sizes."""
    return bool(_reason(text)) and _QUESTION.search(text) is None


async def _decide(turn: Turn, *, keep: bool) -> Say:
    return replace(await _answer(turn, keep=keep), about="keep_items" if keep else "return_box")


async def _answer(turn: Turn, *, keep: bool) -> Say:
    box = await turn.glances.box(turn.member_id)
    if box is None:
        return Say(NO_BOX)
    if box.state not in AT_MEMBER:
        more = "" if keep else "现在没有需要退回的衣服。"
        return Say(f"您的盒子{BOX_WORDS[box.state]}。{more}", page=page_of(box.box_id), label="打开我的盒子")
    items = [i for i in await proposals.items_of(box.box_id) if i.state in OPEN and i.back_parcel_id is None]
    if not items:
        return Say(f"盒子里的衣服都已经决定好了。{until(turn, box)}", page=page_of(box.box_id), label="打开我的盒子")
    form = turn.form if turn.form is not None and turn.form.name == FORM else None
    if form is not None and form.confirm and turn.understanding.answer == "yes" and form.slots["keep"] == keep:
        chosen = [i for i in items if i.id in form.slots["items"]]
        # 嗯嗯 就大衣 says yes to other pieces than those read back: read back again.
        if _named(turn.text, items, keep=keep) in ([], chosen):
            way = _keep(turn, box, chosen) if keep else _send_back(turn, box, chosen, str(form.slots["reason"]))
            return await way
    asks = _QUESTION.search(turn.text) is not None
    before = form.slots["items"] if form is not None and form.confirm else []
    others = [i for i in items if i.id not in before and i.state is ItemState.AT_MEMBER]
    if _OTHERS.search(turn.text) and len(others) < len(items) and not asks and not _pointed(turn.text, items):
        # 剩下的都退: all but the pieces that were just spoken of or are decided.
        named = others
    else:
        named = _named(turn.text, items, keep=keep)
    if form is not None and form.confirm and turn.understanding.answer == "no" and not named:
        return Say(f"好的，先不动。{until(turn, box)}", "ack")
    if named and form is not None and form.confirm and form.slots["keep"] == keep:
        against = (_GOES if keep else _STAYS).search(turn.text)
        left = [i for i in items if i.id in before and i not in named]
        if against is not None and _REST.search(turn.text) is None and left:
            # 不对 裙子不要, of what is to be kept: the others.
            named = left
    if not named and form is not None and form.confirm and form.slots["keep"] == keep:
        # Something else in between: the same question once more.
        named = [i for i in items if i.id in before]
    if not named and form is None and not asks and not _SOME.search(turn.text):
        # 退盒子, 我要留下: who names no piece means the box as it is; the read-back says how to name some.
        return _read_back(items, keep=keep, reason=_reason(turn.text) or "other", whole=True)
    if not named:
        lines = _numbered(items)
        # "Until when" and "how" are asked with the same words: the answer stands before the first question.
        told = f"{until(turn, box)}\n" if form is None else ""
        text = f"{told}要{'留下' if keep else '退回'}哪几件？回复数字或名字，全部就说「全部」。\n{lines}"
        slots: dict[str, Any] = {"keep": keep, "reason": _reason(turn.text)}
        if form is None and asks:
            return Say(text, "answer", Form(FORM, {**slots, LOOKING: True}, asked="items"))
        return Say(text, "ask:items", Form(FORM, slots, asked="items"))
    reason = _reason(turn.text) or (str(form.slots.get("reason") or "") if form else "")
    return _read_back(named, keep=keep, reason=reason or "other")


def _title(item: BoxItem) -> str:
    return f"{item.name}（{item.colour}，{item.size}）"


def _named(text: str, items: Sequence[BoxItem], *, keep: bool) -> list[BoxItem]:
    """The pieces a line means: all, by number, by name, kind or colour; 除了大衣 and 其他都退 mean the others."""
    named = _pointed(text, items)
    rest = _REST.search(text)
    if named and (_EXCEPT.search(text) or (rest is not None and (rest["keep"] is not None) == keep)):
        return [i for i in items if i not in named]
    if named and rest is not None:
        return named
    return list(items) if _ALL.search(text) else named


def _pointed(text: str, items: Sequence[BoxItem]) -> list[BoxItem]:
    """Those a line names by words or numbers; the two of 剩下2件 is no number of a piece."""
    named = _by_words(text, items)
    if named:
        return named
    plain = _COUNTED.sub("", text)
    numbers = {int(m[0]) if m[0].isdigit() else "一二三四五六七八九".index(m[1]) + 1 for m in _NUMBERS.finditer(plain)}
    return [item for n, item in enumerate(items, 1) if n in numbers]


def _by_words(text: str, items: Sequence[BoxItem]) -> list[BoxItem]:
    """By (the end of) the name, by the colour, by the kind: the first of them that fits any piece."""
    ways: tuple[Callable[[BoxItem], str], ...] = (
        lambda i: i.name,
        lambda i: i.name[-2:],
        lambda i: f"{i.colour.removesuffix('色')}色",
        lambda i: i.name[-1] if i.name[-1] in _KINDS else i.name,
        lambda i: f"{i.colour.removesuffix('色')[-1:]}的",
    )
    found = ([i for i in items if word(i) in text] for word in ways)
    return next((some for some in found if some), [])


def _reason(text: str) -> str:
    return next((name for name, pattern in _REASONS if pattern.search(text)), "")


def _numbered(items: Sequence[BoxItem]) -> str:
    return "\n".join(f"{n}. {_title(i)}" for n, i in enumerate(items, 1))


def _read_back(items: Sequence[BoxItem], *, keep: bool, reason: str, whole: bool = False) -> Say:
    """What a yes will do. `whole`: no piece was named, so all are listed with their numbers, to choose from."""
    names = f"盒子里的 {len(items)} 件都" if whole else "、".join(_title(i) for i in items) + " "
    slots = {"keep": keep, "items": [i.id for i in items], "reason": reason}
    if keep:
        price = yuan(sum(i.price_fen for i in items))
        text = f"把 {names}标成留下（合计 {price} 元，优惠券和折扣结清时再减），对吗？回复「是」就记下，结清前都能改。"
    else:
        text = f"把 {names}退回（原因：{_REASON_NAMES[reason]}），对吗？回复「是」就登记，原因不对也可以直接说。"
    if whole:
        text += f"只{'留' if keep else '退'}几件的话，回复数字或名字：\n{_numbered(items)}"
    return Say(text, "confirm", Form(FORM, slots, asked="items", confirm=True))


async def _keep(turn: Turn, box: BoxGlance, items: Sequence[BoxItem]) -> Say:
    decisions = [returns.Decision(i.id, keep=True) for i in items]
    await returns.decide(turn.shop, turn.member_id, box.box_id, decisions)
    told = await outlook.settlement_preview(turn.shop, turn.member_id, box.box_id)
    return Say(
        f"记下了，这 {len(items)} 件为您留着。按现在的选择（没决定的算留下），结清时是 "
        f"{yuan(told.charge_fen)} 元。{until(turn, box)}想现在就结清，请在盒子里确认。",
        "done", page=page_of(box.box_id), label="打开我的盒子",
    )  # fmt: skip


async def _send_back(turn: Turn, box: BoxGlance, items: Sequence[BoxItem], reason: str) -> Say:
    decisions = [returns.Decision(i.id, keep=False, reason=reason) for i in items]
    await returns.decide(turn.shop, turn.member_id, box.box_id, decisions)
    await returns.send_back(turn.shop, turn.member_id, box.box_id)
    deadline = f"请在 {replies.day_and_time(box.deadline_at)} 前交给快递。" if box.deadline_at else ""
    return Say(
        f"登记好了，退回 {len(items)} 件。{deadline}点下面约快递上门取件；约好了而快递没来，不会算您超时。",
        "done", page=page_of(box.box_id), label="预约上门取件",
    )  # fmt: skip


INTENTS: dict[str, Handler] = {"keep_items": keep_items, "return_box": return_box}
FORMS: dict[str, Handler] = {FORM: go_on}
