"""Surprise gifts of the staff to members."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from domain.gift import GiftState
from miniapp_api.frame import Body, Call, Id, Text, View
from services import gifts


class GiftBody(Body):
    """A sum, or a coupon of the shop (it counts with what it takes off). `words` are told to the member with it."""

    member_id: Id
    amount_fen: Annotated[int, Field(ge=1, le=100_000, description="Integer fen")] | None = None
    coupon_id: Id | None = None
    words: Annotated[Text, Field(min_length=1, max_length=120)]

    @model_validator(mode="after")
    def _one_of_both(self) -> "GiftBody":
        if (self.amount_fen is None) == (self.coupon_id is None):
            raise ValueError("amount_fen or coupon_id, one of them")
        return self


class GiftView(View):
    """`asked`: above the cap or the month's budget, a second person decides (`/staff/approvals`)."""

    id: int
    member_id: int
    amount_fen: int
    words: str
    state: GiftState
    created_at: datetime


class GiftsView(View):
    items: list[GiftView]
    left_fen: int = Field(description="What the caller may still give alone this month")


async def post_gift(call: Call, body: GiftBody) -> GiftView:
    """Surprise a member with a coupon: at once within cap and monthly budget, else a second person is asked."""
    return GiftView.model_validate(
        await gifts.give(call.shop, call.staff_id, body.member_id, body.amount_fen, body.words, body.coupon_id)
    )


async def get_gifts(call: Call) -> GiftsView:
    """The caller's own gifts, and what is left of the month's budget."""
    given = await gifts.given_by(call.shop, call.staff_id)
    return GiftsView(items=[GiftView.model_validate(gift) for gift in given.items], left_fen=given.left_fen)
