"""The member's stored value: what is there, its statement, topping up, and the refund of what is unspent."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.wallet import SIGN, WalletStep
from miniapp_api.frame import Body, Call, Page, PageQuery, View
from miniapp_api.payments import PayParamsView
from services import payments, wallets

Sum = Annotated[int, Field(ge=1, le=100_000_000, description="Integer fen")]


class PartsView(View):
    """A sum by where it came from."""

    principal_fen: int
    bonus_fen: int


class WalletView(View):
    """`held` is set aside for a box. `first_bonus_open`: the next top-up is the first and brings a bonus."""

    free: PartsView
    held: PartsView
    first_bonus_open: bool
    first_bonus_percent: int
    topup_min_fen: int
    topup_max_fen: int


async def get_wallet(call: Call) -> WalletView:
    """What the member has stored, principal and bonus apart."""
    seen, rules = await wallets.balance(call.member_id), call.shop.rules.wallet
    return WalletView(
        free=PartsView.model_validate(seen.free),
        held=PartsView.model_validate(seen.held),
        first_bonus_open=seen.first_bonus_open,
        first_bonus_percent=rules.first_bonus_percent,
        topup_min_fen=rules.topup_min_fen,
        topup_max_fen=rules.topup_max_fen,
    )


class EntryView(View):
    """One line: what it did to what the member can spend; minus is less of it."""

    id: int
    step: WalletStep
    principal_fen: int
    bonus_fen: int
    ref: str
    created_at: datetime


async def get_entries(call: Call, query: PageQuery) -> Page[EntryView]:
    """The statement of the stored value, the newest line first."""
    before_id = int(query.cursor) if query.cursor else None
    rows = await wallets.statement(call.member_id, before_id, query.limit + 1)
    return Page[EntryView](
        items=[
            EntryView(
                id=row.id,
                step=row.step,
                principal_fen=SIGN[row.step] * row.principal_fen,
                bonus_fen=SIGN[row.step] * row.bonus_fen,
                ref=row.ref,
                created_at=row.created_at,
            )
            for row in rows[: query.limit]
        ],
        next_cursor=str(rows[query.limit - 1].id) if len(rows) > query.limit else None,
    )


class SumBody(Body):
    amount_fen: Sum


class SumQuery(Body):
    amount_fen: Sum


class TopUpView(View):
    """`bonus_fen` comes with the payment: the first top-up's, once in a life."""

    out_trade_no: str
    amount_fen: int
    bonus_fen: int
    pay: PayParamsView


async def post_top_up(call: Call, body: SumBody) -> TopUpView:
    """Order a top-up; the answer is what the phone needs to pay it."""
    row, payment, bonus_fen = await wallets.top_up(call.shop, call.member_id, body.amount_fen)
    pay = await payments.prepare(call.shop, payment)
    return TopUpView(
        out_trade_no=payment.out_trade_no,
        amount_fen=row.amount_fen,
        bonus_fen=bonus_fen,
        pay=PayParamsView.model_validate(pay),
    )


class RefundPreviewView(View):
    """What goes back by the way it came, the bonus that falls away with it, and what stays."""

    amount_fen: int
    void_fen: int
    left: PartsView


async def get_refund_preview(call: Call, query: SumQuery) -> RefundPreviewView:
    """What a refund of unspent principal would change."""
    return RefundPreviewView.model_validate(await wallets.refund_preview(call.member_id, query.amount_fen))


class WalletRefundView(View):
    """The refunds on their way, one per top-up they come from."""

    numbers: list[str]
    amount_fen: int


async def post_refund(call: Call, body: SumBody) -> WalletRefundView:
    """Have unspent principal refunded; the bonus that was not earned falls away."""
    wanted = await wallets.refund(call.shop, call.member_id, body.amount_fen)
    return WalletRefundView(numbers=[r.out_refund_no for r in wanted], amount_fen=sum(r.amount_fen for r in wanted))
