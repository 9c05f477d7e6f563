"""A member's postal addresses: taken in clear, kept sealed, shown masked."""

from typing import Annotated

from pydantic import Field

from domain.ports import Address
from miniapp_api.frame import Body, Call, Ok, Text, View
from services import addresses
from services.addresses import Kept


class AddressBody(Body):
    name: Annotated[Text, Field(min_length=1, max_length=32)]
    phone: Annotated[str, Field(pattern=r"^1[0-9]{10}$")]
    province: Annotated[Text, Field(min_length=1, max_length=32)]
    city: Annotated[Text, Field(min_length=1, max_length=32)]
    area: Annotated[Text, Field(min_length=1, max_length=32)]
    detail: Annotated[Text, Field(min_length=1, max_length=120)]
    is_default: bool = False


class AddressView(View):
    """Masked: enough to recognise one's own, too little for anybody else."""

    id: int
    name: str
    phone: str
    province: str
    city: str
    area: str
    detail: str
    is_default: bool


class AddressesView(View):
    items: list[AddressView]


def _view(kept: Kept) -> AddressView:
    at = kept.address
    return AddressView(
        id=kept.id,
        name=at.name[:1] + "*",
        phone=addresses.masked_phone(at.phone),
        province=at.province,
        city=at.city,
        area=at.area,
        detail=at.detail[:3] + "***",
        is_default=kept.is_default,
    )


async def post_address(call: Call, body: AddressBody) -> AddressView:
    """Keep an address; the first one is the default."""
    address = Address(body.name, body.phone, body.province, body.city, body.area, body.detail)
    return _view(await addresses.add(call.shop, call.member_id, address, default=body.is_default))


async def get_addresses(call: Call) -> AddressesView:
    """The member's addresses, masked, the default first."""
    return AddressesView(items=[_view(k) for k in await addresses.kept(call.shop, call.member_id)])


async def delete_address(call: Call, address_id: int) -> Ok:
    """Forget an address. Boxes on their way keep their own sealed copy until they are settled."""
    await addresses.remove(call.member_id, address_id)
    return Ok()
