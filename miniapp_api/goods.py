"""The shelf as the staff keeps it: products, sizes, deliveries, and the evidence behind claim words."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from domain.claim import ClaimState
from miniapp_api.frame import Body, Call, Page, PageQuery, Text, View
from miniapp_api.staffing import given
from services import claims, goods
from services.goods import Shelf

Price = Annotated[int, Field(ge=1, le=100_000_000, description="Integer fen")]
Code = Annotated[Text, Field(min_length=1, max_length=32)]
Title = Annotated[Text, Field(min_length=1, max_length=64)]
Story = Annotated[Text, Field(max_length=2000)]
Material = Annotated[Text, Field(max_length=128)]
Picture = Annotated[Text, Field(min_length=1, max_length=128, description="A path below /pictures/, or an address")]
Position = Annotated[int, Field(ge=0, le=1_000_000, description="The shop's order, the lower one first")]


class ProductBody(Body):
    """A new product stays off the shelf until it is put there."""

    code: Code
    name: Title
    category: Code
    price_fen: Price
    member_price_fen: Price
    picture: Picture
    story: Story = ""
    material: Material = ""
    position: Position = 0


class ProductChangeBody(Body):
    """What is left out stays. On the shelf stands only what is `on_sale`, `quality_passed`, and proved in its words."""

    name: Title | None = None
    category: Code | None = None
    price_fen: Price | None = None
    member_price_fen: Price | None = None
    picture: Picture | None = None
    story: Story | None = None
    material: Material | None = None
    position: Position | None = None
    on_sale: bool | None = None
    quality_passed: bool | None = None


class StockView(View):
    """received = sold + lost + on_hand + reserved."""

    id: int
    code: str
    size: str
    colour: str
    received: int
    on_hand: int
    reserved: int
    sold: int
    lost: int
    retired: bool


class StaffProductView(View):
    """`unproved`: claim words in its texts that keep it off the shelf until evidence is approved."""

    id: int
    code: str
    name: str
    category: str
    story: str
    material: str
    picture: str
    price_fen: int
    member_price_fen: int
    position: int
    on_sale: bool
    quality_passed: bool
    unproved: list[str]
    skus: list[StockView]


async def _view(call: Call, shelf: Shelf) -> StaffProductView:
    row = shelf.product
    return StaffProductView.model_validate(
        {
            **{name: getattr(row, name) for name in StaffProductView.model_fields if name not in ("unproved", "skus")},
            "unproved": await claims.unproved(call.shop, row),
            "skus": [StockView.model_validate(sku) for sku in shelf.skus],
        }
    )


async def get_products(call: Call, query: PageQuery) -> Page[StaffProductView]:
    """Every product with its stock, off the shelf too."""
    rows = await goods.shelves(after_id=int(query.cursor or 0), limit=query.limit + 1)
    page = rows[: query.limit]
    return Page[StaffProductView](
        items=[await _view(call, row) for row in page],
        next_cursor=str(page[-1].product.id) if len(rows) > query.limit else None,
    )


async def get_product(call: Call, product_id: int) -> StaffProductView:
    """One product with its stock, off the shelf too."""
    return await _view(call, await goods.shelf(product_id))


async def post_product(call: Call, body: ProductBody) -> StaffProductView:
    """Add a product; it is put on the shelf by a change once it is ready."""
    return await _view(call, await goods.add(call.shop, call.staff_id, **body.model_dump()))


async def put_product(call: Call, product_id: int, body: ProductChangeBody) -> StaffProductView:
    """Change texts, prices, or put it on the shelf and take it off."""
    return await _view(call, await goods.change(call.shop, call.staff_id, product_id, **given(body)))


class SkuBody(Body):
    code: Annotated[Text, Field(min_length=1, max_length=48)]
    size: Annotated[Text, Field(min_length=1, max_length=16)]
    colour: Annotated[Text, Field(min_length=1, max_length=16)]


async def post_sku(call: Call, product_id: int, body: SkuBody) -> StaffProductView:
    """Add a size or colour, with nothing in stock yet."""
    return await _view(call, await goods.add_sku(call.shop, call.staff_id, product_id, **body.model_dump()))


class SkuChangeBody(Body):
    """What is left out stays. `retired` True: it is offered to nobody any more, what is promised stays promised."""

    code: Annotated[Text, Field(min_length=1, max_length=48)] | None = None
    size: Annotated[Text, Field(min_length=1, max_length=16)] | None = None
    colour: Annotated[Text, Field(min_length=1, max_length=16)] | None = None
    retired: bool | None = None


async def put_sku(call: Call, sku_id: int, body: SkuChangeBody) -> StaffProductView:
    """Rename a size or colour, retire it, or take it up again."""
    return await _view(call, await goods.change_sku(call.shop, call.staff_id, sku_id, **given(body)))


class CountBody(Body):
    """`counted` are the free pieces on the shelf; `count` names the stock-taking: the same again moves nothing."""

    counted: Annotated[int, Field(ge=0, le=100_000)]
    count: Annotated[Text, Field(min_length=1, max_length=40)]
    why: Annotated[Text, Field(min_length=2, max_length=200)]


async def post_count(call: Call, sku_id: int, body: CountBody) -> StockView:
    """Correct the stock by what was counted: more was never received, less is lost."""
    row = await goods.count(call.shop, call.staff_id, sku_id, body.counted, body.count, body.why)
    return StockView.model_validate(row)


class DeliveryBody(Body):
    """`delivery` is the number of the delivery note: the same again moves nothing."""

    quantity: Annotated[int, Field(ge=1, le=100_000)]
    delivery: Annotated[Text, Field(min_length=1, max_length=40)]


async def post_delivery(call: Call, sku_id: int, body: DeliveryBody) -> StockView:
    """Receive new pieces into the warehouse."""
    return StockView.model_validate(await goods.receive(call.shop, call.staff_id, sku_id, body.quantity, body.delivery))


class ClaimBody(Body):
    """`evidence` says which report or record proves the word, by whom and of when."""

    word: Annotated[Text, Field(min_length=1, max_length=16)]
    evidence: Annotated[Text, Field(min_length=5, max_length=500)]


class ClaimView(View):
    id: int
    product_id: int
    word: str
    evidence: str
    state: ClaimState
    asked_by: int
    decided_by: int | None
    note: str
    created_at: datetime


class ClaimsView(View):
    items: list[ClaimView]


class VerdictBody(Body):
    proved: bool
    note: Annotated[Text, Field(max_length=200)] = ""


async def get_claims(call: Call) -> ClaimsView:
    """Evidence that waits for a second person."""
    return ClaimsView(items=[ClaimView.model_validate(row) for row in await claims.waiting()])


async def get_product_claims(call: Call, product_id: int) -> ClaimsView:
    """What was named as evidence for a product's claim words."""
    return ClaimsView(items=[ClaimView.model_validate(row) for row in await claims.of_product(product_id)])


async def post_claim(call: Call, product_id: int, body: ClaimBody) -> ClaimView:
    """Name the evidence for a claim word; a second person decides."""
    return ClaimView.model_validate(
        await claims.name_evidence(call.shop, call.staff_id, product_id, body.word, body.evidence)
    )


async def post_verdict(call: Call, claim_id: int, body: VerdictBody) -> ClaimView:
    """Decide whether the evidence carries the word; never about one's own."""
    return ClaimView.model_validate(
        await claims.decide(call.shop, call.staff_id, claim_id, proved=body.proved, note=body.note)
    )
