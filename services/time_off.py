"""Time off and extra work of a stylist, with the bookings it touches; nobody is moved silently."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Invalid, NotFound
from models import Booking, HoursException
from services import audit, stylists
from services.shop import Shop
from services.stylists import Desk
from services.transaction import transaction

__all__ = ["HoursChange", "HoursException", "change", "withdraw"]

TIME_OFF_DAYS = 92
"""One entry of time off or extra work is at most this long."""


@dataclass(frozen=True)
class HoursChange:
    """Time off (or extra work) and the bookings it touches (`stylists.live_at`); `entry` is None in a preview."""

    entry: HoursException | None
    touched: Sequence[Booking]


async def change(
    shop: Shop,
    desk: Desk,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    *,
    works: bool = False,
    stylist_id: int | None = None,
    preview: bool = False,
) -> HoursChange:
    """Block time, or open extra time. Nobody is moved silently: touched bookings are only shown.

    `stylist_id` is for admins; a stylist's desk is her own. Raises Invalid, NotFound.
    """
    now, whose = shop.now(), stylist_id or desk.stylist_id
    if whose is None:
        raise Invalid("stylist_id", "whose hours?")
    if not desk.sees(whose):
        raise NotFound("stylist")
    await stylists.stylist_of(whose)
    if not starts_at < ends_at <= starts_at + timedelta(days=TIME_OFF_DAYS) or ends_at <= now:
        raise Invalid("ends_at", f"after starts_at by at most {TIME_OFF_DAYS} days, and not in the past")
    async with transaction():
        entry = None
        if not preview:
            # Under the stylist's lock: no booking slips in between the entry and the look at what it touches.
            await stylists.locked(whose)
            entry = await HoursException.create(
                stylist_id=whose, starts_at=starts_at, ends_at=ends_at, works=works, why=why, created_at=now
            )
            await audit.note(shop, desk.staff_id, "hours.change", f"stylist:{whose}", entry=entry.id, works=works)
        touched: list[Booking] = []
        if not works:
            touched = (
                await stylists.live_at(whose)
                .filter(starts_at__lt=ends_at, ends_at__gt=starts_at)
                .order_by("starts_at")
                .select_related("stylist")
            )
    return HoursChange(entry, touched)


async def withdraw(shop: Shop, desk: Desk, exception_id: int) -> None:
    """Take time off or extra work back. Raises NotFound."""
    async with transaction():
        row = await HoursException.get_or_none(id=exception_id)
        if row is None or not desk.sees(row.stylist_id):
            raise NotFound("time_off")
        await HoursException.filter(id=row.id).delete()
        await audit.note(shop, desk.staff_id, "hours.withdraw", f"stylist:{row.stylist_id}", works=row.works)
