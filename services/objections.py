"""A member says she was there: her objection to a no-show waits as a case, and a person decides it."""

import structlog

from domain import booking as law
from domain.booking import BookingState
from domain.case import CaseKind
from domain.errors import NotFound, TooLate, WrongState
from models import Booking
from services import audit, bookings, cases
from services.bookings import booking_of
from services.shop import Shop
from services.styling import tell, when
from services.transaction import transaction

log = structlog.get_logger()


async def object_to(shop: Shop, member_id: int, booking_id: int, words: str) -> Booking:
    """Kept once, with a case for the staff. Raises WrongState, TooLate."""
    async with transaction():
        await booking_of(member_id, booking_id)
        booking = await Booking.filter(id=booking_id).select_for_update().get()
        if booking.state is not BookingState.NO_SHOW:
            raise WrongState("booking", booking.state.value, "objected")
        until = law.objection_until(booking.ends_at, shop.rules.booking)
        if shop.now() >= until:
            raise TooLate("object", until.isoformat())
        if booking.objected_at is None:
            await Booking.filter(id=booking_id).update(objection=words, objected_at=shop.now(), updated_at=shop.now())
            await cases.open_case(
                shop, CaseKind.OBJECTION, f"booking:{booking_id}", member_id, facts={"stylist": booking.stylist_id}
            )
    return await booking_of(member_id, booking_id)


async def decide(shop: Shop, staff_id: int, booking_id: int, *, upheld: bool, why: str) -> Booking:
    """Upheld, the unit goes back; else the no-show stays. The member is told either way.

    Raises WrongState without an open objection, NotFound.
    """
    async with transaction():
        booking = await Booking.filter(id=booking_id).select_for_update().first()
        if booking is None:
            raise NotFound("booking")
        ref, who = f"booking:{booking_id}", f"staff:{staff_id}"
        if booking.state is not BookingState.NO_SHOW or not await cases.standing(CaseKind.OBJECTION, ref):
            raise WrongState("booking", booking.state.value, "decided")
        await audit.note(shop, staff_id, "booking.objection", ref, upheld=upheld)
        if upheld:
            await bookings.end(shop, booking, BookingState.CANCELLED, who=who, why=why)
            await bookings.release(shop, booking, use=False, reason="objection_upheld")
            await tell(shop, booking, "申诉已通过", f"{when(booking)}的造型不再记为未到，次数已经退回给您。")
        else:
            await cases.settle_case(shop, CaseKind.OBJECTION, ref, "refused", who, why)
            await tell(
                shop, booking, "申诉未通过",
                f"我们核对了{when(booking)}的造型，仍记为未到。如有疑问，请在对话里回复“人工”。",
            )  # fmt: skip
    log.info("booking.objection", booking=booking_id, upheld=upheld)
    return await Booking.get(id=booking_id).select_related("stylist")
