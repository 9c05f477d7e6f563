"""The member's boxes: asked for, edited, confirmed, decided on, sent back, kept."""

from typing import Annotated, Literal, cast

from pydantic import Field

from miniapp_api.bookings import Instant
from miniapp_api.box_views import (
    BalanceView,
    BoxCancelPreviewView,
    BoxLineView,
    BoxView,
    CoverSheetView,
    ExchangeChoicesView,
    PreviewView,
    ReclaimPreviewView,
    ReturnView,
    SettlementPreviewView,
)
from miniapp_api.frame import Body, Call, FenAmount, Id, Ok, Page, PageQuery, Text
from services import box_money, box_reading, boxes, exchanges, foresight, outlook, packing, reclaims, returns
from services.returns import Parcel

CoverKind = Literal["pay_score", "deposit", "stored_value"]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class RequestBody(Body):
    """With `sku_ids` the member has picked herself and the box is proposed at once."""

    occasion: Annotated[Text, Field(max_length=64)] = ""
    budget_fen: FenAmount | None = None
    wish: Annotated[Text, Field(max_length=500)] = ""
    sku_ids: Annotated[tuple[Id, ...], Field(max_length=12)] = ()


class Swap(Body):
    item_id: Id
    sku_id: Id


class EditBody(Body):
    version: Version
    remove: Annotated[tuple[Id, ...], Field(max_length=12)] = ()
    swap: Annotated[tuple[Swap, ...], Field(max_length=12)] = ()


class CouponQuery(Body):
    coupon_id: Id | None = None


class ConfirmBody(Body):
    """`coupon_id` is one the member holds; it is tested on what is kept, at settlement.

    `highest_fen` is the highest sum the preview showed: where it has changed, the answer is `stale_version`.
    """

    version: Version
    cover: CoverKind
    address_id: Id
    coupon_id: Id | None = None
    highest_fen: FenAmount | None = None


class CoverBody(Body):
    cover: CoverKind


class CancelBody(Body):
    reason: Annotated[Text, Field(max_length=100)] = ""


class ItemDecision(Body):
    """A return needs a reason; the feedback is for the next stylist."""

    item_id: Id
    decision: Literal["keep", "return"]
    reason: Literal["", "size", "colour", "style", "price", "quality", "other"] = ""
    feedback: Annotated[Text, Field(max_length=500)] = ""


class DecisionsBody(Body):
    items: Annotated[list[ItemDecision], Field(min_length=1, max_length=12)]


class ReturnBody(Body):
    """When the courier is to come, and where to, if not where the box was sent."""

    pickup_at: Instant | None = None
    address_id: Id | None = None


class ExchangeBody(Body):
    sku_id: Id


class SettlementQuery(Body):
    keep_all: bool = False


async def _view(call: Call, box_id: int) -> BoxView:
    """The box as ready bytes that the database wrote in the shape of BoxView; the frame sends them as they are."""
    return cast(BoxView, await box_reading.detail(call.member_id, box_id))


async def post_box(call: Call, body: RequestBody) -> BoxView:
    """Ask a stylist for a box, or propose one of one's own pick."""
    box = await boxes.request(
        call.shop,
        call.member_id,
        occasion=body.occasion,
        budget_fen=body.budget_fen,
        wish=body.wish,
        sku_ids=body.sku_ids,
    )
    return await _view(call, box.id)


async def get_boxes(call: Call, query: PageQuery) -> Page[BoxLineView]:
    """The member's boxes, the newest first."""
    rows, following = await box_reading.page(
        call.member_id, before_id=int(query.cursor) if query.cursor else None, limit=query.limit
    )
    return Page[BoxLineView](
        items=[BoxLineView.model_validate(row) for row in rows],
        next_cursor=str(following) if following else None,
    )


async def get_box(call: Call, box_id: int) -> BoxView:
    """One box with its items, parcels and deadline."""
    return await _view(call, box_id)


async def patch_box(call: Call, box_id: int, body: EditBody) -> BoxView:
    """Take items out of a proposal, or swap sizes. 409 stale_version when it changed meanwhile."""
    await boxes.edit(
        call.shop,
        call.member_id,
        box_id,
        body.version,
        remove=body.remove,
        swap={one.item_id: one.sku_id for one in body.swap},
    )
    return await _view(call, box_id)


async def get_preview(call: Call, box_id: int, query: CouponQuery) -> PreviewView:
    """Exact figures before confirming: the highest sum, freight, quota, and what each cover takes."""
    return PreviewView.model_validate(await boxes.preview(call.shop, call.member_id, box_id, coupon_id=query.coupon_id))


async def post_confirm(call: Call, box_id: int, body: ConfirmBody) -> CoverSheetView:
    """Confirm the version seen; the answer is what the phone shows to have the cover taken."""
    sheet = await boxes.confirm(
        call.shop,
        call.member_id,
        box_id,
        body.version,
        body.cover,
        body.address_id,
        coupon_id=body.coupon_id,
        highest_fen=body.highest_fen,
    )
    return CoverSheetView.model_validate(sheet)


class SwapBody(Body):
    allowed: bool


async def put_swap(call: Call, box_id: int, body: SwapBody) -> Ok:
    """Let the warehouse put in another size or colour where a piece cannot go out, or no more; until it ships."""
    await packing.allow_swap(call.shop, call.member_id, box_id, allowed=body.allowed)
    return Ok()


