"""Members' postal addresses: sealed at rest, opened only to print a label or to book a pick-up."""

from dataclasses import dataclass

import orjson

from domain.errors import NotFound, TooMany
from domain.ports import Address
from models import Member, MemberAddress
from models.sql import rows_of
from services.shop import Shop
from services.transaction import transaction

AAD = "member_address/sealed"
MOST = 20
"""Addresses a member may keep."""


@dataclass(frozen=True)
class Kept:
    id: int
    is_default: bool
    address: Address


def seal(shop: Shop, address: Address) -> str:
    return shop.sealer.seal(orjson.dumps(address).decode(), AAD)


def unseal(shop: Shop, sealed: str) -> Address:
    return Address(**orjson.loads(shop.sealer.open(sealed, AAD)))


def warehouse(shop: Shop) -> Address:
    """Where parcels leave from and come back to (`rules.box.return_*`)."""
    rules = shop.rules.box
    return Address(
        rules.return_name,
        rules.return_phone,
        rules.return_province,
        rules.return_city,
        rules.return_area,
        rules.return_detail,
    )


def masked_phone(phone: str) -> str:
    """`138****1234`: enough to recognise one's own."""
    return f"{phone[:3]}****{phone[-4:]}"


async def add(shop: Shop, member_id: int, address: Address, *, default: bool) -> Kept:
    """Keep an address; the first one is the default. Raises TooMany."""
    now = shop.now()
    async with transaction():
        await Member.filter(id=member_id).select_for_update().get()
        count = await MemberAddress.filter(member_id=member_id).count()
        if count >= MOST:
            raise TooMany("addresses", MOST)
        default = default or count == 0
        if default:
            await MemberAddress.filter(member_id=member_id).update(is_default=False, updated_at=now)
        row = await MemberAddress.create(
            member_id=member_id, sealed=seal(shop, address), is_default=default, created_at=now
        )
    return Kept(row.id, default, address)


async def kept(shop: Shop, member_id: int) -> list[Kept]:
    """The member's addresses, the default first."""
    rows = await MemberAddress.filter(member_id=member_id).order_by("-is_default", "-id")
    return [Kept(row.id, row.is_default, unseal(shop, row.sealed)) for row in rows]


async def address_of(member_id: int, address_id: int) -> MemberAddress:
    """One of the member's addresses. Raises NotFound for anybody else's."""
    rows = await rows_of(MemberAddress, "address_of", address_id=address_id, member_id=member_id)
    if not rows:
        raise NotFound("address")
    return rows[0]


async def remove(member_id: int, address_id: int) -> None:
    """Forget one. Raises NotFound. Boxes that are on their way carry their own sealed copy."""
    if not await MemberAddress.filter(id=address_id, member_id=member_id).delete():
        raise NotFound("address")
