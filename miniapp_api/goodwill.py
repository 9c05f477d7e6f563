"""Goodwill refunds: what would follow first, then the gift, alone or with a second person."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.goodwill import GoodwillState
from miniapp_api.frame import Body, Call, Text, View
from services import goodwill

Sum = Annotated[int, Field(ge=1, le=100_000_000, description="Integer fen")]
Ref = Annotated[str, Field(pattern=r"^[a-z]{1,20}:[0-9]{1,18}$", description="box:9, order:3, membership:7")]


class PartView(View):
    """What one payment gives of it, under WeChat's order number."""

    number: str
    amount_fen: int


class GoodwillPreview(View):
    """`left_fen` is what was paid and is not given back. `second_person`: above_limit, month_spent or empty.

    `stored_fen` of it goes to the stored value, beside the parts that go over WeChat Pay.
    """

    ref: str
    member_id: int
    amount_fen: int
    left_fen: int
    second_person: str
    parts: list[PartView]
    stored_fen: int


class GoodwillQuery(Body):
    ref: Ref
    amount_fen: Sum


async def get_goodwill_preview(call: Call, query: GoodwillQuery) -> GoodwillPreview:
    """What a goodwill refund would take from which payment, and whether a second person must agree."""
    seen = await goodwill.preview(call.shop, call.staff_id, query.ref, query.amount_fen)
    return GoodwillPreview.model_validate(seen)


class GoodwillBody(Body):
    ref: Ref
    amount_fen: Sum
    reason: Annotated[Text, Field(min_length=2, max_length=200)]


class GoodwillView(View):
    """`state`: asked (waits for a second person), granted (the refund is on its way), refused."""

    id: int
    ref: str
    member_id: int
    amount_fen: int
    reason: str
    state: GoodwillState
    asked_by: int
    created_at: datetime


async def post_goodwill(call: Call, body: GoodwillBody) -> GoodwillView:
    """Give money back out of kindness; above the limits it waits for a second person."""
    row = await goodwill.give(call.shop, call.staff_id, body.ref, body.amount_fen, body.reason)
    return GoodwillView.model_validate(row)
