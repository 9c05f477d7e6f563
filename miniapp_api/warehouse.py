"""The warehouse: the board, the pick list, packing, shipping, opening and grading what comes back."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.box import BoxState, Grade, ItemState
from miniapp_api.bookings import Instant
from miniapp_api.box_views import ParcelView
from miniapp_api.frame import Body, Call, Id, Ok, Text, View, Who
from services import box_reading, packing, parcels, returns
from services.box_reading import StaffBox
from services.packing import Seen

Waybill = Annotated[str, Field(pattern=r"^[0-9A-Za-z\-]{4,64}$")]

Seal = Annotated[str, Field(pattern=r"^[0-9A-Za-z\-]{0,32}$")]
Grams = Annotated[int, Field(ge=1, le=100_000)]


class BoardBoxView(View):
    id: int
    member_id: int
    stylist_id: int | None
    booking_id: int | None
    occasion: str
    created_at: datetime
    confirmed_at: datetime | None
    deadline_at: datetime | None


class ColumnView(View):
    """One state: how many there are, and the most urgent hundred."""

    state: BoxState
    total: int
    boxes: list[BoardBoxView]


class BoardView(View):
    columns: list[ColumnView]


class StaffItemView(View):
    id: int
    sku_id: int
    name: str
    size: str
    colour: str
    picture: str
    price_fen: int
    state: ItemState
    reason: str
    feedback: str
    grade: str
    statement: str
    parcel_id: int | None
    back_parcel_id: int | None
    reclaimed_at: datetime | None


class StaffParcelView(ParcelView):
    """With its seals and what it weighed, packed and opened."""

    seal: str
    return_seal: str
    seal_found: str
    packed_grams: int | None
    opened_grams: int | None


class LabelView(View):
    """For the shipping label."""

    name: str
    phone: str
    province: str
    city: str
    area: str
    detail: str


class StaffBoxView(View):
    """`address` only while the box is to be packed, and only for the warehouse."""

    id: int
    member_id: int
    state: BoxState
    version: int
    occasion: str
    budget_fen: int | None
    wish: str
    stylist_words: str
    cover: str
    highest_fen: int
    deadline_at: datetime | None
    items: list[StaffItemView]
    swap_allowed: bool
    parcels: list[StaffParcelView]
    address: LabelView | None


class PickView(View):
    box_id: int
    item_id: int
    sku_id: int
    name: str
    size: str
    colour: str
    confirmed_at: datetime | None


class PicklistView(View):
    items: list[PickView]


class ParcelBody(Body):
    """`carrier` is WeChat's delivery id: SF, ZTO, YTO … Without a waybill the label is ordered at WeChat."""

    carrier: Annotated[str, Field(pattern=r"^[A-Z]{2,16}$")]
    waybill: Waybill | Literal[""] = ""
    item_ids: Annotated[list[Id], Field(min_length=1, max_length=12)]
    seal: Seal = ""
    return_seal: Annotated[Seal, Field(description="The seal enclosed for the way back")] = ""
    weight_grams: Grams | None = None


class ShipBody(Body):
    parcels: Annotated[list[ParcelBody], Field(min_length=1, max_length=12)]


class ReceiveBody(Body):
    """`seal` as it stands on the parcel; another one, or another weight than its pieces have, is a case."""

    waybill: Waybill
    seal: Seal = ""
    weight_grams: Grams | None = None


class GradeLine(Body):
    item_id: Id
    grade: Grade
    note: Annotated[Text, Field(max_length=200)] = ""


class GradeBody(Body):
    items: Annotated[list[GradeLine], Field(min_length=1, max_length=12)]


class CarrierEventBody(Body):
    """`action_type` as WeChat numbers it: 100001 picked up, 200001 on its way, 300003 signed."""

    action_type: Annotated[int, Field(ge=100001, le=499999)]
    at: Instant
    text: Annotated[Text, Field(max_length=200)] = ""


