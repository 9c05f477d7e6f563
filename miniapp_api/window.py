"""The shop window as the staff keeps it: looks and coupons."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from miniapp_api.bookings import Instant
from miniapp_api.frame import Body, Call, Id, Page, PageQuery, Text, View
from miniapp_api.goods import Code, Picture, Price, Title
from miniapp_api.staffing import given
from services import window
from services.window import Outfit

Words = Annotated[Text, Field(max_length=500)]
Pieces = Annotated[list[Id], Field(min_length=1, max_length=12)]


class LookBody(Body):
    """An outfit of products that are there; what of it is not on sale is not shown."""

    title: Title
    picture: Picture
    product_ids: Pieces
    words: Words = ""
    published: bool = True


class LookChangeBody(Body):
    """What is left out stays. `published` False takes it off the board."""

    title: Title | None = None
    picture: Picture | None = None
    product_ids: Pieces | None = None
    words: Words | None = None
    published: bool | None = None


class StaffLookView(View):
    """`on_sale_ids` are the products of it a member sees."""

    id: int
    title: str
    words: str
    picture: str
    published: bool
    on_sale_ids: list[int]


def _look(outfit: Outfit) -> StaffLookView:
    row = outfit.look
    return StaffLookView(
        id=row.id, title=row.title, words=row.words, picture=row.picture, published=row.published,
        on_sale_ids=[shelf.product.id for shelf in outfit.shelves],
    )  # fmt: skip


async def get_looks(call: Call, query: PageQuery) -> Page[StaffLookView]:
    """Every look, unpublished ones too."""
    rows = await window.looks(after_id=int(query.cursor or 0), limit=query.limit + 1)
    page = rows[: query.limit]
    return Page[StaffLookView](
        items=[_look(row) for row in page], next_cursor=str(page[-1].look.id) if len(rows) > query.limit else None
    )


async def post_look(call: Call, body: LookBody) -> StaffLookView:
    """Put an outfit on the board."""
    values = body.model_dump(exclude={"product_ids"})
    return _look(await window.add_look(call.shop, call.staff_id, body.product_ids, **values))


async def put_look(call: Call, look_id: int, body: LookChangeBody) -> StaffLookView:
    """Change an outfit, or take it off the board."""
    values = given(body)
    return _look(await window.change_look(call.shop, call.staff_id, look_id, values.pop("product_ids", None), **values))


class CouponBody(Body):
    """`off_fen` less once goods reach `threshold_fen`; valid in a half-open window. Sold for points if priced so."""

    code: Code
    name: Title
    threshold_fen: Price
    off_fen: Price
    valid_from: Instant
    valid_until: Instant
    points_price: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class CouponChangeBody(Body):
    """What is left out stays. While members hold it its sums stay, and its time only grows."""

    name: Title | None = None
    threshold_fen: Price | None = None
    off_fen: Price | None = None
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    points_price: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class StaffCouponView(View):
    id: int
    code: str
    name: str
    threshold_fen: int
    off_fen: int
    valid_from: datetime
    valid_until: datetime
    points_price: int | None


class StaffCouponsView(View):
    items: list[StaffCouponView]


async def get_coupons(call: Call) -> StaffCouponsView:
    """Every coupon, lapsed ones too."""
    return StaffCouponsView(items=[StaffCouponView.model_validate(row) for row in await window.coupons()])


async def post_coupon(call: Call, body: CouponBody) -> StaffCouponView:
    """Add a coupon for campaigns, gifts or the points shop."""
    return StaffCouponView.model_validate(await window.add_coupon(call.shop, call.staff_id, **body.model_dump()))


async def put_coupon(call: Call, coupon_id: int, body: CouponChangeBody) -> StaffCouponView:
    """Change a coupon; never to the worse for who holds it."""
    row = await window.change_coupon(call.shop, call.staff_id, coupon_id, **given(body))
    return StaffCouponView.model_validate(row)
