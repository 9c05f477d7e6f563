"""The zone a member wants times shown in, beside the shop's."""

from domain.zone import zone
from models import Member
from models.sql import run
from services.shop import Shop


async def zone_of(member_id: int) -> str:
    """An IANA name; empty = only the shop's own."""
    [row] = await run("zone_of", member_id=member_id)
    return str(row["zone"])


async def set_zone(shop: Shop, member_id: int, name: str) -> None:
    """Keep the member's zone; an empty name takes it back. Raises Invalid for no IANA name."""
    if name:
        zone(name)
    await Member.filter(id=member_id).update(zone=name, updated_at=shop.now())
