"""Days the shop sets itself: closed, worked in exchange, or ordinary, whatever the public calendar says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.booking import LIVE, DayKind
from domain.clock import at, day_of
from domain.errors import Invalid, NotFound
from domain.hours import works_through
from models import Booking, ShopDay, Stylist
from services import audit, stylists
from services.holidays import day_kind, rules_of
from services.shop import Shop
from services.transaction import transaction

__all__ = ["DayChange", "ShopDay", "days", "put", "withdraw"]


@dataclass(frozen=True)
class DayChange:
    """A day as it is (or would be), and the sessions it leaves without their stylist at work."""

    day: date
    kind: DayKind
    why: str
    touched: Sequence[Booking]


async def days(shop: Shop) -> list[ShopDay]:
    """Every day set by the staff from today on, in order."""
    return await ShopDay.filter(day__gte=day_of(shop.now())).order_by("day")


async def put(shop: Shop, staff_id: int, day: date, kind: DayKind, why: str, *, preview: bool = False) -> DayChange:
    """Say what a day is. Touched sessions stay as they are: nobody is moved silently. Raises Invalid for the past."""
    if day < day_of(shop.now()):
        raise Invalid("day", "in the past")
    async with transaction():
        if not preview:
            await _stand_still()
            await ShopDay.filter(day=day).delete()
            await ShopDay.create(day=day, kind=kind, why=why, created_at=shop.now())
            await audit.note(shop, staff_id, "day.set", f"day:{day.isoformat()}", kind=kind.value, why=why)
        return DayChange(day, kind, why, await _touched(shop, day, kind))


async def withdraw(shop: Shop, staff_id: int, day: date) -> DayChange:
    """Leave a day to the settings and the calendar again. Raises NotFound."""
    async with transaction():
        row = await ShopDay.get_or_none(day=day)
        if row is None:
            raise NotFound("day")
        await _stand_still()
        await ShopDay.filter(id=row.id).delete()
        await audit.note(shop, staff_id, "day.withdraw", f"day:{day.isoformat()}", kind=row.kind.value)
        kind = day_kind(day, shop.rules.booking)
        return DayChange(day, kind, "", await _touched(shop, day, kind))


async def _stand_still() -> None:
    """No booking slips in between the change and the look at what it touches."""
    for stylist_id in await Stylist.filter(active=True).order_by("id").values_list("id", flat=True):
        await stylists.locked(int(str(stylist_id)))


async def _touched(shop: Shop, day: date, kind: DayKind) -> list[Booking]:
    """The live sessions of the day whose stylist would not be at work."""
    since, until = at(day), at(day + timedelta(days=1))
    rows = (
        await Booking.filter(state__in=LIVE, starts_at__gte=since, starts_at__lt=until)
        .order_by("starts_at", "id")
        .select_related("stylist")
    )
    rules, whom = await rules_of(shop), list({b.stylist_id: b.stylist for b in rows}.values())
    diaries = {d.stylist_id: d for d in await stylists.diaries(whom, day, day)}
    return [b for b in rows if not works_through(diaries[b.stylist_id], b.starts_at, b.ends_at, kind, rules)]
