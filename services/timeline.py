"""One member as the staff see them: found by phone, and everything that happened in one order."""

from dataclasses import dataclass
from datetime import datetime

from models import Member, sql
from services import audit, members
from services.shop import Shop
from services.transaction import transaction


@dataclass(frozen=True)
class Happening:
    """One line: `kind` says what table it is from, `what` happened, and `ref` to what."""

    at: datetime
    kind: str
    id: int
    what: str
    ref: str


async def timeline(member_id: int, *, skip: int = 0, limit: int = 50) -> list[Happening]:
    """What happened, the newest first. Raises NotFound for no such member, or one merged into another."""
    await members.get(member_id)
    rows = await sql.run("member_timeline", member_id=member_id, count=limit, skip=skip)
    found = []
    for row in rows:
        at = sql.instant(row["at"])
        assert at is not None, "what happened has an instant"
        found.append(Happening(at, row["kind"], row["id"], row["what"], row["ref"]))
    return found


async def by_phone(shop: Shop, staff_id: int, phone: str) -> Member | None:
    """The member with this phone, by its blind index; whoever looks is noted, the number is not."""
    async with transaction():
        found = await Member.filter(phone_index=shop.sealer.index(phone), merged_into_id=None).first()
        await audit.note(shop, staff_id, "member.search", f"member:{found.id}" if found else "member:none")
    return found
