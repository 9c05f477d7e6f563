"""Invoices by chat: for which purchase, to whom, one read-back, and the desk issues it; or how the last one stands."""

from dataclasses import replace
from typing import Any

from bot.turn import Form, Handler, Say, Turn
from domain.invoice import InvoiceState, Payer, payer_in, tax_no_of
from domain.money import yuan
from services import invoices
from services.invoices import Due, Told

FORM = "invoice"
ASK_TITLE = "发票抬头写什么？个人写姓名；公司写全称和税号，可以一起发。"
ASK_TAX_NO = "公司抬头还要税号（15 到 20 位数字或字母），发给我就好。"
STATES = {
    InvoiceState.ASKED: "已经提交，同事开好会通知您",
    InvoiceState.ISSUED: "已开具",
    InvoiceState.REFUSED: "没能开具",
    InvoiceState.TO_RED: "有退货，等待冲红",
    InvoiceState.RED: "已冲红",
}


async def invoice(turn: Turn) -> Say:
    """What an invoice can be had for; without anything, how those asked for stand."""
    due = await invoices.due(turn.member_id)
    known = await invoices.of_member(turn.shop, turn.member_id)
    if due and belongs(turn.text):
        # 开发票 抬头… 税号…: all of it in the first line.
        return await go_on(replace(turn, form=_form(due[0], {}, "title")))
    if due:
        return Say(f"{_named(due[0])}可以开电子发票。{ASK_TITLE}", "ask:title", _form(due[0], {}, "title"))
    if known:
        return Say("您的发票：\n" + "\n".join(f"· {_standing(one)}" for one in known[:3]))
    return Say("盒子结清后、订单付款后都可以开电子发票，到时回复「开发票」就行。想先问清楚，回复「人工」。")


async def go_on(turn: Turn) -> Say:
    """Title, tax number, and a yes to what is read back."""
    assert turn.form is not None, "a form goes on"
    held = turn.form.slots
    one = Due(str(held["ref"]), int(held["amount_fen"]))
    payer = Payer(str(held.get("title", "")), str(held.get("tax_no", "")))
    answer = turn.understanding.answer
    if turn.form.confirm and answer == "yes":
        told = await invoices.ask(turn.shop, turn.member_id, one.ref, payer, "chat")
        return Say(f"提交好了，{yuan(told.row.amount_fen)} 元，同事开好会通知您，也能在小程序消息里看到。", "done")
    if turn.form.confirm and answer == "no":
        return Say(ASK_TITLE, "ask:title", _form(one, {}, "title"))
    if answer is None and tax_no_of(turn.text) == turn.text.strip().upper():
        payer = Payer(payer.title, tax_no_of(turn.text))
    elif answer is None and (belongs(turn.text) or turn.understanding.intent != "invoice"):
        said = payer_in(turn.text)
        payer = Payer(said.title or payer.title, said.tax_no or payer.tax_no)
    kept = {"title": payer.title, "tax_no": payer.tax_no}
    if not payer.title:
        return Say(ASK_TITLE, "ask:title", _form(one, kept, "title"))
    if not payer.is_whole:
        return Say(ASK_TAX_NO, "ask:tax_no", _form(one, kept, "tax_no"))
    tax = f"，税号 {payer.tax_no}" if payer.tax_no else ""
    return Say(
        f"开票给「{payer.title}」{tax}，{yuan(one.amount_fen)} 元，对吗？回复「是」就提交，不对直接发新的抬头。",
        "confirm",
        _form(one, kept, "title", confirm=True),
    )


def belongs(text: str) -> bool:
    """Whether a line is a company's title or a tax number, whatever else it looks like."""
    return bool(tax_no_of(text)) or payer_in(text).is_company


def _form(one: Due, held: dict[str, Any], asked: str, *, confirm: bool = False) -> Form:
    return Form(FORM, {"ref": one.ref, "amount_fen": one.amount_fen, **held}, asked=asked, confirm=confirm)


def _named(one: Due) -> str:
    kind, _, number = one.ref.partition(":")
    what = {"box": f"您结清的盒子（{number} 号）", "order": "您的订单"}.get(kind, "您的购物")
    return f"{what}，{yuan(one.amount_fen)} 元，"


def _standing(one: Told) -> str:
    row = one.row
    more = f"，号码 {row.number}" if row.number else f"：{row.reason}" if row.reason else ""
    return f"{yuan(row.amount_fen)} 元，{STATES[row.state]}{more}"


INTENTS: dict[str, Handler] = {"invoice": invoice}
FORMS: dict[str, Handler] = {FORM: go_on}
