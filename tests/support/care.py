"""Members, bookings and boxes as care sees them: the shortest way to each, for tests of care alone."""

from datetime import datetime, timedelta
from typing import Any

from domain.booking import BookingState
from domain.box import BoxState, ItemState
from domain.path import Event
from models import Booking, Box, BoxItem, CareMessage, Identity, Stylist
from sandbox.world import Person
from services import care
from services.transaction import transaction
from tests.support.house import House


async def a_member(house: House, *, promotion: bool = True, register: bool = True) -> tuple[Person, int, str]:
    """Somebody who follows, has logged in, and agreed to promotions: person, member id, session token."""
    person = house.world.add_person("小雨")
    await house.follow(person)
    # The minute in which a fresh follower may be written to is over.
    await house.move(minutes=2)
    if not register:
        return person, await member_id_of(house, person), ""
    token = await house.login(person)
    me = await house.api("GET", "/me", token=token)
    if promotion:
        await house.api("PUT", "/me/consents/promotion", {"given": True}, token=token)
    return person, me["member_id"], token


async def member_id_of(house: House, person: Person) -> int:
    found = await Identity.get(openid=person.openids[house.world.official.appid])
    return found.member_id


async def a_booking(house: House, member_id: int, starts_at: datetime) -> Booking:
    """A booked session, reminders planned with it."""
    now = house.shop.now()
    async with transaction():
        stylist = await Stylist.all().order_by("id").first()
        assert stylist is not None
        booking = await Booking.create(
            member_id=member_id, stylist_id=stylist.id, starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=45), mode="store", state=BookingState.BOOKED, counter_id=1,
            uid=f"{member_id}-{starts_at.isoformat()}", created_at=now,
        )  # fmt: skip
        await care.start(house.shop, member_id, Event.BOOKING, f"booking:{booking.id}", starts_at)
    return booking


async def a_signed_box(house: House, member_id: int, deadline_at: datetime, *, items: int = 5) -> Box:
    """A box in the member's hands, nothing decided, reminders planned with it."""
    now = house.shop.now()
    async with transaction():
        box = await Box.create(
            member_id=member_id, state=BoxState.DELIVERED, delivered_at=now, deadline_at=deadline_at,
            created_at=now,
        )  # fmt: skip
        for number in range(items):
            await BoxItem.create(
                box_id=box.id, sku_id=number + 1, name=f"衬衫{number}", size="M", colour="白", picture="",
                price_fen=29900, state=ItemState.AT_MEMBER, created_at=now,
            )  # fmt: skip
        await care.start(house.shop, member_id, Event.BOX, f"box:{box.id}", deadline_at)
    return box


async def messages(member_id: int, path: str) -> dict[str, CareMessage]:
    """The member's messages of one path by the step's own name; the newest plan of each."""
    rows = await CareMessage.filter(member_id=member_id, path=path).order_by("id")
    return {row.step.partition(".")[2]: row for row in rows}


async def told(house: House, person: Person, kind: str) -> list[dict[str, Any]]:
    """What reached the person's phone in one way: custom, template or subscribe."""
    return [item for item in await house.chat(person) if item["direction"] == "out" and item["kind"] == kind]
