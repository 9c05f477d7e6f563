"""Ordering a box by chat: what for and up to how much, one read-back, and the stylist is asked on a yes.

Nothing is charged by it: the stylist proposes, and the member confirms in the mini-program.
"""

import re
from typing import Any

from bot.leading import asks
from bot.turn import Form, Handler, Say, Turn
from bot.understand.slots import ANY
from domain.box import BoxState
from domain.money import yuan
from services import proposals

NAME = "order_box"
_UNLIMITED = {"occasion": "", "budget": 0}
"""How a form keeps what the member leaves to the stylist."""
TOLD = ("occasion", "category", "colour", "budget")
_OVER = (BoxState.SETTLED, BoxState.CANCELLED, BoxState.LOST)
_HOW = re.compile(r"怎么|咋|如何|是什么|什么意思|啥意思|流程|规则|几件|多少件|押金|收费|要钱|免费|一次能|可以吗")

ASK_OCCASION = "这盒主要什么场合穿？比如上班、约会、婚礼。有偏好的品类、颜色和预算，也可以一起告诉我。"
ASK_BUDGET = "预算大概多少？比如「2000 以内」；不限就说「不限」。"
REQUESTED = "好的，已经交给造型师，配好会提醒您。确认寄出前都可以调整，寄出前不收费。"
LEFT = "好的，先不订。想订的时候叫我一声。"
WHAT_ELSE = "好的，哪里要改？场合、品类、颜色、预算，直接告诉我。"


async def order_box(turn: Turn) -> Say:
    """Ask what is missing, read back, and ask the stylist on a yes."""
    running = await turn.glances.box(turn.member_id)
    if running is not None and running.state not in _OVER:
        return Say("您已经有一个盒子在进行中，等它结清，再为您安排下一盒。想知道它到哪儿了，回复「盒子到哪了」。")
    form, heard = turn.form, turn.understanding
    held: dict[str, Any] = dict(form.slots) if form else {}
    said = {name: heard.slots[name] for name in TOLD if name in heard.slots}
    held |= {name: _UNLIMITED[name] if value == ANY else value for name, value in said.items()}
    if form is not None and not said:
        if form.confirm and heard.answer == "yes":
            return await _request(turn, held)
        if form.confirm and heard.answer == "no":
            return Say(WHAT_ELSE, "ask:occasion", Form(NAME, held, asked="occasion"))
        if _HOW.search(turn.text) or (asks(turn.text) and heard.answer is None):
            question = ASK_OCCASION if "occasion" not in held else ASK_BUDGET if "budget" not in held else WHAT_ELSE
            return Say(_how_it_works(turn) + question, "answer", form)
        if form.asked == "occasion" and heard.intent == "other" and 1 < len(turn.text) <= 12:
            # What for is a free word: 看展, 遛娃. What is no wish of its own is taken as the answer.
            held["occasion"] = turn.text
    if form is None and _HOW.search(turn.text):
        return Say(_how_it_works(turn) + ASK_OCCASION, "answer", Form(NAME, held, asked="occasion"))
    if "occasion" not in held:
        lead = _how_it_works(turn) if form is None else ""
        return Say(lead + ASK_OCCASION, "ask:occasion", Form(NAME, held, asked="occasion"))
    if "budget" not in held:
        return Say(ASK_BUDGET, "ask:budget", Form(NAME, held, asked="budget"))
    return Say(
        f"帮您订一盒：{_told(held)}。确认请回复「好的」。", "confirm", Form(NAME, held, asked="budget", confirm=True)
    )


def _how_it_works(turn: Turn) -> str:
    rules = turn.shop.rules.box
    return (
        f"盒子是这样的：造型师为您挑 {rules.items_min} 到 {rules.items_max} 件，寄到家试穿，"
        f"签收后第 {rules.decide_days} 天 24:00 前决定，留下的才付款，其余寄回。\n"
    )


def _told(held: dict[str, Any]) -> str:
    parts = [
        f"场合{held['occasion']}" if held.get("occasion") else "场合不限",
        *(str(held[name]) for name in ("colour", "category") if held.get(name)),
        f"预算 {yuan(held['budget'] * 100)} 元以内" if held.get("budget") else "预算不限",
    ]
    return "，".join(parts)


async def _request(turn: Turn, held: dict[str, Any]) -> Say:
    wish = " ".join(str(held[name]) for name in ("colour", "category") if held.get(name))
    budget = held.get("budget")
    box = await proposals.request(
        turn.shop,
        turn.member_id,
        occasion=str(held.get("occasion") or "")[:64],
        budget_fen=budget * 100 if budget else None,
        wish=wish,
    )
    return Say(f"{REQUESTED}（{box.id} 号盒子）", "done")


INTENTS: dict[str, Handler] = {NAME: order_box}
FORMS: dict[str, Handler] = {NAME: order_box}
