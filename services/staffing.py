"""Who works here: staff accounts, stylists with their skills, and their week. Each step stands in the audit log."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from domain.clock import day_of
from domain.errors import Invalid, NotFound, WrongState
from domain.hours import Period, week_of, works_through
from models import Booking, StaffUser, Stylist, WorkingHours
from services import audit, stylists, wecom_contacts
from services.holidays import day_kind, rules_of
from services.shop import Shop
from services.staff import hash_password
from services.stylists import Desk
from services.transaction import transaction

__all__ = [
    "Period", "StaffUser", "Stylist", "WeekChange", "add_stylist", "add_user", "change_stylist", "change_user",
    "set_week", "team", "users", "week",
]  # fmt: skip


async def users() -> list[StaffUser]:
    """Every account, closed ones too, the oldest first."""
    return await StaffUser.all().order_by("id")


async def add_user(shop: Shop, by: int, *, login: str, name: str, role: str, password: str) -> StaffUser:
    """Open an account. Raises Invalid for a login that is taken."""
    kept = await asyncio.get_running_loop().run_in_executor(None, hash_password, password)
    async with transaction():
        try:
            async with in_transaction():
                user = await StaffUser.create(
                    login=login, name=name, role=role, password_hash=kept, created_at=shop.now()
                )
        except IntegrityError:
            raise Invalid("login", "taken") from None
        await audit.note(shop, by, "staff.add", f"staff:{user.id}", role=role)
    return user


async def change_user(shop: Shop, by: int, staff_id: int, *, password: str | None = None, **changes: Any) -> StaffUser:
    """Change name, role, password, or close (`active` False): its sessions write nothing more. Raises NotFound.

    They may read for half a minute. Nobody closes the account or changes the role they use: WrongState. Raises
    Invalid for an account in WeCom that is somebody else's; an empty one takes it away.
    """
    if "wecom_userid" in changes:
        changes["wecom_userid"] = changes["wecom_userid"] or None
    if password is not None:
        changes["password_hash"] = await asyncio.get_running_loop().run_in_executor(None, hash_password, password)
    async with transaction():
        user = await StaffUser.filter(id=staff_id).select_for_update().first()
        if user is None:
            raise NotFound("staff")
        if staff_id == by and (changes.get("active") is False or changes.get("role", user.role) != user.role):
            raise WrongState("staff", "own", "changed")
        try:
            async with in_transaction():
                await StaffUser.filter(id=staff_id).update(**changes, updated_at=shop.now())
        except IntegrityError:
            raise Invalid("wecom_userid", "taken") from None
        if userid := changes.get("wecom_userid"):
            await wecom_contacts.want_reading(shop, userid)
        await audit.note(shop, by, "staff.change", f"staff:{staff_id}", changed=sorted(changes))
    return await StaffUser.get(id=staff_id)


async def team() -> list[Stylist]:
    """Every stylist, those who take no bookings any more too, the longest here first."""
    return await Stylist.all().order_by("id")


async def add_stylist(shop: Shop, by: int, *, name: str, staff_id: int | None = None, **given: Any) -> Stylist:
    """Somebody new who takes bookings once there are hours. Raises Invalid for a name or account that is taken."""
    async with transaction():
        await _is_stylist(staff_id)
        try:
            async with in_transaction():
                row = await Stylist.create(
                    name=name, staff_id=staff_id, feed_token=secrets.token_urlsafe(32), created_at=shop.now(), **given
                )
        except IntegrityError:
            raise Invalid("name", "the name or the account is taken") from None
        await audit.note(shop, by, "stylist.add", f"stylist:{row.id}")
    return row


async def _is_stylist(staff_id: int | None) -> None:
    if staff_id is not None and not await StaffUser.exists(id=staff_id, role="stylist", active=True):
        raise Invalid("staff_id", "no open account of a stylist")


async def change_stylist(shop: Shop, by: int, stylist_id: int, **changes: Any) -> Stylist:
    """Change what is given. Raises NotFound, Invalid; WrongState for who still has sessions to hold and would go."""
    async with transaction():
        row = await Stylist.filter(id=stylist_id).select_for_update(no_key=True).first()
        if row is None:
            raise NotFound("stylist")
        await _is_stylist(changes.get("staff_id"))
        ahead = stylists.live_at(stylist_id).filter(ends_at__gt=shop.now())
        if changes.get("active") is False and await ahead.exists():
            # Marked out first (`/staff/out`): then each member is asked, and nobody is moved silently.
            raise WrongState("stylist", "booked", "closed")
        try:
            async with in_transaction():
                await Stylist.filter(id=stylist_id).update(**changes, updated_at=shop.now())
        except IntegrityError:
            raise Invalid("name", "the name or the account is taken") from None
        await audit.note(shop, by, "stylist.change", f"stylist:{stylist_id}", changed=sorted(changes))
    return await Stylist.get(id=stylist_id)


async def week(desk: Desk, stylist_id: int) -> list[Period]:
    """A stylist's periods, Monday first. Raises NotFound for somebody else's."""
    if not desk.sees(stylist_id) or not await Stylist.exists(id=stylist_id):
        raise NotFound("stylist")
    rows = await WorkingHours.filter(stylist_id=stylist_id).order_by("weekday", "starts")
    return [Period(row.weekday, row.starts, row.ends) for row in rows]


@dataclass(frozen=True)
class WeekChange:
    """The week as it stands (or would), and the sessions to come that lie outside of it."""

    periods: Sequence[Period]
    touched: Sequence[Booking]


async def set_week(
    shop: Shop, desk: Desk, stylist_id: int, periods: Sequence[Period], *, preview: bool = False
) -> WeekChange:
    """Replace the week. Touched sessions stay as they are: nobody is moved silently. Raises Invalid, NotFound."""
    hours, rules = week_of(periods), await rules_of(shop)
    stylist = await Stylist.get_or_none(id=stylist_id)
    if stylist is None or not desk.sees(stylist_id):
        raise NotFound("stylist")
    async with transaction():
        if not preview:
            await stylists.locked(stylist_id)
            await WorkingHours.filter(stylist_id=stylist_id).delete()
            await WorkingHours.bulk_create(
                [
                    WorkingHours(
                        stylist_id=stylist_id, weekday=p.weekday, starts=p.starts, ends=p.ends, created_at=shop.now()
                    )
                    for p in periods
                ]
            )
            await audit.note(shop, desk.staff_id, "hours.week", f"stylist:{stylist_id}", periods=len(periods))
        ahead = (
            await stylists.live_at(stylist_id)
            .filter(starts_at__gt=shop.now())
            .order_by("starts_at")
            .select_related("stylist")
        )
        touched = []
        if ahead:
            [diary] = await stylists.diaries([stylist], day_of(shop.now()), day_of(ahead[-1].starts_at))
            would = stylists.with_hours(diary, hours)
            touched = [
                b for b in ahead
                if not works_through(would, b.starts_at, b.ends_at, day_kind(day_of(b.starts_at), rules), rules)
            ]  # fmt: skip
    return WeekChange(sorted(periods, key=lambda p: (p.weekday, p.starts)), touched)