async def get_cover(call: Call, box_id: int) -> CoverSheetView:
    """A fresh sheet for the cover that was chosen: WeChat's lapse within minutes."""
    return CoverSheetView.model_validate(await boxes.cover_sheet(call.shop, call.member_id, box_id))


async def post_cover(call: Call, box_id: int, body: CoverBody) -> CoverSheetView:
    """Cover the confirmed box in the other way."""
    return CoverSheetView.model_validate(await boxes.switch_cover(call.shop, call.member_id, box_id, body.cover))


async def get_cancel_preview(call: Call, box_id: int) -> BoxCancelPreviewView:
    """What giving the box up brings back; nothing is written."""
    return BoxCancelPreviewView.model_validate(await foresight.of_cancel(call.shop, call.member_id, box_id))


async def post_cancel(call: Call, box_id: int, body: CancelBody) -> BoxView:
    """Give the box up before it ships: cover, quota and coupon go back."""
    await boxes.cancel(call.shop, box_id, who=call.person.actor, why=body.reason, member_id=call.member_id)
    return await _view(call, box_id)


async def post_decisions(call: Call, box_id: int, body: DecisionsBody) -> BoxView:
    """Mark items as kept or returned; reversible until they are sent or the box is settled."""
    await returns.decide(
        call.shop,
        call.member_id,
        box_id,
        [returns.Decision(i.item_id, i.decision == "keep", i.reason, i.feedback) for i in body.items],
    )
    return await _view(call, box_id)


async def get_settlement_preview(call: Call, box_id: int, query: SettlementQuery) -> SettlementPreviewView:
    """The bill as decided so far (the undecided counts as kept), or if all that is left were kept."""
    told = await outlook.settlement_preview(call.shop, call.member_id, box_id, keep_all=query.keep_all)
    sums, cover = told.figures, told.cover
    return SettlementPreviewView(
        kept_ids=told.kept_ids,
        back_ids=told.back_ids,
        gross_fen=sums.gross_fen,
        coupon_fen=sums.coupon_fen,
        keep_all_fen=sums.keep_all_fen,
        goods_fen=sums.goods_fen,
        freight_fen=sums.freight_fen,
        damage_fen=told.damage_fen,
        charge_fen=told.charge_fen,
        deposit_used_fen=cover.used_fen if cover else None,
        deposit_refund_fen=cover.refund_fen if cover else None,
        balance_fen=cover.balance_fen if cover else None,
        points=told.points,
        perk_points=told.perk_points,
    )


def _returned(parcel: Parcel) -> ReturnView:
    return ReturnView(parcel_id=parcel.id, return_id=parcel.return_id, pickup_at=parcel.pickup_at, state=parcel.state)


async def post_return(call: Call, box_id: int, body: ReturnBody) -> ReturnView:
    """Book the return of everything marked; the return_id opens WeChat's return component."""
    parcel = await returns.send_back(
        call.shop, call.member_id, box_id, pickup_at=body.pickup_at, address_id=body.address_id
    )
    return _returned(parcel)


async def post_keep_all(call: Call, box_id: int) -> BoxView:
    """Keep everything that was not sent back, for good."""
    await returns.keep_all(call.shop, call.member_id, box_id)
    return await _view(call, box_id)


async def post_extend(call: Call, box_id: int) -> BoxView:
    """Two more days, once a box, while nothing is overdue."""
    await returns.extend(call.shop, call.member_id, box_id)
    return await _view(call, box_id)


async def get_exchange(call: Call, box_id: int, item_id: int) -> ExchangeChoicesView:
    """Sizes and colours a piece can be exchanged for, and what securing the other one takes."""
    return ExchangeChoicesView.model_validate(await exchanges.choices(call.shop, call.member_id, box_id, item_id))


async def post_exchange(call: Call, box_id: int, item_id: int, body: ExchangeBody) -> CoverSheetView:
    """Exchange a piece: it goes back, the other one comes in a small box of its own, without a quota."""
    sheet = await exchanges.exchange(call.shop, call.member_id, box_id, item_id, body.sku_id)
    return CoverSheetView.model_validate(sheet)


async def get_statutory_return(call: Call, box_id: int, item_id: int) -> ReclaimPreviewView:
    """What sending a bought item back within the law's 7 days changes: refund, points, coupon."""
    return ReclaimPreviewView.model_validate(await reclaims.preview(call.shop, call.member_id, box_id, item_id))


async def post_statutory_return(call: Call, box_id: int, item_id: int, body: ReturnBody) -> ReturnView:
    """Send a bought item back within the law's 7 days; it is refunded when the warehouse has it."""
    parcel = await reclaims.reclaim(
        call.shop, call.member_id, box_id, item_id, pickup_at=body.pickup_at, address_id=body.address_id
    )
    return _returned(parcel)


async def post_balance(call: Call, box_id: int) -> BalanceView:
    """The payment sheet for what a settled box still owes beyond its deposit."""
    owed, payment, pay = await box_money.balance_sheet(call.shop, call.member_id, box_id)
    return BalanceView.model_validate(
        {"owed_fen": owed, "out_trade_no": payment.out_trade_no, "pay": pay}, from_attributes=True
    )