def staff_view(seen: StaffBox) -> StaffBoxView:
    """The staff's picture of a box."""
    box = seen.box
    return StaffBoxView(
        id=box.id,
        member_id=box.member_id,
        state=box.state,
        version=box.version,
        occasion=box.occasion,
        budget_fen=box.budget_fen,
        wish=box.wish,
        stylist_words=box.stylist_words,
        cover=box.cover,
        highest_fen=box.highest_fen,
        deadline_at=box.deadline_at,
        items=[StaffItemView.model_validate(item) for item in seen.items],
        swap_allowed=box.swap_allowed,
        parcels=[StaffParcelView.model_validate(parcel) for parcel in seen.parcels],
        address=LabelView.model_validate(seen.address) if seen.address else None,
    )


async def _seen(call: Call, box_id: int) -> StaffBoxView:
    packs = call.person.role in (Who.WAREHOUSE, Who.ADMIN)
    return staff_view(await box_reading.for_staff(call.shop, call.staff_id, box_id, with_address=packs))


async def get_board(call: Call) -> BoardView:
    """Every box something is still to happen to, by state, the nearest deadline first."""
    return BoardView(columns=[ColumnView.model_validate(c) for c in await box_reading.board(call.shop)])


async def get_staff_box(call: Call, box_id: int) -> StaffBoxView:
    """One box with items, parcels and, for packing, the address (that is audited)."""
    return await _seen(call, box_id)


async def get_picklist(call: Call) -> PicklistView:
    """What is to be taken from the shelves, by product and size."""
    return PicklistView(
        items=[
            PickView(
                box_id=pick.box_id,
                item_id=pick.item.id,
                sku_id=pick.item.sku_id,
                name=pick.item.name,
                size=pick.item.size,
                colour=pick.item.colour,
                confirmed_at=pick.confirmed_at,
            )
            for pick in await box_reading.picklist()
        ]
    )


async def post_ship(call: Call, box_id: int, body: ShipBody) -> StaffBoxView:
    """Hand the packed parcels to the carrier: every item in exactly one."""
    plans = [
        parcels.ParcelPlan(p.carrier, p.waybill, p.item_ids, p.seal, p.return_seal, p.weight_grams)
        for p in body.parcels
    ]
    await parcels.ship(call.shop, call.staff_id, box_id, plans)
    return await _seen(call, box_id)


class SwapBody(Body):
    """`broken`: the first piece is written off; else it goes back to the shelf."""

    sku_id: Id
    broken: bool
    why: Annotated[Text, Field(min_length=1, max_length=200)]


async def post_swap(call: Call, box_id: int, item_id: int, body: SwapBody) -> StaffBoxView:
    """Pack another size or colour of a piece, where the member has allowed it; its price stays."""
    await packing.swap(call.shop, call.staff_id, box_id, item_id, body.sku_id, broken=body.broken, why=body.why)
    return await _seen(call, box_id)


async def post_receive(call: Call, body: ReceiveBody) -> StaffBoxView:
    """Open a parcel that came back."""
    box = await returns.receive(call.shop, call.staff_id, body.waybill, Seen(body.seal, body.weight_grams))
    return await _seen(call, box.id)


async def post_grade(call: Call, box_id: int, body: GradeBody) -> StaffBoxView:
    """Say what was found; the box settles when nothing else is awaited."""
    graded = [returns.Graded(line.item_id, line.grade, line.note) for line in body.items]
    await returns.grade(call.shop, call.staff_id, box_id, graded)
    return await _seen(call, box_id)


async def post_lost(call: Call, parcel_id: int) -> StaffBoxView:
    """A parcel was lost, out or back: everything that follows from it happens now."""
    box = await returns.mark_lost(call.shop, call.staff_id, parcel_id)
    return await _seen(call, box.id)


async def post_carrier_event(call: Call, parcel_id: int, body: CarrierEventBody) -> Ok:
    """Record what the carrier says of a parcel WeChat tells us nothing about."""
    told = await parcels.note_by_hand(call.shop, call.staff_id, parcel_id, body.action_type, body.at, body.text)
    return Ok(ok=told)
