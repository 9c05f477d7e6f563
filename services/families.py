"""Family under one account: profiles a member keeps for others, and whom a box or a session is for.

They bring no benefit of their own: quotas, points and cover are the member's.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from domain.booking import LIVE
from domain.box import BoxState
from domain.errors import ConsentMissing, NotFound, TooMany, WrongState
from domain.membership import Purpose
from models import Booking, Box, FamilyProfile, Member
from services import consents
from services.shop import Shop
from services.transaction import transaction

AAD = "family_profile/name"
MOST = 6
"""Profiles one member may keep."""
OPEN = (BoxState.REQUESTED, BoxState.STYLING, BoxState.PROPOSED)
"""Boxes of which it can still be said whom they are for."""


@dataclass(frozen=True)
class Relative:
    """One profile, in the clear. `sizes` holds only what was given."""

    name: str
    relation: str
    birthday: date | None
    sizes: dict[str, object]
    id: int = 0


def _opened(shop: Shop, row: FamilyProfile) -> Relative:
    return Relative(shop.sealer.open(row.name_sealed, AAD), row.relation, row.birthday, row.profile, row.id)


async def listed(shop: Shop, member_id: int) -> list[Relative]:
    """The member's profiles, in the order in which they were added."""
    return [_opened(shop, row) for row in await FamilyProfile.filter(member_id=member_id).order_by("id")]


async def _columns(shop: Shop, member_id: int, person: Relative) -> dict[str, Any]:
    if person.sizes and not await consents.consented(member_id, Purpose.PROFILE):
        raise ConsentMissing(Purpose.PROFILE.value)
    return {
        "name_sealed": shop.sealer.seal(person.name, AAD),
        "relation": person.relation,
        "birthday": person.birthday,
        "profile": person.sizes,
    }


async def add(shop: Shop, member_id: int, person: Relative) -> None:
    """Raises TooMany, and ConsentMissing when sizes come without the profile consent."""
    async with transaction():
        await Member.filter(id=member_id).select_for_update().get()
        if await FamilyProfile.filter(member_id=member_id).count() >= MOST:
            raise TooMany("family", MOST)
        columns = await _columns(shop, member_id, person)
        await FamilyProfile.create(member_id=member_id, created_at=shop.now(), **columns)


async def change(shop: Shop, member_id: int, profile_id: int, person: Relative) -> None:
    """Replace a profile. Raises NotFound, ConsentMissing."""
    async with transaction():
        columns = await _columns(shop, member_id, person)
        mine = FamilyProfile.filter(id=profile_id, member_id=member_id)
        if not await mine.update(updated_at=shop.now(), **columns):
            raise NotFound("profile")


async def remove(shop: Shop, member_id: int, profile_id: int) -> None:
    """The profile goes; boxes and sessions that were for them stay the member's. Raises NotFound."""
    async with transaction():
        if not await FamilyProfile.filter(id=profile_id, member_id=member_id).delete():
            raise NotFound("profile")
        for table in (Box, Booking):
            await table.filter(member_id=member_id, profile_id=profile_id).update(profile_id=None)


async def forget_sizes(shop: Shop, member_id: int) -> None:
    """The profile consent was withdrawn: what it was given for goes, inside the caller's transaction."""
    await FamilyProfile.filter(member_id=member_id).update(profile={}, updated_at=shop.now())


# Whom something is for -------------------------------------------------------------------------------


async def _is_mine(member_id: int, profile_id: int | None) -> None:
    if profile_id is not None and not await FamilyProfile.exists(id=profile_id, member_id=member_id):
        raise NotFound("profile")


async def box_is_for(shop: Shop, member_id: int, box_id: int, profile_id: int | None) -> None:
    """Say whom a box is for (None: the member), until it is confirmed. Raises NotFound, WrongState."""
    await _is_mine(member_id, profile_id)
    box = await Box.get_or_none(id=box_id, member_id=member_id)
    if box is None:
        raise NotFound("box")
    mine = Box.filter(id=box_id, member_id=member_id, state__in=OPEN)
    if not await mine.update(profile_id=profile_id, updated_at=shop.now()):
        raise WrongState("box", box.state, BoxState.PROPOSED)


async def booking_is_for(shop: Shop, member_id: int, booking_id: int, profile_id: int | None) -> None:
    """Say whom a session is for (None: the member), while it is booked. Raises NotFound, WrongState."""
    await _is_mine(member_id, profile_id)
    booking = await Booking.get_or_none(id=booking_id, member_id=member_id)
    if booking is None:
        raise NotFound("booking")
    mine = Booking.filter(id=booking_id, member_id=member_id, state__in=LIVE)
    if not await mine.update(profile_id=profile_id, updated_at=shop.now()):
        raise WrongState("booking", booking.state, LIVE[-1])


async def whom(shop: Shop, member_id: int, profile_id: int | None) -> Relative:
    """Whom a box or a session is for, as the stylist may see it: sizes only with the profile consent."""
    agreed = await consents.consented(member_id, Purpose.PROFILE)
    if profile_id is None:
        member = await Member.get(id=member_id)
        return Relative("", "self", member.birthday, member.profile if agreed else {})
    row = await FamilyProfile.get(id=profile_id)
    person = _opened(shop, row)
    return person if agreed else Relative(person.name, person.relation, person.birthday, {}, person.id)
