"""A member's payments: how one stands, and what the phone needs to pay it."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.errors import OutsideRefusal, WrongState
from domain.payment import PaymentPurpose, PaymentState, RefundState
from miniapp_api.approvals import ApprovalView
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from services import notices, payments, refunds


class PaymentView(View):
    """`state`: wanted (not paid yet, or not known to be), paid, closed (will never be paid)."""

    out_trade_no: str
    purpose: PaymentPurpose
    ref: str = Field(description="What it pays for: membership:7, box:9")
    description: str
    amount_fen: int
    state: PaymentState
    expires_at: datetime
    paid_at: datetime | None


class PayParamsView(View):
    """What wx.requestPayment takes, as it takes it."""

    timeStamp: str  # noqa: N815 - WeChat's own spelling, handed through.
    nonceStr: str  # noqa: N815 - WeChat's own spelling.
    package: str
    signType: str  # noqa: N815 - WeChat's own spelling.
    paySign: str  # noqa: N815 - WeChat's own spelling.


async def get_payment(call: Call, out_trade_no: str) -> PaymentView:
    """How a payment stands; WeChat is asked when it has been silent.

    The phone's own "paid" is a hint only: poll this until the state is paid.
    """
    payment = await payments.payment_of(call.member_id, out_trade_no)
    return PaymentView.model_validate(await notices.ask_if_silent(call.shop, payment))


async def post_prepare(call: Call, out_trade_no: str) -> PayParamsView:
    """Fresh parameters for wx.requestPayment, for an open payment.

    409 too_late when its time is over: order again.
    """
    payment = await payments.payment_of(call.member_id, out_trade_no)
    try:
        params = await payments.prepare(call.shop, payment)
    except OutsideRefusal:
        # Perhaps it is paid already and only the news is missing.
        payment = await notices.ask_payment(call.shop, payment)
        if payment.state is PaymentState.WANTED:
            raise
        raise WrongState("payment", payment.state, "prepared") from None
    return PayParamsView.model_validate(params)


class RefundView(View):
    """`state`: asked, accepted (WeChat works on it), failed and abnormal (a person must look), done."""

    id: int
    member_id: int
    out_refund_no: str
    ref: str
    reason: str
    amount_fen: int
    state: RefundState
    created_at: datetime


async def get_refunds(call: Call, query: PageQuery) -> Page[RefundView]:
    """Refunds that are not done yet, the newest first."""
    found = await refunds.unfinished(int(query.cursor) if query.cursor else None, query.limit + 1)
    return Page[RefundView](
        items=[RefundView.model_validate(r) for r in found[: query.limit]],
        next_cursor=str(found[query.limit - 1].id) if len(found) > query.limit else None,
    )


async def post_resume(call: Call, refund_id: int) -> RefundView:
    """Ask WeChat again for a failed refund, under its own number: it can never be given twice.

    An abnormal one is asked about: what was paid out in WeChat's console is found done.
    """
    return RefundView.model_validate(await notices.resume_refund(call.shop, call.staff_id, refund_id))


class ByHandBody(Body):
    reason: Annotated[Text, Field(min_length=2, max_length=200, description="How it was paid out, and the proof")]


async def post_by_hand(call: Call, refund_id: int, body: ByHandBody) -> ApprovalView:
    """Say that an abnormal or failed refund was paid out past WeChat; a second person must agree."""
    return ApprovalView.model_validate(await refunds.ask_by_hand(call.shop, call.staff_id, refund_id, body.reason))
