"""Family under one account: profiles for others, and whom a box or a session is for."""

from datetime import date
from typing import Annotated

from pydantic import Field

from miniapp_api.frame import Body, Call, Id, Ok, Text, View
from miniapp_api.sessions import SizesBody
from services import families
from services.families import Relative


class RelativeBody(Body):
    """A nickname is enough. Sizes and style need the member's profile consent."""

    name: Annotated[Text, Field(min_length=1, max_length=32)]
    relation: Annotated[Text, Field(min_length=1, max_length=16, description="女儿, 先生, 妈妈 …")]
    birthday: date | None = None
    sizes: SizesBody = SizesBody()

    def person(self) -> Relative:
        return Relative(self.name, self.relation, self.birthday, self.sizes.model_dump(exclude_none=True))


class RelativeView(View):
    id: int
    name: str
    relation: str
    birthday: date | None
    sizes: SizesBody


class FamilyView(View):
    items: list[RelativeView]


async def get_family(call: Call) -> FamilyView:
    """The profiles the member keeps for others."""
    found = await families.listed(call.shop, call.member_id)
    return FamilyView(items=[RelativeView.model_validate(person) for person in found])


async def post_relative(call: Call, body: RelativeBody) -> FamilyView:
    """Add somebody the member dresses; six at most."""
    await families.add(call.shop, call.member_id, body.person())
    return await get_family(call)


async def put_relative(call: Call, profile_id: int, body: RelativeBody) -> FamilyView:
    """Replace a profile."""
    await families.change(call.shop, call.member_id, profile_id, body.person())
    return await get_family(call)


async def delete_relative(call: Call, profile_id: int) -> FamilyView:
    """Delete a profile; what was for them stays the member's."""
    await families.remove(call.shop, call.member_id, profile_id)
    return await get_family(call)


class WhomBody(Body):
    profile_id: Annotated[Id | None, Field(description="null: for the member")]


async def put_box_person(call: Call, box_id: int, body: WhomBody) -> Ok:
    """Say whom a box is for, until it is confirmed."""
    await families.box_is_for(call.shop, call.member_id, box_id, body.profile_id)
    return Ok()


async def put_booking_person(call: Call, booking_id: int, body: WhomBody) -> Ok:
    """Say whom a session is for, while it is booked."""
    await families.booking_is_for(call.shop, call.member_id, booking_id, body.profile_id)
    return Ok()


class WhomView(View):
    """`relation` is `self` for the member; sizes only with the profile consent."""

    name: str
    relation: str
    birthday: date | None
    sizes: SizesBody
