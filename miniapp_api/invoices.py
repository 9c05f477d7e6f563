"""Invoices: asked for by members, taken down for them by the desk, issued, refused or reversed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.invoice import InvoiceState, Payer
from miniapp_api.frame import Body, Call, Text, View
from services import invoices
from services.invoices import Told


class InvoiceBody(Body):
    """`ref` is the purchase (box:9, order:12). A company's title takes its tax number."""

    ref: Annotated[str, Field(pattern=r"^(?:box|order|store):[0-9]{1,18}$")]
    title: Annotated[Text, Field(min_length=1, max_length=64)]
    tax_no: Annotated[str, Field(pattern=r"^(?:[0-9A-Za-z]{15,20})?$", examples=["91310000MA1FL0XX2Q"])] = ""


class InvoiceView(View):
    """`amount_fen` is what is kept of the purchase; `number` is there once it is issued, `reason` once refused.

    `to_red`: something came back after it was issued, a red-letter invoice is due; `red_number` is its number.
    """

    id: int
    member_id: int
    ref: str
    amount_fen: int
    title: str
    tax_no: str
    state: InvoiceState
    number: str
    reason: str
    red_number: str
    created_at: datetime


class DueView(View):
    ref: str
    amount_fen: int


class InvoicesView(View):
    """`due`: purchases an invoice can be asked for."""

    items: list[InvoiceView]
    due: list[DueView]


class WaitingQuery(Body):
    state: Literal["asked", "to_red"] = "asked"


class WaitingView(View):
    items: list[InvoiceView]


class IssueBody(Body):
    number: Annotated[Text, Field(min_length=6, max_length=32)]


class RefusalBody(Body):
    why: Annotated[Text, Field(min_length=2, max_length=200)]


def _view(told: Told) -> InvoiceView:
    values = {name: getattr(told.row, name) for name in InvoiceView.model_fields if name != "title"}
    return InvoiceView.model_validate({**values, "title": told.title})


async def get_invoices(call: Call) -> InvoicesView:
    """Your invoices, and what you can ask one for."""
    return InvoicesView(
        items=[_view(one) for one in await invoices.of_member(call.shop, call.member_id)],
        due=[DueView(ref=one.ref, amount_fen=one.amount_fen) for one in await invoices.due(call.member_id)],
    )


async def post_invoice(call: Call, body: InvoiceBody) -> InvoiceView:
    """Ask for the invoice of a purchase."""
    payer = Payer(body.title, body.tax_no.upper())
    return _view(await invoices.ask(call.shop, call.member_id, body.ref, payer, "miniapp"))


async def get_waiting(call: Call, query: WaitingQuery) -> WaitingView:
    """Invoices that wait to be issued, or (`to_red`) to be reversed after a return; the oldest first."""
    waits = await invoices.waiting(call.shop, InvoiceState(query.state))
    return WaitingView(items=[_view(one) for one in waits])


async def post_for_member(call: Call, member_id: int, body: InvoiceBody) -> InvoiceView:
    """Take down what a member asks for by telephone or at the counter."""
    payer = Payer(body.title, body.tax_no.upper())
    return _view(await invoices.ask(call.shop, member_id, body.ref, payer, "desk", call.staff_id))


async def post_issue(call: Call, invoice_id: int, body: IssueBody) -> InvoiceView:
    """It is issued under this number, over what is kept of the purchase now; the member is told."""
    return _view(await invoices.issue(call.shop, call.staff_id, invoice_id, body.number))


async def post_refuse(call: Call, invoice_id: int, body: RefusalBody) -> InvoiceView:
    """It cannot be issued; the member is told why, and may ask again."""
    return _view(await invoices.refuse(call.shop, call.staff_id, invoice_id, body.why))


async def post_red(call: Call, invoice_id: int, body: IssueBody) -> InvoiceView:
    """It is reversed by the red-letter invoice of this number; the member is told, and may ask for a new one."""
    return _view(await invoices.redden(call.shop, call.staff_id, invoice_id, body.number))
