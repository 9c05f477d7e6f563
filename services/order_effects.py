"""The case screen of a shop order: everything that ever happened to it, in order, with who and why."""

from tortoise.expressions import Q

from models import OrderParcel
from services import effects, ledger
from services.effects import Effect
from services.order_money import ref
from services.orders import order_for_staff, page_of, pieces_of


async def of_order(order_id: int) -> list[Effect]:
    """Every effect of one order, the oldest first. Raises NotFound."""
    order = await order_for_staff(order_id)
    name = ref(order)
    pieces = [piece.id for piece in await pieces_of(order_id)]
    parcels = [row["id"] for row in await OrderParcel.filter(order_id=order_id).values("id")]
    refs = [name, *(f"order_parcel:{i}" for i in parcels), *await effects.refunds_of(name)]
    rows = {"order": [order_id], "order_item": pieces, "order_parcel": parcels}
    moved = Q(ref=name) | Q(ref__in=[f"order_item:{i}" for i in pieces])
    return effects.in_order(
        [*await effects.moves(name, refs, rows), *await effects.staff(refs)],
        [
            *effects.money(await ledger.lines_of_order(order_id)),
            *await effects.begun(name, refs),
            *await effects.stored(order.member_id, name),
            *await effects.stock(moved),
            *await effects.points(order.member_id, name, []),
        ],
        await effects.messages(order.member_id, name, page_of(order)),
    )
